"""Threads as C starts them: a function and its data, and a pointer to the task."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source, SpecError

DRIVER = """
static struct task_struct *task;
struct device { int<0..1> n; } dev;
static int worker_fn(void *data)
{
    struct device *d = (struct device *)data;

    while (!kthread_should_stop()) {
        d->n = 1;
        msleep(1);
    }
    do_exit(0);
}
module {
    init {
        dev = kzalloc(sizeof(*dev), GFP_KERNEL);
        if (!dev)
            return -ENOMEM;
        task = kthread_run(worker_fn, dev, "worker");
        if (IS_ERR(task)) {
            kfree(dev);
            return PTR_ERR(task);
        }
    }
    exit {
        kthread_stop(task);
        kfree(dev);
    }
}
"""
MAY_FAIL = "option allocation = may_fail;"


def broken(text: str) -> list[str]:
    verdicts = check_spec(load(Source("c.dfr", text)), "6.1").verdicts
    return [v.code for v in verdicts if v.outcome == "violated" and v.severity == "error"]


def test_a_task_is_stopped_through_its_pointer() -> None:
    assert broken(DRIVER) == []
    assert broken(MAY_FAIL + DRIVER) == []


def test_who_forgets_to_stop_it_is_told() -> None:
    assert "DF301" in broken(DRIVER.replace("kthread_stop(task);", ""))


def test_an_error_is_not_null() -> None:
    assert "DF305" in broken(MAY_FAIL + DRIVER.replace("IS_ERR(task)", "!task"))


def test_a_function_of_a_thread_takes_one_value() -> None:
    with pytest.raises(SpecError, match="has 2 parameters"):
        broken(DRIVER.replace("void *data", "void *data, int more"))

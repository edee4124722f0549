"""What the kernel model reads of a work's memory, and when: it must not be blamed for what the kernel does not do."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source

FREED = """
struct device { work w(run); } dev;
void run() { }
thread t {
    kmalloc(dev, GFP_KERNEL);
    INIT_WORK(dev.w);
    schedule_work(dev.w);
    await (!pending(dev.w));
    kfree(dev);
}
"""
"""Freed once a worker has taken it: the kernel has copied the function by then and does not look at the work again."""

TIMER = """
struct device { delayed_work d(run); } dev;
void run() { }
thread t {
    kmalloc(dev, GFP_KERNEL);
    INIT_DELAYED_WORK(dev.d);
    schedule_delayed_work(dev.d, HZ);
    cancel_delayed_work_sync(dev.d);
    kfree(dev);
}
"""
"""A timer that is not armed looks at nothing, neither before the object is allocated nor after it is freed."""


@pytest.mark.parametrize("version", ["2.6.20", "6.1", "6.12"])
@pytest.mark.parametrize("text", [FREED, TIMER], ids=["taken", "timer"])
def test_holds(text: str, version: str) -> None:
    if version == "2.6.20":  # which has no other way
        text = text.replace("cancel_delayed_work_sync(dev.d);", "cancel_delayed_work(dev.d); flush_scheduled_work();")
    result = check_spec(load(Source("spec.dfr", text)), version)
    assert [v.code for v in result.verdicts if v.outcome == "violated"] == []


def test_an_armed_timer_does() -> None:
    text = TIMER.replace("cancel_delayed_work_sync(dev.d);", "")
    result = check_spec(load(Source("spec.dfr", text)), "6.1")
    assert "DF303" in {v.code for v in result.verdicts if v.outcome == "violated"}


def test_a_queue_is_made_by_a_call() -> None:
    text = "workqueue q; work w(run); void run() { } irq nic { queue_work(q, w); }"
    result = check_spec(load(Source("spec.dfr", text)), "6.1")
    assert [v.code for v in result.verdicts if v.outcome == "violated"] == ["DF205"]

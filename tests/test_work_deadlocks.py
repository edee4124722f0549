"""Every cycle through flush, cancel, drain and destroy is DF402; and what `work_busy` says of a work."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source

HEAD = "struct workqueue_struct q; DEFINE_MUTEX(m);\n"
MADE = "create_workqueue(q); queue_work(q, &w);"


def own(call: str) -> str:
    return f"{HEAD} void f(struct work_struct *u) {{ {call} }} DECLARE_WORK(w, f); thread t {{ {MADE} }}"


def locked(call: str) -> str:
    work = "void f(struct work_struct *u) { mutex_lock(&m); mutex_unlock(&m); } DECLARE_WORK(w, f);"
    return f"{HEAD} {work} thread t {{ {MADE} mutex_lock(&m); {call} mutex_unlock(&m); }}"


ORDERED = f"""{HEAD}
void f(struct work_struct *u) {{ queue_work(q, &v); flush_work(&v); }} DECLARE_WORK(w, f);
void g(struct work_struct *u) {{ }} DECLARE_WORK(v, g);
thread t {{ alloc_ordered_workqueue(q, 0); queue_work(q, &w); }}
"""
WAITS = ("flush_work(&w);", "cancel_work_sync(&w);", "flush_workqueue(q);", "destroy_workqueue(q);")


def broken(text: str, kernel: str) -> list[str]:
    found = check_spec(load(Source("cycle.dfr", text)), kernel).verdicts
    return [v.code for v in found if v.outcome in ("violated", "unreached") and v.severity == "error"]


@pytest.mark.parametrize("kernel", ["2.6.32", "6.1", "6.12"])
@pytest.mark.parametrize("call", WAITS)
def test_a_work_waits_for_itself(call: str, kernel: str) -> None:
    assert broken(own(call), kernel) == ["DF402"]


@pytest.mark.parametrize("kernel", ["2.6.32", "6.1"])
@pytest.mark.parametrize("call", WAITS)
def test_who_holds_the_lock_waits_for_who_takes_it(call: str, kernel: str) -> None:
    assert broken(locked(call), kernel) == ["DF402"]
    outside = locked(call).replace("mutex_lock(&m); " + call, call + " mutex_lock(&m);")
    assert broken(outside, kernel) == []


def test_drain() -> None:
    assert broken(own("drain_workqueue(q);"), "6.1") == ["DF402"]
    assert broken(locked("drain_workqueue(q);"), "6.1") == ["DF402"]


def test_two_works_of_one_ordered_queue() -> None:
    assert broken(ORDERED, "6.1") == ["DF402"]
    apart = ORDERED.replace("alloc_ordered_workqueue(q, 0)", "alloc_workqueue(q, 0, 2)")
    assert broken(apart, "6.1") == []


def test_work_busy_says_what_a_work_does() -> None:
    text = """
    void f(struct work_struct *u) { assert(work_busy(&w) & WORK_BUSY_RUNNING); } DECLARE_WORK(w, f);
    int<0..3> first; int<0..3> now;
    thread t { first = work_busy(&w); schedule_work(&w); if (work_busy(&w)) now = work_busy(&w); }
    never at_first: first != 0;
    cover waits: now == WORK_BUSY_PENDING;
    cover runs: now == WORK_BUSY_RUNNING;
    """
    assert broken(text, "6.1") == []
    result = check_spec(load(Source("busy.dfr", text)), "6.1")
    assert {v.name for v in result.verdicts if v.outcome == "reached"} == {"waits", "runs"}

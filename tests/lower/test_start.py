"""What has happened already (`start`), threads that start after others, what holds when all is over (`final`)."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec, load
from defercheck.grammar.span import Source
from defercheck.verdict import CheckResult


def checked(text: str, **options: object) -> CheckResult:
    return check_spec(load(Source("spec.dfr", text)), "6.1", Options(**options))  # type: ignore[arg-type]


def found(text: str, **options: object) -> list[str]:
    """The codes of what is violated or not reached, and the names of what is the spec's own."""
    result = checked(text, **options)
    return [
        f"{v.code} {v.name}" if v.code in ("DF702", "DF904") else v.code
        for v in result.verdicts
        if v.outcome in ("violated", "unreached")
    ]


QUEUED = "work w(f); void f() { ran = true; }"


def test_nothing_moves_before_start_is_over() -> None:
    """A thread, an interrupt and a worker see all of it or nothing."""
    text = f"bool a; bool b; bool ran; {QUEUED} start {{ schedule_work(&w); a = true; b = true; }}"
    who = "thread t { assert(a && b); } irq nic { assert(a && b); } invariant seen: ran ==> b;"
    assert found(f"{text} {who}") == []


def test_without_start_it_is_seen_half_done() -> None:
    text = f"bool a; bool b; bool ran; {QUEUED} thread s {{ schedule_work(&w); a = true; b = true; }}"
    assert "DF702 seen" in found(f"{text} invariant seen: ran ==> b;")


def test_what_start_sets_going_runs() -> None:
    text = f"bool ran; {QUEUED} start {{ schedule_work(&w); }} final done: ran; cover one: ran;"
    assert found(text) == []


def test_start_may_have_acted_on_several_cpus() -> None:
    """Two tasklets scheduled at the start run at once, unless they were scheduled on one CPU."""
    text = "tasklet a { } tasklet b { } start%s { tasklet_schedule(&a); tasklet_schedule(&b); }"
    text += " cover both: running(a) && running(b);"
    assert found(text % "") == []
    assert found(text % " on cpu 1") == ["DF904 both"]
    assert found(text % "", cpus=1) == ["DF904 both"]


def test_start_is_on_any_cpu_where_that_can_be_told() -> None:
    """Where nothing tells CPUs apart, one stands for all."""
    text = "tasklet b { here = smp_processor_id(); } start { tasklet_schedule(&b); } int<0..1> here;"
    assert found(f"{text} cover other: here == 1;") == []


def test_locks_taken_by_start_are_complained_about() -> None:
    assert "DF103" in found("spinlock l; start { spin_lock(&l); } thread t { }")


@pytest.mark.parametrize("after", ["", " after a, b"])
def test_a_thread_after_others(after: str) -> None:
    text = f"int<0..2> n; thread a, b {{ n++; }} thread c{after} {{ assert(n == 2); }}"
    assert found(text) == ([] if after else ["DF701"])


def test_threads_of_one_body_are_threads_of_their_own() -> None:
    text = "int<0..2> n; mutex m; start { mutex_init(&m); } thread a, b { mutex_lock(&m); n++; mutex_unlock(&m); }"
    assert found(f"{text} final both: n == 2;") == []
    assert found(f"{text} final one: n == 1;") == ["DF702 one"]


def test_final_waits_for_what_is_pending_and_running() -> None:
    """Not for interrupts that may still fire."""
    text = f"bool ran; {QUEUED} irq nic {{ }} thread t {{ schedule_work(&w); }}"
    assert found(f"{text} final done: ran;") == []
    assert found(f"{text} final never_ran: !ran;") == ["DF702 never_ran"]


def test_final_waits_for_softirqs_and_tasklets() -> None:
    text = "bool ran; tasklet t { ran = true; } irq nic times 1 { tasklet_schedule(&t); fired = true; } bool fired;"
    assert found(f"{text} final done: fired ==> ran;") == []
    assert "DF702 idle" in found(f"{text} final idle: !ran;")


def test_final_waits_for_threads_that_have_not_started() -> None:
    assert found("bool ran; thread t { ran = true; } final done: ran;") == []


def test_final_is_vacuous_where_nothing_comes_to_rest() -> None:
    text = "tasklet t { tasklet_schedule(&t); } start { tasklet_schedule(&t); } final done: runs(t) == 7;"
    result = checked(text)
    (v,) = [v for v in result.verdicts if v.code == "DF902"]
    assert v.outcome == "violated"
    assert "never looked at" in v.message


def test_final_finds_memory_that_is_left() -> None:
    text = "struct s { bool x; } o; start { kzalloc(&o, GFP_KERNEL); } thread t { %s } final gone: freed(o);"
    assert found(text % "kfree(&o);") == []
    assert found(text % "use(o);") == ["DF702 gone"]


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("use(o);", []),
        ("kfree(&o); use(o);", ["DF301"]),
        ("kfree(&o); use(&o->w);", ["DF301"]),
        ("use(static_work);", []),
    ],
)
def test_use_is_an_access(statement: str, codes: list[str]) -> None:
    text = "struct s { work w(f); } o; work static_work(f); void f() { } start { kzalloc(&o, GFP_KERNEL); }"
    assert [c for c in found(f"{text} thread t {{ {statement} }}") if c < "DF901"] == codes


def test_use_of_memory_that_is_not_allocated() -> None:
    assert found("struct s { bool x; } o; thread t { use(o); }") == ["DF305"]


def test_built_in_code_may_keep_its_memory() -> None:
    text = "struct s { bool x; } o; %s thread t { %s use(o); }"
    assert found(text % ("start { kzalloc(&o, GFP_KERNEL); }", "")) == []
    assert found(text % ("", "kzalloc(&o, GFP_KERNEL);")) == []
    assert found(text % ("", "kzalloc(&o, GFP_KERNEL); kzalloc(&o, GFP_KERNEL);")) == ["DF306"]


def test_final_waits_for_timers() -> None:
    text = "bool ran; timer t { ran = true; } start { mod_timer(&t, 1); }"
    assert found(f"{text} final done: ran;") == []
    assert found(f"{text} final idle: !ran;") == ["DF702 idle"]

"""DF601 against happens-before with vector clocks, on random programs and on what counts as an access."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from defercheck.check import Options, check_spec
from defercheck.grammar.parser import parse
from defercheck.verdict import CheckResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Op = tuple[str, int]
Program = tuple[tuple[Op, ...], ...]


def checked(text: str) -> CheckResult:
    return check_spec(parse(text, "race.dfr"), "6.1", Options(only=frozenset({"DF601"})))


def racy(text: str) -> set[str]:
    """The variables with a data race."""
    result = checked(text)
    assert result.exploration.complete
    return {v.subject for v in result.verdicts if v.code == "DF601" and v.outcome == "violated"}


# ---- the reference ----


@dataclass(frozen=True)
class Event:
    thread: int
    op: Op
    clock: tuple[int, ...]


def executions(program: Program) -> Iterator[list[Event]]:
    """Every execution, with the vector clock of each event: program order, and each lock's releases before its later
    acquisitions."""

    def go(at: tuple[int, ...], owner: dict[int, int], locks: dict[int, tuple[int, ...]], done: list[Event]):
        clocks = [next((e.clock for e in reversed(done) if e.thread == t), (0,) * len(program)) for t in range(len(at))]
        moved = False
        for t, n in enumerate(at):
            if n == len(program[t]):
                continue
            kind, x = program[t][n]
            if kind == "lock" and x in owner:
                continue
            moved = True
            clock = list(clocks[t])
            owners, releases = dict(owner), dict(locks)
            if kind == "lock":
                owners[x] = t
                clock = [max(a, b) for a, b in zip(clock, locks.get(x, clock), strict=True)]
            clock[t] += 1
            if kind == "unlock":
                del owners[x]
                releases[x] = tuple(clock)
            event = Event(t, (kind, x), tuple(clock))
            yield from go((*at[:t], n + 1, *at[t + 1 :]), owners, releases, [*done, event])
        if not moved:
            yield done

    yield from go((0,) * len(program), {}, {}, [])


def races(program: Program) -> set[str]:
    """The variables of which two conflicting accesses are unordered in some execution."""
    found = set()
    for events in executions(program):
        for i, a in enumerate(events):
            for b in events[i + 1 :]:
                kinds = {a.op[0], b.op[0]}
                if a.thread != b.thread and a.op[1] == b.op[1] and kinds <= {"read", "write"} and "write" in kinds:
                    before = a.clock[a.thread] <= b.clock[a.thread]
                    found |= set() if before else {f"v{a.op[1]}"}
    return found


def spec(program: Program) -> str:
    words = {
        "lock": "spin_lock(&l{0});", "unlock": "spin_unlock(&l{0});", "read": "seen{1} = v{0};", "write": "v{0} = {1};",
    }  # fmt: skip
    lines = ["cpus 2;", "spinlock_t l0;", "spinlock_t l1;", "int<0..2> v0;", "int<0..2> v1;"]
    lines += [f"int<0..2> seen{t};" for t in range(len(program))]
    for t, ops in enumerate(program):
        lines.append(f"thread t{t} on cpu {t} {{")
        lines += [f"    {words[kind].format(x, t)}" for kind, x in ops]
        lines.append("}")
    return "\n".join(lines)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Two threads of accesses, some of them between a lock and its unlock; locks do not nest, so nothing is stuck."""

    def thread() -> Iterator[Op]:
        for _ in range(draw(st.integers(1, 2))):
            lock = draw(st.sampled_from([None, 0, 0, 1]))
            yield from [("lock", lock)] if lock is not None else []
            for _ in range(draw(st.integers(1, 2))):
                yield draw(st.sampled_from(["read", "write"])), draw(st.integers(0, 1))
            yield from [("unlock", lock)] if lock is not None else []

    return tuple(tuple(thread()) for _ in range(2))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_against_vector_clocks(program: Program) -> None:
    assert racy(spec(program)) == races(program)


def test_the_reference_itself() -> None:
    lock, unlock, write = ("lock", 0), ("unlock", 0), ("write", 0)
    assert races(((write,), (write,))) == {"v0"}
    assert races(((lock, write, unlock), (lock, write, unlock))) == set()
    assert races(((lock, write, unlock), (write,))) == {"v0"}
    assert races(((lock, unlock, write), (lock, unlock, write))) == {"v0"}


# ---- what counts ----

THREADS = "int<0..3> v; thread a {{ {0} }} thread b {{ {1} }}"


@pytest.mark.parametrize(
    ("one", "two", "found"),
    [
        ("v = 1;", "v = 2;", True),
        ("v = 1;", 'printk("%d", v);', True),
        ('printk("%d", v);', 'if (v > 1) printk("x");', False),
        ("atomic { v = 1; }", "atomic { v = 2; }", False),
        ("atomic { v = 1; }", "v = 2;", True),
        ("v = 1;", "assert(v < 2);", False),
        ("v = 1;", "await (v == 1);", False),
        ("WRITE_ONCE(v, 1);", "WRITE_ONCE(v, 2);", False),
        ("WRITE_ONCE(v, 1);", 'if (READ_ONCE(v) > 1) printk("x");', False),
        ("WRITE_ONCE(v, 1);", "v = 2;", True),
        ("xchg(&v, 1);", "cmpxchg(&v, 1, 2);", False),
        ("xchg(&v, 1);", 'printk("%d", v);', True),
        ("WRITE_ONCE(v, v + 1);", "atomic_inc(&v);", True),
        ("atomic_inc(&v);", "if (atomic_dec_and_test(&v)) atomic_set(&v, 2);", False),
        ("set_bit(0, &v);", "v = 2;", True),
    ],
)
def test_accesses(one: str, two: str, found: bool) -> None:
    assert racy(THREADS.format(one, two)) == ({"v"} if found else set())


def test_the_right_side_is_read_only_where_the_left_leaves_it_open() -> None:
    text = 'bool on; int<0..3> v; thread a {{ if (on && v > 1) printk("x"); }} thread b {{ v = 1; {} }}'
    assert racy(text.format("")) == set()
    assert racy(text.format("on = true;")) == {"on"}


def test_an_interrupt_on_the_same_cpu() -> None:
    text = "cpus 1; int<0..3> v; irq nic times 1 {{ v = 1; }} thread a {{ {0} v = 2; {1} }}"
    assert racy(text.format("", "")) == {"v"}
    assert racy(text.format("local_irq_disable();", "local_irq_enable();")) == set()


def test_a_member_of_a_heap_object() -> None:
    text = """
        struct device { int<0..3> v; struct tasklet_struct t(rx); } dev;
        void rx(unsigned long unused) { dev->v = 1; }
        module {
            init { kzalloc(&dev, GFP_KERNEL); tasklet_init(&dev->t, rx, 0); tasklet_schedule(&dev->t); %s return 0; }
            exit { tasklet_kill(&dev->t); dev->v = 3; kfree(&dev); }
        }
    """
    assert racy(text % "dev->v = 2;") == {"dev.v"}
    assert racy(text % "") == set()  # the kill orders the two


def test_the_message_names_both_places_and_what_is_held() -> None:
    thread_a = "thread a {\n spin_lock(&l);\n v = 1;\n spin_unlock(&l);\n}\n"
    result = checked(f"int<0..3> v;\nspinlock_t l;\n{thread_a}thread b {{\n v = 2;\n}}\n")
    verdict = next(v for v in result.verdicts if v.code == "DF601")
    assert verdict.message == (
        "`v` is written here and written in line 9, and nothing orders the two: "
        "thread a holds `l`, thread b holds no lock"
    )
    assert verdict.span is not None and verdict.span.line == 5
    assert [s.line for s in verdict.also] == [9]
    assert verdict.trace is not None and all(s.violates is None for s in verdict.trace.steps)


def test_off_unless_asked_for() -> None:
    text = THREADS.format("v = 1;", "v = 2;")
    for asked, wanted in (("", set()), ("option data_races = reported;", {"v"}), ("expect DF601;", {"v"})):
        result = check_spec(parse(text + asked, "race.dfr"), "6.1")
        assert {v.subject for v in result.verdicts if v.code == "DF601" and v.outcome == "violated"} == wanted
        assert any(v.code == "DF601" for v in result.verdicts) == bool(wanted)


def test_asking_changes_no_other_verdict() -> None:
    text = THREADS.format("v = 1; assert(v == 1);", "v = 2;")
    plain, asked = (check_spec(parse(text + o, "r.dfr"), "6.1") for o in ("", "option data_races = reported;"))
    others = [[(v.code, v.outcome) for v in r.verdicts if v.code != "DF601"] for r in (plain, asked)]
    assert [a == b for a, b in pairwise(others)] == [True]

"""Threads with priorities: who is runnable keeps others off its CPU, who waits does not."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec
from defercheck.grammar.parser import parse
from defercheck.verdict import CheckResult


def checked(text: str, engine: str = "native") -> CheckResult:
    return check_spec(parse(text, "priority.dfr"), "6.1", Options(engine=engine))


def broken(text: str) -> set[str]:
    result = checked(text)
    assert result.exploration.complete
    return {v.name if v.code == "DF702" else v.code for v in result.verdicts if v.outcome in ("violated", "unreached")
            and v.severity == "error"}  # fmt: skip


ALONE = """
cpus {cpus};
bool inside;
thread rt {priority} {{ inside = true; inside = false; }}
thread low {{ assert(!inside, "rt is in between"); }}
"""


@pytest.mark.parametrize(
    ("cpus", "priority", "found"),
    [(1, "", {"DF701"}), (1, "priority 50", set()), (2, "priority 50", {"DF701"})],
)
def test_nobody_lower_comes_between(cpus: int, priority: str, found: set[str]) -> None:
    assert broken(ALONE.format(cpus=cpus, priority=priority)) == found


def test_equal_priorities_preempt_each_other() -> None:
    text = ALONE.format(cpus=1, priority="priority 50").replace("thread low", "thread low priority 50")
    assert broken(text) == {"DF701"}
    assert broken(text.replace("low priority 50", "low priority 51")) == {"DF701"}


def test_a_thread_that_waits_lets_others_run() -> None:
    text = """
        cpus 1;
        DECLARE_COMPLETION(c);
        bool begun;
        bool done;
        thread rt priority 50 { begun = true; wait_for_completion(&c); done = true; }
        thread low { await (begun); complete(&c); assert(done, "who was woken comes first"); }
    """
    assert broken(text) == set()
    assert broken(text.replace("priority 50", "")) == {"DF701"}


def test_a_thread_that_spins_starves_lower_ones() -> None:
    text = """
        cpus 1;
        bool go;
        thread rt priority 50 { while (!READ_ONCE(go)) cpu_relax(); }
        thread low { WRITE_ONCE(go, true); }
        eventually went: go;
    """
    assert "DF703" in {v.code for v in checked(text).verdicts if v.outcome == "violated"}
    assert broken(text.replace("priority 50", "")) == set()


def test_a_thread_with_preemption_off_is_not_preempted() -> None:
    text = """
        cpus 1;
        spinlock_t l;
        bool inside;
        thread low { spin_lock(&l); inside = true; inside = false; spin_unlock(&l); }
        thread rt priority 50 { assert(!inside, "low has the lock"); spin_lock(&l); spin_unlock(&l); }
    """
    assert broken(text) == set()
    assert broken(text.replace("spin_lock(&l); inside", "inside").replace("false; spin_unlock(&l);", "false;")) == {
        "DF701"
    }


def test_works_give_way_too() -> None:
    text = """
        cpus 1;
        bool inside;
        void fn(struct work_struct *work) { assert(!inside, "rt is in between"); }
        DECLARE_WORK(w, fn);
        thread rt %s { schedule_work(&w); inside = true; inside = false; }
    """
    assert broken(text % "priority 1") == set()
    assert broken(text % "") == {"DF701"}


@pytest.mark.parametrize("cpus", [1, 2])
def test_engines_agree(cpus: int) -> None:
    text = ALONE.format(cpus=cpus, priority="priority 50")
    native, oracle = checked(text), checked(text, "interpret")
    assert (native.exploration.states, native.exploration.depth) == (
        oracle.exploration.states,
        oracle.exploration.depth,
    )

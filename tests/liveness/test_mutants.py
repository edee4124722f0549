"""Promises that the kernel model makes, each left out: the algorithm that stands on it must notice."""

from __future__ import annotations

from pathlib import Path

import pytest
from defercheck.check import Options, check_spec, load
from defercheck.grammar import tree
from defercheck.grammar.parser import parse
from defercheck.kernel import sources

FOLDER = Path(__file__).parent
SPIN = "in_turn();                     // queued spinlocks"
MUTEX = "in_turn();                     // waiters queue"
STORM = "if (still_asserted(line)) choose { again = true; } or { elsewhere(); }"
STRANDED = "return live(t) && t.SCHED;"

FAULTS = {
    "spinlocks serve anybody": ("lock", SPIN, "// queued spinlocks", "kernel_spinlock", {"first", "second"}),
    "mutexes serve anybody": ("lock", MUTEX, "// waiters queue", "kernel_mutex", {"first", "second"}),
    "the softirq loop never ends": ("softirq", "hands_over();", "", "softirq_hands_over", {"runs"}),
    "modules are unloaded for sure": ("module", "at_will();", "", "module_stays", set()),
    "a level line waits for what it interrupted": ("irq", STORM, "{ }", "level_storm", set()),
    "nobody asks for what is scheduled": ("tasklet", STRANDED, "return false;", "disabled_for_ever", set()),
}
"""File of the kernel model, what is there, what is put in its place, the spec, and what it then breaks."""


def faulty(file: str, old: str, new: str) -> tuple[tree.SpecFile, ...]:
    found = []
    for s in sources():
        text = s.text
        if Path(s.name).stem == file:
            assert old in text
            text = text.replace(old, new)
        found.append(parse(text, s.name, kernel=True))
    return tuple(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str) -> None:
    file, old, new, spec, breaks = FAULTS[fault]
    result = check_spec(load(FOLDER / f"{spec}.dfr"), "6.1", Options(), None, faulty(file, old, new))
    broken = [v for v in result.verdicts if v.outcome == "violated" and v.severity == "error"]
    assert {v.name if v.code == "DF703" else v.code for v in broken} == breaks

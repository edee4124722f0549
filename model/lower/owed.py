"""What scheduling owes to whom, in kernel words. Semantics §9 (fairness); docs/decisions/0005-liveness.md."""

from __future__ import annotations

from defercheck.system.system import Level

RUNS = "a runnable thread runs"
TICK = "the tick comes while softirqs are pending"
"""Also on an idle CPU: the tick is not stopped while softirqs are pending (kernel/time/tick-sched.c,
can_stop_idle_tick; (U): not among the sources of the survey)."""


def promise(name: str, level: Level, kernel: bool) -> str:
    """The sentence that reports name when a context goes on because it can: weak fairness on HIRQ_EXIT, SOFT_*,
    KSO_RUN, WW1 and each runnable task."""
    match level:
        case "hardirq":
            return "a started interrupt handler goes on"
        case "softirq":
            return "a started softirq goes on"
    if kernel and name.startswith("ksoftirqd"):
        return "ksoftirqd is scheduled when it is runnable"
    if kernel and name.startswith("kworker"):
        return "a woken worker runs"
    return RUNS

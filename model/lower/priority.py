"""Threads with priorities: who is runnable keeps threads of lower priority off its CPU (SCHED_FIFO, semantics §1.1).

A thread is runnable once it has started and as long as some step of it can be taken; one that waits is not. It takes a
thread of lower priority its CPU at any point, unless that one has preemption, bottom halves or interrupts off.
"""

from __future__ import annotations

from collections.abc import Mapping

from defercheck.lower.builder import Builder, ContextBuilder
from defercheck.system.expr import Expr, Var, conj, disj, equals, negate


def give_way(builder: Builder, priorities: Mapping[int, int], atomic: Mapping[int, Expr]) -> None:
    """Let each thread run only where no runnable thread of higher priority is.

    ``priorities`` by the contexts' indexes, 0 where nothing is said; ``atomic`` says when a thread keeps its CPU
    anyhow.
    """
    threads = [c for c in builder.contexts if c.level == "thread"]
    runnable = {c.index: _runnable(builder, c) for c in threads if priorities.get(c.index, 0)}
    for low in threads:
        above = [c for c in threads if priorities.get(c.index, 0) > priorities.get(low.index, 0)]
        if not above:
            continue
        clear = disj(
            *(
                conj(
                    equals(low.cpu, cpu),
                    *(negate(conj(equals(c.cpu, cpu), runnable[c.index])) for c in above if cpu in c.cpus),
                )
                for cpu in low.cpus
            )
        )
        waits = equals(Var(low.pc), 0) if 0 in low.idle else equals(low.cpu, -1)  # which CPU is not settled yet
        low.enabled = conj(low.enabled, disj(waits, atomic[low.index], clear))


def _runnable(builder: Builder, c: ContextBuilder) -> Expr:
    """Whether some step of a thread that has started can be taken, its CPU apart."""
    steps: dict[int, list[Expr]] = {}
    for t in builder.transitions:
        if t.context == c.index and not (t.source == 0 and 0 in c.idle):
            steps.setdefault(t.source, []).append(t.guard)
    return disj(*(conj(equals(Var(c.pc), at), disj(*guards)) for at, guards in steps.items()))

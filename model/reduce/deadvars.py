"""Variables of one context are put back to their initial value where it will not read them again.

Two states that differ only in a value that nobody will read are one state after this. A variable is *live* at a
location of its context when some way from there reads it before it is written; reading it only to compute what is
itself not live does not count. Other contexts may make a context jump, so what is live where a jump lands is live
wherever it may start.
"""

from __future__ import annotations

from dataclasses import replace

from defercheck.reduce.access import Access, access
from defercheck.reduce.flow import Jump, jumps, placed
from defercheck.system.expr import Const, variables
from defercheck.system.system import Transition, TransitionSystem


def reset_dead(system: TransitionSystem) -> TransitionSystem:
    """Make transitions into locations at which a private variable of their context is dead set it to its initial
    value. Never adds a state: what is reset is a function of the location alone."""
    owned = access(system)
    ways = jumps(system)
    new = list(system.transitions)
    for context in range(len(system.contexts)):
        private = _private(system, owned, context)
        if private:
            resting = [private - live for live in _live(system, context, private, ways[context])]
            initial = {v.name: Const(v.init) for v in system.variables if v.name in private}
            for i, t in enumerate(system.transitions):
                if t.context == context and t.target is not None:
                    new[i] = _reset(t, resting[t.source], resting[t.target], initial)
    return replace(system, transitions=tuple(new))


def _private(system: TransitionSystem, owned: Access, context: int) -> frozenset[str]:
    """The variables that only this context has to do with, and that it does write."""
    pcs = {c.pc for c in system.contexts}
    return frozenset(
        v.name
        for v in system.variables
        if v.name not in pcs and owned.writers[v.name] == {context} and owned.private(v.name, context)
    )


def _live(system: TransitionSystem, context: int, private: frozenset[str], ways: list[Jump]) -> list[set[str]]:
    """For each location of the context, the private variables that are live there.

    A jump does not reset anything, so what is live at either end of one counts as live at the other.
    """
    c = system.contexts[context]
    steps = [placed(t, c.pc) for t in system.transitions if t.context == context]
    before: list[list[Transition]] = [[] for _ in c.locations]
    live: list[set[str]] = [set() for _ in c.locations]
    for t in steps:
        live[t.source].update(n for n in variables(t.guard) if n in private)
        if t.target is not None:
            before[t.target].append(t)
    work = set(range(len(c.locations)))
    while work:
        location = work.pop()
        for t in before[location]:
            needed = live[location] - {name for name, _ in t.updates}
            for name, e in t.updates:
                if name not in private or name in live[location]:
                    needed.update(n for n in variables(e) if n in private)
            if not needed <= live[t.source]:
                live[t.source] |= needed
                work.add(t.source)
        for jump in ways:
            ends = jump.sources | jump.targets
            for end in ends if location in ends and jump.sources else ():
                if not live[location] <= live[end]:
                    live[end] |= live[location]
                    work.add(end)
    return live


def _reset(
    t: Transition, at_source: frozenset[str], at_target: frozenset[str], initial: dict[str, Const]
) -> Transition:
    if not at_target:
        return t
    kept = tuple(u for u in t.updates if u[0] not in at_target)
    resets = tuple((name, initial[name]) for name in sorted(at_target - at_source))
    return replace(t, updates=kept + resets)

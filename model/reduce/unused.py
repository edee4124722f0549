"""Variables that can make no difference to anything are dropped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from defercheck.reduce.access import observing
from defercheck.system.expr import variables
from defercheck.system.system import TransitionSystem


def drop_unused(system: TransitionSystem) -> TransitionSystem:
    """Drop each variable that no guard, no property and no ``enabled`` or ``cpu`` of a context reads, nor an update
    of a variable that is kept. Program counters stay."""
    sources: dict[str, set[str]] = defaultdict(set)
    work = [c.pc for c in system.contexts]
    for e in observing(system):
        work.extend(variables(e))
    for t in system.transitions:
        work.extend(variables(t.guard))
        for name, e in t.updates:
            sources[name].update(variables(e))
    used: set[str] = set()
    while work:
        name = work.pop()
        if name not in used:
            used.add(name)
            work.extend(sources[name])
    if len(used) == len(system.variables):
        return system
    return replace(
        system,
        variables=tuple(v for v in system.variables if v.name in used),
        transitions=tuple(replace(t, updates=tuple(u for u in t.updates if u[0] in used)) for t in system.transitions),
        proposals=tuple(p for p in system.proposals if used.issuperset(variables(p.expr))),
    )

"""Steps that no other context can notice are taken together with the step before them.

At a location all of whose steps are *local*, a context may be delayed for any time, but neither does what it then
does depend on what others do meanwhile, nor can they tell whether it has done it. So it may as well do it at once:
the steps into such a location are composed with the steps out of it, and the location is not visited any more. Every
path of the result is a path of the given system that leaves such locations at once; every path of the given system
can be reordered to one of the result, with the same values of all that others and properties look at.

A location is passed over in this way when

* each step out of it only reads variables that no other context writes, and only writes variables that no other
  context and no ``enabled`` or property ever reads or writes;
* whatever their values, at least one of the steps is possible, and none is violating or leads back to the location;
* others, and properties, see no difference between the location and where the steps lead;
* infinite schedules owe the steps nothing but that their context goes on, if any property asks what is owed to whom;
* no other context makes this one jump there or away from there, it does not start there, and no ``stuck`` property
  speaks of it;
* the steps into it change nothing that this context needs to be enabled, so that it can go on at once.

The conditions are those of a persistent set (Godefroid 1996, ch. 4) of all of the context's steps, together with
their invisibility (Clarke, Grumberg, Peled: C2); that the location is not one of a cycle of such (C3) follows from
composing location by location.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import prod

from defercheck.reduce.access import Access, access, pc_tests, reads
from defercheck.reduce.flow import jumps, placed
from defercheck.reduce.origins import numbered
from defercheck.system.expr import FALSE, TRUE, Const, Op, conj, disj, evaluate, substitute, variables
from defercheck.system.interval import Ranges, ranges_of
from defercheck.system.system import Transition, TransitionSystem

LARGEST = 120
"""Nodes of expressions that a composed transition may have, if they are more than its two parts have together."""
CASES = 512
"""Valuations that are tried to see whether some step is always possible."""


def merge_local_steps(system: TransitionSystem) -> TransitionSystem:
    """Compose local steps into the steps before them; ``origins`` tells what a step is composed of.

    Keeps which properties are violated or reached, and which of the original transitions are ever taken. Depths and
    witnesses count composed steps.
    """
    system = numbered(system)
    shared = _Shared(system)
    transitions: list[Transition] = []
    for context, c in enumerate(system.contexts):
        own = [placed(t, c.pc) for t in system.transitions if t.context == context]
        transitions += _Context(shared, context, own).merged()
    return replace(system, transitions=tuple(transitions))


class _Shared:
    """What holds for the whole system, and is the same before and after any composition."""

    def __init__(self, system: TransitionSystem):
        self.system = system
        self.access: Access = access(system)
        self.ranges: Ranges = ranges_of(system)
        self.jumps = jumps(system)
        self.tests = pc_tests(system)
        self.pcs = {c.pc for c in system.contexts}
        self.temporal = any(p.kind in ("eventually", "leadsto") for p in system.properties)


class _Context:
    """The steps of one context, while they are being composed."""

    def __init__(self, shared: _Shared, context: int, steps: list[Transition]):
        self.shared, self.context = shared, context
        self.out: dict[int, list[Transition]] = defaultdict(list)
        self.sources: dict[int, set[int]] = defaultdict(set)
        for t in steps:
            self._add(t)
        c = shared.system.contexts[context]
        self.needs = variables(c.enabled)
        self.looks = [
            tuple(evaluate(test, {c.pc: n}) for test in shared.tests[context]) for n in range(len(c.locations))
        ]
        self.visited = {shared.system.variable(c.pc).init}
        for jump in shared.jumps[context]:
            self.visited |= jump.sources | jump.targets
        for p in shared.system.properties:
            if p.kind == "stuck" and p.context == context:
                self.visited |= p.locations
        if c.pc in self.needs:
            self.visited = set(range(len(c.locations)))

    def merged(self) -> list[Transition]:
        changed = True
        while changed:
            changed = any([self._pass_over(location) for location in sorted(self.out)])
        return [t for location in sorted(self.out) for t in self.out[location]]

    def _add(self, t: Transition) -> None:
        self.out[t.source].append(t)
        if t.target is not None:
            self.sources[t.target].add(t.source)

    def _pass_over(self, location: int) -> bool:
        """Compose the steps out of a location into those into it, if that is sound; whether it was done."""
        leaving = self.out.get(location, [])
        if location in self.visited or not leaving or not all(self._local(t) for t in leaving):
            return False
        entering = [t for source in self.sources[location] for t in self.out.get(source, ()) if t.target == location]
        if not entering or len(entering) * len(leaving) > len(entering) + len(leaving):
            return False
        if any(name in self.needs for t in entering for name, _ in t.updates) or not self._total(leaving):
            return False
        composed = [(first, second, _compose(first, second)) for first in entering for second in leaving]
        if any(_size(made) > max(LARGEST, _size(first) + _size(second)) for first, second, made in composed):
            return False
        del self.out[location]
        for source in {t.source for t in entering}:
            self.out[source] = [t for t in self.out[source] if t.target != location]
        for _, _, made in composed:
            if made.guard != FALSE:
                self._add(made)
        return True

    def _local(self, t: Transition) -> bool:
        if t.free in ("finite", "unbounded") or (self.shared.temporal and (t.free or t.promise)):
            return False
        if t.target is None or t.target == t.source or self.looks[t.source] != self.looks[t.target]:
            return False
        access = self.shared.access
        return all(access.private(name, self.context) and name not in self.shared.pcs for name, _ in t.updates) and all(
            not access.written_elsewhere(name, self.context) and name not in self.shared.pcs for name in reads(t)
        )

    def _total(self, steps: Iterable[Transition]) -> bool:
        """Whether one of the steps is possible whatever the values of the variables."""
        some = disj(*(t.guard for t in steps))
        if isinstance(some, Const):
            return some == TRUE
        names = sorted(variables(some))
        ranges = [range(lo, hi + 1) for lo, hi in (self.shared.ranges[n] for n in names)]
        return prod(len(r) for r in ranges) <= CASES and all(
            evaluate(some, dict(zip(names, values, strict=True))) for values in itertools.product(*ranges)
        )


def _compose(first: Transition, second: Transition) -> Transition:
    """The one step that is ``first`` and then ``second``."""
    between = dict(first.updates)
    after = {name: substitute(e, between) for name, e in second.updates}
    return replace(
        first,
        target=second.target,
        guard=conj(first.guard, substitute(second.guard, between)),
        updates=tuple((between | after).items()),
        label=f"{first.label}; {second.label}",
        kernel=first.kernel and second.kernel,
        origins=first.origins + second.origins,
    )


def _size(t: Transition) -> int:
    count, stack = 0, [t.guard, *(e for _, e in t.updates)]
    while stack:
        e = stack.pop()
        count += 1
        if isinstance(e, Op):
            stack.extend(e.args)
    return count

"""A reduced system says the same as the system that it was made from, of random systems."""

from __future__ import annotations

import pytest
from defercheck.interpret import Interpreter, explore
from defercheck.reduce import DEFAULT, PASSES, reduce, restore
from defercheck.reduce.access import access
from defercheck.system.result import Exploration, Limits
from defercheck.system.system import TransitionSystem
from defercheck.system.wellformed import check
from hypothesis import HealthCheck, assume, given, settings

from tests.reduce.programs import programs, tidied
from tests.systems import systems
from tests.witnesses import real

RANDOM = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=80)
MOST = 3000
CHOICES = [*((name,) for name in PASSES), DEFAULT]
SAME_STATES = {"constants", "locations"}


def explored(system: TransitionSystem) -> Exploration:
    found = explore(system, Limits(states=MOST, memory=None))
    assume(found.complete)
    return found


def outside(system: TransitionSystem, reduced: TransitionSystem) -> list[str]:
    """The variables that more than one context, or a property, has to do with, and that the reduced system has, too."""
    owned, pcs = access(system), {c.pc for c in system.contexts}
    some = {v.name for v in reduced.variables} - pcs
    return sorted(n for n in some if not any(owned.private(n, c) for c in range(len(system.contexts))))


def projections(system: TransitionSystem, names: list[str]) -> set[tuple[int, ...]]:
    """The values that these variables have together in reachable states."""
    machine, seen = Interpreter(system), {system.initial}
    work = [system.initial]
    while work:
        state = work.pop()
        for i in machine.enabled(state):
            if (
                system.transitions[i].violates is None
                and (after := machine.apply(state, system.transitions[i])) not in seen
            ):
                seen.add(after)
                work.append(after)
    at = [machine.names.index(n) for n in names]
    return {tuple(state[i] for i in at) for state in seen}


def agree(system: TransitionSystem, passes: tuple[str, ...]) -> None:
    """Verdicts, what others can see, what is taken, and the reality of witnesses: all must survive the passes."""
    check(system)
    before = explored(system)
    reduced = reduce(system, passes)
    after = explore(reduced)
    assert after.states <= before.states
    if set(passes) <= SAME_STATES:
        assert (after.states, after.transitions, after.depth) == (before.states, before.transitions, before.depth)
    names = outside(system, reduced)
    assert projections(reduced, names) == projections(system, names)
    restored = restore(after, reduced)
    assert restored.fired == before.fired
    assert set(restored.witnesses) == set(before.witnesses)
    real(system, restored)


@pytest.mark.parametrize("passes", CHOICES, ids=" ".join)
@RANDOM
@given(programs())
def test_programs(passes: tuple[str, ...], system: TransitionSystem) -> None:
    agree(system, passes)


@pytest.mark.parametrize("passes", CHOICES, ids=" ".join)
@RANDOM
@given(systems())
def test_wild_systems(passes: tuple[str, ...], system: TransitionSystem) -> None:
    agree(tidied(system), passes)

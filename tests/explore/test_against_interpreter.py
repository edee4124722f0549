"""The native explorer and the interpreter must say the same of any system."""

from __future__ import annotations

import pytest
from defercheck import interpret
from defercheck.explore import InternalError, explore
from defercheck.explore.layout import lay_out
from defercheck.explore.native import Search
from defercheck.explore.storage import Tuning
from defercheck.system.result import Exploration, Limits
from defercheck.system.system import TransitionSystem
from hypothesis import HealthCheck, assume, given, settings

from tests.systems import systems
from tests.witnesses import real

TINY = Tuning(chunk_bits=2, slots=4, batch=2, budget=3)
RANDOM = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
MOST = 4000


def agree(system: TransitionSystem, native: Exploration, oracle: Exploration) -> None:
    """Everything that must be the same is the same, and the native witnesses are real."""
    assert (native.complete, native.limit, native.stuck_checked, native.fair_checked) == (True, "", True, True)
    assert (native.states, native.transitions, native.depth) == (oracle.states, oracle.transitions, oracle.depth)
    assert native.fired == oracle.fired
    lengths = {name: len(w.path) for name, w in native.witnesses.items()}
    assert lengths == {name: len(w.path) for name, w in oracle.witnesses.items()}
    real(system, native)
    real(system, oracle)


def explored(system: TransitionSystem) -> Exploration:
    """What the interpreter says, of systems that it can finish soon."""
    oracle = interpret.explore(system, Limits(states=MOST, memory=None))
    assume(oracle.complete)
    return oracle


@RANDOM
@given(systems())
def test_random_systems(system: TransitionSystem) -> None:
    agree(system, explore(system), explored(system))


@RANDOM
@given(systems())
def test_random_systems_in_memory_that_has_to_grow(system: TransitionSystem) -> None:
    agree(system, Search(system, Limits(), None, TINY).run(), explored(system))


@RANDOM
@given(systems(wild=True))
def test_leaving_a_range_is_found_wherever_the_interpreter_finds_it(system: TransitionSystem) -> None:
    try:
        oracle = explored(system)
    except ValueError:
        with pytest.raises(InternalError):
            explore(system)
    else:
        agree(system, explore(system), oracle)


@RANDOM
@given(systems())
def test_packing_and_unpacking(system: TransitionSystem) -> None:
    layout = lay_out(system)
    for values in (system.initial, [v.lo for v in system.variables], [v.hi for v in system.variables]):
        words = layout.pack(values)
        assert layout.unpack(words) == tuple(values)
        assert words[layout.tag] != 0
        assert all(0 <= w < 1 << 64 for w in words)
    assert all(f.shift + f.width <= 64 for f in layout.fields.values())

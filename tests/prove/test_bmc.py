"""Z3's bounded search finds what the exhaustive search finds, in as few steps, and its schedules can be replayed.

``DEFERCHECK_SLOW=1 pytest tests/prove/test_bmc.py`` compares every spec that breaks something wholly, which takes Z3
minutes for the longest schedules. Without it, large specs are left out (exploring and encoding all takes two minutes
even without long schedules), and of deep ones as many steps are compared as are cheap: Z3 must find what is broken
within them, and nothing more.
"""

from __future__ import annotations

import os

import pytest
from defercheck.check import Options, check_spec, compile_program, explore, load, reduced, resolve
from defercheck.interpret import Interpreter
from defercheck.prove import bmc
from defercheck.prove.result import SAFETY
from defercheck.system.result import Exploration, Limits
from defercheck.system.system import TransitionSystem
from hypothesis import HealthCheck, given, settings

from tests.systems import systems
from tests.table import SPECS, Row, rows

SLOW = bool(os.environ.get("DEFERCHECK_SLOW"))
DEEP = 13
"""Specs that the exhaustive search has done with after so many steps are compared wholly: a second for most."""
SMALL = 250
"""Of those with no more states, a part is compared."""
WORK = 900
"""That part: as many steps as make so many transitions to choose from in all."""


def lengths(system: TransitionSystem, found: Exploration) -> dict[str, int]:
    kinds = {p.id: p.kind for p in system.properties}
    return {id: len(w.path) for id, w in found.witnesses.items() if kinds[id] in SAFETY}


# one row of each spec that breaks something, for its last version
VIOLATED = {r.path: r for r in rows() if r.states is not None and set(r.codes) - {"DF904", "DF402", "DF501", "DF902"}}


COMPARED = [r for r in VIOLATED.values() if SLOW or (r.depth or 0) <= DEEP or (r.states or 0) <= SMALL]


@pytest.mark.parametrize("row", COMPARED, ids=str)
def test_shortest_depth_is_that_of_breadth_first_search(row: Row) -> None:
    from dataclasses import replace

    compiled = compile_program(resolve(load(row.file), row.kernel, row.options), row.options).system
    system, _ = reduced(compiled, row.options)
    expected = lengths(system, explore(system, row.options, None))
    depth = max(expected.values(), default=0)
    if not SLOW and (row.depth or 0) > DEEP:
        depth = min(depth, max(4, WORK // len(system.transitions)))
    # only what is broken somewhere is looked for, and what is broken later must not be found by then
    system = replace(system, properties=tuple(p for p in system.properties if p.id in expected))
    steps = {p.id for p in system.properties if p.kind == "step"}
    found = bmc(system, Limits(depth=depth))
    assert lengths(system, found) == {id: n for id, n in expected.items() if n <= depth + (id in steps)}
    for w in found.witnesses.values():
        Interpreter(system).replay(w.path)


def test_there_are_enough_of_them() -> None:
    assert len(COMPARED) > 45
    assert sum((r.depth or 0) <= DEEP for r in VIOLATED.values()) > 25, "compared wholly"


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems(system: TransitionSystem) -> None:
    whole = explore(system, Options(), None)
    depth = 5
    expected = {id: n for id, n in lengths(system, whole).items() if n <= depth}
    found = bmc(system, Limits(depth=depth))
    steps = {p.id for p in system.properties if p.kind == "step"}
    got = {id: n for id, n in lengths(system, found).items() if n <= depth}
    assert got == expected
    assert all(n <= depth + (id in steps) for id, n in lengths(system, found).items())
    machine = Interpreter(system)
    for w in found.witnesses.values():
        machine.replay(w.path)


def test_a_check_by_bounded_search() -> None:
    spec = load(SPECS / "book/tasklet_sleeps.dfr")
    result = check_spec(spec, "6.1", Options(engine="bmc", limits=Limits(depth=9)))
    (broken,) = [v for v in result.verdicts if v.outcome == "violated"]
    assert broken.code == "DF101" and broken.expected and broken.trace is not None
    assert result.status == "undetermined", "a bounded search never says that nothing is wrong"
    shorter = check_spec(spec, "6.1", Options(engine="bmc", limits=Limits(depth=7)))
    assert not [v for v in shorter.verdicts if v.outcome == "violated"]


def test_time_ends_it() -> None:
    system = resolve_one("book/claims/tasklet_disable_waits.dfr")
    found = bmc(system, Limits(depth=200, seconds=0.5))
    assert found.limit == "time" and not found.complete


def resolve_one(path: str) -> TransitionSystem:
    options = Options()
    program = resolve(load(SPECS / path), "6.1", options)
    return reduced(compile_program(program, options).system, options)[0]

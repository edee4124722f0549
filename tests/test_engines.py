"""On every small spec that ships, the engines agree, and so do systems with and without reductions."""

from __future__ import annotations

import pytest
from defercheck.check import Options, compile_program, explore, load, reduced, resolve
from defercheck.interpret import Interpreter
from defercheck.reduce import restore
from defercheck.system.result import Exploration

from tests.sample import part
from tests.table import Row, rows

SMALL = 1_000
"""The interpreter explores this many states in a fraction of a second."""

FULL = 5 * SMALL

# one row of each spec, for its last version: the others are for `test_specs.py`
ROWS = [r for r in {r.path: r for r in rows() if r.states is not None}.values() if (r.states or 0) <= SMALL]


def lengths(e: Exploration) -> dict[str, int]:
    return {name: len(w.path) for name, w in e.witnesses.items()}


@pytest.mark.parametrize("row", part(ROWS, 8), ids=str)
def test_engines_and_reductions_agree(row: Row) -> None:
    compiled = compile_program(resolve(load(row.file), row.kernel, row.options), row.options).system
    system, _ = reduced(compiled, row.options)
    native, oracle = (explore(system, Options(engine=engine), None) for engine in ("native", "interpret"))
    assert (native.complete, native.stuck_checked, oracle.complete) == (True, True, True)
    assert (native.states, native.transitions, native.depth) == (oracle.states, oracle.transitions, oracle.depth)
    assert native.fired == oracle.fired
    assert lengths(native) == lengths(oracle)
    if row.full is None or row.full > FULL:
        return
    whole, told = explore(compiled, row.options, None), restore(native, system)
    assert whole.states == row.full
    assert (told.fired, set(told.witnesses)) == (whole.fired, set(whole.witnesses)), "all that verdicts are made of"
    machine = Interpreter(compiled)
    for w in told.witnesses.values():
        machine.replay(w.path)


def test_most_specs_are_small() -> None:
    """Else the test above would say little."""
    assert len(ROWS) > len({r.path for r in rows()}) / 2
    assert sum(r.full is not None and r.full <= FULL for r in ROWS) > len(ROWS) / 2

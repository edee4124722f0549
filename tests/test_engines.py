"""On every small spec that ships, the engines agree, and so do the checks with and without reductions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from defercheck.check import Options, check_spec, explore, load
from defercheck.system.result import Exploration
from defercheck.verdict import CheckResult

from tests.table import Row, check, rows

SMALL = 3_000
"""The interpreter explores this many states in a fraction of a second."""


def distinct(table: Iterable[Row]) -> list[Row]:
    """The table without versions of a spec with the same numbers as another: what differs is of no interest here."""
    return list({(r.path, r.cpus, r.codes, r.states, r.full): r for r in table if r.status != "error"}.values())


def lengths(e: Exploration) -> dict[str, int]:
    return {name: len(w.path) for name, w in e.witnesses.items()}


def said(result: CheckResult) -> tuple[object, ...]:
    """What a user is told, but for the schedules."""
    verdicts = {(v.code, v.name, v.outcome, v.subject, v.expected) for v in result.verdicts}
    return verdicts, result.missing, result.status


ROWS = [r for r in distinct(rows()) if r.states is not None and r.states <= SMALL]
COUNTED = [r for r in distinct(rows()) if r.full is not None and r.full <= SMALL]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_interpreter_and_native_engine_agree(row: Row) -> None:
    system = check(row).system
    native, oracle = (explore(system, Options(engine=engine), None) for engine in ("native", "interpret"))
    assert (native.complete, native.stuck_checked, oracle.complete) == (True, True, True)
    assert (native.states, native.transitions, native.depth) == (oracle.states, oracle.transitions, oracle.depth)
    assert native.fired == oracle.fired
    assert lengths(native) == lengths(oracle)


@pytest.mark.parametrize("row", COUNTED, ids=str)
def test_reductions_change_no_verdict(row: Row) -> None:
    whole = check_spec(load(row.file), row.kernel, replace(row.options, reduce=False))
    assert whole.exploration.states == row.full
    assert said(whole) == said(check(row))

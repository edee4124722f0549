"""Every spec that ships says what the table of specs says it says."""

from __future__ import annotations

import pytest
from defercheck.grammar.span import SpecError

from tests.sample import ALL
from tests.table import Row, check, found, line, parse, rows, shipped, wanted

ROWS = rows()
LAST = {r.path: r for r in ROWS}
USUAL = [r for r in ROWS if r.path.startswith("book/") or (r is LAST[r.path])]
"""Without being asked for all: the book's specs for all their versions, others for their last."""


def test_every_shipped_spec_has_its_rows_and_every_row_its_spec() -> None:
    have = {r.key for r in ROWS}
    due = {r.key for path in shipped() for r in wanted(path)}
    assert due <= have, f"run `python tests/table.py --update`: {sorted(due - have)}"
    assert {r.path for r in ROWS} <= set(shipped())
    assert [r.key for r in ROWS] == sorted(have), "rows are in order, and none is there twice"


def test_no_shipped_spec_surprises() -> None:
    """What is broken on purpose says so with `expect`, and so counts as holding."""
    assert {r.status for r in ROWS} <= {"holds", "error"}


@pytest.mark.parametrize("row", ROWS if ALL else USUAL, ids=str)
def test_spec(row: Row) -> None:
    if row.status == "error":
        with pytest.raises(SpecError):
            check(row)
        return
    result = check(row)
    e = result.exploration
    assert (result.status, found(result)) == (row.status, row.codes)
    assert (e.complete, e.stuck_checked) == (True, True)
    assert (e.states, e.depth) == (row.states, row.depth)
    assert all(v.expected for v in result.verdicts if v.outcome in ("violated", "unreached")), "no warnings either"


def test_the_table_survives_being_written() -> None:
    assert tuple(parse(line(row)) for row in ROWS) == ROWS

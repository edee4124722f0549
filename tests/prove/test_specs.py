"""The book's specs: what holds is proved. Broken ones are not."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source
from defercheck.verdict import CheckResult

from tests.sample import part
from tests.table import Row, rows

BOOK = [r for r in {r.path: r for r in rows() if r.states is not None}.values() if r.path.startswith("book/")]
BY_SEARCH_ALONE = {"DF402", "DF501", "DF502", "DF503", "DF703"}
"""Rules that say that something happens at last."""


def proved(row: Row, text: str | None = None) -> CheckResult:
    from dataclasses import replace

    spec = load(row.file if text is None else Source(row.path, text))
    return check_spec(spec, row.kernel, replace(row.options, prove=True))


@pytest.mark.parametrize("row", part(BOOK, 6), ids=str)
def test_all_that_holds_is_proved(row: Row) -> None:
    result = proved(row)
    assert result.status == "holds"
    open_ones = {v.code for v in result.verdicts if v.outcome == "explored"}
    assert open_ones <= BY_SEARCH_ALONE, [(v.code, v.reason) for v in result.verdicts if v.outcome == "explored"]
    assert result.proof is not None and result.proof.proved == result.proof.claims - len(open_ones)


BROKEN = [
    ("book/tasklet.dfr", "tasklet_kill(&my_tasklet);", "", "DF304"),
    ("book/tasklet_freed_after_kill.dfr", "    tasklet_kill(&data->my_tasklet);\n", "", "DF303"),
    ("book/claims/softirq_atomic.dfr", "in_atomic()", "!in_atomic()", "DF701"),
]


@pytest.mark.parametrize(("path", "old", "new", "code"), BROKEN, ids=lambda x: x if len(x) < 40 else "")
def test_what_is_broken_is_not_proved(path: str, old: str, new: str, code: str) -> None:
    row = next(r for r in BOOK if r.path == path)
    text = row.file.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    result = proved(row, text.replace(old, new))
    assert {v.outcome for v in result.verdicts if v.code == code} == {"violated"}

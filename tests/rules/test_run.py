"""The specs in the pages are what the pages say: the broken one breaks that rule, the fixed one breaks none."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec, load
from defercheck.grammar.span import Source
from defercheck.rules import Rule
from defercheck.verdict import CheckResult

from tests.rules.pages import NAMES, RUNNABLE

ALSO = {"DF404": {"DF402"}}
"""What a broken spec cannot help breaking too: locks taken in both orders do lock up."""


def check(page: Rule, text: str) -> CheckResult:
    return check_spec(load(Source(f"{page.code}.md", text)), "6.1", Options())


@pytest.mark.parametrize(("page", "heading", "text"), RUNNABLE, ids=NAMES)
def test_specs_of_pages(page: Rule, heading: str, text: str) -> None:
    result = check(page, text)
    assert result.exploration.complete
    assert result.exploration.stuck_checked
    found = {v.code for v in result.verdicts if v.outcome in ("violated", "unreached")}
    if heading == "Fixed":
        assert found == set()
        assert result.status == "holds"
        return
    assert found == {page.code} | ALSO.get(page.code, set())
    (verdict, *_) = [v for v in result.verdicts if v.code == page.code and v.outcome in ("violated", "unreached")]
    assert verdict.severity == page.severity
    assert verdict.span is not None
    assert not verdict.span.source.kernel
    assert (verdict.trace is not None) == (page.code < "DF901")

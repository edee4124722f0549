"""Algorithms whose answers the literature knows. Each says in its first line what it breaks, or that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from defercheck.check import Options, check_spec, load

FILES = sorted(Path(__file__).parent.glob("*.dfr"))


def expected(text: str) -> set[str]:
    """Names of properties, and codes of rules, that the first line says are broken."""
    said = text.splitlines()[0].removeprefix("// ").partition(":")[0].split()
    assert said[0] in ("holds", "breaks")
    return set(said[1:])


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_classic(file: Path) -> None:
    result = check_spec(load(file), "6.1", Options())
    assert result.exploration.complete
    assert result.exploration.stuck_checked and result.exploration.fair_checked
    broken = [v for v in result.verdicts if v.outcome == "violated" and v.severity == "error"]
    assert {v.name if v.code in ("DF702", "DF703") else v.code for v in broken} == expected(file.read_text())
    for v in broken:
        if v.code in ("DF402", "DF501", "DF703"):
            assert v.trace is not None and v.trace.loop is not None


def test_there_are_enough() -> None:
    assert len(FILES) >= 10

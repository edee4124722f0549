"""Every message as it is shown: ``wrong/NAME.dfr`` gives exactly ``wrong/NAME.txt``.

``GOLDEN=write pytest tests/sema`` writes the texts anew, to be read in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from defercheck.check import Options, load, resolve
from defercheck.grammar.span import Diagnostic, Source, SpecError
from defercheck.report.diagnostics import render

FOLDER = Path(__file__).parent / "wrong"
SPECS = sorted(FOLDER.glob("*.dfr"))


def complaints(text: str, name: str = "spec.dfr") -> tuple[Diagnostic, ...]:
    """What is wrong with a spec that parses."""
    spec = load(Source(name, text))
    with pytest.raises(SpecError) as caught:
        resolve(spec, "6.1", Options())
    return caught.value.diagnostics


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    text = "\n".join(render(d) for d in complaints(path.read_text(encoding="utf-8"), path.name))
    golden = path.with_suffix(".txt")
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_all_are_here() -> None:
    assert len(SPECS) >= 15


def test_in_the_order_of_the_text() -> None:
    found = complaints((FOLDER / "names.dfr").read_text(encoding="utf-8"))
    starts = [d.span.start for d in found if d.span is not None]
    assert starts == sorted(starts)
    assert len(starts) == len(found)


def test_no_more_than_twenty() -> None:
    found = complaints((FOLDER / "many.dfr").read_text(encoding="utf-8"))
    assert len(found) == 21
    assert found[-1].message == "and 2 more errors"

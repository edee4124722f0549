"""The complaints about a spec that cannot be checked, as text."""

from __future__ import annotations

from collections.abc import Iterable

from defercheck.grammar.span import Diagnostic
from defercheck.report.style import Style


def complaints(diagnostics: Iterable[Diagnostic], style: Style) -> str:
    """All diagnostics, a blank line between two."""
    from defercheck.report.diagnostics import render

    return "\n\n".join(render(d, style.color, style.width).rstrip("\n") for d in diagnostics)

"""The text report of several checks: one line each, then the failures in full, then the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from defercheck.report.outcome import Crashed, Outcome, Refused
from defercheck.report.style import Style
from defercheck.report.text import failures, findings, report, table_line, verdict_line
from defercheck.report.units import count
from defercheck.verdict import CheckResult


def line(outcome: Outcome, label: str, width: int, style: Style) -> str:
    """The line of one spec of many. ``label`` names it, padded to ``width``."""
    match outcome:
        case Refused():
            return f"{style.paint('!', 'bold red')} {label:<{width}}  {style.paint('is not a valid spec', 'bold red')}"
        case Crashed(error=error):
            return f"{style.paint('!', 'bold red')} {label:<{width}}  {style.paint(f'internal error: {error}', 'red')}"
    return table_line(outcome, label, width, style)


def details(outcomes: Sequence[Outcome], style: Style) -> str:
    """The failures in full (with ``verbose`` everything), empty if there is nothing to tell."""
    blocks = []
    for outcome in outcomes:
        if not isinstance(outcome, CheckResult):
            continue
        if style.verbose:
            blocks.append(report(outcome, style))
        elif failures(outcome) or outcome.missing:
            parts = ["\n".join(part.rstrip() for part in block) for block in findings(outcome, style)]
            blocks.append("\n\n".join([*parts, verdict_line(outcome, style)]))
    return "\n\n".join(blocks)


def total(outcomes: Sequence[Outcome], style: Style, interrupted: bool = False) -> str:
    """``12 checks: 9 hold, 2 fail, 1 undetermined``."""
    kinds = Counter(_kind(outcome) for outcome in outcomes)
    order = ("hold", "as expected", "fail", "undetermined", "not valid", "internal errors")
    parts = ", ".join(f"{kinds[kind]} {kind}" for kind in order if kinds[kind])
    bad = kinds["fail"] + kinds["not valid"] + kinds["internal errors"]
    look = "bold red" if bad else "bold yellow" if kinds["undetermined"] or interrupted else "bold green"
    tail = "; interrupted before the rest" if interrupted else ""
    return style.paint(f"{count(len(outcomes), 'check')}: {parts or 'none done'}{tail}", look)


def _kind(outcome: Outcome) -> str:
    match outcome:
        case Refused():
            return "not valid"
        case Crashed():
            return "internal errors"
    match outcome.status:
        case "violated":
            return "fail"
        case "undetermined":
            return "undetermined"
    expected = any(v.expected and v.severity == "error" and v.outcome == "violated" for v in outcome.verdicts)
    return "as expected" if expected else "hold"

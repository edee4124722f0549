"""The HTML report: one page with nothing outside it, to step through each schedule beside the spec's source.

The page is ``page/page.html`` with its style and script put in, and the JSON report as its data, with two additions
that only the page needs: the lines into which a schedule is folded, and the texts of all sources that it points at.
"""

from __future__ import annotations

import json as plain
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from defercheck.grammar.span import Source, Span
from defercheck.report import many, text
from defercheck.report.errors import complaints
from defercheck.report.fold import rows
from defercheck.report.json import PAGE_MARK, document
from defercheck.report.outcome import Crashed, Outcome, Refused
from defercheck.report.standing import checked, explored
from defercheck.report.style import Style
from defercheck.report.units import count
from defercheck.verdict import CheckResult, Trace


def dump(outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False) -> str:
    """The page, as text."""
    page = files(__package__).joinpath("page")

    def part(name: str) -> str:
        return page.joinpath(name).read_text(encoding="utf-8")

    specs = list(dict.fromkeys(_name(o) for o in outcomes))
    return Template(part("page.html")).substitute(
        generator=PAGE_MARK,
        title=escape(f"defercheck: {', '.join(specs[:3])}{' and more' if len(specs) > 3 else ''}"),
        style=part("style.css"),
        script=part("page.js"),
        report=_embedded(_data(outcomes, exit_code, interrupted)),
        text=escape(_text(outcomes)),
    )


def _data(outcomes: Sequence[Outcome], exit_code: int, interrupted: bool) -> dict[str, Any]:
    data = document(outcomes, exit_code, interrupted)
    for outcome, result in zip(outcomes, data["results"], strict=True):
        if isinstance(outcome, CheckResult):
            result["standing"] = f"{count(outcome.cpus, 'CPU')}; {checked(outcome)}; {explored(outcome)}"
            for verdict, entry in zip(outcome.verdicts, result["verdicts"], strict=True):
                entry["rows"] = _rows(verdict.trace) if verdict.trace is not None else []
    found = {source.name: source for outcome in outcomes for source in _sources(outcome)}
    data["sources"] = {name: {"kernel": s.kernel, "text": s.text} for name, s in sorted(found.items())}
    return data


def _rows(trace: Trace) -> list[dict[str, Any]]:
    return [{"first": row.first, "last": row.last, "text": row.text} for row in rows(trace)]


def _sources(outcome: Outcome) -> Iterator[Source]:
    """Every text that the page may have to show."""
    if isinstance(outcome, Refused):
        yield from (d.span.source for d in outcome.diagnostics if d.span is not None)
    if not isinstance(outcome, CheckResult):
        return
    yield outcome.spec
    for verdict in outcome.verdicts:
        for step in verdict.trace.steps if verdict.trace is not None else ():
            spans: list[Span | None] = [step.span, *(call.site for call in step.calls)]
            yield from (span.source for span in spans if span is not None)


def _embedded(data: dict[str, Any]) -> str:
    """JSON that may stand inside a script element, whatever the texts in it say."""
    return plain.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _name(outcome: Outcome) -> str:
    return outcome.spec.name if isinstance(outcome, CheckResult) else outcome.name


def _text(outcomes: Sequence[Outcome]) -> str:
    style = Style(width=100)
    parts = []
    for outcome in outcomes:
        match outcome:
            case Refused(diagnostics=diagnostics):
                parts.append(complaints(diagnostics, style))
            case Crashed(name=name, error=error):
                parts.append(f"{name}: internal error: {error}")
            case _:
                parts.append(text.report(outcome, style))
    return "\n\n".join([*parts, many.total(outcomes, style)])

"""One finding as a block of text: what is broken, where, in a sentence, and the schedule that does it."""

from __future__ import annotations

import re
import textwrap

from defercheck.grammar.span import Source, Span
from defercheck.report.diagnostics import place
from defercheck.report.schedule import schedule, summary
from defercheck.report.style import Style
from defercheck.verdict import Verdict

_LOOKS = {"error": "bold red", "warning": "bold yellow", "expected": "bold green", "reached": "bold green"}


def finding(verdict: Verdict, style: Style, kind: str = "") -> list[str]:
    """The lines of a finding: header, snippet, message and schedule. ``kind`` is its severity unless given; it may
    also be ``expected``, or ``reached`` for a cover."""
    kind = kind or verdict.severity
    look = _LOOKS[kind]
    code = verdict.code if kind != "reached" else ""
    lines = [header(kind, code, full_name(verdict) if code else verdict.name, style, look)]
    pad = " "
    if verdict.span is not None:
        gutter = len(str(verdict.span.end_line))
        lines += place(verdict.span, "", gutter, style, look)
        pad = " " * gutter
    for text in (verdict.message, verdict.reason):
        lines += note(text, pad, style)
    places = list(dict.fromkeys(f"{s.source.name}:{s.line}" for s in verdict.also))
    if places:
        lines += note("also at " + ", ".join(places), pad, style)
    if verdict.outcome == "violated" and (remedy := cure(verdict)):
        lines += note(f"cure: {remedy}", pad, style)
    if verdict.trace is not None:
        which = "the shortest schedule" if verdict.trace.loop is None else "a schedule"
        heading = f"{which} that does it: {summary(verdict.trace)}"
        lines += ["", style.paint(heading, "bold")]
        lines += schedule(verdict.trace, style, kind == "reached", _after(verdict), _number(verdict))
    return lines


def cure(verdict: Verdict) -> str:
    """The usual remedy, from the rule's page; empty where there is none, and for what is no rule."""
    from defercheck.rules import UnknownRule, rule

    try:
        return rule(verdict.code).cure_of(verdict.message)
    except UnknownRule:
        return ""


def full_name(verdict: Verdict) -> str:
    """The rule's name; for a property of the spec's own, with the name that the spec gives it."""
    kinds = {"DF702": "invariant broken", "DF703": "temporal property broken", "DF904": "cover not reached"}
    kind = kinds.get(verdict.code)
    return f"{kind}: {verdict.name}" if kind and verdict.name != kind else verdict.name


def _after(verdict: Verdict) -> str:
    """What is wrong with the state at the end of a schedule whose last step is not itself the mistake: some context
    waits there for ever."""
    steps = verdict.trace.steps if verdict.trace is not None else ()
    if verdict.outcome != "violated" or not steps or steps[-1].violates or verdict.code == "DF702":
        return ""
    return verdict.message if verdict.code in ("DF601", "DF703") else f"from here on: {verdict.message}"


def _number(verdict: Verdict) -> int | None:
    return verdict.span.line if verdict.span is not None else None


def header(kind: str, code: str, name: str, style: Style, look: str) -> str:
    """``error[DF301]: use after free``."""
    return style.paint(f"{kind}[{code}]" if code else kind, look) + style.paint(f": {name}", "bold")


def note(text: str, pad: str, style: Style) -> list[str]:
    """``= text``, wrapped, in line with the bar of a snippet; nothing for an empty text."""
    wrapped = textwrap.wrap(text, style.width - len(pad) - 3, break_on_hyphens=False)
    return [f"{pad} {style.paint('=', 'bold blue') if i == 0 else ' '} {line}" for i, line in enumerate(wrapped)]


def missed(code: str, name: str, spec: Source, complete: bool, style: Style) -> list[str]:
    """The block for an ``expect`` that was not met."""
    lines = [header("error", code, "expected, but not found", style, "bold red")]
    span = expectation(code, spec)
    pad = " "
    if span is not None:
        pad = " " * len(str(span.line))
        lines += place(span, "", len(pad), style, _LOOKS["error"])
    what = f"{code} ({name})" if name else code
    known = "no schedule at all breaks" if complete else "nothing that was explored before the limit breaks"
    return lines + note(f"The spec expects a violation of {what}, but {known} it.", pad, style)


def expectation(code: str, spec: Source) -> Span | None:
    """Where a spec says that it expects a code."""
    found = re.search(rf"^[ \t]*(expect[ \t]+{re.escape(code)})\b", spec.text, re.MULTILINE)
    return span_of(spec, *found.span(1)) if found is not None else None


def span_of(source: Source, start: int, end: int) -> Span:
    """The span of a range of characters within one line."""
    line = source.text.count("\n", 0, start) + 1
    column = start - source.text.rfind("\n", 0, start)
    return Span(source, start, end, line, column, line, column + end - start)

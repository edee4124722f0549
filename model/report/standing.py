"""What an answer stands on: what was checked, how much was explored, at what cost, under which assumptions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from defercheck.report.style import Style
from defercheck.report.units import count, duration, listing, size
from defercheck.verdict import CheckResult, Verdict

LIMITS = {
    "states": "the limit on states (--max-states)",
    "memory": "the limit on memory (--memory)",
    "time": "the limit on time (--time)",
    "depth": "the limit on depth (--depth)",
    "interrupted": "an interruption",
}
"""What stopped an exploration, for people."""

_OWN = ("DF701", "DF702", "DF703")
_LABEL = 11


def standing(result: CheckResult, style: Style) -> list[str]:
    """The block of labelled lines under the verdict."""
    entries = [
        ("checked", checked(result)),
        ("explored", explored(result)),
        ("proved", proved(result)),
        ("cost", cost(result)),
        ("reduced by", ", ".join(result.reductions)),
    ]
    lines = [line for label, text in entries for line in _entry(label, text, style)]
    if not style.verbose:
        return lines + list(_entry("assuming", "; ".join(result.assumptions), style))
    for number, assumption in enumerate(result.assumptions):
        lines += _entry("assuming" if number == 0 else "", f"- {assumption}", style, hang=2)
    for number, verdict in enumerate(rules(result)):
        lines += _entry("rules" if number == 0 else "", _rule(verdict), style, hang=6)
    return lines


def rules(result: CheckResult) -> list[Verdict]:
    """One verdict a rule or named property, those that say something first, in order of code."""
    unique: dict[tuple[str, str], Verdict] = {}
    for verdict in result.verdicts:
        unique.setdefault((verdict.code, verdict.name), verdict)
    return sorted(unique.values(), key=lambda v: v.code)


def checked(result: CheckResult) -> str:
    """``24 rules, 1 invariant; covers reached: busy``."""
    codes = {v.code for v in result.verdicts if v.code not in _OWN and v.code != "DF904"}
    own = {(v.code, v.name, v.span.start if v.span else -1) for v in result.verdicts if v.code in _OWN}
    parts = [count(len(codes), "rule")]
    asserts = sum(1 for code, *_ in own if code == "DF701")
    if asserts:
        parts.append(count(asserts, "assertion"))
    if len(own) > asserts:
        parts.append(count(len(own) - asserts, "property", "properties"))
    covers = [v.name for v in result.verdicts if v.outcome == "reached"]
    return listing(parts) + (f"; reached: {', '.join(covers)}" if covers else "")


def explored(result: CheckResult) -> str:
    """How many states, and whether that is all of them."""
    e = result.exploration
    if not e.complete and not e.states:
        end = "" if e.limit == "depth" else f"; stopped by {LIMITS.get(e.limit, e.limit)}"
        return f"schedules of up to {count(e.depth, 'step')}, by Z3{end}"
    numbers = f"{count(e.states, 'state')}, {count(e.transitions, 'transition')}, depth {e.depth:,}"
    if e.complete and e.stuck_checked:
        cut = any(v.outcome == "undetermined" for v in result.verdicts) and not e.fair_checked
        return f"all of {numbers}" + (", but the search for fair schedules did not finish" if cut else "")
    if e.complete:
        return f"all of {numbers}, but the search for contexts that wait for ever did not finish"
    return f"{numbers}; stopped by {LIMITS.get(e.limit, e.limit)}"


def proved(result: CheckResult) -> str:
    """How much of it is proved, not only explored, and what that took; empty when no proof was asked for."""
    p = result.proof
    if p is None:
        return ""
    how = f"{count(p.lemmas, 'lemma')}, {count(p.queries, 'query', 'queries')}, {duration(p.seconds)}"
    return f"{p.proved:,} of {count(p.claims, 'claim')}, with {how} ({duration(p.solver_seconds)} in Z3)"


def cost(result: CheckResult) -> str:
    """Time and memory."""
    e = result.exploration
    parts = [duration(result.seconds or e.seconds + e.compile_seconds)]
    if e.compile_seconds and result.seconds:
        parts[0] += f" ({duration(e.compile_seconds)} compiling, {duration(e.seconds)} exploring)"
    if e.bytes:
        parts.append(size(e.bytes))
    if e.bits:
        parts.append(f"{e.bits}-bit states")
    return ", ".join(parts)


def _rule(verdict: Verdict) -> str:
    said = {"explored": "holds", "reached": "reached", "unreached": "not reached"}.get(verdict.outcome, verdict.outcome)
    why = f" ({verdict.reason})" if verdict.outcome == "explored" and verdict.reason else ""
    return f"{verdict.code} {verdict.name}: {said}{why}" + (" as expected" if verdict.expected else "")


def _entry(label: str, text: str, style: Style, hang: int = 0) -> Iterable[str]:
    if not text:
        return []
    indent = " " * (_LABEL + 2)
    lines = textwrap.wrap(text, style.width - len(indent), subsequent_indent=" " * hang, break_on_hyphens=False)
    first = "  " + style.paint(f"{label:<{_LABEL}}", "dim")
    return [(first if number == 0 else indent) + line for number, line in enumerate(lines)]

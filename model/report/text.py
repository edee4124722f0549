"""The text report of a check: findings as a compiler shows them, then the verdict and what it stands on."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from defercheck.report.finding import finding, full_name, missed
from defercheck.report.schedule import summary
from defercheck.report.standing import LIMITS, standing
from defercheck.report.style import Style
from defercheck.report.units import count, duration, listing
from defercheck.verdict import CheckResult, Verdict

_SAID = 18
"""Columns that a short verdict takes in a line of many; where the numbers do not fit beside it, no line has them."""


def report(result: CheckResult, style: Style) -> str:
    """The whole report of one spec on one kernel version, without a newline at its end."""
    blocks = [*findings(result, style), [verdict_line(result, style), *standing(result, style)]]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


def findings(result: CheckResult, style: Style) -> list[list[str]]:
    """The blocks of all that there is to tell before the verdict: failures first."""
    blocks = [finding(v, style) for v in failures(result)]
    blocks += [missed(code, _name(code), result.spec, result.exploration.complete, style) for code in result.missing]
    blocks += [finding(v, style) for v in warnings(result)]
    notes: list[str] = []
    for verdict in result.verdicts:
        if verdict.expected and verdict.outcome in ("violated", "unreached"):
            if style.verbose:
                blocks.append(finding(verdict, style, "expected"))
            else:
                notes.append(_expected(verdict, style))
        elif verdict.outcome == "allowed":
            notes.append(_allowed(verdict, style))
        elif verdict.outcome == "reached" and style.verbose and verdict.trace:
            blocks.append(finding(verdict, style, "reached"))
    unknown = _undetermined(result, style)
    return blocks + [block for block in (notes, unknown) if block]


def failures(result: CheckResult) -> list[Verdict]:
    """What makes the check fail, in order: violations and unreached covers that the spec does not expect."""
    return [v for v in _broken(result) if v.severity == "error" and not v.expected]


def warnings(result: CheckResult) -> list[Verdict]:
    """What does not fail by itself, and is not expected."""
    return [v for v in _broken(result) if v.severity == "warning" and not v.expected]


def verdict_line(result: CheckResult, style: Style) -> str:
    """``driver.dfr holds on Linux 6.1 with 2 CPUs``, or what else is to be said."""
    said = [count(len(result.missing), "missing expectation")] if result.missing else []
    if failures(result):
        said.insert(0, count(len(failures(result)), "violation"))
    match result.status:
        case "violated":
            verb, look = "fails", "bold red"
        case "undetermined":
            verb, look = "is undetermined", "bold yellow"
        case _:
            said = _expected_codes(result)
            verb, look = "is as expected" if said else "holds", "bold green"
    if warnings(result):
        said.append(count(len(warnings(result)), "warning"))
    where = f"on Linux {result.kernel} with {count(result.cpus, 'CPU')}"
    tail = f": {listing(said)}" if said else ""
    return f"{style.paint(result.spec.name, 'bold')} {style.paint(verb, look)} {where}{tail}"


def table_line(result: CheckResult, label: str, width: int, style: Style) -> str:
    """One line for one spec of many: name, verdict, and the codes found or the size of the search."""
    match result.status:
        case "violated":
            mark, look = style.glyphs.mark, "bold red"
            found = _unique([f"{v.code} {full_name(v)}" for v in failures(result)])
            said = ", ".join([*found, *(f"{code} expected but not found" for code in result.missing)])
        case "undetermined":
            mark, look = "?", "bold yellow"
            seen = result.exploration.states
            said = f"undetermined, {count(seen, 'state')} seen" if seen else "undetermined"
        case _:
            mark, look = style.glyphs.good, "green"
            expected = _expected_codes(result)
            said = f"{listing(expected)} as expected" if expected else "holds"
    warned = warnings(result)
    if warned:
        said += f" ({count(len(warned), 'warning')})"
    room = style.width - width - 4
    size = f"  {count(result.exploration.states, 'state')}, {duration(result.seconds)}"
    size = size if room - _SAID >= len(size) and len(said) + len(size) <= room else ""
    if len(said) > room:
        said = said[: room - len(style.glyphs.ellipsis)].rstrip() + style.glyphs.ellipsis
    return f"{style.paint(mark, look)} {label:<{width}}  {style.paint(said, look)}{style.paint(size, 'dim')}"


def brief(result: CheckResult) -> list[str]:
    """``file:line:column: error[DF301]: message`` for each failure: for editors, grep, and --quiet."""
    lines = []
    for verdict in [*failures(result), *warnings(result)]:
        place = f"{verdict.span!r}" if verdict.span else result.spec.name
        lines.append(f"{place}: {verdict.severity}[{verdict.code}]: {verdict.message or verdict.name}")
    lines += [f"{result.spec.name}: error[{code}]: expected, but not found" for code in result.missing]
    if result.status == "undetermined":
        lines.append(f"{result.spec.name}: undetermined: stopped by {_limit(result)}")
    return lines


def _broken(result: CheckResult) -> list[Verdict]:
    return [v for v in result.verdicts if v.outcome in ("violated", "unreached")]


def _expected_codes(result: CheckResult) -> list[str]:
    return _unique([v.code for v in _broken(result) if v.expected and v.severity == "error"])


def _unique(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _expected(verdict: Verdict, style: Style) -> str:
    steps = f" after {summary(verdict.trace)}" if verdict.trace else ""
    place = f" at {verdict.span!r}" if verdict.span else ""
    return f"{style.paint('as expected', 'green')}: {verdict.code} {verdict.name}{place}{steps}"


def _allowed(verdict: Verdict, style: Style) -> str:
    place = f" at {verdict.span!r}" if verdict.span else ""
    reason = f' "{verdict.reason}"' if verdict.reason else ""
    return f"{style.paint('allowed', 'yellow')}: {verdict.code} {verdict.name}{place}{reason}"


def _undetermined(result: CheckResult, style: Style) -> list[str]:
    """What is known so far, when a limit was hit."""
    exploration = result.exploration
    if exploration.complete and exploration.stuck_checked and not _open(result):
        return []
    seen = count(exploration.states, "state") if exploration.states else count(exploration.depth, "step")
    first = f"stopped by {_limit(result)} after {seen}"
    open_ones = _unique([f"{v.code} {v.name}" for v in result.verdicts if v.outcome == "undetermined"])
    if not open_ones and result.proof is not None:
        return []
    known = "nothing found so far is wrong" if not failures(result) else "what is shown above is certain"
    lines = [style.paint("undetermined", "bold yellow") + style.paint(f": {first}", "bold")]
    rest = f"{known}; {count(len(open_ones), 'property', 'properties')} may still fail in what was not seen"
    lines += textwrap.wrap(rest, style.width, initial_indent="  ", subsequent_indent="  ")
    return lines + ([f"    {name}" for name in open_ones] if style.verbose else [])


def _open(result: CheckResult) -> bool:
    """Whether the search for fair schedules was cut short that some property needs."""
    return not result.exploration.fair_checked and any(v.outcome == "undetermined" for v in result.verdicts)


def _limit(result: CheckResult) -> str:
    exploration = result.exploration
    if exploration.complete:
        cut = "contexts that wait for ever" if not exploration.stuck_checked else "fair schedules that go on for ever"
        return f"{LIMITS.get(exploration.limit, exploration.limit)} in the search for {cut}"
    return LIMITS.get(exploration.limit, exploration.limit)


def _name(code: str) -> str:
    """The rule's name, empty for a code that is no rule."""
    from defercheck.rules import UnknownRule, rule

    try:
        return rule(code).name
    except UnknownRule:
        return ""

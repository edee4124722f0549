"""Annotations for GitHub Actions: workflow commands that mark the lines of a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from defercheck.grammar.span import Diagnostic, Span
from defercheck.report.finding import expectation, finding, full_name, missed
from defercheck.report.many import total
from defercheck.report.marks import GITHUB_MARK
from defercheck.report.outcome import Crashed, Kept, Outcome, Refused
from defercheck.report.style import Style
from defercheck.report.units import count
from defercheck.rules import rule
from defercheck.verdict import CheckResult, Verdict

_STYLE = Style(width=90)


def dump(
    outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False, kept: Sequence[Kept] | None = None
) -> str:
    """One command a line: errors for what fails, is not valid or is undetermined, warnings, and notices for what is
    allowed; then the count. The text of an annotation is the finding with its schedule. What was held to a lock,
    ``kept``, has an error each if it is not as locked, and is what is counted."""
    # a spec that is not valid is so on each of its kernel versions
    commands = [*(_held(k) for k in kept or () if k.status != "as locked")]
    commands += [command for outcome in outcomes for command in _commands(outcome)]
    lines = [GITHUB_MARK, *dict.fromkeys(commands)]
    if interrupted:
        lines.append(_command("error", "defercheck was interrupted", "not all specs were checked", None))
    told = total(outcomes, _STYLE, interrupted) if kept is None else _counted(kept)
    return "\n".join([*lines, told]) + "\n"


def _held(k: Kept) -> str:
    said = "is not as locked" if k.status == "changed" else "cannot be held to its lock: undetermined"
    return _command("error", f"{said} on Linux {k.kernel}", k.told, None, k.spec)


def _counted(kept: Sequence[Kept]) -> str:
    kinds = Counter(k.status for k in kept)
    return f"{count(len(kept), 'check')}: {', '.join(f'{n} {kind}' for kind, n in kinds.items()) or 'none done'}"


def _commands(outcome: Outcome) -> Iterator[str]:
    match outcome:
        case Refused(name=name, diagnostics=diagnostics):
            for d in diagnostics:
                yield _command("error", d.message, _explained(d), d.span, name)
        case Crashed(name=name, error=error):
            yield _command("error", "internal error of defercheck", error, None, name)
        case CheckResult():
            yield from _checked(outcome)


def _checked(result: CheckResult) -> Iterator[str]:
    where = f"on Linux {result.kernel} with {result.cpus} CPU{'s' if result.cpus > 1 else ''}"
    for v in result.verdicts:
        title = f"{v.code} {full_name(v)}"
        match v.outcome:
            case "violated" | "unreached" if not v.expected:
                yield _command(v.severity, title, _full(v, where), v.span, result.spec.name)
            case "allowed":
                yield _command("notice", f"{title}, allowed", f"{v.message}\n{v.reason}", v.span, result.spec.name)
    for code in result.missing:
        lines = missed(code, rule(code).name, result.spec, result.exploration.complete, _STYLE)
        place = expectation(code, result.spec)
        yield _command("error", f"{code} expected, but not found", "\n".join(lines), place, result.spec.name)
    if result.status == "undetermined":
        open_ones = ", ".join(dict.fromkeys(v.code for v in result.verdicts if v.outcome == "undetermined"))
        reason = next((v.reason for v in result.verdicts if v.outcome == "undetermined"), "")
        yield _command("error", f"undetermined {where}", f"{reason}: {open_ones}", None, result.spec.name)


def _full(verdict: Verdict, where: str) -> str:
    """The finding without its header, which is the title."""
    lines = finding(verdict, _STYLE)[1:]
    return "\n".join([verdict.message or verdict.name, where, *(line.rstrip() for line in lines)])


def _explained(diagnostic: Diagnostic) -> str:
    return "\n".join(part for part in (diagnostic.label, diagnostic.help) if part) or diagnostic.message


def _command(kind: str, title: str, text: str, span: Span | None, file: str = "") -> str:
    """``::error file=...,line=...,title=...::text``."""
    place: dict[str, object] = {"file": file} if file else {}
    if span is not None and not span.source.kernel:
        place = {"file": span.source.name, "line": span.line, "endLine": span.end_line, "col": span.column}
        if span.end_line == span.line:
            place["endColumn"] = span.end_column
    given = ",".join(f"{name}={_property(str(value))}" for name, value in {**place, "title": title}.items())
    return f"::{kind} {given}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

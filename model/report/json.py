"""The JSON report: one document for a whole run. docs/json-report.md describes it; ``FORMAT`` names its version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from defercheck import __version__
from defercheck.grammar.span import Diagnostic, Span
from defercheck.report.finding import cure
from defercheck.report.outcome import Crashed, Kept, Outcome, Refused
from defercheck.report.who import driver_site, titles
from defercheck.system.result import Exploration
from defercheck.system.system import TransitionSystem
from defercheck.verdict import Change, CheckResult, Step, Trace, Verdict

FORMAT = "defercheck-report/1"
"""Name and version of the format. The number grows only when a reader of the old one would be misled."""

PAGE_MARK = "defercheck html report"
"""What the head of every HTML report says, so that a later run knows the file as a report."""


def dump(
    outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False, kept: Sequence[Kept] | None = None
) -> str:
    """The report as JSON text, UTF-8 characters as they are, with a newline at its end."""
    return json.dumps(document(outcomes, exit_code, interrupted, kept), indent=2, ensure_ascii=False) + "\n"


def document(
    outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False, kept: Sequence[Kept] | None = None
) -> dict[str, Any]:
    """The report as plain data. ``locked`` is there when specs were held to a lock, which ``kept`` tells of."""
    told = {} if kept is None else {"locked": [_kept(k) for k in kept]}
    return {
        "format": FORMAT,
        "tool": {"name": "defercheck", "version": __version__},
        "exit_code": int(exit_code),
        "interrupted": interrupted,
        "results": [_outcome(outcome) for outcome in outcomes],
    } | told


def _kept(k: Kept) -> dict[str, Any]:
    return {
        "spec": k.spec,
        "kernel": k.kernel,
        "status": k.status,
        "changes": [{"weight": weight, "text": text} for weight, text in k.changes],
        "why": k.why,
        "certificates": k.certificates,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Refused(name=name, diagnostics=diagnostics):
            return {"spec": name, "status": "invalid", "diagnostics": [_diagnostic(d) for d in diagnostics]}
        case Crashed(name=name, error=error):
            return {"spec": name, "status": "internal-error", "error": error}
    return _result(outcome)


def _result(result: CheckResult) -> dict[str, Any]:
    return {
        "spec": result.spec.name,
        "status": result.status,
        "kernel": result.kernel,
        "cpus": result.cpus,
        "verdicts": [_verdict(v) for v in result.verdicts],
        "missing": list(result.missing),
        "exploration": _exploration(result.exploration),
        "proof": None if result.proof is None else asdict(result.proof),
        "system": _system(result.system),
        "reductions": list(result.reductions),
        "assumptions": list(result.assumptions),
        "diagnostics": [_diagnostic(d) for d in result.diagnostics],
        "seconds": round(result.seconds, 6),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "code": verdict.code,
        "name": verdict.name,
        "outcome": verdict.outcome,
        "severity": verdict.severity,
        "expected": verdict.expected,
        "subject": verdict.subject,
        "message": verdict.message,
        "reason": verdict.reason,
        "cure": cure(verdict) if verdict.outcome == "violated" else "",
        "span": _span(verdict.span),
        "also": [_span(s) for s in verdict.also],
        "trace": _trace(verdict.trace),
        "loop": _loop(verdict.trace),
        "fairness": list(verdict.trace.fair) if verdict.trace is not None else [],
    }


def _trace(trace: Trace | None) -> list[dict[str, Any]] | None:
    if trace is None:
        return None
    return [_step(n, s, who) for n, (s, who) in enumerate(zip(trace.steps, titles(trace), strict=True), start=1)]


def _loop(trace: Trace | None) -> int | None:
    """The number, from 1, of the step with which the loop of an infinite schedule begins."""
    return None if trace is None or trace.loop is None else trace.loop + 1


def _step(number: int, step: Step, who: str) -> dict[str, Any]:
    return {
        "step": number,
        "context": step.context,
        "title": who,
        "level": step.level,
        "cpu": step.cpu,
        "label": step.label,
        "kernel": step.kernel,
        "span": _span(step.span),
        "driver_span": _span(driver_site(step)),
        "calls": [{"function": call.function, "site": _span(call.site)} for call in step.calls],
        "changes": [_change(change) for change in step.changes],
        "violates": step.violates,
    }


def _change(change: Change) -> dict[str, str]:
    return {
        "variable": change.variable,
        "before": change.before,
        "after": change.after,
        "origin": change.origin,
    }


def _exploration(exploration: Exploration) -> dict[str, Any]:
    return {
        "complete": exploration.complete,
        "limit": exploration.limit or None,
        "states": exploration.states,
        "transitions": exploration.transitions,
        "depth": exploration.depth,
        "stuck_checked": exploration.stuck_checked,
        "fair_checked": exploration.fair_checked,
        "state_bits": exploration.bits,
        "seconds": round(exploration.seconds, 6),
        "compile_seconds": round(exploration.compile_seconds, 6),
        "bytes": exploration.bytes,
    }


def _system(system: TransitionSystem) -> dict[str, int]:
    """Its size; the system itself is what ``defercheck compile --format json`` writes."""
    return {
        "variables": len(system.variables),
        "contexts": len(system.contexts),
        "transitions": len(system.transitions),
        "properties": sum(not p.hidden for p in system.properties),
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "span": _span(diagnostic.span),
        "notes": _notes(diagnostic.notes),
    }


def _notes(notes: Iterable[tuple[str, Span | None]]) -> list[dict[str, Any]]:
    return [{"message": text, "span": _span(span)} for text, span in notes]


def _span(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {
        "file": span.source.name,
        "kernel": span.source.kernel,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }

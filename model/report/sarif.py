"""The SARIF 2.1.0 report, for code scanning: a result for each finding, its schedule as a code flow.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/ defines the format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from defercheck import __version__
from defercheck.grammar.span import Diagnostic, Span
from defercheck.report.finding import expectation, full_name
from defercheck.report.marks import TOOL
from defercheck.report.outcome import Crashed, Kept, Outcome, Refused
from defercheck.report.schedule import summary
from defercheck.report.who import DEPTH, driver_site, titles
from defercheck.rules import Rule, all_rules, codes, rule
from defercheck.verdict import CheckResult, Step, Trace, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KERNEL_MODEL = "KERNELMODEL"
"""The base of places inside the kernel model, which is not part of the project that is checked."""

Json = dict[str, Any]


def dump(outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False, kept: Sequence[Kept] = ()) -> str:
    """The log as JSON text."""
    return json.dumps(document(outcomes, exit_code, interrupted, kept), indent=2, ensure_ascii=False) + "\n"


def document(outcomes: Sequence[Outcome], exit_code: int, interrupted: bool = False, kept: Sequence[Kept] = ()) -> Json:
    """The log as plain data, with one run.

    What the spec expects or allows is a result with a suppression in its source; what is undetermined is one of the
    kind ``open``. Specs that are not valid are notifications about the configuration, our own faults and an
    interruption notifications about the execution. What says something else than its lock, ``kept``, is a result of the
    rule that it is about, or a notification when it is about none.
    """
    results = [entry for k in kept for entry in _held(k)]
    results += [entry for o in outcomes if isinstance(o, CheckResult) for entry in _results(o)]
    known = {r.code: n for n, r in enumerate(all_rules())}
    for entry in results:
        entry["ruleIndex"] = known[entry["ruleId"]]
    failed = interrupted or any(not isinstance(o, CheckResult) for o in outcomes)
    invocation: Json = {
        "executionSuccessful": not failed,
        "exitCode": int(exit_code),
        "toolConfigurationNotifications": [
            _complaint(d)
            for d in dict.fromkeys(d for o in outcomes if isinstance(o, Refused) for d in o.diagnostics)
        ],
        "toolExecutionNotifications": [
            *(
                {"level": "error", "message": {"text": f"{o.name}: internal error: {o.error}"}}
                for o in outcomes if isinstance(o, Crashed)
            ),
            *(_about_lock(k, text) for k in kept for text in _ruleless(k)),
            *([{"level": "error", "message": {"text": "interrupted before all specs were checked"}}] * interrupted),
        ],
    }  # fmt: skip
    driver = {"name": TOOL, "version": __version__, "semanticVersion": __version__, "rules": _rules()}
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {
            KERNEL_MODEL: {"description": {"text": "the kernel model that the specs were checked with"}}
        },
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"checks": [_standing(o) for o in outcomes if isinstance(o, CheckResult)]},
    }
    return {"version": "2.1.0", "$schema": SCHEMA, "runs": [run]}


def _held(k: Kept) -> Iterator[Json]:
    for weight, text in k.changes:
        code = text[:5]
        if weight != "note" and code in codes():
            entry: Json = {
                "ruleId": code,
                "level": "error",
                "message": {"text": f"not as locked on Linux {k.kernel}: {text}{_because(k)}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(k.spec)}}}],
                "partialFingerprints": {
                    "defercheck/v1": hashlib.sha256("\0".join((text, k.spec, k.kernel)).encode()).hexdigest()
                },
                "properties": {"kernel": k.kernel},
            }
            yield entry | ({"kind": "open", "level": "none"} if weight == "undetermined" else {})


def _ruleless(k: Kept) -> list[str]:
    return [text for weight, text in k.changes if weight != "note" and text[:5] not in codes()]


def _about_lock(k: Kept, text: str) -> Json:
    return {"level": "error", "message": {"text": f"{k.spec} on Linux {k.kernel}: {text}{_because(k)}"}}


def _because(k: Kept) -> str:
    return f" ({k.why})" if k.why else ""


def _rules() -> list[Json]:
    return [_rule(r) for r in all_rules()]


def _rule(r: Rule) -> Json:
    return {
        "id": r.code,
        "name": "".join(word.capitalize() for word in r.name.replace(",", "").split()),
        "shortDescription": {"text": r.name},
        "fullDescription": {"text": r.summary},
        "help": {"text": r.page, "markdown": r.page},
        "defaultConfiguration": {"level": r.severity},
    }


def _results(result: CheckResult) -> Iterator[Json]:
    for v in result.verdicts:
        if v.outcome in ("violated", "unreached", "allowed", "undetermined"):
            yield _result(v, result)
    for code in result.missing:
        name = rule(code).name
        text = f"The spec expects a violation of {code} ({name}), but none was found on Linux {result.kernel}."
        yield {
            "ruleId": code,
            "level": "error",
            "message": {"text": text},
            "locations": [_location(expectation(code, result.spec), result)],
            "partialFingerprints": _fingerprint(code, "missing", result),
            "properties": _settings(result),
        }


def _result(v: Verdict, result: CheckResult) -> Json:
    said = v.message or full_name(v)
    where = f"on Linux {result.kernel} with {result.cpus} CPU{'s' if result.cpus > 1 else ''}"
    entry: Json = {
        "ruleId": v.code,
        "level": v.severity,
        "message": {"text": f"{said} ({where})"},
        "locations": [_location(v.span, result)],
        "partialFingerprints": _fingerprint(v.code, v.subject or v.name, result),
        "properties": _settings(result),
    }
    if v.outcome == "undetermined":
        entry |= {"kind": "open", "level": "none", "message": {"text": f"{full_name(v)}: undetermined: {v.reason}"}}
    if v.also:
        entry["relatedLocations"] = [_location(span, result) for span in v.also]
    if v.trace is not None and v.trace.steps:
        entry["codeFlows"] = [_flow(v.trace, result)]
    if v.expected or v.outcome == "allowed":
        text = "the spec expects it" if v.expected else v.reason
        entry["suppressions"] = [{"kind": "inSource", "justification": text}]
    return entry


def _flow(trace: Trace, result: CheckResult) -> Json:
    """The whole schedule, in its order, as one thread flow: viewers step through it from top to bottom."""
    steps = zip(trace.steps, titles(trace), strict=True)
    last = len(trace.steps)
    return {
        "message": {"text": f"{'the shortest' if trace.loop is None else 'a'} schedule that does it: {summary(trace)}"},
        "threadFlows": [{"locations": [_step(n, last, step, who, result) for n, (step, who) in enumerate(steps, 1)]}],
    }


def _step(number: int, last: int, step: Step, who: str, result: CheckResult) -> Json:
    changes = {c.variable: {"text": c.after} for c in step.changes}
    told = "".join(f"; {c.variable}: {c.before} → {c.after}" for c in step.changes if c.origin == "driver")
    text = f"CPU {step.cpu}, {who}: {step.label}{told}"
    location = _location(driver_site(step) or step.span, result) | {"message": {"text": text}}
    entry: Json = {
        "location": location,
        "executionOrder": number,
        "nestingLevel": DEPTH[step.level],
        "importance": "essential" if number == last else "unimportant" if step.kernel else "important",
        "module": who,
    }
    return entry | ({"state": changes} if changes else {})


def _location(span: Span | None, result: CheckResult) -> Json:
    if span is None:
        return {"physicalLocation": {"artifactLocation": {"uri": _uri(result.spec.name)}}}
    return _place(span)


def _place(span: Span) -> Json:
    artifact = {"uri": _uri(span.source.name)} | ({"uriBaseId": KERNEL_MODEL} if span.source.kernel else {})
    region = {
        "startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column,
    }  # fmt: skip
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _complaint(d: Diagnostic) -> Json:
    text = f"{d.message}; {d.help}" if d.help else d.message
    entry: Json = {"level": "error", "message": {"text": text}}
    return entry | ({"locations": [_place(d.span)]} if d.span is not None else {})


def _uri(name: str) -> str:
    """A path as a URI, relative if it was."""
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _fingerprint(code: str, about: str, result: CheckResult) -> dict[str, str]:
    """What stays when lines move."""
    key = "\0".join((code, about, result.spec.name, result.kernel, str(result.cpus)))
    return {"defercheck/v1": hashlib.sha256(key.encode()).hexdigest()}


def _settings(result: CheckResult) -> Json:
    return {"kernel": result.kernel, "cpus": result.cpus}


def _standing(result: CheckResult) -> Json:
    """What the answer for one spec stands on, also where it has no results because all holds."""
    return {
        "spec": result.spec.name,
        "status": result.status,
        **_settings(result),
        "states": result.exploration.states,
        "complete": result.exploration.complete,
        "assumptions": list(result.assumptions),
    }

"""The JUnit report: one suite for each check, one case for each property, for CI servers that show tests.

There is no standard; the elements are those that Jenkins, GitLab and pytest agree on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from defercheck.grammar.span import Span
from defercheck.report.errors import complaints
from defercheck.report.finding import finding, full_name, missed
from defercheck.report.marks import TOOL
from defercheck.report.outcome import Crashed, Kept, Outcome, Refused
from defercheck.report.standing import standing
from defercheck.report.style import Style
from defercheck.report.units import count
from defercheck.rules import rule
from defercheck.verdict import CheckResult, Verdict

_STYLE = Style(width=100)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def dump(
    outcomes: Sequence[Outcome],
    exit_code: int,
    interrupted: bool = False,
    warnings_fail: bool = False,
    kept: Sequence[Kept] = (),
) -> str:
    """The report as XML text. What was held to a lock, ``kept``, has a suite of one case each.

    Failed are violations that the spec does not expect, expectations that were not met and, with ``warnings_fail``,
    warnings; errors are specs that are not valid, what is undetermined, our own faults and an interruption. So a run
    that ends with 0 has none of either, and one that does not has some.
    """
    # a spec that is not valid is so on each of its kernel versions: once is enough
    told = [o for n, o in enumerate(outcomes) if not isinstance(o, Refused) or o not in outcomes[:n]]
    suites = [*map(_held, kept), *(_suite(outcome, warnings_fail) for outcome in told)]
    if interrupted:
        suites.append(_single("defercheck", "all specs were checked", "interrupted", "Ctrl-C ended the run"))
    top = Xml.Element("testsuites", name=TOOL)
    _numbers(top, [case for suite in suites for case in suite.iter("testcase")])
    top.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")
    top.extend(suites)
    Xml.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(top, encoding="unicode") + "\n"


def _suite(outcome: Outcome, warnings_fail: bool) -> Xml.Element:
    match outcome:
        case Refused(name=name, diagnostics=diagnostics):
            return _single(name, "is a valid spec", "invalid", complaints(diagnostics, _STYLE))
        case Crashed(name=name, error=error):
            return _single(name, "was checked", "internal error", error)
    return _checked(outcome, warnings_fail)


def _held(k: Kept) -> Xml.Element:
    """A case that fails when the spec says something else, and is an error when that cannot be told."""
    name = _clean(f"{k.spec} on Linux {k.kernel}, held to its lock")
    suite = Xml.Element("testsuite", name=name)
    case = Xml.SubElement(suite, "testcase", classname=_clean(k.spec), name="is as locked", file=_clean(k.spec),
                          line="1", time="0.000")  # fmt: skip
    if k.status == "as locked":
        if k.told:
            Xml.SubElement(case, "system-out").text = _clean(k.told)
    else:
        _say(case, "failure" if k.status == "changed" else "error", k.status, k.told)
    _numbers(suite, [case])
    suite.set("time", "0.000")
    return suite


def _single(suite: str, case: str, kind: str, text: str) -> Xml.Element:
    """A suite of one case that is an error."""
    element = Xml.Element("testsuite", name=_clean(suite))
    only = Xml.SubElement(element, "testcase", classname=_clean(suite), name=case, time="0.000")
    _say(only, "error", kind, text)
    _numbers(element, [only])
    element.set("time", "0.000")
    return element


def _checked(result: CheckResult, warnings_fail: bool) -> Xml.Element:
    where = f"{result.spec.name} on Linux {result.kernel} with {count(result.cpus, 'CPU')}"
    suite = Xml.Element("testsuite", name=_clean(where))
    properties = Xml.SubElement(suite, "properties")
    facts = {
        "kernel": result.kernel, "cpus": result.cpus, "states": result.exploration.states,
        "transitions": result.exploration.transitions, "depth": result.exploration.depth,
    }  # fmt: skip
    for name, value in facts.items():
        Xml.SubElement(properties, "property", name=name, value=str(value))
    cases = list(_cases(result, warnings_fail))
    suite.extend(cases)
    Xml.SubElement(suite, "system-out").text = _clean("\n".join(standing(result, _STYLE)))
    _numbers(suite, cases)
    suite.set("time", f"{result.seconds:.3f}")
    return suite


def _cases(result: CheckResult, warnings_fail: bool) -> Iterator[Xml.Element]:
    seen: Counter[str] = Counter()
    for verdict in result.verdicts:
        name = f"{verdict.code} {full_name(verdict)}"
        seen[name] += 1
        name += f" ({seen[name]})" if seen[name] > 1 else ""
        yield _case(name, verdict, result, warnings_fail)
    for code in result.missing:
        case = _empty(f"expect {code}", result, None)
        lines = missed(code, rule(code).name, result.spec, result.exploration.complete, _STYLE)
        _say(case, "failure", code, "\n".join(lines), "expected, but not found")
        yield case


def _case(name: str, verdict: Verdict, result: CheckResult, warnings_fail: bool) -> Xml.Element:
    case = _empty(name, result, verdict.span)
    broken = verdict.outcome in ("violated", "unreached")
    if broken and not verdict.expected and (verdict.severity == "error" or warnings_fail):
        _say(case, "failure", verdict.code, "\n".join(finding(verdict, _STYLE)), verdict.message or verdict.name)
    elif verdict.outcome == "undetermined":
        _say(case, "error", "undetermined", verdict.reason or "undetermined")
    elif broken or verdict.outcome == "allowed":
        kind = "expected" if verdict.expected else ""
        Xml.SubElement(case, "system-out").text = _clean("\n".join(finding(verdict, _STYLE, kind)))
    return case


def _empty(name: str, result: CheckResult, span: Span | None) -> Xml.Element:
    own = span is not None and not span.source.kernel
    return Xml.Element(
        "testcase",
        classname=_clean(result.spec.name),
        name=_clean(name),
        file=_clean(result.spec.name),
        line=str(span.line if own and span is not None else 1),
        time="0.000",
    )


def _say(case: Xml.Element, kind: str, type: str, text: str, message: str = "") -> None:
    """What is wrong with a case, in one line and in full."""
    said = _clean("\n".join(line.rstrip() for line in text.splitlines()))
    head = _clean(message) or next(iter(said.splitlines()), "")
    Xml.SubElement(case, kind, type=type, message=head).text = said


def _numbers(element: Xml.Element, cases: Sequence[Xml.Element]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    element.set("skipped", "0")


def _clean(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)

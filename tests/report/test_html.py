"""The HTML report: one file with nothing outside it, whose script is run in a real browser.

Without a browser these tests fail: a page that nobody opened is not known to work.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from defercheck.grammar.span import Diagnostic, Source
from defercheck.report.fold import rows
from defercheck.report.html import dump
from defercheck.report.outcome import Crashed, Outcome, Refused
from defercheck.verdict import CheckResult, Trace

from tests.report.samples import RIGHT, SPEC, TRACE, USE_AFTER_FREE, WRONG, span

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

Browse = Callable[..., str]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Opens a page at a place of it, presses keys, and gives what the page then is."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert browser is not None, f"none of {', '.join(BROWSERS)} is installed (Debian's package is `chromium`)"

    def run(page: str, place: str = "", keys: tuple[str, ...] = ()) -> str:
        presses = "".join(f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}'}}));" for key in keys)
        errors = "<script>onerror = (m) => document.title = 'ERROR ' + m;</script>"
        page = page.replace("<style>", f"{errors}<style>", 1).replace("</body>", f"<script>{presses}</script></body>")
        path = tmp_path / "report.html"
        path.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*command, "--dump-dom", f"{path.as_uri()}{place}"], capture_output=True, timeout=120, check=True
        )
        dom = done.stdout.decode("utf-8")
        assert "<title>ERROR" not in dom, dom
        return dom

    return run


def data(page: str) -> dict[str, object]:
    """The report inside a page."""
    found = re.search(r'<script id="report" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    loaded = json.loads(found.group(1))
    assert isinstance(loaded, dict)
    return loaded


def here(dom: str) -> list[str]:
    """The text of the line of the schedule that the page stands at."""
    return re.findall(r'<div class="step[^"]*\bhere\b[^"]*"[^>]*>(.*?)</div>', dom)


def test_nothing_is_fetched() -> None:
    page = dump([WRONG, RIGHT], 1)
    assert not re.search(r"""(src|href|@import|url\()\s*=?\s*["']?\s*(https?:)?//""", page)
    assert "<link" not in page and "import(" not in page and "fetch(" not in page


def test_the_data_are_the_json_report_with_lines_and_sources() -> None:
    found = data(dump([WRONG], 1))
    results = found["results"]
    assert isinstance(results, list)
    verdict = next(v for v in results[0]["verdicts"] if v["trace"])
    assert [(r["first"], r["last"], r["text"]) for r in verdict["rows"]] == [
        (r.first, r.last, r.text) for r in rows(TRACE)
    ]
    sources = found["sources"]
    assert isinstance(sources, dict)
    assert sources["driver.dfr"]["text"] == SPEC.text
    assert sources["tasklet.dfr"]["kernel"] is True


def test_a_spec_cannot_end_the_script() -> None:
    text = SPEC.text + '// </script><script>alert("x")</script> <!-- $title ${style}\n'
    result = replace(RIGHT, spec=Source("</title><b>.dfr", text))
    page = dump([result], 0)
    assert page.count("</script>") == dump([RIGHT], 0).count("</script>")
    assert page.count("</title>") == 1
    sources = data(page)["sources"]
    assert isinstance(sources, dict) and sources["</title><b>.dfr"]["text"] == text


def test_the_same_run_gives_the_same_page() -> None:
    assert dump([WRONG], 1) == dump([WRONG], 1)


def test_the_browser_draws_lanes_bars_and_source(browse: Browse) -> None:
    dom = browse(dump([WRONG], 1))
    table = rows(TRACE)
    assert len(re.findall(r'<div class="step\b', dom)) == len(table)
    assert {int(n) for n in re.findall(r'<div class="cpu"[^>]*>CPU (\d)', dom)} == {s.cpu for s in TRACE.steps}
    levels = {s.level for s in TRACE.steps}
    assert {level for level in ("thread", "softirq", "hardirq") if f'class="bar {level}"' in dom} == levels
    assert len(re.findall(r'<span class="line', dom)) == len(SPEC.text.splitlines())
    assert here(dom) == [table[0].text]


def test_keys_step_through_the_schedule(browse: Browse) -> None:
    page, table = dump([WRONG], 1), rows(TRACE)
    assert here(browse(page, keys=("ArrowRight", "ArrowRight", "ArrowLeft"))) == [table[1].text]
    dom = browse(page, keys=("End",))
    assert here(dom) == [table[-1].text]
    assert "violates here" in dom or "here violates" in dom


def test_what_a_step_changed_is_marked(browse: Browse) -> None:
    page, table = dump([WRONG], 1), rows(TRACE)
    for at, row in enumerate(table):
        if row.changes:
            dom = browse(page, keys=("ArrowRight",) * at)
            marked = re.findall(r'<tr class="changed"><td>(.*?)</td><td>(?:<span[^>]*>.*?</span>)?(.*?)</td>', dom)
            assert sorted(marked) == sorted((c.variable, c.after) for c in row.changes)
            return
    raise AssertionError("no step of the sample changes anything")


def test_single_steps(browse: Browse) -> None:
    dom = browse(dump([WRONG], 1), keys=("k",))
    assert len(re.findall(r'<div class="step\b', dom)) == len(TRACE.steps)


def test_a_loop_says_where_it_begins(browse: Browse) -> None:
    endless = replace(USE_AFTER_FREE, trace=replace(TRACE, loop=3, fair=("a runnable thread runs",)))
    dom = browse(dump([replace(WRONG, verdicts=(endless,))], 1), keys=("k",))
    marks = re.findall(r'<div class="(loop|step)[^"]*"[^>]*>(.*?)</div>', dom)
    assert [kind for kind, _ in marks].index("loop") == 3
    assert marks[-1] == ("loop", "back to step 4, and so on for ever")
    assert "the loop is fair: a runnable thread runs" in dom
    still = replace(endless, trace=replace(TRACE, loop=len(TRACE.steps)))
    assert "nothing moves any more" in browse(dump([replace(WRONG, verdicts=(still,))], 1))


def test_a_place_can_be_linked_to(browse: Browse) -> None:
    index = next(i for i, v in enumerate(WRONG.verdicts) if v.trace)
    assert here(browse(dump([RIGHT, WRONG], 1), f"#1.{index}.2")) == [rows(TRACE)[2].text]


@pytest.mark.parametrize(
    "outcome",
    [
        RIGHT,
        Refused("bad.dfr", (Diagnostic("there is no function `x`", span("my_handler")),)),
        Crashed("worse.dfr", "out of luck"),
        replace(WRONG, verdicts=(replace(USE_AFTER_FREE, trace=Trace(())),)),
    ],
    ids=["right", "refused", "crashed", "empty schedule"],
)
def test_what_has_no_schedule_is_shown_too(browse: Browse, outcome: Outcome) -> None:
    dom = browse(dump([outcome], 1))
    assert here(dom) == []
    match outcome:
        case Refused():
            assert "there is no function `x`" in dom.split("<main>")[0]
        case Crashed():
            assert "out of luck" in dom.split("<main>")[0]
        case CheckResult():
            assert "driver.dfr" in dom

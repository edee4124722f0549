"""The text report of hand-made results, word by word and at several widths."""

from dataclasses import replace

import pytest
from defercheck.report.style import Style
from defercheck.report.text import brief, report, table_line, verdict_line
from defercheck.system.result import Exploration
from defercheck.verdict import Trace, Verdict

from tests.report import golden
from tests.report.samples import EXPLORATION, NO_LEAK, RIGHT, TRACE, USE_AFTER_FREE, WRONG, span

WARNING = Verdict(
    "DF901", "statement that never runs", "violated", "No schedule reaches this statement.",
    span=span("tasklet_kill(my_tasklet)"), severity="warning",
)  # fmt: skip
ALLOWED = Verdict("DF306", "memory never freed", "allowed", reason="the core frees it", span=span("kfree(dev)"))
COVER = Verdict("DF904", "busy", "reached", "", "", span("tasklet_schedule(my_tasklet)"), Trace(TRACE.steps[:2]))
EXPECTED = replace(USE_AFTER_FREE, expected=True)
STUCK = Verdict(
    "DF402", "contexts wait for each other for ever", "violated", "tasklet_kill waits for ever for the tasklet to run.",
    "my_tasklet", span("tasklet_kill(my_tasklet)"), Trace(TRACE.steps[:9]),
)  # fmt: skip
BROKEN = Verdict(
    "DF702", "both", "violated", "`running(t) && resetting` holds.", "both", span("kfree(dev)"), Trace(TRACE.steps[:9])
)
CUT = Exploration(
    complete=False, limit="states", states=1000, transitions=4000, depth=12, fired=frozenset(), seconds=0.05, bits=36
)  # fmt: skip

CASES = {
    "right": (RIGHT, Style()),
    "right-verbose": (replace(RIGHT, verdicts=(COVER, NO_LEAK)), Style(verbose=True)),
    "wrong": (WRONG, Style()),
    "wrong-narrow-ascii": (WRONG, Style(width=56, unicode=False)),
    "wrong-wide": (WRONG, Style(width=120)),
    "wrong-verbose": (WRONG, Style(width=100, verbose=True)),
    "wrong-color": (WRONG, Style(color=True)),
    "mixed": (replace(WRONG, verdicts=(USE_AFTER_FREE, ALLOWED, WARNING, COVER)), Style()),
    "expected": (replace(RIGHT, verdicts=(EXPECTED, NO_LEAK)), Style()),
    "expected-verbose": (replace(RIGHT, verdicts=(EXPECTED,)), Style(verbose=True)),
    "waits-for-ever": (replace(RIGHT, verdicts=(STUCK,)), Style()),
    "own-properties": (replace(RIGHT, verdicts=(BROKEN, replace(COVER, outcome="unreached", trace=None))), Style()),
    "missing": (replace(RIGHT, missing=("DF304",)), Style()),
    "undetermined": (
        replace(RIGHT, exploration=CUT, verdicts=tuple(replace(v, outcome="undetermined") for v in RIGHT.verdicts)),
        Style(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    result, style = CASES[name]
    golden.check(f"{name}.txt", report(result, style))


@pytest.mark.parametrize("width", [40, 56, 80, 100, 160])
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_wider_than_the_terminal(name: str, width: int) -> None:
    result, style = CASES[name]
    text = report(result, replace(style, width=width, color=False))
    # the driver's own lines, the file names and the headline are not ours to break
    ours = [line for line in text.splitlines() if "│" in line or line.startswith("  ")]
    assert ours
    assert max(map(len, ours)) <= width


@pytest.mark.parametrize("name", CASES)
def test_ascii_is_ascii(name: str) -> None:
    result, style = CASES[name]
    assert report(result, replace(style, unicode=False)).isascii()


@pytest.mark.parametrize("name", CASES)
def test_without_color_there_is_no_escape_and_with_it_the_same_words(name: str) -> None:
    import re

    result, style = CASES[name]
    plain = report(result, replace(style, color=False))
    colored = report(result, replace(style, color=True))
    assert "\x1b" not in plain
    assert "\x1b" in colored

    def words(text: str) -> list[str]:
        return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]

    assert words(colored) == words(plain)


def test_quiet_is_a_line_for_each_failure() -> None:
    assert brief(RIGHT) == []
    assert brief(replace(WRONG, missing=("DF304",))) == [
        "driver.dfr:7:5: error[DF301]: my_handler writes dev.count after module exit has freed dev.",
        "driver.dfr: error[DF304]: expected, but not found",
    ]
    assert brief(CASES["undetermined"][0]) == [
        "driver.dfr: undetermined: stopped by the limit on states (--max-states)"
    ]


def test_undetermined_is_never_said_to_hold() -> None:
    result = CASES["undetermined"][0]
    assert "holds" not in report(result, Style(verbose=True)).replace("may still fail", "")
    assert "undetermined" in verdict_line(result, Style())


def test_a_finding_before_the_limit_is_certain() -> None:
    result = replace(WRONG, exploration=CUT)
    text = report(result, Style())
    assert "what is shown above is certain" in text
    assert "driver.dfr fails on Linux 6.1 with 2 CPUs: 1 violation" in text


def test_stuck_search_that_did_not_finish_is_told() -> None:
    result = replace(
        RIGHT,
        verdicts=(Verdict("DF402", "waits for ever", "undetermined"),),
        exploration=replace(EXPLORATION, stuck_checked=False),
    )
    text = report(result, Style())
    assert "is undetermined" in text
    assert "did not finish" in text


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [44, 80, 120])
def test_a_line_of_many_fits(name: str, width: int) -> None:
    line = table_line(CASES[name][0], "driver.dfr", 12, Style(width=width))
    assert len(line) <= width
    assert line.startswith(("✓ driver.dfr    ", "✗ driver.dfr    ", "? driver.dfr    "))
    if width == 44:
        assert "12,345" not in line
    if width == 120:
        assert " states, 0.61 s" in line

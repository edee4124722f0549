"""What a report may use on which device, and numbers for people."""

import io

import pytest
from defercheck.grammar.span import Source, Span
from defercheck.report.diagnostics import place as snippet
from defercheck.report.style import Style, can_draw, style_for, wants_color
from defercheck.report.units import count, duration, listing, size


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environ", "expected"),
    [
        ("auto", {}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, True),
        ("auto", {"TERM": "dumb"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {}, False),
    ],
)
def test_color_on_a_terminal(choice: str, environ: dict[str, str], expected: bool) -> None:
    assert wants_color(Terminal(), choice, environ) is expected  # type: ignore[arg-type]


def test_no_color_in_a_pipe() -> None:
    assert not wants_color(io.StringIO(), "auto", {})


def test_characters_depend_on_the_encoding() -> None:
    assert can_draw("utf-8")
    assert not can_draw("ascii")
    assert not can_draw("latin-1")
    assert not can_draw(None)
    assert not can_draw("no such encoding")


def test_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "113")
    assert style_for(Terminal()).width == 113
    monkeypatch.setenv("COLUMNS", "10")
    assert style_for(Terminal()).width == 40
    monkeypatch.delenv("COLUMNS")
    assert style_for(io.StringIO()).width == 80


def test_numbers() -> None:
    assert [count(1, "state"), count(0, "state"), count(12345, "state")] == ["1 state", "0 states", "12,345 states"]
    assert count(2, "property", "properties") == "2 properties"
    assert [size(5), size(1023), size(1536), size(3 << 30)] == ["5 B", "1023 B", "1.5 KiB", "3.0 GiB"]
    assert [duration(s) for s in (0.0, 0.042, 0.5, 12.34, 61, 3725)] == [
        "1 ms", "42 ms", "0.50 s", "12.3 s", "1 min 01 s", "1 h 02 min",
    ]  # fmt: skip
    assert [listing([]), listing(["a"]), listing(["a", "b", "c"])] == ["", "a", "a, b and c"]


def place(text: str, word: str) -> Span:
    source = Source("x.dfr", text)
    start = text.index(word)
    before = text[:start]
    line, column = before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
    return Span(source, start, start + len(word), line, column, line, column + len(word))


def test_the_caret_is_under_the_word_also_after_tabs() -> None:
    lines = snippet(place("a\n\tif (x)\tkfree(dev);\n", "kfree"), "", 1, Style(), "")
    assert lines[0].endswith("x.dfr:2:9")
    assert lines[3].index("^") == lines[2].index("kfree")
    assert lines[3].count("^") == 5


def test_a_long_line_is_cropped_around_the_word() -> None:
    lines = snippet(place("x = " + "1 + " * 60 + "kfree(dev) + " + "2 + " * 60, "kfree"), "", 1, Style(width=80), "")
    assert max(map(len, lines)) <= 80
    assert lines[3].index("^") == lines[2].index("kfree")

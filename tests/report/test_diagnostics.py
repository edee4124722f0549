"""Diagnostics as the user sees them."""

from __future__ import annotations

import re
from textwrap import dedent

from defercheck.grammar.span import Diagnostic, Source, Span
from defercheck.report.diagnostics import render


def at(text: str, start: int, end: int, name: str = "drv.dfr") -> Span:
    """The span of a range of a text whose lines end with a line feed."""

    def place(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return Span(Source(name, text), start, end, *place(start), *place(end))


def of(text: str, part: str) -> Span:
    return at(text, text.index(part), text.index(part) + len(part))


def shown(diagnostic: Diagnostic) -> str:
    result = render(diagnostic, False)
    assert re.sub(r"\x1b\[[\d;]*m", "", render(diagnostic, True)) == result
    return result


def test_message_place_label_and_help() -> None:
    text = "bool a;\nbool b = sleeep;\n"
    said = Diagnostic("unknown name `sleeep`", of(text, "sleeep"), "not declared", "did you mean `sleep`?")
    assert shown(said) == dedent(
        """\
        error: unknown name `sleeep`
         --> drv.dfr:2:10
          |
        2 | bool b = sleeep;
          |          ^^^^^^ not declared
          |
          = help: did you mean `sleep`?
        """
    )


def test_notes() -> None:
    text = "bool a;\n" * 8 + "int b;\nbool b;\n"
    second, first = text.rindex("b;"), text.index("b;")
    notes = (("first declared here", at(text, first, first + 1)), ("names are global", None))
    assert shown(Diagnostic("`b` is declared twice", at(text, second, second + 1), notes=notes)) == dedent(
        """\
        error: `b` is declared twice
          --> drv.dfr:10:6
           |
        10 | bool b;
           |      ^
        note: first declared here
          --> drv.dfr:9:5
           |
         9 | int b;
           |     -
           = note: names are global
        """
    )


def test_without_a_place() -> None:
    assert (
        shown(Diagnostic("no spec given", None, help="name a file")) == "error: no spec given\n  = help: name a file\n"
    )
    assert shown(Diagnostic("no spec given", None)) == "error: no spec given\n"


def test_tabs_keep_the_carets_in_place() -> None:
    text = "\tif\t(x) y();\n"
    lines = shown(Diagnostic("m", of(text, "x"))).splitlines()
    assert lines[1] == " --> drv.dfr:1:6"
    assert lines[4].index("^") == lines[3].index("x")
    assert "\t" not in "".join(lines)


def test_wide_characters_keep_the_carets_in_place() -> None:
    lines = shown(Diagnostic("m", of("/* 漢字 */ x = 1;", "x"))).splitlines()
    assert lines[4] == "  |            ^"


def test_spans_of_several_lines() -> None:
    text = "irq a {\n    x();\n    y();\n}\n"
    assert shown(Diagnostic("m", at(text, 6, len(text) - 1), "here")) == dedent(
        """\
        error: m
         --> drv.dfr:1:7
          |
        1 | irq a {
          |       ^
        ...
        4 | }
          | ^ here
        """
    )


def test_a_span_that_ends_with_a_line_break_stays_on_its_line() -> None:
    lines = shown(Diagnostic("m", at("bool a\nbool b;\n", 5, 7))).splitlines()
    assert lines[3:] == ["1 | bool a", "  |      ^"]


def test_the_end_of_the_file() -> None:
    text = "cpus 2;\nirq a {\n"
    assert shown(Diagnostic("m", at(text, len(text), len(text)))).splitlines()[3:] == ["3 |", "  | ^"]
    assert shown(Diagnostic("m", at("", 0, 0))).splitlines()[3:] == ["1 |", "  | ^"]
    assert shown(Diagnostic("m", at("cpus 2", 6, 6))).splitlines()[3:] == ["1 | cpus 2", "  |       ^"]


def test_long_lines_are_cut_around_the_span() -> None:
    text = "a" * 500 + " = oops; " + "b" * 500
    lines = shown(Diagnostic("m", of(text, "oops"))).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[3].startswith("1 | ...a") and lines[3].endswith("b...")
    column = lines[4].index("^")
    assert lines[3][column : column + 4] == "oops" and lines[4].count("^") == 4


def test_a_span_longer_than_the_line_that_is_shown() -> None:
    lines = shown(Diagnostic("m", at("x = " + "a" * 500 + ";", 4, 504))).splitlines()
    assert max(map(len, lines)) <= 120 and lines[3].endswith("...;")


def test_what_cannot_be_printed() -> None:
    lines = shown(Diagnostic("m", at("a\0\x1b[31m\u200bb\n", 1, 2))).splitlines()
    assert lines[3] == "1 | a␀␛[31m\ufffdb"


def test_colors_only_on_demand() -> None:
    said = Diagnostic("m", of("bool a;", "a"), "label", "help", (("note", of("bool a;", "bool")),))
    assert "\x1b[" not in render(said, False)
    assert render(said, True).startswith("\x1b[1;31merror\x1b[0m")

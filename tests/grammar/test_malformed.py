"""Texts that no parser should fall over: one clear error (or success), soon, and never a traceback."""

from __future__ import annotations

import pytest
from defercheck.grammar.depth import MAX_DEPTH
from defercheck.grammar.lexer import MAX_NESTING
from defercheck.grammar.parser import parse
from defercheck.grammar.span import SpecError
from defercheck.report.diagnostics import render

BAD = {
    "braces": "{" * 1_000_000,
    "open blocks": "void f() " + "{" * 1_000_000,
    "parentheses": "invariant " + "(" * 1_000_000,
    "closing braces": "}" * 1_000_000,
    "prefixes": "invariant " + "!" * 20_000 + "a;",
    "sums": "invariant " + "a + " * 20_000 + "a;",
    "implications": "invariant " + "a ==> " * 5_000 + "a;",
    "choices": "invariant " + "a ? b : " * 5_000 + "a;",
    "fields": "invariant a" + ".b" * 20_000 + ";",
    "calls": "invariant a" + "()" * 20_000 + ";",
    "else if": "void f() { " + "if (a) b(); else " * 5_000 + "; }",
    "nested if": "void f() { " + "if (a) " * 5_000 + "; }",
    "comments in a head": "void f(" + "/* x */ / " * 20_000,
    "comments after a word": "void f() { check " + "/* x */" * 20_000,
    "open comments": "/*" * 100_000,
    "quotes": '"' * 100_001,
    "a number": "invariant " + "9" * 100_000 + ";",
    "all bytes": bytes(range(256)).decode("latin-1") * 100,
    "nul": "cpus 2;\0",
    "undecodable": "cpus \udcff;",
    "replacement characters": "\ufffd\ufffd",
    "names": "a " * 100_000,
    "one long line": "a" * 1_000_000 + " = 3;",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_texts(text: str) -> None:
    with pytest.raises(SpecError) as error:
        parse(text)
    assert len(error.value.diagnostics) == 1
    shown = render(error.value.diagnostics[0], False)
    assert max(map(len, shown.splitlines())) < 2_000 or len(text) == 1_000_006  # the name itself may be that long


def test_the_limits_are_generous() -> None:
    brackets = MAX_NESTING - 1
    assert parse("invariant " + "(" * brackets + "a" + ")" * brackets + ";").items
    assert parse("void f() " + "{" * brackets + "}" * brackets).items
    assert parse("invariant " + "a + " * (MAX_DEPTH - 10) + "a;").items


def test_long_flat_files_are_fine() -> None:
    spec = parse("void f() { " + "a();\n" * 20_000 + "}" + "tasklet t(((a)));\n" * 500)
    assert len(spec.items) == 501


@pytest.mark.parametrize("cut", range(0, 1740, 13))
def test_cut_off_files(cut: int) -> None:
    """A file that ends anywhere is parsed or refused, and the message can be shown."""
    from tests.grammar.test_roundtrip import EVERYTHING

    try:
        parse(EVERYTHING[:cut])
    except SpecError as error:
        assert render(error.diagnostics[0], False).startswith("error: ")


@pytest.mark.parametrize("at", range(0, 1740, 53))
@pytest.mark.parametrize("junk", ["{", ")", "=", ";", "x", "3", "if", '"', "/*", "\0"])
def test_junk_anywhere(at: int, junk: str) -> None:
    from tests.grammar.test_roundtrip import EVERYTHING

    try:
        parse(f"{EVERYTHING[:at]} {junk} {EVERYTHING[at:]}")
    except SpecError as error:
        assert render(error.diagnostics[0], True)

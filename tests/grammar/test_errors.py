"""The text of every syntax error, compared with golden_errors.txt.

``GOLDEN=write pytest tests/grammar/test_errors.py`` writes the file anew, to be read in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from defercheck.grammar.errors import _WORDS
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.grammar.tables import load_table
from defercheck.report.diagnostics import render

from tests.grammar.bad import CASES

GOLDEN = Path(__file__).with_name("golden_errors.txt")


def complaint(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as error:
        parse(text, "t.dfr")
    (diagnostic,) = error.value.diagnostics
    return diagnostic


def golden() -> list[str]:
    return GOLDEN.read_text("utf-8").split("\n" + "=" * 40 + "\n")[:-1]


def test_messages() -> None:
    shown = [f"{text!r}\n\n{render(complaint(text), False)}" for text in CASES]
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text("".join(text + "\n" + "=" * 40 + "\n" for text in shown), "utf-8")
    for found, expected in zip(shown, golden(), strict=True):
        assert found == expected


@pytest.mark.parametrize("text", CASES)
def test_no_message_names_a_terminal(text: str) -> None:
    said = complaint(text)
    words = {"FUNCTION_LPAR", "LPAR", "RPAR", "NUMBER", "STRING", "NAME", "$END", "ANON"}
    assert not words & set(f"{said.message} {said.label} {said.help}".replace("`", " ").split())


def test_each_named_terminal_has_a_human_name() -> None:
    assert {t for t in load_table().terminals if t.isupper() or "$" in t} - {"NULL"} == set(_WORDS)


def test_where_it_points() -> None:
    said = complaint("void f() {\n    x = 1\n    y = 2;\n}\n")
    assert said.span and (said.span.line, said.span.column, said.span.text) == (2, 10, "")
    said = complaint("void f() {\n    if (a) {\n        x();\n}\n\nvoid g() { }\n")
    assert said.span and (said.span.line, said.span.text) == (2, "{")
    assert said.notes[0][1] and said.notes[0][1].line == 4

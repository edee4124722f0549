"""Formatting loses nothing: for random trees, and for comments at random places."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from defercheck.grammar.formatter import format
from defercheck.grammar.lexer import _MASTER
from defercheck.grammar.parser import parse
from defercheck.grammar.tree import SpecFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.grammar.compare import bare, words
from tests.grammar.trees import specs

EVERYTHING = (Path(__file__).parent / "all.dfr").read_text()
COMMENTS = (
    "/* %d */",
    "// %d\n",
    "\n/* %d\n * more\n */\n",
    "\n\n\n// %d\n",
    "/* %d\n      more */ ",
    "/* %d */ // and %d\n",
    "\n  \n",
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_a_tree_survives_formatting(spec: SpecFile) -> None:
    text = format(spec)
    again = parse(text)
    assert bare(again.items) == bare(spec.items)
    assert format(again) == text


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_comments_survive_formatting(seed: int) -> None:
    text = with_comments(EVERYTHING, random.Random(seed))
    spec = parse(text)
    formatted = format(spec)
    again = parse(formatted)
    assert bare(again.items) == bare(parse(EVERYTHING).items)
    assert sorted(gist(again)) == sorted(gist(spec))
    assert words(again) == words(spec)
    assert format(again) == formatted


def with_comments(text: str, chance: random.Random) -> str:
    """The text with comments and line breaks before some of its tokens."""
    spots = [m.start() for m in _MASTER.finditer(text) if m.lastgroup not in ("space", "comment")]
    result = ""
    done = 0
    for n, spot in enumerate(sorted(chance.sample(spots, chance.randint(1, 12)))):
        result += text[done:spot] + chance.choice(COMMENTS).replace("%d", str(n))
        done = spot
    return result + text[done:]


def gist(spec: SpecFile) -> list[str]:
    """The comments without their indentation."""
    return [" ".join(text.split()) for text, _ in spec.comments]


@pytest.mark.parametrize("name", ["all.dfr"])
def test_a_file_survives_formatting(name: str) -> None:
    spec = parse((Path(__file__).parent / name).read_text())
    again = parse(format(spec))
    assert bare(again.items) == bare(spec.items)
    assert format(again) == format(spec)

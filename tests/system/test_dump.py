"""Dumps: there and back through JSON text, and what a reader of another version is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from defercheck.grammar.span import Source, Span
from defercheck.system.dump import FORMAT, DumpError, expression_from_json, expression_to_json, from_json, to_json
from defercheck.system.expr import TRUE, Const, Op, Var
from defercheck.system.show import show
from defercheck.system.system import Call, Location, TransitionSystem
from defercheck.system.wellformed import MalformedSystem
from hypothesis import HealthCheck, given, settings

from tests.reduce.programs import programs, tidied
from tests.system.test_wellformed import GOOD
from tests.systems import systems

RANDOM = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


def there_and_back(system: TransitionSystem) -> None:
    text = json.dumps(to_json(system))
    back = from_json(json.loads(text))
    assert back == system
    assert json.dumps(to_json(back)) == text


@RANDOM
@given(programs())
def test_programs(system: TransitionSystem) -> None:
    there_and_back(system)


@RANDOM
@given(systems())
def test_wild_systems_with_expressions_as_they_stand(system: TransitionSystem) -> None:
    there_and_back(tidied(system))


def span(text: str = "", start: int = 0, kernel: bool = False) -> Span:
    return Span(Source("driver.dfr", text, kernel), start, start, 3, 5, 3, 9)


def decorated(where: Span, kernel: Span) -> TransitionSystem:
    """Every optional field in use."""
    step = replace(
        GOOD.transitions[0], span=where, calls=(Call("f", where), Call("g", kernel)), kernel=True, origins=(4, 2)
    )
    context = replace(
        GOOD.contexts[0], locations=(Location("x", where), Location("y")), kernel=True, enabled=Op("lt", (TRUE, TRUE))
    )
    count = replace(GOOD.variables[2], labels=tuple("abcdefgh"), origin="ghost")
    claim = replace(GOOD.properties[0], subject="s", span=kernel, hidden=True, continues=True, expr=Var("count"))
    return replace(
        GOOD,
        variables=(*GOOD.variables[:2], count),
        contexts=(context, GOOD.contexts[1]),
        transitions=(step, *GOOD.transitions[1:]),
        properties=(claim, *GOOD.properties[1:]),
    )


def test_every_field_survives() -> None:
    there_and_back(decorated(span(), span(kernel=True)))


def test_a_span_becomes_a_place_without_the_text() -> None:
    data = to_json(decorated(span("secret text", 7), span("more", 2, kernel=True)))
    assert data["transitions"][0]["span"] == {
        "file": "driver.dfr", "line": 3, "column": 5, "end_line": 3, "end_column": 9,
    }  # fmt: skip
    assert data["transitions"][0]["calls"][1]["site"]["kernel"] is True
    assert from_json(data) == decorated(span(), span(kernel=True))


def test_expressions() -> None:
    e = Op("and", (Var("x"), Op("not", (Const(3),))))
    assert expression_to_json(e) == ["and", ["var", "x"], ["not", 3]]
    assert expression_from_json(["and", ["var", "x"], ["not", 3]]) == e
    for bad in ("x", [], [3], ["var"], ["var", 3], True, None, 1.5, {"var": "x"}):
        with pytest.raises(DumpError):
            expression_from_json(bad)


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {n: v for n, v in data.items() if n != name}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "defercheck-system/0"},
        {"format": None},
        {"variables": [{"name": "x"}]},
        {"variables": [{"name": "x", "lo": 0, "hi": 1, "init": 0, "colour": "red"}]},
        {"variables": [{"name": "x", "lo": "low", "hi": 1, "init": 0}]},
        {"transitions": 5},
        {"contexts": ["a"]},
    ],
)
def test_what_is_no_dump(change: dict[str, Any]) -> None:
    with pytest.raises(DumpError):
        from_json(to_json(GOOD) | change)


def test_a_dump_that_makes_no_sense() -> None:
    with pytest.raises(MalformedSystem, match="count"):
        from_json(to_json(GOOD) | {"variables": to_json(GOOD)["variables"][:2]})
    with pytest.raises(DumpError):
        from_json(without(to_json(GOOD), "name"))
    assert to_json(GOOD)["format"] == FORMAT


def test_the_readable_listing() -> None:
    text = show(decorated(span(), span(kernel=True)))
    assert text.splitlines() == [
        "system good: 3 variables, 2 contexts, 2 transitions, 3 properties",
        "",
        "variables",
        "  pc0    0..1, at first 0  (pc)",
        "  pc1    0..0, at first 0  (pc)",
        "  count  {a, b, c, d, e, f, g, h}, at first a  (ghost)",
        "",
        "context a: thread on CPU 0, kernel, counter pc0, enabled when (1 < 1)",
        "  0: x  [driver.dfr:3:5]  (idle)",
        "    #0 -> 1  up  when (count < 7)  [driver.dfr:3:5]",
        "        count := (count + 1)",
        "  1: y",
        "    #1 violates p  bad",
        "",
        "context b: thread on CPU 0, counter pc1",
        "  0: l0  (idle)",
        "",
        "properties",
        "  p: step continues",
        "  q: stuck a at 1",
        "  r: invariant (count <= 7)",
    ]

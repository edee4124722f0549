"""Each way in which a system can be malformed is complained of, alone and by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from defercheck.system.expr import FALSE, TRUE, Const, Op, Var, equals, op
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from defercheck.system.wellformed import MalformedSystem, check


def context(name: str, pc: str, locations: int) -> Context:
    return Context(name, "thread", Const(0), pc, tuple(Location(f"l{n}") for n in range(locations)), frozenset({0}))


COUNT = Var("count")
UP = Transition(0, 0, 1, op("lt", COUNT, Const(7)), (("count", op("add", COUNT, Const(1))),), "up")
BAD = Transition(0, 1, None, TRUE, (), "bad", violates="p")
GOOD = TransitionSystem(
    "good",
    (Variable("pc0", 0, 1, 0, origin="pc"), Variable("pc1", 0, 0, 0, origin="pc"), Variable("count", 0, 7, 0)),
    (context("a", "pc0", 2), context("b", "pc1", 1)),
    (UP, BAD),
    (
        Property("p", "DF101", "step", ""),
        Property("q", "DF402", "stuck", "", context=0, locations=frozenset({1})),
        Property("r", "DF702", "invariant", "", expr=op("le", COUNT, Const(7))),
    ),
)


def test_a_good_system_passes() -> None:
    check(GOOD)


def variable(**change: Any) -> TransitionSystem:
    return replace(GOOD, variables=(*GOOD.variables[:2], replace(GOOD.variables[2], **change)))


def first_context(**change: Any) -> TransitionSystem:
    return replace(GOOD, contexts=(replace(GOOD.contexts[0], **change), GOOD.contexts[1]))


def transition(base: Transition = UP, **change: Any) -> TransitionSystem:
    return replace(GOOD, transitions=(*GOOD.transitions, replace(base, label="new", **change)))


def claim(**change: Any) -> TransitionSystem:
    return replace(GOOD, properties=(*GOOD.properties, replace(Property("s", "DF702", "invariant", ""), **change)))


MALFORMED: dict[str, TransitionSystem] = {
    "variable count is declared more than once": replace(GOOD, variables=(*GOOD.variables, GOOD.variables[2])),
    "variable count starts at 8, outside 0..7": variable(init=8),
    "variable count starts at 0, outside 1..0": variable(lo=1, hi=0),
    "variable count is boolean but ranges over 0..7": variable(boolean=True),
    "variable count has 9 labels for 8 values": variable(labels=tuple("abcdefghi")),
    "context b is declared more than once": first_context(name="b"),
    "variable pc1 is the program counter of more than one context": replace(
        GOOD, contexts=(GOOD.contexts[0], GOOD.contexts[1], context("c", "pc1", 1))
    ),
    "context a: its program counter pc9 is not a variable": first_context(pc="pc9"),
    "context a: pc0 ranges over 0..1, but its locations over 0..2": first_context(
        locations=(*GOOD.contexts[0].locations, Location("more"))
    ),
    "context a: idle location 2 is not one of its 2": first_context(idle=frozenset({0, 2})),
    "context a: cpu reads nobody, which is not a variable": first_context(cpu=Var("nobody")),
    "context a: enabled reads nobody, which is not a variable": first_context(enabled=equals(Var("nobody"), 1)),
    "property r is declared more than once": claim(id="r"),
    "property s: 'hope' is not a kind of property": claim(kind="hope"),
    "property s is of kind invariant and cannot have a step that continues": claim(continues=True),
    "property s is of kind stuck but names no context": claim(kind="stuck", locations=frozenset({0})),
    "property s is of kind stuck but names no location": claim(kind="stuck", context=1),
    "property s: context b has no location 1": claim(kind="stuck", context=1, locations=frozenset({0, 1})),
    "property s reads nobody, which is not a variable": claim(expr=Var("nobody")),
    "transition 2 (new): there is no context 2": transition(context=2),
    "transition 2 (new): context a has no location 2 for a source": transition(source=2),
    "transition 2 (new): context a has no location -1 for a target": transition(target=-1),
    "transition 2 (new) has no target and violates nothing": transition(target=None),
    "transition 2 (new) violates r, which is not a step property": transition(BAD, violates="r"),
    "transition 2 (new) violates z, which is not a step property": transition(BAD, violates="z"),
    "transition 2 (new) violates p and yet has a target or updates": transition(BAD, target=0),
    "transition 2 (new) updates count more than once": transition(updates=(("count", TRUE), ("count", FALSE))),
    "transition 2 (new) updates nobody, which is not a variable": transition(updates=(("nobody", TRUE),)),
    "transition 2 (new) updates its own program counter pc0": transition(updates=(("pc0", TRUE),)),
    "transition 2 (new): guard reads nobody, which is not a variable": transition(guard=Var("nobody")),
    "transition 2 (new): update of count reads nobody, which is not a variable": transition(
        updates=(("count", op("add", Var("nobody"), COUNT)),)
    ),
    "transition 2 (new): guard: nand is not an operator": transition(guard=Op("nand", (COUNT, COUNT))),
    "transition 2 (new): guard: ite takes 3 arguments, not 2": transition(guard=Op("ite", (COUNT, COUNT))),
    "transition 2 (new): guard: 7 is not an expression": transition(guard=7),
    "transition 2 (new) sets count to 8..15, outside 0..7": transition(
        guard=TRUE, updates=(("count", op("add", COUNT, Const(8))),)
    ),
    "transition 2 (new) sets count to 8..8, outside 0..7": transition(
        guard=equals(COUNT, 7), updates=(("count", op("add", COUNT, Const(1))),)
    ),
}


@pytest.mark.parametrize("complaint", MALFORMED)
def test_a_malformed_system_does_not(complaint: str) -> None:
    with pytest.raises(MalformedSystem) as found:
        check(MALFORMED[complaint])
    assert found.value.complaints == (complaint,)


@pytest.mark.parametrize(
    "guard, value",
    [
        (TRUE, op("add", COUNT, Const(1))),  # may leave the range: the engines' business
        (op("lt", Const(7), COUNT), Const(8)),  # would, but never happens
    ],
)
def test_an_update_that_only_may_leave_its_range_passes(guard: Op, value: Op) -> None:
    check(transition(guard=guard, updates=(("count", value),)))


def test_everything_is_said_at_once() -> None:
    with pytest.raises(MalformedSystem, match=r"starts at 8.*has no target"):
        check(replace(transition(target=None), variables=variable(init=8).variables))

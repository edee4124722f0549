"""Generated code computes what ``evaluate`` says, and no value is outside the bounds that it relies on."""

from __future__ import annotations

import itertools

import pytest
from defercheck.explore import explore
from defercheck.explore.layout import lay_out
from defercheck.explore.ranges import Ranges, bits
from defercheck.system.expr import OPERATORS, Const, Op, Var, evaluate
from defercheck.system.system import Context, Location, Property, TransitionSystem, Variable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems import expressions


@st.composite
def variables(draw: st.DrawFn) -> Variable:
    lo = draw(st.integers(-9, 9) | st.integers(-(1 << 62), (1 << 62) - 1))
    hi = draw(st.integers(lo, min(lo + 9, (1 << 62) - 1)) | st.integers(lo, (1 << 62) - 1))
    return Variable("", lo, hi, draw(st.integers(lo, hi)))


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=50)
@given(st.data())
def test_values(data: st.DataObject) -> None:
    """One state, and for each expression the invariant that it has the value that it has."""
    drawn = data.draw(st.lists(variables(), min_size=1, max_size=5))
    some = [Variable(f"x{n}", v.lo, v.hi, v.init) for n, v in enumerate(drawn)]
    state = {v.name: v.init for v in some}
    pc = Variable("pc", 0, 0, 0)
    found = data.draw(st.lists(expressions(some, size=8), min_size=1, max_size=25))
    ranges = Ranges({v.name: (v.lo, v.hi) for v in some})
    claims = []
    for n, e in enumerate(found):
        value = evaluate(e, state)
        lo, hi = ranges[e]
        assert lo <= value <= hi
        claims.append(Property(f"value {n}", "T", "invariant", "", expr=Op("eq", (e, Const(value)))))
        claims.append(Property(f"truth {n}", "T", "cover", "", expr=e))
    context = Context("c", "thread", Const(0), "pc", (Location("0"),), frozenset())
    system = TransitionSystem("values", (*some, pc), (context,), (), tuple(claims))
    shown = explore(system).witnesses
    for n, e in enumerate(found):
        assert f"value {n}" not in shown, e
        assert (f"truth {n}" in shown) == bool(evaluate(e, state)), e


INTERESTING = (-(1 << 62), -(1 << 33), -70, -64, -3, -1, 0, 1, 2, 7, 61, 62, 63, 64, 1 << 40, (1 << 62) - 1)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_on_all_that_is_interesting(name: str) -> None:
    """Each value in a variable of its own, with the largest range and, on the left, also with a small one."""
    large = [Variable(f"x{n}", -(1 << 62), (1 << 62) - 1, v) for n, v in enumerate(INTERESTING)]
    small = [Variable(f"y{n}", v - 1, v + 1, v) for n, v in enumerate(INTERESTING[1:-1])]
    state = {v.name: v.init for v in (*large, *small)}
    claims = []
    for a, b in itertools.product(state, (v.name for v in large)):
        args = tuple(map(Var, {1: (a,), 2: (a, b), 3: (b, a, "x3")}[OPERATORS[name][0]]))
        e = Op(name, args)
        claims.append(Property(f"{e}", "T", "invariant", "", expr=Op("eq", (e, Const(evaluate(e, state))))))
    context = Context("c", "thread", Const(0), "x0", (), frozenset())
    system = TransitionSystem("values", (*large, *small), (context,), (), tuple(claims))
    assert not explore(system).witnesses


@given(st.integers(), st.integers())
def test_bits(a: int, b: int) -> None:
    width = bits((min(a, b), max(a, b)))
    assert -(1 << width - 1) <= min(a, b) and max(a, b) < 1 << width - 1
    assert width == 1 or not all(-(1 << width - 2) <= x < 1 << width - 2 for x in (a, b))


def test_a_field_is_never_split_and_some_word_is_never_zero() -> None:
    wide = tuple(Variable(f"x{n}", 0, (1 << 40) - 1, 0) for n in range(4))
    pc = Variable("pc", 0, 1, 0)
    for some in ((*wide, pc), (pc,), (Variable("a", 0, (1 << 62) - 1, 0), Variable("b", 0, 3, 0)), ()):
        layout = lay_out(TransitionSystem("", some, (), (), ()))
        assert layout.pack([v.init for v in some])[layout.tag] != 0
    full = lay_out(TransitionSystem("", (Variable("a", 0, (1 << 62) - 1, 0), Variable("b", 0, 3, 0)), (), (), ()))
    assert (full.bits, full.words) == (64, 2), "all codes of the one word are states: another word has the tag"
    slack = lay_out(TransitionSystem("", (Variable("a", 0, (1 << 62) - 2, 0), Variable("b", 0, 3, 0)), (), (), ()))
    assert (slack.bits, slack.words, slack.constant) == (64, 1, 0), "a code that no value needs is free"


def test_variables_are_where_layout_says() -> None:
    pc = Variable("pc", 0, 3, 2)
    x = Variable("x", -5, 5, -5)
    layout = lay_out(TransitionSystem("", (pc, x), (), (), ()))
    (word,) = layout.pack((2, -5))
    assert word == 2 | (1 << 2), "x has a code to spare, so its codes begin with 1"
    assert layout.unpack((word,)) == (2, -5)
    assert Var("x") in {Var(name) for name in layout.fields}

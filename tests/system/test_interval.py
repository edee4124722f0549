"""Bounds are sound against the definition of the operators, and sharp where lowering counts on it."""

from __future__ import annotations

import itertools

import pytest
from defercheck.system.expr import OPERATORS, Const, Expr, Op, Var, equals, evaluate, ite, op
from defercheck.system.interval import assume, bounds, fits, hull
from hypothesis import assume as given_that
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("a", "b", "c")
SMALL = st.integers(-9, 9) | st.sampled_from([-(1 << 40), 62, 63, 64, 1 << 40])


def expressions(size: int = 6) -> st.SearchStrategy[Expr]:
    leaves = st.sampled_from(NAMES).map(Var) | SMALL.map(Const)
    return st.recursive(leaves, _applied, max_leaves=size)


@st.composite
def _applied(draw: st.DrawFn, parts: st.SearchStrategy[Expr]) -> Expr:
    name = draw(st.sampled_from(sorted(OPERATORS)))
    return Op(name, tuple(draw(parts) for _ in range(OPERATORS[name][0])))


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, tuple[int, int]]:
    lows = {n: draw(st.integers(-6, 6)) for n in NAMES}
    return {n: (lo, lo + draw(st.integers(0, 8))) for n, lo in lows.items()}


def inside(draw: st.DataObject, box: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {n: draw.draw(st.integers(lo, hi)) for n, (lo, hi) in box.items()}


@settings(max_examples=600, deadline=None)
@given(expressions(), boxes(), st.data())
def test_the_value_lies_within_the_bounds(e: Expr, box: dict[str, tuple[int, int]], data: st.DataObject) -> None:
    lo, hi = bounds(e, box)
    assert lo <= evaluate(e, inside(data, box)) <= hi


@settings(max_examples=600, deadline=None)
@given(expressions(4), expressions(), boxes(), st.booleans(), st.data())
def test_and_where_a_condition_holds_within_what_it_implies(
    condition: Expr, e: Expr, box: dict[str, tuple[int, int]], holds: bool, data: st.DataObject
) -> None:
    state = inside(data, box)
    given_that(bool(evaluate(condition, state)) == holds)
    facts = assume(condition, box, holds=holds)
    assert facts is not None, "the condition can hold: here it does"
    for known, (lo, hi) in facts.items():
        assert lo <= evaluate(known, state) <= hi, known
    lo, hi = bounds(e, box, facts)
    assert lo <= evaluate(e, state) <= hi


SHARP = {"mod": 0.8, "bitand": 0.25, "bitor": 0.2, "bitxor": 0.2}
"""Operators whose bounds are not exact: the part of all pairs of small intervals for which they are."""


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_one_operator_over_all_small_intervals(name: str) -> None:
    """Exhaustively, and with the count of those whose bounds are exact: what is sharp today stays sharp."""
    arity, meaning = OPERATORS[name]
    edges = [(lo, hi) for lo in range(-3, 5) for hi in range(lo, 5)]
    sharp = total = 0
    for box in itertools.product(edges, repeat=min(arity, 2)):
        ranges = dict(zip(NAMES, box, strict=False)) | ({"c": (0, 1)} if arity == 3 else {})
        args = [Var(n) for n in (("c", "a", "b") if arity == 3 else NAMES[:arity])]
        cells = itertools.product(*(range(ranges[a.name][0], ranges[a.name][1] + 1) for a in args))
        values = [meaning(*cell) for cell in cells]
        lo, hi = bounds(Op(name, tuple(args)), ranges)
        assert lo <= min(values) and max(values) <= hi, (box, lo, hi)
        sharp, total = sharp + ((lo, hi) == (min(values), max(values))), total + 1
    assert sharp / total >= SHARP.get(name, 1.0), sharp / total


A, B = Var("a"), Var("b")
SIDES = [(A, B), (op("add", A, Const(1)), B), (A, op("sub", B, Const(2))), (op("sub", Const(1), A), B), (A, Const(1))]


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "and", "or", "add"])
@pytest.mark.parametrize("sides", SIDES, ids=str)
@pytest.mark.parametrize("holds", [True, False])
def test_what_is_learned_over_all_small_intervals(name: str, sides: tuple[Expr, Expr], holds: bool) -> None:
    condition = Op(name, sides)
    nested = Op("ite", (Op("and", (condition, condition)), A, Const(9)))
    edges = [(lo, hi) for lo in range(-2, 3) for hi in range(lo, 3)]
    for a, b in itertools.product(edges, repeat=2):
        ranges = {"a": a, "b": b}
        states = [{"a": x, "b": y} for x in range(a[0], a[1] + 1) for y in range(b[0], b[1] + 1)]
        lo, hi = bounds(nested, ranges)
        assert all(lo <= evaluate(nested, s) <= hi for s in states)
        facts = assume(condition, ranges, holds=holds)
        for s in states:
            if bool(evaluate(condition, s)) == holds:
                assert facts is not None
                assert all(low <= evaluate(e, s) <= high for e, (low, high) in facts.items())


RANGES = {"count": (0, 7), "i": (0, 3), "x": (-10, 10)}
COUNT, INDEX, X = Var("count"), Var("i"), Var("x")


@pytest.mark.parametrize(
    "guard, update, range",
    [
        (op("lt", COUNT, Const(7)), op("add", COUNT, Const(1)), (1, 7)),
        (op("le", op("add", COUNT, Const(1)), Const(7)), op("add", COUNT, Const(1)), (1, 7)),
        (op("ne", COUNT, Const(0)), op("sub", COUNT, Const(1)), (0, 6)),
        (op("not", equals(COUNT, 7)), op("add", COUNT, Const(1)), (1, 7)),
        (Var("count"), op("sub", COUNT, Const(1)), (0, 6)),
        (op("and", op("le", Const(2), X), op("lt", X, Const(6))), X, (2, 5)),
        (equals(X, INDEX), X, (0, 3)),
        (op("lt", X, INDEX), X, (-10, 2)),
        (Op("not", (Op("or", (op("lt", X, Const(0)), op("lt", Const(3), X))),)), X, (0, 3)),
        (equals(op("add", X, Const(2)), 5), X, (3, 3)),
        (equals(op("sub", Const(2), X), 5), X, (-3, -3)),
        (Const(1), ite(op("lt", COUNT, Const(7)), op("add", COUNT, Const(1)), COUNT), (1, 7)),
        (Const(1), op("mod", X, Const(4)), (-3, 3)),
        (Const(1), op("mod", COUNT, Const(4)), (0, 3)),
        (Const(1), op("mod", INDEX, Const(8)), (0, 3)),
    ],
)
def test_what_a_lowering_pass_needs_to_see(guard: Expr, update: Expr, range: tuple[int, int]) -> None:
    facts = assume(guard, RANGES)
    assert facts is not None
    assert bounds(update, RANGES, facts) == range
    assert fits(update, *range, RANGES, facts)
    assert not fits(update, range[0] + 1, range[1], RANGES, facts)


@pytest.mark.parametrize(
    "guard", [op("lt", Const(7), COUNT), equals(COUNT, 9), op("and", equals(INDEX, 1), op("lt", INDEX, Const(1)))]
)
def test_a_condition_that_never_holds(guard: Expr) -> None:
    assert assume(guard, RANGES) is None


def test_hull_sees_what_stands_inside() -> None:
    e = op("sub", op("mul", X, Const(1000)), op("mul", X, Const(1000)))
    assert hull([op("lt", e, Const(5)), COUNT], RANGES) == (-20000, 20000)


def test_computed_indexes_stay_cheap() -> None:
    """``a[b[c[i]]]`` over arrays of 32: conditions within conditions must not multiply."""
    index: Expr = Var("i0")
    for level in "cba":
        cells = [Var(f"{level}{n}") for n in range(32)]
        element: Expr = cells[31]
        for n in range(31):
            element = ite(equals(index, n), cells[n], element)
        index = element
    ranges = {f"{level}{n}": (0, 31) for level in "cba" for n in range(32)} | {"i0": (0, 31)}
    assert bounds(index, ranges) == (0, 31)  # in our lifetime

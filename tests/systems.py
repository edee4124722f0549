"""Random TransitionSystems, small enough to be explored by the interpreter, odd enough to find an engine's bugs."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from defercheck.system.expr import OPERATORS, TRUE, Const, Expr, Op, Var, conj, equals, ite, negate, op
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from hypothesis import strategies as st

SMALL = st.integers(-3, 5)
OWED = [("", "")] * 4 + [("p", ""), ("q", ""), ("", "finite"), ("", "unbounded"), ("", "choice")]
"""What infinite schedules owe a step: mostly, that its context goes on."""
CONSTANTS = st.one_of(SMALL, SMALL, st.sampled_from([-1 << 63, -1 << 40, 1 << 31, (1 << 62) - 1, 1 << 63]))


@lru_cache(maxsize=None, typed=True)
def among(*values: Any) -> st.SearchStrategy[Any]:
    """One of some values. Making a strategy takes Hypothesis longer than drawing from it, so each is made once."""
    return st.sampled_from(values)


@cache
def between(lo: int, hi: int) -> st.SearchStrategy[int]:
    return st.integers(lo, hi)


ANY_OPERATOR = st.sampled_from([*OPERATORS, "and", "or", "not", "eq", "ne"])
BOOLEANS = st.booleans()


@lru_cache(maxsize=1000)
def _some(values: tuple[Any, ...], least: int, most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=most)


def expressions(variables: list[Variable], size: int = 5) -> st.SearchStrategy[Expr]:
    """Expressions with any operator, folded or as they were built."""
    return _expressions(tuple(sorted(v.name for v in variables)), size)


@cache
def _expressions(names: tuple[str, ...], size: int) -> st.SearchStrategy[Expr]:
    leaves = st.one_of(st.sampled_from(names).map(Var), CONSTANTS.map(Const), SMALL.map(Const))
    # Tests of one variable against a constant are what real guards are made of, and are compiled specially.
    tests = st.builds(lambda n, c: equals(Var(n), c), st.sampled_from(names), SMALL)
    return st.recursive(st.one_of(leaves, tests), _applied, max_leaves=size)


@st.composite
def _applied(draw: st.DrawFn, parts: st.SearchStrategy[Expr]) -> Expr:
    name = draw(ANY_OPERATOR)
    args = tuple(draw(parts) for _ in range(OPERATORS[name][0]))
    return op(name, *args) if draw(BOOLEANS) else Op(name, args)


@st.composite
def _variables(draw: st.DrawFn, wide: bool) -> tuple[list[Variable], dict[str, list[int]]]:
    """Variables with, for each, the values that it may take: all of its range, or a few of a very large one."""
    found, values = [], {}
    for n in range(draw(among(3, 4, 2, 5))):
        lo = draw(between(-4, 4))
        hi = lo + draw(among(0, 1, 1, 1, 2, 3, 4))
        found.append(Variable(f"x{n}", lo, hi, draw(between(lo, hi))))
        values[f"x{n}"] = list(range(lo, hi + 1))
    for n in range(draw(between(2, 6)) if wide else 0):
        lo = draw(among(0, 0, -1, -(1 << 20), -(1 << 62)))
        hi = lo + draw(among(1, 1 << 20, (1 << 31) - 1, 1 << 40, (1 << 62) - 1))
        some = draw(st.lists(st.integers(lo, hi) | st.sampled_from([lo, hi]), min_size=1, max_size=2))
        found.append(Variable(f"w{n}", lo, hi, some[0]))
        values[f"w{n}"] = some
    return found, values


@cache
def _usual(names: tuple[str, ...]) -> st.SearchStrategy[Expr]:
    """Guards that are mostly true: what a random guard lets through is soon nothing at all."""
    rare = st.builds(lambda n, c: negate(equals(Var(n), c)), st.sampled_from(names), SMALL)
    return st.one_of(st.just(TRUE), st.just(TRUE), rare, rare, _expressions(names, 5))


@st.composite
def systems(draw: st.DrawFn, wild: bool = False) -> TransitionSystem:
    """A well-formed system of one to three contexts. ``wild`` ones may have updates that leave a range."""
    variables, values = draw(_variables(wide=draw(between(0, 3)) == 0))
    sizes = draw(_some((3, 4, 2, 1), draw(among(2, 3, 1)), 3))
    pcs = [Variable(f"pc{n}", 0, size - 1, draw(between(0, size - 1)), origin="pc") for n, size in enumerate(sizes)]
    places = draw(st.permutations([*variables, *pcs]))
    every = list(places)
    values |= {pc.name: list(range(pc.lo, pc.hi + 1)) for pc in pcs}
    usual = _usual(tuple(sorted(v.name for v in every)))
    contexts = [
        Context(f"c{n}", "thread", Const(0), pc.name, tuple(Location(str(i)) for i in range(size)), frozenset({0}),
                enabled=draw(usual) if draw(BOOLEANS) else TRUE)
        for n, (pc, size) in enumerate(zip(pcs, sizes, strict=True))
    ]  # fmt: skip
    claims = [Property(f"step{n}", "T", "step", "", continues=draw(BOOLEANS)) for n in range(draw(between(0, 2)))]
    transitions: list[Transition] = []
    for n, size in enumerate(sizes):
        for source in range(size):
            for _ in range(draw(among(2, 1, 3, 2, 0))):
                names = draw(_some(tuple(every), draw(among(1, 2, 0)), 3))
                updates = tuple((v.name, draw(_new_value(every, v, values[v.name], wild))) for v in names)
                target = draw(among(*range(size), (source + 1) % size, None))
                violates = draw(among(*[None] * 8, *[c.id for c in claims]))
                guard = draw(usual)
                promise, free = draw(among(*OWED))
                transitions.append(
                    Transition(n, source, target, guard, updates, f"t{len(transitions)}", violates=violates,
                               promise=promise, free=free)
                )  # fmt: skip
    for kind in draw(_some(("invariant", "cover", "terminal"), 0, 5)):
        claims.append(Property(f"{kind}{len(claims)}", "T", kind, "", expr=draw(expressions(every))))
    for kind in draw(_some(("lasting", "eventually", "leadsto"), 0, 3)):
        trigger = draw(expressions(every)) if kind == "leadsto" else TRUE
        claims.append(Property(f"{kind}{len(claims)}", "T", kind, "", expr=draw(expressions(every)), trigger=trigger))
    for n, size in enumerate(sizes):
        for _ in range(draw(between(0, 2))):
            at = draw(st.frozensets(st.integers(0, size - 1), min_size=1))
            claims.append(Property(f"stuck{len(claims)}", "T", "stuck", "", context=n, locations=at))
    return TransitionSystem(
        "random", tuple(every), tuple(contexts), tuple(draw(st.permutations(transitions))), tuple(claims)
    )


@st.composite
def _new_value(draw: st.DrawFn, every: list[Variable], v: Variable, values: list[int], wild: bool) -> Expr:
    constant = Const(draw(among(*values)))
    if not v.name.startswith("w") and draw(among(True, True, False)):
        # Going round all values makes many states.
        step = Const(draw(among(1, 1, 2)))
        return op("add", Const(v.lo), op("mod", op("add", op("sub", Var(v.name), Const(v.lo)), step), _size(v)))
    if v.name.startswith("w") or draw(BOOLEANS):
        # Few values only, or the states would not end.
        return ite(draw(expressions(every)), constant, Var(v.name)) if draw(BOOLEANS) else constant
    e = draw(expressions(every))
    if wild and draw(BOOLEANS):
        return e
    if draw(BOOLEANS):
        return ite(conj(op("le", Const(v.lo), e), op("le", e, Const(v.hi))), e, constant)
    return op("add", Const(v.lo), op("mod", op("add", op("mod", e, _size(v)), _size(v)), _size(v)))


def _size(v: Variable) -> Const:
    return Const(v.hi - v.lo + 1)

"""Bounds of expressions by interval analysis: cheap, and never narrower than the truth.

Two kinds of knowledge feed it: the *ranges* of variables, and *facts*, bounds of whole expressions that a condition
known to hold implies (``assume``). With both, a lowering pass can see that ``count + 1`` needs no range check under
the guard ``count + 1 <= 7`` or ``count < 7``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from defercheck.system.expr import Const, Expr, Op, Var
from defercheck.system.system import TransitionSystem

Interval = tuple[int, int]
Ranges = Mapping[str, Interval]
Facts = Mapping[Expr, Interval]

NO_FACTS: Facts = MappingProxyType({})
_BOTH, _YES, _NO = (0, 1), (1, 1), (0, 0)


def ranges_of(system: TransitionSystem) -> dict[str, Interval]:
    """The declared range of every variable of a system."""
    return {v.name: (v.lo, v.hi) for v in system.variables}


def bounds(e: Expr, ranges: Ranges, facts: Facts = NO_FACTS) -> Interval:
    """Least and greatest value that the expression may have (both included).

    Sound: in every state within ``ranges`` in which ``facts`` hold, the value lies between the two. Not exact: the
    expression need not reach either. ``KeyError`` for a variable without a range.
    """
    match e:
        case Const(value=value):
            return value, value
        case Var(name=name):
            found = ranges[name]
        case Op(op="ite", args=(cond, then, other)):
            found = _choice(cond, then, other, ranges, facts)
        case Op(op=name, args=args):
            found = _apply(name, [bounds(a, ranges, facts) for a in args])
        case _:
            raise TypeError(e)
    known = facts.get(e) if facts else None
    return _meet(found, known) or found if known else found


def assume(condition: Expr, ranges: Ranges, facts: Facts = NO_FACTS, holds: bool = True) -> Facts | None:
    """What is known where ``condition`` holds (or, with ``holds=False``, does not): the given facts and new ones.

    ``None`` when the intervals alone show that it never does, so that whatever stands under it is unreachable.
    """
    learned = dict(facts)
    return learned if _learn(condition, holds, ranges, learned) else None


def fits(e: Expr, lo: int, hi: int, ranges: Ranges, facts: Facts = NO_FACTS) -> bool:
    """Whether the value certainly lies in ``lo..hi``. ``False`` says only that this could not be shown."""
    least, greatest = bounds(e, ranges, facts)
    return lo <= least and greatest <= hi


def hull(expressions: Iterable[Expr], ranges: Ranges) -> Interval:
    """Bounds of every value that evaluating the expressions may meet on the way: what a machine word must hold."""
    lo = hi = 0
    stack = list(expressions)
    while stack:
        e = stack.pop()
        a, b = bounds(e, ranges)
        lo, hi = min(lo, a), max(hi, b)
        if isinstance(e, Op):
            stack.extend(e.args)
    return lo, hi


def _meet(a: Interval, b: Interval) -> Interval | None:
    lo, hi = max(a[0], b[0]), min(a[1], b[1])
    return (lo, hi) if lo <= hi else None


def _join(a: Interval, b: Interval) -> Interval:
    return min(a[0], b[0]), max(a[1], b[1])


def _choice(cond: Expr, then: Expr, other: Expr, ranges: Ranges, facts: Facts) -> Interval:
    if _shallow(cond):
        if_true, if_false = assume(cond, ranges, facts), assume(cond, ranges, facts, holds=False)
    else:  # learning looks at a condition several times, which would multiply where conditions nest
        truth = _truth(bounds(cond, ranges, facts))
        if_true, if_false = facts if truth[1] else None, None if truth[0] else facts
    branches = [bounds(e, ranges, known) for e, known in ((then, if_true), (other, if_false)) if known is not None]
    if not branches:  # the facts contradict each other: any answer is sound, give the plain one
        branches = [bounds(then, ranges), bounds(other, ranges)]
    return _join(branches[0], branches[-1])


def _shallow(e: Expr) -> bool:
    return not any(isinstance(b, Op) for a in _args(e) for b in _args(a))


def _args(e: Expr) -> tuple[Expr, ...]:
    return e.args if isinstance(e, Op) else ()


def _apply(name: str, args: list[Interval]) -> Interval:
    a, b = args[0], args[-1]
    match name:
        case "add":
            return a[0] + b[0], a[1] + b[1]
        case "sub":
            return a[0] - b[1], a[1] - b[0]
        case "neg":
            return -a[1], -a[0]
        case "mul":
            return _span(x * y for x in a for y in b)
        case "div":
            return _division(a, b)
        case "mod":
            return _remainder(a, b)
        case "eq":
            return _NO if _meet(a, b) is None else _YES if a[0] == a[1] == b[0] == b[1] else _BOTH
        case "ne":
            return _YES if _meet(a, b) is None else _NO if a[0] == a[1] == b[0] == b[1] else _BOTH
        case "lt":
            return _YES if a[1] < b[0] else _NO if a[0] >= b[1] else _BOTH
        case "le":
            return _YES if a[1] <= b[0] else _NO if a[0] > b[1] else _BOTH
        case "not":
            return _flip(_truth(a))
        case "and":
            return min(_truth(a)[0], _truth(b)[0]), min(_truth(a)[1], _truth(b)[1])
        case "or":
            return max(_truth(a)[0], _truth(b)[0]), max(_truth(a)[1], _truth(b)[1])
        case "bitand" | "bitor" | "bitxor":
            return _bits(name, a, b)
        case "shl" | "shr":
            return _shift(name, a, b)
    raise KeyError(name)


def _span(values: Iterable[int]) -> Interval:
    found = list(values)
    return min(found), max(found)


def _truth(a: Interval) -> Interval:
    return _NO if a == (0, 0) else _BOTH if a[0] <= 0 <= a[1] else _YES


def _flip(a: Interval) -> Interval:
    return 1 - a[1], 1 - a[0]


def _division(a: Interval, b: Interval) -> Interval:
    # Towards zero, a quotient is monotone in the dividend, and in the divisor on either side of zero.
    divisors = {d for d in (b[0], -1, 1, b[1]) if d and b[0] <= d <= b[1]}
    quotients = [(abs(x) // abs(d)) * (1 if (x < 0) == (d < 0) else -1) for x in a for d in divisors]
    return _span(quotients + [0] * (b[0] <= 0 <= b[1]))


def _remainder(a: Interval, b: Interval) -> Interval:
    # The sign of the dividend, and less than the divisor in absolute value; by zero it is 0.
    largest = max(abs(b[0]), abs(b[1])) - 1
    if largest < 0:
        return _NO
    smallest_divisor = 0 if b[0] <= 0 <= b[1] else min(abs(b[0]), abs(b[1]))
    if -smallest_divisor < a[0] and a[1] < smallest_divisor:
        return a
    return max(min(a[0], 0), -largest), min(max(a[1], 0), largest)


def _bits(name: str, a: Interval, b: Interval) -> Interval:
    width = max((x if x >= 0 else ~x).bit_length() for x in (*a, *b))
    lo, hi = -(1 << width), (1 << width) - 1
    match name:
        case "bitand":  # clears bits: not above a side that is not negative, nor above either if both are negative
            tops = [x[1] for x in (a, b) if x[0] >= 0]
            return (0, min(tops)) if tops else (lo, min(a[1], b[1]) if max(a[1], b[1]) < 0 else hi)
        case "bitor":  # sets bits: not below the lower side, and negative if either is
            least = max if a[0] >= 0 and b[0] >= 0 else min
            return least(a[0], b[0]), (-1 if min(a[1], b[1]) < 0 else hi)
    return (0 if a[0] >= 0 and b[0] >= 0 else lo), hi


def _shift(name: str, a: Interval, b: Interval) -> Interval:
    amounts = _meet(b, (0, 62))
    outside = [0] * (b[0] < 0 or b[1] > 62)
    if amounts is None:
        return _NO
    return _span([x << n if name == "shl" else x >> n for x in a for n in amounts] + outside)


def _learn(e: Expr, holds: bool, ranges: Ranges, facts: dict[Expr, Interval]) -> bool:
    """Add to ``facts`` what follows from ``e`` holding (or not); whether that is possible at all."""
    match e, holds:
        case Op(op="and", args=args), True:
            return all(_learn(a, True, ranges, facts) for a in args)
        case Op(op="or", args=args), False:
            return all(_learn(a, False, ranges, facts) for a in args)
        case Op(op="not", args=(inner,)), _:
            return _learn(inner, not holds, ranges, facts)
        case Op(op="lt", args=(a, b)), False:
            return _compare(b, a, 0, ranges, facts)
        case Op(op="le", args=(a, b)), False:
            return _compare(b, a, 1, ranges, facts)
        case Op(op="lt", args=(a, b)), True:
            return _compare(a, b, 1, ranges, facts)
        case Op(op="le", args=(a, b)), True:
            return _compare(a, b, 0, ranges, facts)
        case Op(op="eq" | "ne" as name, args=(a, b)), _ if (name == "eq") == holds:
            return _compare(a, b, 0, ranges, facts) and _compare(b, a, 0, ranges, facts)
        case Op(op="eq" | "ne", args=(a, b)), _:
            return _differ(a, b, ranges, facts) and _differ(b, a, ranges, facts)
    truth = bounds(e, ranges, facts)
    if not holds:
        return _narrow(e, _NO, ranges, facts)
    # "Not zero" is an interval only when zero is at one end of what was possible.
    lo, hi = truth[0] + (truth[0] == 0), truth[1] - (truth[1] == 0)
    return lo <= hi and _narrow(e, (lo, hi), ranges, facts)


def _compare(a: Expr, b: Expr, gap: int, ranges: Ranges, facts: dict[Expr, Interval]) -> bool:
    """Learn ``a + gap <= b``."""
    x, y = bounds(a, ranges, facts), bounds(b, ranges, facts)
    return (
        x[0] + gap <= y[1]
        and _narrow(a, (x[0], y[1] - gap), ranges, facts)
        and _narrow(b, (x[0] + gap, y[1]), ranges, facts)
    )


def _differ(a: Expr, b: Expr, ranges: Ranges, facts: dict[Expr, Interval]) -> bool:
    """Learn ``a != b`` where ``b`` has one value and that is an end of what ``a`` can be."""
    x, y = bounds(a, ranges, facts), bounds(b, ranges, facts)
    if y[0] != y[1]:
        return True
    lo, hi = x[0] + (x[0] == y[0]), x[1] - (x[1] == y[0])
    return lo <= hi and _narrow(a, (lo, hi), ranges, facts)


def _narrow(e: Expr, to: Interval, ranges: Ranges, facts: dict[Expr, Interval]) -> bool:
    """Learn that ``e`` lies in an interval, and what follows for a variable plus or minus a constant."""
    met = _meet(bounds(e, ranges, facts), to)
    if met is None:
        return False
    if isinstance(e, Const):
        return True
    facts[e] = met
    match e:
        case Op(op="add", args=(inner, Const(value=n))) | Op(op="add", args=(Const(value=n), inner)):
            return _narrow(inner, (met[0] - n, met[1] - n), ranges, facts)
        case Op(op="sub", args=(inner, Const(value=n))):
            return _narrow(inner, (met[0] + n, met[1] + n), ranges, facts)
        case Op(op="sub", args=(Const(value=n), inner)):
            return _narrow(inner, (n - met[1], n - met[0]), ranges, facts)
    return True

"""Bounds on the values of expressions, from the declared ranges of the variables.

They decide two things: how many bits an operation needs to be exact, and which updates need no range check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

from defercheck.system.expr import BOOLEAN, Const, Expr, Op, Var

Range = tuple[int, int]


class Ranges:
    """The bounds of expressions over variables of given ranges, remembered by structure."""

    def __init__(self, variables: Mapping[str, Range]):
        self._known: dict[Expr, Range] = {Var(name): bounds for name, bounds in variables.items()}

    def __getitem__(self, e: Expr) -> Range:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._bounds(e)
        return found

    def _bounds(self, e: Expr) -> Range:
        match e:
            case Const(value=value):
                return value, value
            case Op(op=name) if name in BOOLEAN:
                return 0, 1
            case Op(op="ite", args=(_, a, b)):
                (a_lo, a_hi), (b_lo, b_hi) = self[a], self[b]
                return min(a_lo, b_lo), max(a_hi, b_hi)
            case Op():
                return _BOUNDS[e.op](*(self[a] for a in e.args))
        raise KeyError(e)


def _magnitude(a: Range) -> int:
    return max(abs(a[0]), abs(a[1]))


def _corners(a: Range, b: Range, f: Callable[[int, int], int]) -> Range:
    values = [f(x, y) for x, y in product(a, b)]
    return min(values), max(values)


def _div(a: Range, b: Range) -> Range:
    most = _magnitude(a)
    return (0 if a[0] >= 0 and b[0] >= 0 else -most), most


def _mod(a: Range, b: Range) -> Range:
    most = min(_magnitude(a), max(_magnitude(b) - 1, 0))
    return (0 if a[0] >= 0 else -most), (0 if a[1] <= 0 else most)


def _bitwise(a: Range, b: Range) -> Range:
    """Any bitwise operation: as many bits as its longer argument has, negative only if one of them may be."""
    top = (1 << max(bits(a), bits(b)) - 1) - 1
    return (0 if a[0] >= 0 and b[0] >= 0 else -top - 1), top


def _bitand(a: Range, b: Range) -> Range:
    positive = [r[1] for r in (a, b) if r[0] >= 0]
    return (0, min(positive)) if positive else _bitwise(a, b)


def _shl(a: Range, b: Range) -> Range:
    if b[1] < 0 or b[0] > 62:
        return 0, 0
    lo, hi = _corners(a, (max(b[0], 0), min(b[1], 62)), lambda x, n: x << n)
    return min(lo, 0), max(hi, 0)


def _shr(a: Range, b: Range) -> Range:
    if b[1] < 0 or b[0] > 62:
        return 0, 0
    lo, hi = _corners(a, (max(b[0], 0), min(b[1], 62)), lambda x, n: x >> n)
    return min(lo, 0), max(hi, 0)


def bits(r: Range) -> int:
    """How many bits a two's complement number needs to hold every value of the range."""
    return max((r[0] if r[0] >= 0 else ~r[0]).bit_length(), (r[1] if r[1] >= 0 else ~r[1]).bit_length()) + 1


_BOUNDS: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "mul": lambda a, b: _corners(a, b, lambda x, y: x * y),
    "div": _div,
    "mod": _mod,
    "neg": lambda a: (-a[1], -a[0]),
    "bitand": _bitand,
    "bitor": _bitwise,
    "bitxor": _bitwise,
    "shl": _shl,
    "shr": _shr,
}

"""Expressions of a system as SMT-LIB 2 text over bit-vectors.

A variable with the values 0 and 1 is a ``Bool``; any other has a bit-vector just wide enough for its range, unsigned
when the range has no negative numbers, in two's complement otherwise. Every arithmetic operator is computed at a width
that holds each of its possible results, so nothing ever wraps: the bit-vectors mean the integers of
``system.expr.OPERATORS``. Bounds are computed here, from the declared ranges alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from defercheck.system.expr import BOOLEAN, Const, Expr, Op, Var
from defercheck.system.system import Variable

NAMED = 160
"""An expression whose text is longer than this gets a name, once."""
SHIFTS = 62
"""The largest amount that a shift moves; a larger one gives 0."""


@dataclass(frozen=True, slots=True)
class Bits:
    """A bit-vector term and the numbers that it can stand for."""

    text: str
    lo: int
    hi: int

    @property
    def width(self) -> int:
        """Its number of bits."""
        return width(self.lo, self.hi)


def width(lo: int, hi: int) -> int:
    """Bits for the numbers ``lo..hi``: unsigned if none is negative."""
    if lo >= 0:
        return max(1, hi.bit_length())
    return max((~lo).bit_length(), hi.bit_length()) + 1


def number(value: int, bits: int) -> str:
    """A constant of that width."""
    return f"#b{value & ((1 << bits) - 1):0{bits}b}"


def symbol(name: str) -> str:
    """A name as SMT-LIB writes it. ``ValueError`` for one that cannot be quoted."""
    if "|" in name or "\\" in name:
        raise ValueError(f"{name!r} cannot be written in SMT-LIB")
    return f"|{name}|"


def is_truth(v: Variable) -> bool:
    """Whether the variable is a ``Bool``."""
    return (v.lo, v.hi) == (0, 1)


def sort(v: Variable) -> str:
    """The sort of a variable."""
    return "Bool" if is_truth(v) else f"(_ BitVec {width(v.lo, v.hi)})"


def literal(v: Variable, value: int) -> str:
    """A value of a variable as a constant of its sort."""
    if is_truth(v):
        return "true" if value else "false"
    return number(value, width(v.lo, v.hi))


def conjunction(parts: Iterable[str]) -> str:
    """``and`` of any number of formulas."""
    return _chain("and", "true", list(parts))


def disjunction(parts: Iterable[str]) -> str:
    """``or`` of any number of formulas."""
    return _chain("or", "false", list(parts))


def negation(text: str) -> str:
    """``not``, folded for constants and where there is one already."""
    if text.startswith("(not "):
        return text[5:-1]
    return {"true": "false", "false": "true"}.get(text) or f"(not {text})"


def choice(condition: str, then: str, other: str) -> str:
    """``ite`` of formulas, folded where it says no more than its condition."""
    if (then, other) == ("true", "false"):
        return condition
    return negation(condition) if (then, other) == ("false", "true") else f"(ite {condition} {then} {other})"


def _chain(name: str, unit: str, parts: list[str]) -> str:
    zero = "false" if unit == "true" else "true"
    if zero in parts:
        return zero
    parts = [p for p in parts if p != unit]
    return unit if not parts else parts[0] if len(parts) == 1 else f"({name} {' '.join(parts)})"


class Terms:
    """Writes expressions over the given variables. ``definitions`` are those of the names it has made up, in order,
    for texts longer than ``longest``."""

    def __init__(self, variables: Iterable[Variable], longest: int = NAMED):
        self._longest = longest
        self._variables = {v.name: v for v in variables}
        self._truths: dict[Expr, str] = {}
        self._numbers: dict[Expr, Bits] = {}
        self.definitions: list[tuple[str, str, str]] = []

    def truth(self, e: Expr) -> str:
        """A formula that says that the expression is not 0."""
        if (found := self._truths.get(e)) is None:
            found = self._truths[e] = self._named(self._truth(e), "Bool")
        return found

    def number(self, e: Expr) -> Bits:
        """The value of an expression."""
        if (found := self._numbers.get(e)) is None:
            plain = self._number(e)
            found = Bits(self._named(plain.text, f"(_ BitVec {plain.width})"), plain.lo, plain.hi)
            self._numbers[e] = found
        return found

    def value(self, e: Expr, v: Variable) -> str:
        """The value of an expression at the sort of a variable that holds it. What is outside the variable's range
        is cut off: that it never is, ``inside`` says."""
        if is_truth(v) and (self._boolean(e) or isinstance(e, Const)):
            return self.truth(e)
        n = self.number(e)
        if is_truth(v):
            return f"(= {n.text} {number(1, n.width)})"
        return _resize(n, width(v.lo, v.hi))

    def inside(self, e: Expr, v: Variable) -> str:
        """A formula that says that the value of an expression is in the variable's range."""
        if self._boolean(e) and v.lo <= 0 and v.hi >= 1:
            return "true"
        return within(self.number(e), v.lo, v.hi)

    def _named(self, text: str, of: str) -> str:
        if len(text) <= self._longest:
            return text
        name = f"e.{len(self.definitions)}"
        self.definitions.append((name, of, text))
        return name

    def _boolean(self, e: Expr) -> bool:
        """Whether the expression is written as a formula."""
        match e:
            case Var(name=name):
                return is_truth(self._variables[name])
            case Op(op="ite", args=(_, a, b)):
                return all(self._boolean(x) or x in (Const(0), Const(1)) for x in (a, b))
            case Op(op=name):
                return name in BOOLEAN
        return False

    def _truth(self, e: Expr) -> str:
        match e:
            case Const(value=value):
                return "true" if value else "false"
            case Var(name=name) if is_truth(self._variables[name]):
                return symbol(name)
            case Op(op="and", args=args):
                return conjunction(map(self.truth, args))
            case Op(op="or", args=args):
                return disjunction(map(self.truth, args))
            case Op(op="not", args=(a,)):
                return negation(self.truth(a))
            case Op(op="eq", args=(a, b)):
                return self._equal(a, b)
            case Op(op="ne", args=(a, b)):
                return negation(self._equal(a, b))
            case Op(op="lt" | "le" as name, args=(a, b)):
                return _compare(name, self.number(a), self.number(b))
            case Op(op="ite", args=(c, a, b)):
                return choice(self.truth(c), self.truth(a), self.truth(b))
        n = self.number(e)
        return f"(not (= {n.text} {number(0, n.width)}))"

    def _equal(self, a: Expr, b: Expr) -> str:
        if isinstance(a, Const):
            a, b = b, a
        if self._boolean(a) and isinstance(b, Const):
            return self.truth(a) if b.value == 1 else negation(self.truth(a)) if b.value == 0 else "false"
        if self._boolean(a) and self._boolean(b):
            return f"(= {self.truth(a)} {self.truth(b)})"
        return _equal(self.number(a), self.number(b))

    def _number(self, e: Expr) -> Bits:
        match e:
            case Const(value=value):
                return Bits(number(value, width(value, value)), value, value)
            case _ if self._boolean(e):
                return Bits(f"(ite {self.truth(e)} #b1 #b0)", 0, 1)
            case Var(name=name):
                v = self._variables[name]
                return Bits(symbol(name), v.lo, v.hi)
            case Op(op="ite", args=(c, a, b)):
                x, y = self.number(a), self.number(b)
                lo, hi = min(x.lo, y.lo), max(x.hi, y.hi)
                w = width(lo, hi)
                return Bits(f"(ite {self.truth(c)} {_resize(x, w)} {_resize(y, w)})", lo, hi)
            case Op(op=name, args=args):
                return _arithmetic(name, [self.number(a) for a in args])
        raise TypeError(e)


def within(n: Bits, lo: int, hi: int) -> str:
    """A formula that says that the number lies in ``lo..hi``."""
    parts = [_compare("le", Bits(number(lo, width(lo, lo)), lo, lo), n)] if n.lo < lo else []
    if n.hi > hi:
        parts.append(_compare("le", n, Bits(number(hi, width(hi, hi)), hi, hi)))
    return conjunction(parts)


def _resize(n: Bits, to: int) -> str:
    """The same number at another width; a narrower one cuts bits off."""
    if to == n.width:
        return n.text
    if to < n.width:
        return f"((_ extract {to - 1} 0) {n.text})"
    if n.text.startswith("#b"):
        return number(n.lo, to)
    return f"((_ {'sign' if n.lo < 0 else 'zero'}_extend {to - n.width}) {n.text})"


def _common(a: Bits, b: Bits) -> tuple[str, str, bool]:
    """Both at one width that holds either, and whether that is signed."""
    lo, hi = min(a.lo, b.lo), max(a.hi, b.hi)
    w = width(lo, hi)
    return _resize(a, w), _resize(b, w), lo < 0


def _equal(a: Bits, b: Bits) -> str:
    if a.hi < b.lo or b.hi < a.lo:
        return "false"
    x, y, _ = _common(a, b)
    return "true" if x == y else f"(= {x} {y})"


def _compare(name: str, a: Bits, b: Bits) -> str:
    strict = name == "lt"
    if a.hi < b.lo or (not strict and a.hi == b.lo):
        return "true"
    if b.hi < a.lo or (strict and b.hi == a.lo):
        return "false"
    x, y, signed = _common(a, b)
    return f"(bv{'s' if signed else 'u'}{name} {x} {y})"


def _arithmetic(name: str, args: list[Bits]) -> Bits:
    a, b = args[0], args[-1]
    match name:
        case "add":
            return _apply("bvadd", a, b, a.lo + b.lo, a.hi + b.hi)
        case "sub":
            return _apply("bvsub", a, b, a.lo - b.hi, a.hi - b.lo)
        case "neg":
            return _apply("bvsub", Bits("#b0", 0, 0), a, -a.hi, -a.lo)
        case "mul":
            products = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
            return _apply("bvmul", a, b, min(products), max(products))
        case "div" | "mod":
            return _division(name, a, b)
        case "bitand" | "bitor" | "bitxor":
            w = max(a.width, b.width)
            lo, hi = (0, (1 << w) - 1) if a.lo >= 0 and b.lo >= 0 else (-(1 << w), (1 << w) - 1)
            return _apply({"bitand": "bvand", "bitor": "bvor", "bitxor": "bvxor"}[name], a, b, lo, hi)
        case "shl" | "shr":
            return _shift(name, a, b)
    raise KeyError(name)


def _apply(name: str, a: Bits, b: Bits, lo: int, hi: int) -> Bits:
    """An operator at a width that holds both arguments and the result, which is given the range ``lo..hi``."""
    low, high = min(a.lo, b.lo, lo), max(a.hi, b.hi, hi)
    w = width(low, high)
    whole = Bits(f"({name} {_resize(a, w)} {_resize(b, w)})", low, high)
    return Bits(_resize(whole, width(lo, hi)), lo, hi)


def _division(name: str, a: Bits, b: Bits) -> Bits:
    """C's division and remainder, which round towards zero; by zero they give 0."""
    most = max(abs(a.lo), abs(a.hi))
    signed = a.lo < 0 or b.lo < 0
    lo, hi = (-most if signed else 0), most
    low, high = min(a.lo, b.lo, lo), max(a.hi, b.hi, hi)
    w = width(low, high)
    x, y = _resize(a, w), _resize(b, w)
    operator = {"div": "div", "mod": "rem"}[name]
    text = f"(ite (= {y} {number(0, w)}) {number(0, w)} (bv{'s' if low < 0 else 'u'}{operator} {x} {y}))"
    return Bits(_resize(Bits(text, low, high), width(lo, hi)), lo, hi)


def _shift(name: str, a: Bits, b: Bits) -> Bits:
    amounts = range(max(0, b.lo), min(SHIFTS, b.hi) + 1)
    if not amounts:
        return Bits("#b0", 0, 0)
    ends = [x << n if name == "shl" else x >> n for x in (a.lo, a.hi) for n in (amounts[0], amounts[-1])]
    lo, hi = min(0, *ends), max(0, *ends)
    low, high = min(lo, a.lo, b.lo), max(hi, a.hi, b.hi)
    w = width(low, high)
    x, y = _resize(a, w), _resize(b, w)
    operator = "bvshl" if name == "shl" else "bvashr" if low < 0 else "bvlshr"
    fits = within(b, 0, SHIFTS)
    text = f"({operator} {x} {y})" if fits == "true" else f"(ite {fits} ({operator} {x} {y}) {number(0, w)})"
    return Bits(_resize(Bits(text, low, high), width(lo, hi)), lo, hi)

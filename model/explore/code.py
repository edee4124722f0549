"""From expressions to LLVM IR, as text.

Plain text rather than a tree of instruction objects: it is several times faster to make, and a spec of 500
transitions must be compiled in a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.explore.layout import Layout
from defercheck.explore.ranges import Ranges, bits
from defercheck.system.expr import Const, Expr, Op, Var, negate

Operand = str
_ARITHMETIC = {"add": "add", "sub": "sub", "mul": "mul", "bitand": "and", "bitor": "or", "bitxor": "xor"}
_COMPARE = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle"}


class Writer:
    """The text of one function; names for its values and labels."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0

    def name(self, stem: str) -> str:
        """A name not used before in this function."""
        self._count += 1
        return f"{stem}.{self._count}"

    def emit(self, instruction: str) -> Operand:
        """Append an instruction that yields a value; returns that value's name."""
        self._count += 1
        self.lines.append(f"  %v{self._count} = {instruction}")
        return f"%v{self._count}"

    def do(self, instruction: str) -> None:
        """Append an instruction without a value."""
        self.lines.append("  " + instruction)

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(name + ":")


def signed(value: int) -> int:
    """The 64-bit pattern as LLVM likes to read it: in -2**63 .. 2**63-1."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


class Code:
    """Expressions over one packed state, computed where the writer stands.

    What was computed is remembered, so that a subexpression is computed once on a path. ``inner()`` is for a block
    that this place dominates: it sees what was computed here, and what it computes stays its own.
    """

    def __init__(self, writer: Writer, layout: Layout, ranges: Ranges, words: list[Operand], outer: Code | None = None):
        self.writer = writer
        self.layout = layout
        self.ranges = ranges
        self.words = words
        self._outer = outer
        self._truths: dict[Expr, Operand] = {}
        self._values: dict[Expr, tuple[Operand, int]] = {}

    def inner(self) -> Code:
        """Code for a block that is only reached through this place."""
        return Code(self.writer, self.layout, self.ranges, self.words, self)

    def truth(self, e: Expr) -> Operand:
        """Whether the expression is not zero, an ``i1``."""
        scope: Code | None = self
        while scope is not None:
            if (known := scope._truths.get(e)) is not None:
                return known
            scope = scope._outer
        found = self._truths[e] = self._truth(e)
        return found

    def integer(self, e: Expr) -> Operand:
        """The value as an ``i64``: exact when the expression's bounds fit, else its low 64 bits."""
        operand, width = self.value(e)
        return operand if width == 64 else self.writer.emit(f"trunc i{width} {operand} to i64")

    def value(self, e: Expr) -> tuple[Operand, int]:
        """The exact value and its width in bits: 64, or more when the expression's bounds need more."""
        scope: Code | None = self
        while scope is not None:
            if (known := scope._values.get(e)) is not None:
                return known
            scope = scope._outer
        found = self._values[e] = self._value(e)
        return found

    def field(self, name: str) -> Operand:
        """The code of a variable, without its base, as an ``i64``."""
        f = self.layout.fields[name]
        if not f.width:
            return "0"
        word = self.words[f.word]
        if f.shift:
            word = self.writer.emit(f"lshr i64 {word}, {f.shift}")
        if f.shift + f.width == 64:
            return word
        return self.writer.emit(f"and i64 {word}, {(1 << f.width) - 1}")

    # Truth values

    def _truth(self, e: Expr) -> Operand:
        match e:
            case Const():
                return "true" if e.value else "false"
            case Op(op="and"):
                return self._all(e, positive=True)
            case Op(op="or"):
                return self._all(e, positive=False)
        test = self._mask(e)
        if test is not None:
            return self._equal(*test)
        test = self._mask(negate(e))
        if test is not None:
            return self._equal(*test, "ne")
        match e:
            case Op(op="not"):
                return self.writer.emit(f"xor i1 {self.truth(e.args[0])}, true")
            case Op(op="eq" | "ne" | "lt" | "le"):
                a, b, width = self._pair(e)
                return self.writer.emit(f"icmp {_COMPARE[e.op]} i{width} {a}, {b}")
            case Op(op="ite", args=(c, a, b)):
                return self.writer.emit(f"select i1 {self.truth(c)}, i1 {self.truth(a)}, i1 {self.truth(b)}")
        operand, width = self.value(e)
        return self.writer.emit(f"icmp ne i{width} {operand}, 0")

    def _all(self, e: Expr, positive: bool) -> Operand:
        """A conjunction; or, through De Morgan, a disjunction: tests of fields in one word become one comparison."""
        masks: dict[int, dict[int, int]] = {}
        rest: list[Expr] = []
        for part in _flatten(e):
            test = self._mask(part if positive else negate(part))
            if test is None:
                rest.append(part)
                continue
            word, mask, pattern = test
            if masks.setdefault(word, {}).setdefault(mask, pattern) != pattern:
                return "false" if positive else "true"
        terms = []
        for word, tests in masks.items():
            # Two tests overlap only when they are of the same field, and then they are the same test.
            terms.append(self._equal(word, sum(tests), sum(tests.values()), "eq" if positive else "ne"))
        terms += [self.truth(part) for part in rest]
        result = terms[0]
        for term in terms[1:]:
            result = self.writer.emit(f"{'and' if positive else 'or'} i1 {result}, {term}")
        return result

    def _equal(self, word: int, mask: int, pattern: int, compare: str = "eq") -> Operand:
        if not mask:
            return "true" if compare == "eq" else "false"
        masked = self.writer.emit(f"and i64 {self.words[word]}, {signed(mask)}")
        return self.writer.emit(f"icmp {compare} i64 {masked}, {signed(pattern)}")

    def _mask(self, e: Expr) -> tuple[int, int, int] | None:
        """A test of one variable against a constant, as (word, mask, pattern); None when it is something else."""
        name, value = "", 0
        match e:
            case Op(op="eq", args=(Var(name=name), Const(value=value))):
                pass
            case Op(op="eq", args=(Const(value=value), Var(name=name))):
                pass
            case Op(op="ne", args=(Var(name=name), Const(value=value))) if self._two_valued(name):
                f = self.layout.fields[name]
                value = f.lo + f.hi - value
            case Var(name=name) if self._two_valued(name):
                f = self.layout.fields[name]
                value = f.lo + f.hi
            case Op(op="not", args=(Var(name=name),)):
                pass
            case _:
                return None
        f = self.layout.fields[name]
        return (f.word, f.mask, f.bits(value) if f.width else 0) if f.lo <= value <= f.hi else None

    def _two_valued(self, name: str) -> bool:
        """Whether not to be the one value is to be the other, which is ``lo + hi`` minus the one."""
        f = self.layout.fields[name]
        return f.hi == f.lo + 1

    # Values

    def _value(self, e: Expr) -> tuple[Operand, int]:
        match e:
            case Const():
                return str(e.value), max(64, _whole(bits((e.value, e.value))))
            case Var(name=name):
                f = self.layout.fields[name]
                if not f.width:
                    return str(f.lo), 64
                code = self.field(name)
                return (self.writer.emit(f"add i64 {code}, {f.base}") if f.base else code), 64
            case Op(op="and" | "or" | "not" | "eq" | "ne" | "lt" | "le"):
                return self.writer.emit(f"zext i1 {self.truth(e)} to i64"), 64
        assert isinstance(e, Op)
        parts = e.args[1:] if e.op == "ite" else e.args
        width = max(_whole(bits(self.ranges[part])) for part in (e, *parts))
        if e.op in ("div", "mod") and width > 64:
            width = max(width, 192)  # LLVM expands these itself; for 128 bits it would call a library
        args = [self._widened(part, width) for part in parts]
        return self._apply(e, args, width), width

    def _apply(self, e: Op, args: list[Operand], width: int) -> Operand:
        w, emit = f"i{width}", self.writer.emit
        if e.op in _ARITHMETIC:
            return emit(f"{_ARITHMETIC[e.op]} {w} {args[0]}, {args[1]}")
        match e.op:
            case "neg":
                return emit(f"sub {w} 0, {args[0]}")
            case "ite":
                return emit(f"select i1 {self.truth(e.args[0])}, {w} {args[0]}, {w} {args[1]}")
            case "div" | "mod":
                # The machine traps on x / 0 and on the least number / -1. The second cannot be the value of an
                # expression that counts, but of one in a branch that is computed and not chosen.
                zero = emit(f"icmp eq {w} {args[1]}, 0")
                inverse = emit(f"icmp eq {w} {args[1]}, -1")
                special = emit(f"or i1 {zero}, {inverse}")
                divisor = emit(f"select i1 {special}, {w} 1, {w} {args[1]}")
                result = emit(f"{'sdiv' if e.op == 'div' else 'srem'} {w} {args[0]}, {divisor}")
                negated = emit(f"sub {w} 0, {args[0]}") if e.op == "div" else "0"
                result = emit(f"select i1 {inverse}, {w} {negated}, {w} {result}")
                return emit(f"select i1 {zero}, {w} 0, {w} {result}")
            case "shl" | "shr":
                valid = emit(f"icmp ult {w} {args[1]}, 63")
                amount = emit(f"select i1 {valid}, {w} {args[1]}, {w} 0")
                result = emit(f"{'shl' if e.op == 'shl' else 'ashr'} {w} {args[0]}, {amount}")
                return emit(f"select i1 {valid}, {w} {result}, {w} 0")
        raise ValueError(f"unknown operator {e.op}")

    def _pair(self, e: Op) -> tuple[Operand, Operand, int]:
        (a, a_width), (b, b_width) = self.value(e.args[0]), self.value(e.args[1])
        width = max(a_width, b_width)
        return self._widen(a, a_width, width), self._widen(b, b_width, width), width

    def _widened(self, e: Expr, width: int) -> Operand:
        operand, own = self.value(e)
        return self._widen(operand, own, width)

    def _widen(self, operand: Operand, own: int, width: int) -> Operand:
        if own == width or not operand.startswith("%"):
            return operand
        return self.writer.emit(f"{'sext' if own < width else 'trunc'} i{own} {operand} to i{width}")


def _whole(width: int) -> int:
    """The number of bits rounded up to whole 64-bit words."""
    return -(-width // 64) * 64


def _flatten(e: Expr) -> Iterator[Expr]:
    """The parts of a chain of the same operator, in order."""
    assert isinstance(e, Op)
    stack: list[Expr] = [e]
    while stack:
        part = stack.pop()
        if isinstance(part, Op) and part.op == e.op:
            stack.extend(reversed(part.args))
        else:
            yield part

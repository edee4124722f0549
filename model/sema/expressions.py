"""Types of expressions, and what is wrong with them."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import ALIASES, suggest
from defercheck.sema.names import Names
from defercheck.sema.program import Program
from defercheck.sema.scope import Scope
from defercheck.sema.signatures import Types
from defercheck.sema.steps import Steps
from defercheck.sema.typed import (
    UNKNOWN,
    WIDE,
    Array,
    Null,
    Text,
    Typed,
    article,
    called,
    kind_of,
    misfit,
    range_of,
    shown,
    truthy,
)
from defercheck.sema.types import Bool, ContextRef, Enum, Function, Int, Number, Object, Opaque, Ref, Type, Void
from defercheck.sema.words import INTERNAL
from defercheck.system.expr import OPERATORS

MOST_CHOICES = 1024
"""Ways that the choices of one statement may give together: each becomes a transition."""

WIDEST = 1 << 62
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "<<": "shl", ">>": "shr", "&": "bitand",
               "|": "bitor", "^": "bitxor"}  # fmt: skip


class Expressions:
    """Checks expressions. What is complained about has no type, so that nothing is complained about twice."""

    def __init__(self, program: Program, types: Types, names: Names, steps: Steps, complaints: Complaints):
        self.program = program
        self.types = types
        self.names = names
        self.steps = steps
        self.complaints = complaints
        self.choices = 1

    def wrong(self, message: str, e: tree.Expr, label: str = "", help: str = "") -> Typed:
        """Complain; the type of what is wrong."""
        self.complaints.add(message, e.span, label, help)
        return UNKNOWN

    def call(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """The result of a call."""
        raise NotImplementedError

    # ---- uses ----

    def condition(self, e: tree.Expr, scope: Scope) -> None:
        """Check a condition: a truth value, or what C takes for one."""
        found = self.typed(e, scope)
        if isinstance(found.type, Function) and found.name:
            help = f"call it: `{found.name}(...)`"
            self.wrong("a condition is needed here", e, f"{found.noun} is always there", help)
        elif not truthy(found.type):
            opaque = isinstance(found.type, Opaque)
            help = "the model does not look at its value; declare it as `bool`" if opaque else ""
            self.wrong("a condition is needed here", e, f"this is {kind_of(found.type)}", help)

    def value(self, e: tree.Expr, target: Type | None, scope: Scope) -> Typed:
        """Check that an expression can be given to something of a type (``None``: of an unknown one)."""
        found = self.typed(e, scope)
        if target is not None:
            problem = misfit(target, found, self.program)
            if problem is not None:
                return self.wrong(problem.message, e, problem.label, problem.help)
        return found

    # ---- expressions ----

    def typed(self, e: tree.Expr, scope: Scope) -> Typed:
        """What an expression is."""
        match e:
            case tree.IntLiteral(value=n):
                if n > WIDE:
                    return self.wrong("this number is too large", e, "beyond 31 bits")
                return Typed(Int(n, n), f"`{e.span.text}`", n)
            case tree.BoolLiteral(value=b):
                return Typed(Bool(), f"`{e.span.text}`", int(b))
            case tree.NullLiteral():
                return Typed(Null(), "NULL")
            case tree.StringLiteral():
                return Typed(Text())
            case tree.NameExpr():
                return self.names.value(e, scope)
            case tree.Field():
                return self.member(e, scope)
            case tree.Index():
                return self.element(e, scope)
            case tree.Unary():
                return self.unary(e, scope)
            case tree.Binary(op="&&" | "||" | "==>"):
                self.condition(e.left, scope)
                self.condition(e.right, scope)
                return Typed(Bool())
            case tree.Binary(op="==" | "!=" | "<" | "<=" | ">" | ">="):
                return self.comparison(e, scope)
            case tree.Binary():
                return self.arithmetic(e, self.typed(e.left, scope), self.typed(e.right, scope))
            case tree.Conditional():
                return self.conditional(e, scope)
            case tree.CallExpr():
                return self.call(e, scope)
            case tree.AnyExpr():
                return self.any(e, scope)
            case tree.SizeOf():
                self.sized(e, scope)
                return Typed(Opaque(), "a size")
            case tree.TypeArgument():
                return self.wrong(f"`{e.span.text}` is a type, not a value", e)
        raise TypeError(e)

    def sized(self, e: tree.SizeOf, scope: Scope) -> None:
        """What a size is asked of: something that is known, whatever it is."""
        if e.operand is None or (isinstance(e.operand, tree.NameExpr) and e.operand.name in known_types(self.program)):
            return
        self.typed(e.operand, scope)

    def member(self, e: tree.Field, scope: Scope) -> Typed:
        base = self.typed(e.base, scope)
        if base.type is None:
            return UNKNOWN
        if not isinstance(base.type, Object) or base.type.name not in self.program.types:
            if isinstance(base.type, Null):
                return self.wrong("NULL has no members", e.base)
            return self.wrong(f"{called(base)} has no members", e, "only objects have", "")
        type = self.program.types[base.type.name]
        m = type.member(e.name.text)
        if m is None:
            shown = [m.name for m in type.members if scope.frame.kernel or type.struct]
            known = f"members: {', '.join(shown)}" if shown else self.observers(type.name)
            help = suggest(e.name.text, shown) or known
            what = f"struct {type.name}" if type.struct else type.name
            self.complaints.add(f"`{e.name}` is no member of {what}", e.name.span, "unknown member", help)
            return UNKNOWN
        name = f"{base.name}.{m.name}" if base.name else ""
        if isinstance(m.type, Object):
            return Typed(m.type, f"the {m.type.name} `{e.span.text}`", fixed="an object", name=name)
        if not type.struct and not scope.frame.kernel:
            return Typed(m.type, f"the member `{e.span.text}`", fixed="the kernel's own: use the calls that change it")
        if isinstance(m.type, Ref) and type.struct:
            return Typed(Object(m.type.element), f"the pointer `{e.span.text}`", place=True)
        if m.length:
            fixed = "a whole array: assign one element"
            return Typed(Array(m.type, m.length), f"the array `{e.span.text}`", fixed=fixed)
        return Typed(m.type, f"the member `{e.span.text}`", place=True)

    def observers(self, type: str) -> str:
        """What a driver asks about a kernel object instead of looking into it."""
        found = []
        for name, overloads in self.program.functions.items():
            for f in overloads:
                s = self.types.signature(f)
                asks = (
                    len(s.parameters) == 1 and s.parameters[0].type == Object(type) and not isinstance(s.result, Void)
                )
                if asks and name not in INTERNAL and self.steps.shapes.instant(f):
                    found.append(f"`{name}(...)`")
        return f"ask {', '.join(found)}" if found else ""

    def element(self, e: tree.Index, scope: Scope) -> Typed:
        base, index = self.typed(e.base, scope), self.typed(e.index, scope)
        if base.type is None:
            return UNKNOWN
        if not isinstance(base.type, Array):
            return self.wrong(f"{called(base)} is no array", e.base)
        if index.type is not None:
            length = base.type.length
            if isinstance(length, str):
                if not isinstance(index.type, ContextRef if length == "context" else Number):
                    self.wrong(f"an index of {called(base)} is a {length}", e.index, f"this is {kind_of(index.type)}")
            elif not isinstance(index.type, Int | Number | Enum):
                self.wrong("an index is a number", e.index, f"this is {kind_of(index.type)}")
            elif index.value is not None and not 0 <= index.value < length:
                label = f"the elements are 0 to {length - 1}"
                self.wrong(f"there is no element {index.value}", e.index, label)
        return Typed(base.type.element, f"the element `{e.span.text}`", place=True)

    def any(self, e: tree.AnyExpr, scope: Scope) -> Typed:
        if scope.frame.property:
            return self.wrong("a property cannot choose", e, "`any` is a choice of the environment")
        if e.lo is None or e.hi is None:
            self.choose(2, e)
            return Typed(Bool())
        lo, hi = self.typed(e.lo, scope), self.typed(e.hi, scope)
        if lo.type is None or hi.type is None:
            return UNKNOWN
        for bound, part in ((lo, e.lo), (hi, e.hi)):
            if bound.value is None or not isinstance(bound.type, Int):
                help = "choose from the widest range and restrict it with `if`"
                return self.wrong("`any` needs constant bounds", part, f"this is {called(bound)}", help)
        assert lo.value is not None and hi.value is not None
        if lo.value > hi.value:
            help = f"write any({hi.value}..{lo.value})"
            return self.wrong(f"the range {lo.value}..{hi.value} is empty", e, help=help)
        self.choose(1 + hi.value - lo.value, e)
        return Typed(Int(lo.value, hi.value))

    def choose(self, ways: int, e: tree.Expr) -> None:
        """Count a choice."""
        before, self.choices = self.choices, self.choices * ways
        if before <= MOST_CHOICES < self.choices:
            text = f"at most {MOST_CHOICES} ways in one statement"
            self.wrong("too many choices", e, text, "choose from the values that make a difference")

    # ---- operators ----

    def unary(self, e: tree.Unary, scope: Scope) -> Typed:
        if e.op == "!":
            self.condition(e.operand, scope)
            return Typed(Bool())
        found = self.typed(e.operand, scope)
        if found.type is None:
            return UNKNOWN
        if e.op == "*":
            if isinstance(found.type, Object):
                return Typed(found.type, found.noun, fixed="an object", name=found.name)
            return self.wrong("only a pointer to an object can be followed", e, f"{called(found)}")
        if e.op == "&":
            if isinstance(found.type, Object | Function | Null):
                return found
            help = "write the variable without `&`"
            return self.wrong("only objects and functions have an address here", e, f"{called(found)}", help)
        r = range_of(found.type)
        if r is None:
            return self.operand(e.op, e.operand, found)
        if found.value is not None:
            value = -found.value if e.op == "-" else ~found.value
            return Typed(Int(value, value), f"`{e.span.text}`", value)
        lo, hi = (-r[1], -r[0]) if e.op == "-" else (~r[1], ~r[0])
        return Typed(found.type if isinstance(found.type, Number) else Int(lo, hi))

    def operand(self, op: str, e: tree.Expr, found: Typed) -> Typed:
        """Complain about an operand that is no number."""
        help = ""
        match found.type:
            case Bool():
                help = "combine truth values with `&&`, `||` and `!`, or count in an `int<..>`"
            case Function() if found.name:
                help = f"call it: `{found.name}(...)`"
            case Opaque():
                help = "declare it with a range, `int<0..7>`, to have its value followed"
            case Enum():
                help = "enum constants can be compared and assigned"
        label = kind_of(found.type) if found.noun else ""
        return self.wrong(f"`{op}` needs numbers, found {called(found)}", e, label, help)

    def arithmetic(self, e: tree.Binary, a: Typed, b: Typed) -> Typed:
        if a.type is None or b.type is None:
            return UNKNOWN
        if e.op in ("&", "|", "^") and isinstance(a.type, Bool) and isinstance(b.type, Bool):
            return Typed(Bool())
        left, right = range_of(a.type), range_of(b.type)
        if left is None:
            return self.operand(e.op, e.left, a)
        if right is None:
            return self.operand(e.op, e.right, b)
        if e.op in ("<<", ">>") and not 0 <= right[0] <= right[1] <= 62 and not isinstance(b.type, Number):
            return self.wrong("the shift is too wide", e.right, f"{right[0]}..{right[1]}", "shift by 0 to 62")
        if e.op in ("/", "%") and b.value == 0:
            return self.wrong("division by zero", e.right)
        if isinstance(a.type, Number) or isinstance(b.type, Number):
            return Typed(Number())
        corners = [OPERATORS[_ARITHMETIC[e.op]][1](x, y) for x in left for y in right]
        if a.value is not None and b.value is not None:
            lo = hi = corners[0]
        elif e.op in ("+", "-", "*", "<<"):
            lo, hi = min(corners), max(corners)
        else:
            most = max(abs(v) for v in (*left, *right))
            lo, hi = (0 if min(left[0], right[0]) >= 0 else -most - 1), (1 << most.bit_length()) - 1
        if max(abs(lo), abs(hi)) >= WIDEST:
            return self.wrong("the numbers get too large here", e, "beyond 62 bits", "declare narrower ranges")
        constant = a.value is not None and b.value is not None
        return Typed(Int(lo, hi), f"`{e.span.text}`" if constant else "", lo if constant else None)

    def comparison(self, e: tree.Binary, scope: Scope) -> Typed:
        a, b = self.typed(e.left, scope), self.typed(e.right, scope)
        if a.type is None or b.type is None:
            return Typed(Bool())
        for found, part in ((a, e.left), (b, e.right)):
            if isinstance(found.type, Void | Array | Text | Opaque):
                self.operand(e.op, part, found) if isinstance(found.type, Opaque) else self.wrong(
                    f"{called(found)} cannot be compared", part, kind_of(found.type) if found.noun else ""
                )
                return Typed(Bool())
            if isinstance(found.type, Function) and found.name in self.program.functions and e.op not in ("==", "!="):
                self.operand(e.op, part, found)
                return Typed(Bool())
        ordered = e.op not in ("==", "!=")
        if ordered and not all(isinstance(t, Int | Number | Enum) for t in (a.type, b.type)):
            part, found = (e.left, a) if not isinstance(a.type, Int | Number | Enum) else (e.right, b)
            if isinstance(found.type, Object | Null):
                self.wrong("objects can only be compared with == and !=", e, f"{called(a)} and {called(b)}")
            else:
                self.operand(e.op, part, found)
        elif not comparable(a, b):
            text = f"{called(a)} cannot be compared with {called(b)}"
            self.wrong(text, e, f"{shown(a)} and {shown(b)}", self.instead(a, b))
        return Typed(Bool())

    @staticmethod
    def instead(a: Typed, b: Typed) -> str:
        """What to compare with instead."""
        for x, y in ((a, b), (b, a)):
            if isinstance(x.type, Enum) and not isinstance(y.type, Enum):
                return f"compare with a constant of {x.type}: {', '.join(x.type.constants[:6])}"
            if isinstance(x.type, Bool) and y.value is not None:
                return "a bool is `true` or `false`"
            if isinstance(x.type, Object) and isinstance(y.type, Int):
                return "compare with NULL"
            if isinstance(x.type, Function) and x.name and not isinstance(y.type, Function):
                return f"call it: `{x.name}(...)`"
        return ""

    def conditional(self, e: tree.Conditional, scope: Scope) -> Typed:
        self.condition(e.condition, scope)
        a, b = self.typed(e.then, scope), self.typed(e.otherwise, scope)
        if a.type is None or b.type is None:
            return UNKNOWN
        for found, part in ((a, e.then), (b, e.otherwise)):
            if isinstance(found.type, Void | Array | Text):
                return self.wrong("this is no value", part, kind_of(found.type))
        if a.type == b.type or isinstance(b.type, Null):
            return Typed(a.type)
        if isinstance(a.type, Null):
            return Typed(b.type)
        if isinstance(a.type, Int) and isinstance(b.type, Int):
            return Typed(Int(min(a.type.lo, b.type.lo), max(a.type.hi, b.type.hi)))
        if {type(a.type), type(b.type)} <= {Int, Number, Bool}:
            return Typed(Number())
        label = f"{shown(a)} or {shown(b)}"
        return self.wrong("the two sides of `? :` have different types", e, label)


def known_types(program: Program) -> set[str]:
    """Names of types, for what may stand in ``sizeof``."""
    return {*ALIASES, *program.types, *program.enums}


def comparable(a: Typed, b: Typed) -> bool:
    """Whether == makes sense between two values."""
    match a.type, b.type:
        case (Int() | Number(), Int() | Number()) | (Bool(), Bool() | Number() | Null()) | (Number() | Null(), Bool()):
            return True
        case (Bool(), Int()) | (Int(), Bool()):
            number = b if isinstance(b.type, Int) else a
            return number.value is None or number.value in (0, 1)
        case (Object(name=x), Object(name=y)):
            return x == y
        case (Object(name=x), Ref(element=y)) | (Ref(element=x), Object(name=y)):
            return x == y
        case (Object() | Function() | Ref() | Null(), Null()) | (Null(), Object() | Function() | Ref()):
            return True
    return type(a.type) is type(b.type) and a.type == b.type


__all__ = ["Expressions", "article"]

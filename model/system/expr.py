"""The expression language of a TransitionSystem.

All values are integers; truth is 0 or 1. Expressions are immutable, compare by structure and are built through
the functions of this module, which fold constants, so that an expression that is constant *is* a ``Const``.
Every operator is total: division and remainder by zero give 0 (the spec's own division is guarded by a check).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Union

Expr = Union["Const", "Var", "Op"]


class Const:
    """An integer."""

    __slots__ = ("_hash", "value")

    def __init__(self, value: int):
        self.value = int(value)
        self._hash = hash(("Const", self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and other.value == self.value

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return str(self.value)


class Var:
    """The present value of the state variable of that name."""

    __slots__ = ("_hash", "name")

    def __init__(self, name: str):
        self.name = name
        self._hash = hash(("Var", name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Var) and other.name == self.name

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.name


class Op:
    """An operator of ``OPERATORS`` applied to its arguments.

    What is asked of it often, it remembers: its hash, the variables in it (``variables``), its ``negate``.
    """

    __slots__ = ("_hash", "_opposite", "_variables", "args", "op")

    def __init__(self, op: str, args: tuple[Expr, ...]):
        self.op = op
        self.args = args
        self._hash = hash((op, args))
        self._variables: frozenset[str] | None = None
        self._opposite: Expr | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Op) and other._hash == self._hash and other.op == self.op and other.args == self.args
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        if self.op == "ite":
            return f"({self.args[0]} ? {self.args[1]} : {self.args[2]})"
        if len(self.args) == 1:
            return f"{SYMBOLS[self.op]}{self.args[0]}"
        return "(" + f" {SYMBOLS[self.op]} ".join(map(str, self.args)) + ")"


def _div(a: int, b: int) -> int:
    """C's division: towards zero; by zero gives 0."""
    if b == 0:
        return 0
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


OPERATORS: dict[str, tuple[int, Callable[..., int]]] = {
    "add": (2, lambda a, b: a + b),
    "sub": (2, lambda a, b: a - b),
    "mul": (2, lambda a, b: a * b),
    "div": (2, _div),
    "mod": (2, lambda a, b: a - b * _div(a, b) if b else 0),
    "neg": (1, lambda a: -a),
    "eq": (2, lambda a, b: int(a == b)),
    "ne": (2, lambda a, b: int(a != b)),
    "lt": (2, lambda a, b: int(a < b)),
    "le": (2, lambda a, b: int(a <= b)),
    "not": (1, lambda a: int(not a)),
    "and": (2, lambda a, b: int(bool(a) and bool(b))),
    "or": (2, lambda a, b: int(bool(a) or bool(b))),
    "ite": (3, lambda c, a, b: a if c else b),
    "bitand": (2, lambda a, b: a & b),
    "bitor": (2, lambda a, b: a | b),
    "bitxor": (2, lambda a, b: a ^ b),
    "shl": (2, lambda a, b: a << b if 0 <= b < 63 else 0),
    "shr": (2, lambda a, b: a >> b if 0 <= b < 63 else 0),
}
"""Operator name -> (number of arguments, meaning). The meaning here is the definition; engines follow it."""

SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "neg": "-", "eq": "==", "ne": "!=", "lt": "<",
    "le": "<=", "not": "!", "and": "&&", "or": "||", "bitand": "&", "bitor": "|", "bitxor": "^", "shl": "<<",
    "shr": ">>", "ite": "?",
}  # fmt: skip
BOOLEAN = frozenset({"eq", "ne", "lt", "le", "not", "and", "or"})

TRUE, FALSE = Const(1), Const(0)


def op(name: str, *args: Expr) -> Expr:
    """Apply an operator, folding what is constant and the plain identities of booleans and if-then-else."""
    if all(isinstance(a, Const) for a in args):
        return Const(OPERATORS[name][1](*(a.value for a in args)))  # type: ignore[union-attr]
    match name:
        case "and":
            return conj(*args)
        case "or":
            return disj(*args)
        case "not":
            return negate(args[0])
        case "ite":
            return ite(*args)
        case "eq" | "le" if args[0] == args[1]:
            return TRUE
        case "ne" | "lt" if args[0] == args[1]:
            return FALSE
        case "eq" if is_boolean(args[0]) and isinstance(args[1], Const) and args[1].value in (0, 1):
            return args[0] if args[1].value else negate(args[0])
        case "ne" if is_boolean(args[0]) and isinstance(args[1], Const) and args[1].value in (0, 1):
            return negate(args[0]) if args[1].value else args[0]
        case "add" | "sub" if args[1] == FALSE:
            return args[0]
    return Op(name, tuple(args))


def is_boolean(e: Expr) -> bool:
    """Whether the expression's form alone shows that its value is 0 or 1."""
    match e:
        case Const():
            return e.value in (0, 1)
        case Op(op="ite"):
            return is_boolean(e.args[1]) and is_boolean(e.args[2])
        case Op():
            return e.op in BOOLEAN
    return False


def conj(*args: Expr) -> Expr:
    """And of any number of expressions; true when there are none. Duplicates are dropped, order is kept."""
    return _chain("and", args, unit=TRUE, zero=FALSE)


def disj(*args: Expr) -> Expr:
    """Or of any number of expressions; false when there are none."""
    return _chain("or", args, unit=FALSE, zero=TRUE)


def _chain(name: str, args: tuple[Expr, ...], unit: Const, zero: Const) -> Expr:
    flat: dict[Expr, None] = {}  # an ordered set: chains get long
    stack = list(reversed(args))
    while stack:
        a = stack.pop()
        if isinstance(a, Op) and a.op == name:
            stack.extend(reversed(a.args))
        elif isinstance(a, Const):
            if bool(a.value) == bool(zero.value):
                return zero
        elif a not in flat:
            if negate(a) in flat:
                return zero
            flat[a] = None
    if not flat:
        return unit
    result: Expr | None = None
    for a in flat:
        result = a if result is None else Op(name, (result, a))
    assert result is not None
    return result


_INVERSE = {"eq": "ne", "ne": "eq"}


def negate(e: Expr) -> Expr:
    """Logical not."""
    if not isinstance(e, Op):
        return (FALSE if e.value else TRUE) if isinstance(e, Const) else Op("not", (e,))
    if e._opposite is None:
        e._opposite = _negated(e)
    return e._opposite


def _negated(e: Op) -> Expr:
    match e:
        case Op(op="not") if is_boolean(e.args[0]):
            return e.args[0]
        case Op(op="eq" | "ne"):
            return Op(_INVERSE[e.op], e.args)
        case Op(op="lt"):
            return Op("le", (e.args[1], e.args[0]))
        case Op(op="le"):
            return Op("lt", (e.args[1], e.args[0]))
    return Op("not", (e,))


def ite(cond: Expr, then: Expr, other: Expr) -> Expr:
    """If-then-else."""
    if isinstance(cond, Const):
        return then if cond.value else other
    if then == other:
        return then
    if is_boolean(cond) and then == TRUE and other == FALSE:
        return cond
    if is_boolean(cond) and then == FALSE and other == TRUE:
        return negate(cond)
    return Op("ite", (cond, then, other))


def equals(a: Expr, b: Expr | int) -> Expr:
    """a == b, with an integer allowed on the right."""
    return op("eq", a, Const(b) if isinstance(b, int) else b)


_NONE: frozenset[str] = frozenset()


def variables(e: Expr) -> frozenset[str]:
    """Names of the variables that the expression reads."""
    if isinstance(e, Var):
        return frozenset((e.name,))
    if not isinstance(e, Op):
        return _NONE
    if e._variables is None:
        e._variables = _NONE.union(*map(variables, e.args))
    return e._variables


def substitute(e: Expr, binding: Mapping[str, Expr]) -> Expr:
    """Replace variables by expressions and fold again."""
    match e:
        case Const():
            return e
        case Var():
            return binding.get(e.name, e)
        case Op():
            if variables(e).isdisjoint(binding):
                return e
            new = tuple(substitute(a, binding) for a in e.args)
            return e if all(n is a for n, a in zip(new, e.args, strict=True)) else op(e.op, *new)
    raise TypeError(e)


def evaluate(e: Expr, state: Mapping[str, int]) -> int:
    """The value in a state: the definition that every engine's code must agree with."""
    match e:
        case Const():
            return e.value
        case Var():
            return state[e.name]
        case Op(op="ite"):
            return evaluate(e.args[1 if evaluate(e.args[0], state) else 2], state)
        case Op(op="and" | "or", args=(a, b)):  # operators are total: not to look further changes nothing
            first = bool(evaluate(a, state))
            return int(first) if first == (e.op == "or") else int(bool(evaluate(b, state)))
        case Op():
            return OPERATORS[e.op][1](*(evaluate(a, state) for a in e.args))
    raise TypeError(e)

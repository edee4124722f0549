"""Expressions as Z3 terms over integers, which Spacer reasons about better than about bits, and back."""

from __future__ import annotations

from typing import Any

from defercheck.system.expr import BOOLEAN, FALSE, TRUE, Const, Expr, Op, Var, conj, disj, ite, negate, op
from defercheck.system.system import Variable


class NoIntegers(Exception):
    """An operator on bits, or a formula that has no counterpart in the system's expressions."""


class Integers:
    """Writes expressions over some variables, in a context of Z3 of its own; those with the values 0 and 1 are truth
    values."""

    def __init__(self, variables: tuple[Variable, ...]):
        import z3

        self.context = z3.Context()
        self.constants = {v.name: self._constant(v) for v in variables}
        self._truths: dict[Expr, Any] = {}
        self._numbers: dict[Expr, Any] = {}

    def _constant(self, v: Variable) -> Any:
        import z3

        return (z3.Bool if (v.lo, v.hi) == (0, 1) else z3.Int)(v.name, self.context)

    def truth(self, e: Expr) -> Any:
        """A formula that says that the expression is not 0."""
        if e not in self._truths:
            self._truths[e] = self._truth(e)
        return self._truths[e]

    def number(self, e: Expr) -> Any:
        """Its value."""
        if e not in self._numbers:
            self._numbers[e] = self._number(e)
        return self._numbers[e]

    def value(self, e: Expr, name: str) -> Any:
        """Its value at the sort of a variable."""
        import z3

        return self.truth(e) if z3.is_bool(self.constants[name]) else self.number(e)

    def _truth(self, e: Expr) -> Any:
        import z3

        match e:
            case Const(value=value):
                return z3.BoolVal(bool(value), self.context)
            case Var(name=name) if z3.is_bool(self.constants[name]):
                return self.constants[name]
            case Op(op="and", args=args):
                return z3.And([self.truth(a) for a in args])
            case Op(op="or", args=args):
                return z3.Or([self.truth(a) for a in args])
            case Op(op="not", args=(a,)):
                return z3.Not(self.truth(a))
            case Op(op="ite", args=(c, a, b)):
                return z3.If(self.truth(c), self.truth(a), self.truth(b))
            case Op(op="eq" | "ne" as name, args=(a, b)):
                same = self._same(a, b)
                return same if name == "eq" else z3.Not(same)
            case Op(op="lt", args=(a, b)):
                return self.number(a) < self.number(b)
            case Op(op="le", args=(a, b)):
                return self.number(a) <= self.number(b)
        return self.number(e) != 0

    def _same(self, a: Expr, b: Expr) -> Any:
        import z3

        for x, y in ((a, b), (b, a)):
            if isinstance(x, Var) and z3.is_bool(self.constants[x.name]):
                if isinstance(y, Const):
                    return {0: z3.Not(self.truth(x)), 1: self.truth(x)}.get(y.value, z3.BoolVal(False, self.context))
                if isinstance(y, Var) and z3.is_bool(self.constants[y.name]):
                    return self.truth(x) == self.truth(y)
        return self.number(a) == self.number(b)

    def _number(self, e: Expr) -> Any:
        import z3

        match e:
            case Const(value=value):
                return z3.IntVal(value, self.context)
            case Var(name=name) if not z3.is_bool(self.constants[name]):
                return self.constants[name]
            case Op(op="ite", args=(c, a, b)):
                return z3.If(self.truth(c), self.number(a), self.number(b))
            case Op(op="add", args=(a, b)):
                return self.number(a) + self.number(b)
            case Op(op="sub", args=(a, b)):
                return self.number(a) - self.number(b)
            case Op(op="mul", args=(a, b)):
                return self.number(a) * self.number(b)
            case Op(op="neg", args=(a,)):
                return -self.number(a)
            case Var() | Op() if isinstance(e, Var) or e.op in BOOLEAN:
                return z3.If(self.truth(e), z3.IntVal(1, self.context), z3.IntVal(0, self.context))
        raise NoIntegers(f"{e} has no counterpart in linear arithmetic")


def expression_of(term: Any) -> Expr:
    """A formula over variables by name, as an expression. ``NoIntegers`` when it has none."""
    import z3

    if z3.is_int_value(term):
        return Const(term.as_long())
    if z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
        return Var(term.decl().name())
    args = [expression_of(a) for a in term.children()]
    match term.decl().kind():
        case z3.Z3_OP_TRUE:
            return TRUE
        case z3.Z3_OP_FALSE:
            return FALSE
        case z3.Z3_OP_AND:
            return conj(*args)
        case z3.Z3_OP_OR:
            return disj(*args)
        case z3.Z3_OP_NOT:
            return negate(args[0])
        case z3.Z3_OP_IMPLIES:
            return disj(negate(args[0]), args[1])
        case z3.Z3_OP_ITE:
            return ite(*args)
        case z3.Z3_OP_EQ:
            return op("eq", *args)
        case z3.Z3_OP_LE:
            return op("le", *args)
        case z3.Z3_OP_GE:
            return op("le", args[1], args[0])
        case z3.Z3_OP_LT:
            return op("lt", *args)
        case z3.Z3_OP_GT:
            return op("lt", args[1], args[0])
        case z3.Z3_OP_ADD:
            return _fold("add", args)
        case z3.Z3_OP_SUB:
            return _fold("sub", args)
        case z3.Z3_OP_MUL:
            return _fold("mul", args)
        case z3.Z3_OP_UMINUS:
            return op("neg", args[0])
    raise NoIntegers(f"{term.decl().name()} has no counterpart in a system's expressions")


def _fold(name: str, args: list[Expr]) -> Expr:
    whole = args[0]
    for a in args[1:]:
        whole = op(name, whole, a)
    return whole

"""Questions about single statements and expressions: what they evaluate, what they call, how they are called."""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.lower.values import Env


def declared(statements: tuple[tree.Statement, ...]) -> set[str]:
    """Names that these statements declare."""
    return {d.name.text for s in statements if isinstance(s, tree.VarDecl) for d in s.declarators}


def evaluated(s: tree.Statement) -> list[tree.Expr]:
    """The expressions that a statement itself evaluates, in order."""
    match s:
        case tree.If() | tree.While() | tree.DoWhile() | tree.Assert() | tree.Check():
            return [s.condition]
        case tree.For():
            return [s.condition] if s.condition is not None else []
        case tree.Assign():
            return [s.value, s.target]
        case tree.ExprStatement():
            return [s.expr]
        case tree.VarDecl():
            return [d.initial for d in s.declarators if d.initial is not None]
        case tree.Switch():
            return [s.value]
        case tree.Return():
            return [s.value] if s.value is not None else []
    return []


def calls_in_order(e: tree.Expr) -> Iterator[tree.CallExpr]:
    """Calls in an expression in order of evaluation, arguments before the call."""
    match e:
        case tree.CallExpr():
            for a in e.arguments:
                yield from calls_in_order(a)
            yield e
        case tree.Unary():
            yield from calls_in_order(e.operand)
        case tree.Binary():
            yield from calls_in_order(e.left)
            yield from calls_in_order(e.right)
        case tree.Conditional():
            yield from calls_in_order(e.condition)
            yield from calls_in_order(e.then)
            yield from calls_in_order(e.otherwise)
        case tree.Field():
            yield from calls_in_order(e.base)
        case tree.Index():
            yield from calls_in_order(e.base)
            yield from calls_in_order(e.index)


def guarding(s: tree.Statement | None, call: tree.CallExpr, env: Env) -> tree.Binary | None:
    """The outermost ``&&`` or ``||`` of a statement that has the call on its right side and whose left side has not
    been evaluated yet."""

    def find(e: tree.Expr) -> tree.Binary | None:
        match e:
            case tree.Binary(op="&&" | "||") if any(c is call for c in calls_in_order(e.right)):
                return find(e.right) if f"$left{id(e)}" in env else e
            case tree.Binary():
                return find(e.left) or find(e.right)
            case tree.Unary():
                return find(e.operand)
        return None

    return next((g for e in (evaluated(s) if s is not None else []) if (g := find(e)) is not None), None)


def place_of(s: tree.Statement) -> Span:
    """The part of a statement that is executed at its location: its condition, where it has one."""
    if isinstance(s, tree.Switch):
        return s.value.span
    if isinstance(s, tree.If | tree.While | tree.DoWhile) or (isinstance(s, tree.For) and s.condition is not None):
        assert s.condition is not None
        return s.condition.span
    return s.span


def label(s: tree.Statement) -> str:
    """What a step does, in one line: in the kernel model the remark at the end of the line on which its statement
    begins, if there is one; else the statement's own text."""
    if s.span.source.kernel:
        _, found, remark = s.span.source.line(s.span.line).partition("//")
        if found:
            return remark.strip()
    text = " ".join(place_of(s).text.split())
    match s:
        case tree.If():
            return f"if ({text})"
        case tree.While() | tree.DoWhile() | tree.For():
            return f"while ({text})"
        case tree.Switch():
            return f"switch ({text})"
        case tree.Choose():
            return "choose"
        case tree.Atomic() if len(text) > 60:
            return f"{text[:57]}..."
    return text.rstrip(";")

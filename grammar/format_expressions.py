"""Prints types and expressions as pieces of a line."""

from __future__ import annotations

from defercheck.grammar.format_layout import Break, Page, Pieces
from defercheck.grammar.lexical_errors import number_value
from defercheck.grammar.operators import ADDITIVE, BINARY, CONDITIONAL, IMPLIES, POSTFIX, PRIMARY, UNARY
from defercheck.grammar.span import Span
from defercheck.grammar.tree import (
    AnyExpr,
    Binary,
    BoolLiteral,
    CallExpr,
    Conditional,
    Expr,
    Field,
    Index,
    IntLiteral,
    IntType,
    ListType,
    NamedType,
    NameExpr,
    NullLiteral,
    RefType,
    SizeOf,
    StringLiteral,
    TypeArgument,
    TypeExpr,
    Unary,
)


class ExpressionPrinter:
    """Prints for one page. ``around`` holds the parentheses, casts and log levels that stand around expressions."""

    def __init__(self, page: Page, ignored: tuple[tuple[str, Span], ...]):
        self.page = page
        self.around: dict[tuple[int, int], list[str]] = {}
        for text, span in ignored:
            texts = self.around.setdefault((span.start, span.end), [])
            if texts[-1:] != [text]:
                texts.append(text)

    def type(self, type: TypeExpr) -> Pieces:
        """A type as written."""
        match type:
            case IntType(lo, hi, _, name):
                return [f"{name}<", *self.expr(lo, ADDITIVE), "..", *self.expr(hi, ADDITIVE), ">"]
            case ListType(element):
                return ["list<", *self.type(element), ">"]
            case RefType(element):
                return ["ref<", *self.type(element), ">"]
            case NamedType(name, _, keyword):
                return [f"{keyword} {name}" if keyword else name]

    def expr(self, expr: Expr, least: int = 0, level: int = 0) -> Pieces:
        """An expression where one that binds at least as tight as ``least`` may stand.

        ``level`` counts how deep it stands in its line, for breaking long lines.
        """
        around = list(self.around.get((expr.span.start, expr.span.end), ()))
        if _binds(expr, around) < least:
            around.append("()")
        pieces = self._bare(expr, level + around.count("()"))
        for text in around:
            if text == "()":
                pieces = ["(", *pieces, ")"]
            elif text.startswith("(") or isinstance(expr, StringLiteral):
                pieces = [f"{text} ", *pieces]
        return pieces

    def arguments(self, arguments: tuple[Expr, ...], level: int = 0) -> Pieces:
        """Expressions between commas."""
        pieces: Pieces = []
        for n, argument in enumerate(arguments):
            if n:
                pieces += [",", Break(level)]
            pieces += self.expr(argument, 0, level + 1)
        return pieces

    def _bare(self, expr: Expr, level: int) -> Pieces:
        match expr:
            case Binary("==>", left, right):
                pieces = [*self.expr(left, CONDITIONAL, level + 1), " ==>", Break(level)]
                return [*pieces, *self.expr(right, IMPLIES, level)]
            case Conditional(condition, then, otherwise):
                pieces = [*self.expr(condition, CONDITIONAL + 1, level + 1), " ?", Break(level)]
                pieces += [*self.expr(then, 0, level + 1), " :", Break(level)]
                return [*pieces, *self.expr(otherwise, CONDITIONAL, level)]
            case Binary(op, left, right):
                binds = BINARY[op]
                same = isinstance(left, Binary) and BINARY.get(left.op) == binds
                pieces = [*self.expr(left, binds, level if same else level + 1), f" {op}", Break(level)]
                return [*pieces, *self.expr(right, binds + 1, level + 1)]
            case SizeOf(None, type):
                return [f"sizeof({type})"]
            case SizeOf(operand):
                assert operand is not None
                inner = self.expr(operand, POSTFIX, level)
                return ["sizeof" if inner[0] == "(" else "sizeof ", *inner]
            case TypeArgument(type):
                return self.type(type)
            case Unary(op, operand):
                inner = self.expr(operand, UNARY, level)
                # `- -x` and `& &x`: without the space they would be other operators
                return [op, " ", *inner] if op in "-&" and inner[0] == op else [op, *inner]
            case Field(base, name, _, arrow):
                # `(0).a`: without the parentheses it would read as a fraction
                least = PRIMARY if isinstance(base, IntLiteral) else POSTFIX
                return [*self.expr(base, least, level), "->" if arrow else ".", name.text]
            case Index(base, index):
                return [*self.expr(base, POSTFIX, level), "[", *self.expr(index, 0, level + 1), "]"]
            case CallExpr(callee, arguments):
                return [*self.expr(callee, POSTFIX, level), "(", *self.arguments(arguments, level + 1), ")"]
            case AnyExpr(lo, hi):
                bounds = [] if lo is None or hi is None else [*self.expr(lo), "..", *self.expr(hi)]
                return ["any(", *bounds, ")"]
        return [self.page.inline(expr.span.start) + _leaf(expr)]


def _binds(expr: Expr, around: list[str]) -> int:
    """How tight an expression binds with what stands around it."""
    if around:
        return PRIMARY if around[-1] == "()" else UNARY if around[-1].startswith("(") else POSTFIX
    match expr:
        case Binary("==>"):
            return IMPLIES
        case Binary(op):
            return BINARY[op]
        case Conditional():
            return CONDITIONAL
        case Unary() | SizeOf():
            return UNARY
    return POSTFIX


def _leaf(expr: Expr) -> str:
    match expr:
        case NameExpr(name):
            return name
        case IntLiteral(value):
            return number(value, expr.span)
        case BoolLiteral(value):
            return "true" if value else "false"
        case NullLiteral():
            return "NULL"
        case StringLiteral(value):
            return f'"{value}"'
    raise TypeError(expr)


def number(value: int, span: Span) -> str:
    """A number the way its author wrote it (hexadecimal stays so)."""
    written = span.text
    try:
        return written if written and number_value(written) == value else str(value)
    except ValueError:
        return str(value)

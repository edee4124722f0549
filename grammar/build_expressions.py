"""Builds types and expressions. Each ``on_NAME`` takes the span and the children of the grammar's rule NAME."""

from __future__ import annotations

from typing import Any

from defercheck.grammar import operators
from defercheck.grammar.lexer import Places, Token
from defercheck.grammar.lexical_errors import number_value
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
    Name,
    NamedType,
    NameExpr,
    NullLiteral,
    RefType,
    SizeOf,
    StringLiteral,
    TypeArgument,
    Unary,
)


class ExpressionBuilder:
    """Builds the nodes of one text.

    ``ignored`` collects what C writes and the tree leaves out: the text and the span of what it stands at. The lexer
    puts the words that it sets aside (``static``) into ``qualifiers``.
    """

    def __init__(self, places: Places):
        self.places = places
        self.ignored: list[tuple[str, Span]] = []
        self.qualifiers: list[Token] = []
        self._extents: dict[tuple[int, int], Span] = {}

    def name_of(self, token: Token) -> Name:
        """An identifier with its place."""
        return Name(token.text, self.places.of(token))

    def names_of(self, children: list[Any]) -> tuple[Name, ...]:
        """The identifiers among tokens."""
        return tuple(self.name_of(child) for child in children if child.type == "NAME")

    def string_of(self, token: Token) -> StringLiteral:
        """A string with its place."""
        return StringLiteral(token.text[1:-1], self.places.of(token))

    def strings_of(self, children: list[Any]) -> tuple[StringLiteral, ...]:
        """The strings among tokens."""
        return tuple(self.string_of(child) for child in children if child.type == "STRING")

    def number_of(self, token: Token) -> IntLiteral:
        """A number with its place."""
        return IntLiteral(number_value(token.text), self.places.of(token))

    # ---- types

    def on_simple_type(self, span: Span, c: list[Any]) -> NamedType:
        return NamedType(c[0].type, span)

    def on_int_type(self, span: Span, c: list[Any]) -> IntType:
        return IntType(c[2], c[4], span, c[0].text)

    def on_list_type(self, span: Span, c: list[Any]) -> ListType:
        return ListType(c[2], span)

    def on_ref_type(self, span: Span, c: list[Any]) -> RefType:
        return RefType(c[2], span)

    def on_integer_word(self, span: Span, c: list[Any]) -> Token:
        word: Token = c[0]
        return word

    def on_integer_type(self, span: Span, c: list[Any]) -> NamedType:
        return NamedType(" ".join(word.text for word in c), span)

    def on_plain_type(self, span: Span, c: list[Any]) -> NamedType:
        named: NamedType = c[0]
        return named

    def on_named_type(self, span: Span, c: list[Any]) -> NamedType:
        return NamedType(c[0].text, span)

    def on_tagged_type(self, span: Span, c: list[Any]) -> NamedType:
        return NamedType(c[1].text, span, c[0].type)

    # ---- expressions

    def on_binary(self, span: Span, c: list[Any]) -> Expr:
        """Operands and operators in turn. Each operand's extent may exceed its span by parentheses or a cast."""
        operands: list[Expr] = [c[0]]
        pending: list[Token] = []

        def combine() -> None:
            right, left, op = operands.pop(), operands.pop(), pending.pop()
            operands.append(Binary(op.type, left, right, _join(self._extent(left), self._extent(right))))

        for n in range(1, len(c), 2):
            while pending and operators.BINARY[pending[-1].type] >= operators.BINARY[c[n].type]:
                combine()
            pending.append(c[n])
            operands.append(c[n + 1])
        while pending:
            combine()
        return operands[0]

    def _extent(self, node: Expr) -> Span:
        return self._extents.get((node.span.start, node.span.end), node.span)

    def on_implies(self, span: Span, c: list[Any]) -> Binary:
        return Binary("==>", c[0], c[2], span)

    def on_choice(self, span: Span, c: list[Any]) -> Conditional:
        return Conditional(c[0], c[2], c[4], span)

    def on_prefix(self, span: Span, c: list[Any]) -> Unary:
        return Unary(c[0].type, c[1], span)

    def on_sizeof(self, span: Span, c: list[Any]) -> SizeOf:
        operand = c[-1]
        stars = c[1] if isinstance(c[1], list) else []
        for star in reversed(stars):
            operand = Unary("*", operand, _join(self.places.of(star), operand.span))
        return SizeOf(operand, "", span)

    def on_sizeof_type(self, span: Span, c: list[Any]) -> SizeOf:
        words = [token.text for token in c[2]]
        stars = ["*" * len(c[3])] if isinstance(c[3], list) else []
        return SizeOf(None, " ".join(words + stars), span)

    def on_type_argument(self, span: Span, c: list[Any]) -> TypeArgument:
        return TypeArgument(NamedType(c[1].text, span, "struct"), span)

    def on_cast(self, span: Span, c: list[Any]) -> Expr:
        end = c[-2].end
        inside = [token for token in self.qualifiers if span.start <= token.start < end]
        self.qualifiers[:] = [token for token in self.qualifiers if token not in inside]
        words = [token.text for token in sorted([*c[1], *inside], key=lambda token: token.start)]
        stars = ["*" * len(c[2])] if isinstance(c[2], list) else []
        return self._surround(c[-1], f"({' '.join(words + stars)})", span)

    def on_group(self, span: Span, c: list[Any]) -> Expr:
        return self._surround(c[1], "()", span)

    def _surround(self, inner: Expr, text: str, extent: Span) -> Expr:
        """Leave parentheses or a cast out of the tree: the node keeps its own span."""
        self.ignored.append((text, inner.span))
        self._extents[inner.span.start, inner.span.end] = extent
        return inner

    def on_levelled_string(self, span: Span, c: list[Any]) -> StringLiteral:
        string = self.string_of(c[1])
        self.ignored.append((c[0].text, string.span))
        return string

    def on_field(self, span: Span, c: list[Any]) -> Field:
        return Field(c[0], self.name_of(c[2]), span, c[1].type == "->")

    def on_index(self, span: Span, c: list[Any]) -> Index:
        return Index(c[0], c[2], span)

    def on_call_expr(self, span: Span, c: list[Any]) -> CallExpr:
        return CallExpr(c[0], arguments_of(c[2:-1]), span)

    def on_any_bool(self, span: Span, c: list[Any]) -> AnyExpr:
        return AnyExpr(None, None, span)

    def on_any_range(self, span: Span, c: list[Any]) -> AnyExpr:
        return AnyExpr(c[2], c[4], span)

    def on_name(self, span: Span, c: list[Any]) -> NameExpr:
        return NameExpr(c[0].text, span)

    def on_number(self, span: Span, c: list[Any]) -> IntLiteral:
        return IntLiteral(number_value(c[0].text), span)

    def on_string(self, span: Span, c: list[Any]) -> StringLiteral:
        return StringLiteral(c[0].text[1:-1], span)

    def on_boolean(self, span: Span, c: list[Any]) -> BoolLiteral:
        return BoolLiteral(c[0].type == "true", span)

    def on_null(self, span: Span, c: list[Any]) -> NullLiteral:
        return NullLiteral(span)


def arguments_of(children: list[Any]) -> tuple[Expr, ...]:
    """The expressions between commas."""
    return tuple(children[::2])


def _join(left: Span, right: Span) -> Span:
    return Span(left.source, left.start, right.end, left.line, left.column, right.end_line, right.end_column)

"""The tree of a spec: names, types as written, and expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from defercheck.grammar.span import Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier where it stands."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


# ---- types, as written ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedType:
    """``bool``, ``void``, ``int`` (without range), ``unsigned long``, an enum or an object type such as ``tasklet``.

    ``struct foo`` and ``enum foo`` name ``foo``, with ``keyword`` telling what was written before it.
    """

    name: str
    span: Span
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class IntType:
    """``int<lo..hi>``, both included; ``atomic_t<lo..hi>`` and ``refcount_t<lo..hi>`` by their ``name``."""

    lo: Expr
    hi: Expr
    span: Span
    name: str = "int"


@dataclass(frozen=True, slots=True)
class ListType:
    """``list<tasklet>``: a FIFO of objects of one type. Kernel model only."""

    element: NamedType
    span: Span


@dataclass(frozen=True, slots=True)
class RefType:
    """``ref<workqueue>``: one of the declared objects of a type, or NULL. Kernel model only."""

    element: NamedType
    span: Span


TypeExpr = NamedType | IntType | ListType | RefType

# ---- expressions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntLiteral:
    """A number, decimal or hexadecimal."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class BoolLiteral:
    """``true`` or ``false``."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class NullLiteral:
    """``NULL``."""

    span: Span


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """A string; only ``printk`` and its like take one. ``value`` is the text between the quotes, as written."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class NameExpr:
    """A variable, object, function, parameter or constant."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """``base.name`` or ``base->name``."""

    base: Expr
    name: Name
    span: Span
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """``base[index]``."""

    base: Expr
    index: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator: ``!``, ``-``, ``~``, ``&`` (address of: an object stands for its address anyway) or ``*``
    (what a pointer points to: the same)."""

    op: Literal["!", "-", "~", "&", "*"]
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator of C, or ``==>`` (implies)."""

    op: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class CallExpr:
    """``callee(arguments)``; the callee is a name, or a field that holds a function (``t.func``)."""

    callee: Expr
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AnyExpr:
    """``any(lo..hi)``: some value of the range, the environment's choice. ``any()`` is a boolean."""

    lo: Expr | None
    hi: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class SizeOf:
    """``sizeof(*p)`` or ``sizeof(struct device)`` (``operand`` is missing then): only allocations take one."""

    operand: Expr | None
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class TypeArgument:
    """``struct device`` as an argument, of ``container_of``."""

    type: NamedType
    span: Span


Expr = (
    IntLiteral | BoolLiteral | NullLiteral | StringLiteral | NameExpr | Field | Index | Unary | Binary | Conditional
    | CallExpr | AnyExpr | SizeOf | TypeArgument
)  # fmt: skip

"""The tree of a spec: statements, and the variables they declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from defercheck.grammar.span import Span
from defercheck.grammar.tree_expressions import Expr, Name, NamedType, TypeExpr

Storage = Literal["", "percpu", "frame", "ghost", "shadow", "param"]


@dataclass(frozen=True, slots=True)
class Block:
    """``{ ... }``."""

    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Declarator:
    """One declared name: ``x``, ``x = 3``, ``a[4]``, ``t(handler)``, ``*p`` (``stars`` counts the stars)."""

    name: Name
    span: Span
    length: Expr | None = None
    arguments: tuple[Expr, ...] = ()
    initial: Expr | None = None
    stars: int = 0


@dataclass(frozen=True, slots=True)
class VarDecl:
    """A declaration, at the top level, in a struct or type, or in a block.

    ``storage`` is ``""``, ``percpu`` (one for each CPU), ``frame`` (one for each context, reset when the context
    starts), ``ghost`` (only properties look at it) or ``shadow`` (a member that the kernel keeps outside the object's
    own memory, so that it may be used after the object was freed); these belong to the kernel model. ``param`` is any
    value, unknown and fixed.
    """

    type: TypeExpr
    declarators: tuple[Declarator, ...]
    span: Span
    storage: Storage = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """``target op value``, op being ``=``, ``+=``, ``-=``, ``|=``, ``&=`` or ``^=``."""

    target: Expr
    op: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class IncDec:
    """``x++`` or ``x--`` (also written before the target)."""

    target: Expr
    op: Literal["++", "--"]
    span: Span


@dataclass(frozen=True, slots=True)
class ExprStatement:
    """A call for its effect."""

    expr: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """``if (condition) then else otherwise``."""

    condition: Expr
    then: Statement
    otherwise: Statement | None
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    """``while (condition) body``."""

    condition: Expr
    body: Statement
    span: Span


@dataclass(frozen=True, slots=True)
class DoWhile:
    """``do body while (condition);``."""

    body: Statement
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """``for (initial; condition; step) body``; each part may be missing. ``initial`` is a VarDecl or an Assign."""

    initial: Statement | None
    condition: Expr | None
    step: Statement | None
    body: Statement
    span: Span


@dataclass(frozen=True, slots=True)
class Foreach:
    """``foreach (tasklet t) body`` / ``foreach (tasklet t in object) body``: unrolled over declared objects of the
    type (those embedded in the object), or over the constants of an enum. Kernel model only."""

    type: NamedType
    name: Name
    within: Expr | None
    body: Statement
    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    """``break;``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    """``continue;``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """``return value;``."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Goto:
    """``goto label;``."""

    label: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Label:
    """``label:`` in a block, before the statement that comes next."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Switch:
    """``switch (value) { case A: ... break; default: ... }``; the body holds its `Case` labels among statements."""

    value: Expr
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """``case value:``, or ``default:`` without a value."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Choose:
    """``choose { ... } or { ... }``: the environment picks one."""

    branches: tuple[Block, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Assert:
    """``assert(condition);`` or ``assert(condition, "why");``."""

    condition: Expr
    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Atomic:
    """``atomic { ... }``: one step."""

    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Await:
    """``await (condition);``: blocks until the condition holds; ``await (condition) else DF402 "why";`` names the
    rule that a context waiting here for ever breaks."""

    condition: Expr
    code: str
    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Check:
    """``check DF101 (condition) "what it means when the condition is false";``. Kernel model only."""

    code: Name
    condition: Expr
    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class When:
    """``when (flag == VALUE) statement else statement``: decided at compile time from the kernel version's flags.
    ``condition`` uses ``==``, ``!=``, ``&&``, ``||``, ``!``. Kernel model only."""

    condition: Expr
    then: Statement
    otherwise: Statement | None
    span: Span


@dataclass(frozen=True, slots=True)
class Empty:
    """``;``."""

    span: Span


Statement = (
    Block | VarDecl | Assign | IncDec | ExprStatement | If | While | DoWhile | For | Foreach | Break | Continue
    | Return | Goto | Label | Switch | Case | Choose | Assert | Atomic | Await | Check | When | Empty
)  # fmt: skip

"""The tree of a spec: frozen dataclasses, each with the span of its text. No meaning, only form.

Items and the whole file are here. Expressions and statements, each in a file of their own, are reached through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from defercheck.grammar.span import Source, Span
from defercheck.grammar.tree_expressions import (
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
    TypeExpr,
    Unary,
)
from defercheck.grammar.tree_statements import (
    Assert,
    Assign,
    Atomic,
    Await,
    Block,
    Break,
    Case,
    Check,
    Choose,
    Continue,
    Declarator,
    DoWhile,
    Empty,
    ExprStatement,
    For,
    Foreach,
    Goto,
    If,
    IncDec,
    Label,
    Return,
    Statement,
    Storage,
    Switch,
    VarDecl,
    When,
    While,
)

__all__ = [
    "AllowDecl",
    "AnyExpr",
    "Assert",
    "Assign",
    "Atomic",
    "Await",
    "Binary",
    "Block",
    "BoolLiteral",
    "Break",
    "CallExpr",
    "Case",
    "Check",
    "Choose",
    "Conditional",
    "ConstantDecl",
    "ContextDecl",
    "Continue",
    "CpusDecl",
    "Declarator",
    "DefineDecl",
    "DeviceDecl",
    "DoWhile",
    "Empty",
    "EnumDecl",
    "ExpectDecl",
    "Expr",
    "ExprStatement",
    "Field",
    "For",
    "Foreach",
    "FunctionDecl",
    "Goto",
    "If",
    "IncDec",
    "Index",
    "IntLiteral",
    "IntType",
    "Item",
    "KernelDecl",
    "Label",
    "LegalDecl",
    "ListType",
    "MacroUse",
    "ModuleDecl",
    "Name",
    "NameExpr",
    "NamedType",
    "NullLiteral",
    "OptionDecl",
    "Parameter",
    "PropertyDecl",
    "RefType",
    "Return",
    "SituationDecl",
    "SizeOf",
    "SpecFile",
    "StartDecl",
    "Statement",
    "Storage",
    "StringLiteral",
    "StructDecl",
    "Switch",
    "TypeArgument",
    "TypeDecl",
    "TypeExpr",
    "Unary",
    "VarDecl",
    "VersionDecl",
    "When",
    "While",
]


@dataclass(frozen=True, slots=True)
class KernelDecl:
    """``kernel "6.1";`` or ``kernel "2.6.20", "6.1";``: the versions whose rules the spec is checked against."""

    versions: tuple[StringLiteral, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CpusDecl:
    """``cpus 2;``."""

    count: IntLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class OptionDecl:
    """``option softirq_restart = counted;``: sets a named flag of the model. ``preempt voluntary;`` is short for
    ``option preempt = voluntary;``."""

    name: Name
    value: Name
    span: Span


@dataclass(frozen=True, slots=True)
class ConstantDecl:
    """``#define LIMIT 3``: a name for an expression."""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class EnumDecl:
    """``enum state { IDLE, BUSY };``. Without a name, ``enum { RX, TX };``, the constants are just numbers."""

    name: Name | None
    constants: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StructDecl:
    """``struct tag { members } instance, *pointer, ...;``: each instance is a heap object, dead until allocated."""

    name: Name
    members: tuple[VarDecl, ...]
    instances: tuple[Name, ...]
    span: Span
    pointers: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeDecl:
    """``type tasklet { members }``: an object type of the kernel model."""

    name: Name
    members: tuple[VarDecl, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A function's parameter. ``out`` parameters are bound to the caller's variable (a C macro's argument)."""

    type: TypeExpr
    name: Name
    span: Span
    out: bool = False


@dataclass(frozen=True, slots=True)
class FunctionDecl:
    """A function; always inlined."""

    result: TypeExpr
    name: Name
    parameters: tuple[Parameter, ...]
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class DefineDecl:
    """``define DECLARE_TASKLET(tasklet t, function f) { ... }``: a macro that declares its first argument at the top
    level of a spec and gives its fields their static initial values. Kernel model only."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class MacroUse:
    """``DECLARE_TASKLET(my_tasklet, my_function);`` at the top level."""

    name: Name
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Line:
    """What an ``irq`` says of its line beside its handler.

    ``level``: asserted, and so promised, as long as its condition holds; ``when (e)``: it fires only while ``e``
    holds; ``exactly 3`` instead of ``times 3``: those interrupts do come; ``fairly``: they come for ever, whenever they
    may again and again; ``irq H { } thread { }``: the handler's thread. Where ``hard`` is false there is only a thread,
    and the kernel's own handler wakes it.
    """

    level: bool = False
    exactly: bool = False
    fairly: bool = False
    when: Expr | None = None
    thread: Block | None = None
    hard: bool = True
    given: bool = False


NO_LINE = Line()


@dataclass(frozen=True, slots=True)
class ContextDecl:
    """``irq NAME [on cpu 0] [times 3] { }``, ``thread NAME [on cpu 0] { }``, ``softirq NET_RX { }``,
    ``tasklet NAME { }``, ``timer NAME { }``; ``thread NAME for each work w on each cpu { }`` (kernel threads of
    the model).

    ``thread a, b { }`` declares several threads with one body: ``more`` are the names behind the first. ``after`` are
    the threads that must have ended before it starts; ``priority`` is what ``priority 50`` says.
    """

    kind: Literal["irq", "thread", "softirq", "tasklet", "timer"]
    name: Name
    body: Block
    span: Span
    cpu: IntLiteral | None = None
    each_cpu: bool = False
    times: IntLiteral | None = None
    parameter: Parameter | None = None
    more: tuple[Name, ...] = ()
    after: tuple[Name, ...] = ()
    priority: IntLiteral | None = None
    line: Line = NO_LINE

    @property
    def names(self) -> tuple[Name, ...]:
        """All that it declares."""
        return self.name, *self.more


@dataclass(frozen=True, slots=True)
class ModuleDecl:
    """``module { init { ... } exit { ... } }``; either part may be missing."""

    init: Block | None
    exit: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class DeviceDecl:
    """``device NAME { probe { ... } remove { ... } open { ... } close { ... } }``; each part may be missing. ``parts``
    has those that are there, by their word, in the order of the text."""

    name: Name
    parts: tuple[tuple[Name, Block], ...]
    span: Span

    def part(self, word: str) -> Block | None:
        """The body of a part, if there is one."""
        return next((body for name, body in self.parts if name.text == word), None)


@dataclass(frozen=True, slots=True)
class StartDecl:
    """``start { ... }``, ``start on cpu 0 { ... }``: what has happened already when everything begins."""

    body: Block
    span: Span
    cpu: IntLiteral | None = None


@dataclass(frozen=True, slots=True)
class PropertyDecl:
    """``invariant NAME: expr;``, ``never NAME: expr;``, ``cover NAME: expr;``, ``lemma NAME: expr;``, ``final NAME:
    expr;``, ``eventually NAME: expr;``; the name may be missing. ``NAME: trigger ~> expr;`` (leads to) has one.
    ``lemma NAME for each tasklet t: expr;`` speaks of each object of a type."""

    kind: Literal["invariant", "never", "cover", "lemma", "final", "eventually", "leadsto"]
    name: Name | None
    expr: Expr
    span: Span
    parameter: Parameter | None = None
    trigger: Expr | None = None


@dataclass(frozen=True, slots=True)
class ExpectDecl:
    """``expect DF301;`` or ``expect DF301 on "6.1", "6.12";``: the spec is right when the rule is broken."""

    code: Name
    versions: tuple[StringLiteral, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AllowDecl:
    """``allow DF306 "reason";``."""

    code: Name
    reason: StringLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class VersionDecl:
    """``version "6.1" { tasklet_list = FIFO; ... }``: the flags of a kernel version. Kernel model only."""

    name: StringLiteral
    settings: tuple[tuple[Name, Name], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SituationDecl:
    """``situation bh_off (softirq_count > 0) "with bottom halves disabled";``: a column of the table of what may be
    called where. Kernel model only."""

    name: Name
    condition: Expr
    text: StringLiteral
    span: Span


@dataclass(frozen=True, slots=True)
class LegalDecl:
    """``legal msleep, ssleep (DF101, DF101, yes);``: a row of that table, for some functions: for each situation in
    order ``yes``, ``risk`` (not forbidden, but it may wait for what cannot go on), ``later`` (the body itself
    complains) or the rule that a call breaks.

    The row holds ``when (flag == VALUE)`` in some versions only, and ``if (condition)`` on the function's parameters
    for some calls only. ``text`` is what the kernel says instead of the call's name. Kernel model only."""

    names: tuple[Name, ...]
    verdicts: tuple[Name, ...]
    flag: Expr | None
    condition: Expr | None
    text: StringLiteral | None
    span: Span


Item: TypeAlias = (
    KernelDecl | CpusDecl | OptionDecl | ConstantDecl | EnumDecl | StructDecl | TypeDecl | VarDecl | FunctionDecl
    | DefineDecl | MacroUse | ContextDecl | ModuleDecl | DeviceDecl | StartDecl | PropertyDecl | ExpectDecl | AllowDecl
    | VersionDecl | SituationDecl | LegalDecl
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A whole file. ``comments`` are all comments in order, with their text as written, for the formatter.

    ``ignored`` is, also for the formatter alone, what C writes and the nodes leave out: a qualifier (``static``) or
    the ``void`` of ``f(void)`` with its own span; ``**`` before the name that has the span; a cast ``(unsigned long)``
    or parentheses ``()`` around the expression that has the span, inner ones first; ``KERN_INFO`` before the string
    that has the span.
    """

    source: Source
    items: tuple[Item, ...]
    comments: tuple[tuple[str, Span], ...]
    ignored: tuple[tuple[str, Span], ...] = ()

"""The tree of a spec: frozen dataclasses, each with the span of its text. No meaning, only form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from defercheck.grammar.span import Source, Span


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
    """``int<lo..hi>``, both included."""

    lo: Expr
    hi: Expr
    span: Span


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
    """A prefix operator: ``!``, ``-``, ``~`` or ``&`` (address of: an object stands for its address anyway)."""

    op: Literal["!", "-", "~", "&"]
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


Expr = (
    IntLiteral | BoolLiteral | NullLiteral | StringLiteral | NameExpr | Field | Index | Unary | Binary | Conditional
    | CallExpr | AnyExpr
)  # fmt: skip

# ---- statements -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """``{ ... }``."""

    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Declarator:
    """One declared name: ``x``, ``x = 3``, ``a[4]``, ``t(handler)``."""

    name: Name
    span: Span
    length: Expr | None = None
    arguments: tuple[Expr, ...] = ()
    initial: Expr | None = None


@dataclass(frozen=True, slots=True)
class VarDecl:
    """A declaration, at the top level, in a struct or type, or in a block.

    ``storage`` is ``""``, ``percpu`` (one for each CPU), ``frame`` (one for each context, reset when the context
    starts), ``ghost`` (only properties look at it) or ``shadow`` (a member that the kernel keeps outside the object's
    own memory, so that it may be used after the object was freed); all belong to the kernel model.
    """

    type: TypeExpr
    declarators: tuple[Declarator, ...]
    span: Span
    storage: Literal["", "percpu", "frame", "ghost", "shadow"] = ""


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
    | Return | Choose | Assert | Atomic | Await | Check | When | Empty
)  # fmt: skip

# ---- items ------------------------------------------------------------------------------------------------------


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
class EnumDecl:
    """``enum state { IDLE, BUSY };``."""

    name: Name
    constants: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StructDecl:
    """``struct tag { members } instance, ...;``: each instance is a heap object, dead until allocated."""

    name: Name
    members: tuple[VarDecl, ...]
    instances: tuple[Name, ...]
    span: Span


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
class ContextDecl:
    """``irq NAME [on cpu 0] [times 3] { }``, ``thread NAME [on cpu 0] { }``, ``softirq NET_RX { }``,
    ``tasklet NAME { }``; ``thread NAME for each work w on each cpu { }`` (kernel threads of the model)."""

    kind: Literal["irq", "thread", "softirq", "tasklet"]
    name: Name
    body: Block
    span: Span
    cpu: IntLiteral | None = None
    each_cpu: bool = False
    times: IntLiteral | None = None
    parameter: Parameter | None = None


@dataclass(frozen=True, slots=True)
class ModuleDecl:
    """``module { init { ... } exit { ... } }``; either part may be missing."""

    init: Block | None
    exit: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class PropertyDecl:
    """``invariant NAME: expr;``, ``never NAME: expr;``, ``cover NAME: expr;``, ``lemma NAME: expr;``; the name may be
    missing."""

    kind: Literal["invariant", "never", "cover", "lemma"]
    name: Name | None
    expr: Expr
    span: Span


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


Item = (
    KernelDecl | CpusDecl | OptionDecl | EnumDecl | StructDecl | TypeDecl | VarDecl | FunctionDecl | DefineDecl
    | MacroUse | ContextDecl | ModuleDecl | PropertyDecl | ExpectDecl | AllowDecl | VersionDecl
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

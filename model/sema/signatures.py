"""Types as written, and the signatures of functions, resolved for one program."""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.sema.program import Program
from defercheck.sema.resolve import resolve_type
from defercheck.sema.types import Condition, ContextRef, Function, Int, List, Number, Object, Opaque, Ref, Type, Void
from defercheck.sema.words import RESERVED_TYPES


@dataclass(frozen=True, slots=True)
class Expected:
    """A parameter; its type is ``None`` when it is wrong."""

    name: str
    type: Type | None
    out: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters and result, and its text for notes."""

    parameters: tuple[Expected, ...]
    result: Type | None
    text: str
    span: Span

    @property
    def note(self) -> tuple[str, Span | None]:
        """What a complaint about a call adds: the declaration, shown where it is the driver's own."""
        if self.span.source.kernel:
            return f"it is `{self.text}`", None
        return "declared here", self.span


class Types:
    """Resolves types and signatures, each function's once."""

    def __init__(self, program: Program):
        self.program = program
        self._values = {n: v for n, (v, _) in program.constants.items()}
        self._known: dict[int, Signature] = {}

    def resolve(self, t: tree.TypeExpr) -> Type:
        """The meaning of a type. ``SpecError`` when there is no such type."""
        return resolve_type(t, self.program.enums, self.program.types, self._values, self.program.ghost_limit)

    def quietly(self, t: tree.TypeExpr) -> Type | None:
        """The meaning of a type; ``None`` when there is no such type."""
        try:
            return self.resolve(t)
        except SpecError:
            return None

    def parameter(self, t: tree.TypeExpr) -> Type | None:
        """As ``quietly``, for a parameter: ``void *`` carries whatever the model does not look at."""
        type = self.quietly(t)
        return Opaque() if isinstance(type, Void) else type

    def signature(self, f: tree.FunctionDecl) -> Signature:
        """A function's signature."""
        if id(f) not in self._known:
            parameters = tuple(Expected(p.name.text, self.parameter(p.type), p.out) for p in f.parameters)
            text = f"{f.result.span.text} {f.name}({', '.join(p.span.text for p in f.parameters)})"
            self._known[id(f)] = Signature(parameters, self.quietly(f.result), text, f.name.span)
        return self._known[id(f)]

    @property
    def values(self) -> dict[str, int]:
        """All constants."""
        return self._values


def variable_misuse(type: Type, name: str, written: tree.TypeExpr) -> Diagnostic | None:
    """What is wrong with a driver's variable or member of a type, if anything."""
    span = written.span
    match type:
        case Number():
            help = f"give the range: `int<0..7> {name}`, with the values it can have"
            return Diagnostic(f"`{name}` has no range", span, "the model needs a finite range", help)
        case Void():
            return Diagnostic(
                f"`{name}` cannot be void", span, "a variable has a value", "use bool, int<lo..hi> or an enum"
            )
        case Object(name="irq"):
            return Diagnostic(
                f"`{name}` cannot be declared like this",
                span,
                help=f"declare the line with its handler: `irq {name} {{ ... }}`",
            )
    return kernel_only(type, span)


def kernel_only(type: Type, span: Span) -> Diagnostic | None:
    """The complaint about a type that a driver's spec cannot use, if it is one."""
    match type:
        case List():
            return belongs("a list", span, "a driver's list is a counter or a flag here: `int<0..4> queued`")
        case ContextRef() | Function() | Ref() | Condition() | Object(name="object"):
            return belongs(f"`{span.text}`", span, "name functions and objects where they are used")
        case Int() if span.text in RESERVED_TYPES:
            return belongs(f"`{span.text}`", span, "give the range: `int<0..7>`")
    return None


def belongs(what: str, span: Span, help: str = "") -> Diagnostic:
    """The complaint about something that only the kernel model may say."""
    return Diagnostic(f"{what} belongs to the kernel model", span, "not for a driver's spec", help)

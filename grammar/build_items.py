"""Builds items, the top level of a spec. Each ``on_NAME`` takes the span and the children of the rule NAME."""

from __future__ import annotations

from typing import Any

from defercheck.grammar.build_expressions import arguments_of
from defercheck.grammar.build_statements import StatementBuilder
from defercheck.grammar.lexer import Token
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.grammar.tree import (
    AllowDecl,
    Block,
    ConstantDecl,
    ContextDecl,
    CpusDecl,
    DefineDecl,
    DeviceDecl,
    EnumDecl,
    ExpectDecl,
    Expr,
    FunctionDecl,
    IntLiteral,
    KernelDecl,
    LegalDecl,
    Line,
    MacroUse,
    ModuleDecl,
    Name,
    NameExpr,
    OptionDecl,
    Parameter,
    PropertyDecl,
    Return,
    SituationDecl,
    StartDecl,
    StructDecl,
    TypeDecl,
    VarDecl,
    VersionDecl,
)


class Builder(StatementBuilder):
    """Adds items."""

    # ---- settings

    def on_kernel(self, span: Span, c: list[Any]) -> KernelDecl:
        return KernelDecl(self.strings_of(c), span)

    def on_cpus(self, span: Span, c: list[Any]) -> CpusDecl:
        return CpusDecl(self.number_of(c[1]), span)

    def on_option(self, span: Span, c: list[Any]) -> OptionDecl:
        return OptionDecl(self.name_of(c[1]), c[3], span)

    def on_preempt(self, span: Span, c: list[Any]) -> OptionDecl:
        return OptionDecl(self.name_of(c[0]), c[1], span)

    def on_value(self, span: Span, c: list[Any]) -> Name:
        return self.name_of(c[0])

    def on_version(self, span: Span, c: list[Any]) -> VersionDecl:
        return VersionDecl(self.string_of(c[1]), tuple(child for child in c if isinstance(child, tuple)), span)

    def on_situation(self, span: Span, c: list[Any]) -> SituationDecl:
        return SituationDecl(self.name_of(c[1]), c[3], self.string_of(c[5]), span)

    def on_legal(self, span: Span, c: list[Any]) -> LegalDecl:
        opens = next(n for n, child in enumerate(c) if isinstance(child, Token) and child.type == "(")
        only = {kind: condition for child in c if isinstance(child, tuple) for kind, condition in [child]}
        text = next((self.string_of(t) for t in c if isinstance(t, Token) and t.type == "STRING"), None)
        before = [t for t in c[1:opens] if isinstance(t, Token)]
        verdicts = [t for t in c[opens:] if isinstance(t, Token)]
        return LegalDecl(
            self.names_of(before), self.names_of(verdicts), only.get("when"), only.get("if"), text, span
        )  # fmt: skip

    def on_legal_flag(self, span: Span, c: list[Any]) -> tuple[str, Expr]:
        return "when", c[2]

    def on_legal_if(self, span: Span, c: list[Any]) -> tuple[str, Expr]:
        return "if", c[2]

    def on_setting(self, span: Span, c: list[Any]) -> tuple[Name, Name]:
        return self.name_of(c[0]), c[2]

    # ---- declarations

    def on_constant_decl(self, span: Span, c: list[Any]) -> ConstantDecl:
        return ConstantDecl(self.name_of(c[1]), c[2], span)

    def on_enum_decl(self, span: Span, c: list[Any]) -> EnumDecl:
        named = c[1].type == "NAME"
        return EnumDecl(self.name_of(c[1]) if named else None, self.names_of(c[2 + named : -2]), span)

    def on_struct_decl(self, span: Span, c: list[Any]) -> StructDecl:
        members = tuple(child for child in c if isinstance(child, VarDecl))
        declared = [child for child in c if isinstance(child, tuple)]
        instances = tuple(name for stars, name in declared if not stars)
        return StructDecl(
            self.name_of(c[1]), members, instances, span, tuple(name for stars, name in declared if stars)
        )

    def on_instance(self, span: Span, c: list[Any]) -> tuple[int, Name]:
        stars = len(c[0]) if len(c) > 1 else 0
        if stars > 1:
            raise SpecError(Diagnostic("a pointer to a pointer is not modelled", span, help="delete a `*`"))
        return stars, self.name_of(c[-1])

    def on_type_decl(self, span: Span, c: list[Any]) -> TypeDecl:
        return TypeDecl(self.name_of(c[1]), tuple(child for child in c if isinstance(child, VarDecl)), span)

    def on_function(self, span: Span, c: list[Any]) -> FunctionDecl:
        name = self.name_of(c[-3])
        if isinstance(c[1], list):
            self.ignored.append(("*" * len(c[1]), name.span))
        return FunctionDecl(c[0], name, c[-2], c[-1], span)

    def on_define(self, span: Span, c: list[Any]) -> DefineDecl:
        return DefineDecl(self.name_of(c[1]), c[2], c[3], span)

    def on_parameters(self, span: Span, c: list[Any]) -> tuple[Parameter, ...]:
        if c[1].__class__ is Token and c[1].type == "void":
            self.ignored.append(("void", self.places.of(c[1])))
        return tuple(child for child in c if isinstance(child, Parameter))

    def on_parameter(self, span: Span, c: list[Any]) -> Parameter:
        out = isinstance(c[0], Token)
        name = self.name_of(c[-1])
        if isinstance(c[-2], list):
            self.ignored.append(("*" * len(c[-2]), name.span))
        return Parameter(c[1] if out else c[0], name, span, out)

    def on_macro_use(self, span: Span, c: list[Any]) -> MacroUse:
        return MacroUse(self.name_of(c[0]), arguments_of(c[2:-2]), span)

    # ---- contexts and properties

    def on_context_kind(self, span: Span, c: list[Any]) -> str:
        kind: str = c[0].type
        return kind

    def on_on_cpu(self, span: Span, c: list[Any]) -> tuple[str, Span, IntLiteral]:
        return "cpu", span, self.number_of(c[2])

    def on_on_each_cpu(self, span: Span, c: list[Any]) -> tuple[str, Span, None]:
        return "each_cpu", span, None

    def on_times(self, span: Span, c: list[Any]) -> tuple[str, Span, IntLiteral]:
        return "times", span, self.number_of(c[1])

    def on_exactly(self, span: Span, c: list[Any]) -> tuple[str, Span, IntLiteral]:
        return "exactly", span, self.number_of(c[1])

    def on_fairly(self, span: Span, c: list[Any]) -> tuple[str, Span, bool]:
        return "fairly", span, True

    def on_level(self, span: Span, c: list[Any]) -> tuple[str, Span, bool]:
        return "level", span, True

    def on_fires_when(self, span: Span, c: list[Any]) -> tuple[str, Span, Any]:
        return "when", span, c[2]

    def on_irq_thread(self, span: Span, c: list[Any]) -> tuple[str, Span, Block]:
        return "thread", self.places.of(c[0]), c[1]

    def on_for_each(self, span: Span, c: list[Any]) -> tuple[str, Span, Parameter]:
        return "for_each", span, Parameter(c[2], self.name_of(c[3]), span)

    def on_after(self, span: Span, c: list[Any]) -> tuple[str, Span, tuple[Name, ...]]:
        return "after", span, self.names_of(c[1:])

    def on_priority(self, span: Span, c: list[Any]) -> tuple[str, Span, IntLiteral]:
        return "priority", span, self.number_of(c[1])

    def on_context(self, span: Span, c: list[Any]) -> ContextDecl:
        kind = c[0]
        fit = {
            "irq": ("cpu", "times", "exactly", "fairly", "level", "when", "thread"),
            "thread": ("cpu", "each_cpu", "for_each", "after", "priority"),
        }.get(kind, ())  # fmt: skip
        given: dict[str, Any] = {}
        names = self.names_of([child for child in c if isinstance(child, Token)])
        for clause, place, value in (child for child in c if isinstance(child, tuple)):
            if clause not in fit:
                raise SpecError(_misplaced_clause(kind, place))
            if clause in given or any({clause, *given} >= both for both in _EITHER):
                raise SpecError(Diagnostic(f"`{place.text}` comes a second time", place, help="delete one of the two"))
            given[clause] = value
        if len(names) > 1 and kind != "thread":
            place = names[1].span
            raise SpecError(Diagnostic(f"each {kind} has a body of its own", place, help="declare it separately"))
        body = next((child for child in c if isinstance(child, Block)), None)
        words = ("level" in given, "exactly" in given, "fairly" in given)
        bodiless = body is None and "thread" not in given
        line = Line(*words, given.get("when"), given.get("thread"), body is not None or bodiless, bodiless)
        if bodiless and kind != "irq":
            help = f"write what it does: `{kind} {names[0]} {{ ... }}`"
            raise SpecError(Diagnostic(f"the {kind} `{names[0]}` has no body", names[0].span, "", help))
        if bodiless:
            body = Block((), names[0].span)
        elif body is None:  # the kernel's own handler
            place = given["thread"].span
            body = Block((Return(NameExpr("IRQ_WAKE_THREAD", place), place),), place)
        return ContextDecl(
            kind, names[0], body, span, given.get("cpu"), "each_cpu" in given,
            given.get("times", given.get("exactly")), given.get("for_each"), names[1:], given.get("after", ()),
            given.get("priority"), line,
        )  # fmt: skip

    def on_start_block(self, span: Span, c: list[Any]) -> StartDecl:
        return StartDecl(c[-1], span, self.number_of(c[3]) if len(c) > 2 else None)

    def on_module(self, span: Span, c: list[Any]) -> ModuleDecl:
        parts: dict[str, tuple[Span, Block]] = {}
        for word, body in c[2:-1]:
            place = self.places.of(word)
            if word.type in parts:
                note = ("the first is here", parts[word.type][0])
                raise SpecError(
                    Diagnostic(f"the module has two `{word.type}` parts", place, help="join them", notes=(note,))
                )
            parts[word.type] = place, body
        bodies = {word: body for word, (_, body) in parts.items()}
        return ModuleDecl(bodies.get("init"), bodies.get("exit"), span)

    def on_device(self, span: Span, c: list[Any]) -> DeviceDecl:
        parts: dict[str, tuple[Name, Block]] = {}
        for word, body in c[3:-1]:
            name = Name(word.type, self.places.of(word))
            if word.type in parts:
                note = ("the first is here", parts[word.type][0].span)
                text = f"the device has two `{word.type}` parts"
                raise SpecError(Diagnostic(text, name.span, help="join them", notes=(note,)))
            parts[word.type] = name, body
        return DeviceDecl(self.name_of(c[1]), tuple(parts.values()), span)

    def on_property_kind(self, span: Span, c: list[Any]) -> str:
        kind: str = c[0].type
        return kind

    def on_property(self, span: Span, c: list[Any]) -> PropertyDecl:
        return PropertyDecl(c[0], None, c[1], span)

    def on_named_property(self, span: Span, c: list[Any]) -> PropertyDecl:
        return PropertyDecl(c[0], self.name_of(c[1]), c[3], span)

    def on_property_for_each(self, span: Span, c: list[Any]) -> PropertyDecl:
        of = self.places.of(c[2])
        if c[0] != "lemma":
            raise SpecError(Diagnostic(f"`{c[0]}` is said once, not for each object", of, help="name the object"))
        return PropertyDecl(c[0], self.name_of(c[1]), c[7], span, Parameter(c[4], self.name_of(c[5]), of))

    def on_leads_to(self, span: Span, c: list[Any]) -> PropertyDecl:
        return PropertyDecl("leadsto", self.name_of(c[0]), c[4], span, trigger=c[2])

    def on_expect(self, span: Span, c: list[Any]) -> ExpectDecl:
        return ExpectDecl(self.name_of(c[1]), self.strings_of(c), span)

    def on_allow(self, span: Span, c: list[Any]) -> AllowDecl:
        return AllowDecl(self.name_of(c[1]), self.string_of(c[2]), span)


_EITHER = ({"cpu", "each_cpu"}, {"times", "exactly"}, {"times", "fairly"}, {"exactly", "fairly"})
"""Clauses that say different things about the same."""


def _misplaced_clause(kind: str, place: Span) -> Diagnostic:
    article = "an" if kind[0] in "aeiou" else "a"
    return Diagnostic(
        f"{article} `{kind}` takes no `{place.text}`",
        place,
        help="`irq` takes `on cpu N`, `times N`, `exactly N`, `fairly`, `level`, `when (...)` and `thread { }`, "
        "`thread` takes `on cpu N` and `after OTHER`",
    )

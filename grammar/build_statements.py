"""Builds declarations and statements. Each ``on_NAME`` takes the span and the children of the grammar's rule NAME."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from defercheck.grammar.build_expressions import ExpressionBuilder, arguments_of
from defercheck.grammar.lexical_errors import missing_body
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.grammar.tree import (
    Assert,
    Assign,
    Atomic,
    Await,
    Block,
    Break,
    CallExpr,
    Case,
    Check,
    Choose,
    Continue,
    Declarator,
    DoWhile,
    Empty,
    Expr,
    ExprStatement,
    Field,
    For,
    Foreach,
    Goto,
    If,
    IncDec,
    Index,
    Label,
    NamedType,
    NameExpr,
    Return,
    Statement,
    Storage,
    Switch,
    VarDecl,
    When,
    While,
)


class StatementBuilder(ExpressionBuilder):
    """Adds declarations and statements."""

    # ---- declarations

    def on_storage(self, span: Span, c: list[Any]) -> str:
        word: str = c[0].type
        return word

    def on_initial(self, span: Span, c: list[Any]) -> Expr:
        value: Expr = c[1]
        return value

    def on_declarator(self, span: Span, c: list[Any]) -> Declarator:
        return Declarator(self.name_of(c[0]), span, initial=c[1] if len(c) > 1 else None)

    def on_array_declarator(self, span: Span, c: list[Any]) -> Declarator:
        return Declarator(self.name_of(c[0]), span, length=c[2], initial=c[4] if len(c) > 4 else None)

    def on_object_declarator(self, span: Span, c: list[Any]) -> Declarator:
        return Declarator(self.name_of(c[0]), span, arguments=arguments_of(c[2:-1]))

    def on_pointer_declarator(self, span: Span, c: list[Any]) -> Declarator:
        declarator: Declarator = c[1]
        return replace(declarator, stars=len(c[0]))

    def on_var_decl(self, span: Span, c: list[Any]) -> VarDecl:
        storage: Storage = c.pop(0) if isinstance(c[0], str) else ""
        return VarDecl(c[0], tuple(c[1::2]), span, storage)

    on_local_var = on_var_decl

    def on_ended(self, span: Span, c: list[Any]) -> Any:
        """A declaration or a simple statement with its semicolon, which belongs to it."""
        return replace(c[0], span=span)

    on_member = on_local_decl = on_ended

    def on_global_decl(self, span: Span, c: list[Any]) -> VarDecl:
        declaration: VarDecl = c[0]
        if isinstance(declaration.type, NamedType) and declaration.type.name == "void" and span.text.endswith(");"):
            raise SpecError(missing_body(declaration.declarators[-1].name.span))
        return replace(declaration, span=span)

    # ---- simple statements

    def on_assign(self, span: Span, c: list[Any]) -> Assign:
        _check_place(c[0])
        return Assign(c[0], c[1], c[2], span)

    def on_assign_op(self, span: Span, c: list[Any]) -> str:
        op: str = c[0].type
        return op

    def on_step_by_one(self, span: Span, c: list[Any]) -> IncDec:
        _check_place(c[0])
        return IncDec(c[0], c[1].type, span)

    def on_step_by_one_before(self, span: Span, c: list[Any]) -> IncDec:
        _check_place(c[1])
        return IncDec(c[1], c[0].type, span)

    def on_call(self, span: Span, c: list[Any]) -> ExprStatement:
        if not isinstance(c[0], CallExpr):
            raise SpecError(
                Diagnostic(
                    "the statement does nothing",
                    span,
                    "only calls, assignments, `++` and `--` have an effect",
                    "add `()` to call it" if span.text.replace("_", "").isalnum() else "assign the value, or delete it",
                )
            )
        return ExprStatement(c[0], span)

    # ---- compound statements

    def on_block(self, span: Span, c: list[Any]) -> Block:
        return Block(tuple(c[1:-1]), span)

    def on_if(self, span: Span, c: list[Any]) -> If:
        return If(c[2], c[4], c[6] if len(c) > 5 else None, span)

    def on_when(self, span: Span, c: list[Any]) -> When:
        return When(c[2], c[4], c[6] if len(c) > 5 else None, span)

    def on_while(self, span: Span, c: list[Any]) -> While:
        return While(c[2], c[4], span)

    def on_do_while(self, span: Span, c: list[Any]) -> DoWhile:
        return DoWhile(c[1], c[4], span)

    def on_for(self, span: Span, c: list[Any]) -> For:
        """``for ( [initial] ; [condition] ; [step] ) body``, with the missing parts missing."""
        parts: list[Any] = [None, None, None]
        part = 0
        for child in c[2:-2]:
            if getattr(child, "type", None) == ";":
                part += 1
            else:
                parts[part] = child
        return For(parts[0], parts[1], parts[2], c[-1], span)

    def on_foreach(self, span: Span, c: list[Any]) -> Foreach:
        return Foreach(c[2], self.name_of(c[3]), c[5] if len(c) > 6 else None, c[-1], span)

    def on_break(self, span: Span, c: list[Any]) -> Break:
        return Break(span)

    def on_continue(self, span: Span, c: list[Any]) -> Continue:
        return Continue(span)

    def on_return(self, span: Span, c: list[Any]) -> Return:
        return Return(c[1] if len(c) > 2 else None, span)

    def on_goto(self, span: Span, c: list[Any]) -> Goto:
        return Goto(self.name_of(c[1]), span)

    def on_label(self, span: Span, c: list[Any]) -> Label:
        return Label(self.name_of(c[0]), span)

    def on_switch(self, span: Span, c: list[Any]) -> Switch:
        return Switch(c[2], c[4], span)

    def on_case(self, span: Span, c: list[Any]) -> Case:
        return Case(c[1], span)

    def on_default(self, span: Span, c: list[Any]) -> Case:
        return Case(None, span)

    def on_choose(self, span: Span, c: list[Any]) -> Choose:
        return Choose(tuple(c[1::2]), span)

    def on_assert(self, span: Span, c: list[Any]) -> Assert:
        return Assert(c[2], c[4].text[1:-1] if len(c) > 5 else "", span)

    def on_atomic(self, span: Span, c: list[Any]) -> Atomic:
        return Atomic(c[1], span)

    def on_await(self, span: Span, c: list[Any]) -> Await:
        if len(c) > 5:
            return Await(c[2], c[5].text, c[6].text[1:-1], span)
        return Await(c[2], "", "", span)

    def on_check(self, span: Span, c: list[Any]) -> Check:
        return Check(self.name_of(c[1]), c[3], c[5].text[1:-1], span)

    def on_empty(self, span: Span, c: list[Any]) -> Statement:
        return Empty(span)


def _check_place(target: Expr) -> None:
    """Reject targets that hold no value, such as ``3`` and ``f()``."""
    if not isinstance(target, NameExpr | Field | Index):
        what = "the result of a call" if isinstance(target, CallExpr) else "a value"
        raise SpecError(Diagnostic(f"{what} cannot be assigned to", target.span, help="assign to a variable"))

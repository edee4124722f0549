"""Objects on the stack: one instance for each context that executes the function, dead when the function returns.

Which contexts execute a function is known when all are compiled. So an instance is declared where its declaration is
first met, and the program is compiled anew with all that were (pointers may name them, workers execute their works).
"""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.lower.builder import Builder, ContextBuilder
from defercheck.lower.values import ObjectValue
from defercheck.sema.objects import Objects
from defercheck.sema.types import Object, Type
from defercheck.sema.walk import walk

RESULT = "frame result"
"""The name under which a function's result waits while its frame is left: no identifier."""


def declares(s: tree.VarDecl, d: tree.Declarator, type: Type) -> bool:
    """Whether a local declaration is one of an object itself, not of a pointer."""
    return isinstance(type, Object) and not d.stars and not s.span.source.kernel and d.initial is None


def local_objects(f: tree.FunctionDecl) -> list[tuple[tree.VarDecl, tree.Declarator]]:
    """Declarations of a function that may be of objects: those without a star."""
    if f.span.source.kernel:
        return []
    return [(s, d) for s in walk(f.body) if isinstance(s, tree.VarDecl) for d in s.declarators if not d.stars]


def on_stack(builder: Builder, context: ContextBuilder, function: str, d: tree.Declarator, type: Object) -> ObjectValue:
    """The object that a declaration stands for in one context."""
    where = context.name if function == context.name else f"{context.name}:{function}"
    name = f"{d.name}@{where}"
    instances = builder.program.instances
    if name in instances and instances[name].type != type.name:  # a block beside has another of that name
        name = f"{d.name}:{d.span.line}@{where}"
    if name not in instances:
        Objects(builder.program.spec, types=builder.program.types, instances=instances).on_stack(
            type.name, tree.Name(name, d.name.span)
        )
        builder.grown = True
    return ObjectValue(name)


def leaving(f: tree.FunctionDecl, names: list[str], result: bool) -> tuple[tree.Statement, ...]:
    """What happens between a function's end and its caller: its objects die, one after another."""
    end = _closing(f)
    calls: list[tree.Statement] = []
    for name in names:
        call = tree.CallExpr(tree.NameExpr("leave_frame", end), (tree.NameExpr(name, end),), end)
        calls.append(tree.ExprStatement(call, end))
    return (*calls, tree.Return(tree.NameExpr(RESULT, end), end)) if result else tuple(calls)


def _closing(f: tree.FunctionDecl) -> Span:
    """The brace that ends a function."""
    s = f.body.span
    return Span(s.source, s.end - 1, s.end, s.end_line, s.end_column - 1, s.end_line, s.end_column)

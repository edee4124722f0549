"""Kernel threads as C starts them, `task = kthread_run(worker_fn, dev, "worker");`, in terms of the spec's threads.

Each call in the text has a thread of its own, which executes the function with what the call gives it. Where that is
not the same each time, it is kept in a variable of the thread from the call on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Source, Span, SpecError
from defercheck.sema.walk import walk

CREATING = {
    "kthread_run": "kthread_run", "kthread_create": "kthread_create", "kthread_create_on_node": "kthread_create",
}  # fmt: skip
"""Calls that make a thread of a function, and those of the kernel model that they mean."""

ENDING = frozenset({"do_exit", "kthread_exit", "kthread_complete_and_exit"})
"""Calls that end a thread; the last argument is what it returns."""


def with_threads(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with a thread for each call that makes one of a function."""
    own = {i.name.text: i for i in spec.items if isinstance(i, tree.FunctionDecl)}
    names = {n for i in spec.items for n in _objects(i)}
    if not any(made(c, own) for c in walk(spec.items) if isinstance(c, tree.CallExpr)):
        return spec
    threads = _Threads(own, names)
    items = tuple(threads.rewritten(i) for i in spec.items)
    ran = threads.functions
    items = tuple(_ended(i) if isinstance(i, tree.FunctionDecl) and i.name.text in ran else i for i in items)
    return replace(spec, items=(*items, *threads.items))


def made(call: tree.CallExpr, own: dict[str, tree.FunctionDecl]) -> str:
    """The function that a call makes a thread of; empty where it is no such call."""
    name = call.callee.name if isinstance(call.callee, tree.NameExpr) else ""
    if name not in CREATING or len(call.arguments) < 2:
        return ""
    first = call.arguments[0]
    first = first.operand if isinstance(first, tree.Unary) else first
    return first.name if isinstance(first, tree.NameExpr) and first.name in own else ""


def _objects(item: tree.Item) -> Iterator[str]:
    """What an item declares that has one address for ever."""
    match item:
        case tree.StructDecl():
            yield from (n.text for n in item.instances)
        case tree.VarDecl():
            yield from (d.name.text for d in item.declarators if not d.stars)


@dataclass
class _Threads:
    own: dict[str, tree.FunctionDecl]
    fixed: set[str]
    items: list[tree.Item] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    before: list[tree.Statement] = field(default_factory=list)

    def rewritten(self, node: Any) -> Any:
        """A node with the calls in it rewritten, and what they keep said before their statements."""
        if isinstance(node, tree.Block):
            return replace(node, statements=tuple(self.statements(node.statements)))
        if isinstance(node, tree.If | tree.While | tree.For):
            return self.parts(node)
        if isinstance(node, tree.CallExpr) and (function := made(node, self.own)):
            return self.thread(node, function)
        return self.parts(node)

    def statements(self, statements: tuple[tree.Statement, ...]) -> Iterator[tree.Statement]:
        for s in statements:
            around, self.before = self.before, []
            new = self.rewritten(s)
            kept, self.before = self.before, around
            yield from kept
            yield new

    def parts(self, node: Any) -> Any:
        if isinstance(node, tuple):
            parts = tuple(self.rewritten(part) for part in node)
            return parts if any(a is not b for a, b in zip(parts, node, strict=True)) else node
        if not is_dataclass(node) or isinstance(node, Span | Source | tree.Name | type):
            return node
        old = {f.name: getattr(node, f.name) for f in fields(node)}
        new = {n: self.rewritten(v) for n, v in old.items()}
        changed = {n: v for n, v in new.items() if v is not old[n]}
        return replace(node, **changed) if changed else node

    def thread(self, call: tree.CallExpr, function: str) -> tree.CallExpr:
        """Declare the thread of a call, and give the call its name."""
        f, at = self.own[function], call.arguments[0].span
        count = sum(
            isinstance(i, tree.ContextDecl) and i.name.text.startswith(f"{function}.thread") for i in self.items
        )
        name = f"{function}.thread{count + 1 if count else ''}"
        if len(f.parameters) > 1:
            text = f"`{function}` is the function of a thread and has {len(f.parameters)} parameters"
            help = "at most one, as in `int f(void *data)`"
            raise SpecError(Diagnostic(text, f.parameters[1].span, "the kernel passes one", help))
        given = tuple(self.data(call.arguments[1], name, p) for p in f.parameters)
        run = tree.ExprStatement(tree.CallExpr(tree.NameExpr(function, f.name.span), given, f.name.span), f.name.span)
        self.items.append(tree.ContextDecl("thread", tree.Name(name, f.name.span), tree.Block((run,), f.span), f.span))
        self.functions.add(function)
        callee = tree.NameExpr(CREATING[call.callee.name], call.callee.span)  # type: ignore[union-attr]
        return replace(call, callee=callee, arguments=(tree.NameExpr(name, at),))

    def data(self, e: tree.Expr, thread: str, p: tree.Parameter) -> tree.Expr:
        """What the thread's function is called with: what the call gives it, which may be another object each time."""
        bare = e.operand if isinstance(e, tree.Unary) and e.op == "&" else e
        same = isinstance(bare, tree.NameExpr) and bare.name in self.fixed
        followed = isinstance(p.type, tree.NamedType) and p.type.keyword == "struct"
        if same or not followed or isinstance(e, tree.NullLiteral | tree.IntLiteral | tree.StringLiteral):
            return e if followed and not isinstance(e, tree.IntLiteral) else tree.IntLiteral(0, e.span)
        name = f"{thread}.data"
        declared = tree.Declarator(tree.Name(name, e.span), e.span, stars=1)
        self.items.append(tree.VarDecl(p.type, (declared,), e.span))
        self.before.append(tree.Assign(tree.NameExpr(name, e.span), "=", e, e.span))
        return tree.NameExpr(name, e.span)


def _ended(f: tree.FunctionDecl) -> tree.FunctionDecl:
    """The function of a thread with `do_exit(0);` as the `return 0;` that it is there."""

    def ended(node: Any) -> Any:
        match node:
            case tuple():
                return tuple(ended(n) for n in node)
            case tree.ExprStatement(expr=tree.CallExpr(callee=tree.NameExpr(name=name), arguments=(*_, code))) if (
                name in ENDING
            ):
                void = isinstance(f.result, tree.NamedType) and f.result.name == "void"
                return tree.Return(None if void else code, node.span)
            case Span() | Source() | tree.Name() | type():
                return node
        if not is_dataclass(node):
            return node
        return replace(node, **{n.name: ended(getattr(node, n.name)) for n in fields(node)})

    return replace(f, body=ended(f.body))


__all__ = ["CREATING", "with_threads"]

"""Kernel threads as C starts them, `task = kthread_run(worker_fn, dev, "worker");`, in terms of the spec's threads.

Each call in the text has a thread of its own, which executes the function with what the call gives it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.hoist import Hoisting
from defercheck.sema.walk import rebuilt

CREATING = {
    "kthread_run": "kthread_run", "kthread_create": "kthread_create", "kthread_create_on_node": "kthread_create",
}  # fmt: skip
"""Calls that make a thread of a function, and those of the kernel model that they mean."""

ENDING = {"do_exit": "", "kthread_exit": "", "kthread_complete_and_exit": "complete", "complete_and_exit": "complete"}
"""Calls that end a thread, and what they do first with all but their last argument, which is what it returns."""


def with_threads(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with a thread for each call that makes one of a function."""
    threads = _Threads(spec)
    items = tuple(threads.rewritten(i) for i in spec.items)
    if not threads.functions:
        return spec
    ran = threads.functions
    items = tuple(_ended(i) if isinstance(i, tree.FunctionDecl) and i.name.text in ran else i for i in items)
    return replace(spec, items=(*items, *threads.items))


class _Threads(Hoisting):
    def __init__(self, spec: tree.SpecFile):
        super().__init__(spec)
        self.functions: set[str] = set()

    def call(self, call: tree.CallExpr) -> tree.Expr:
        """Declare the thread of a call that makes one, and give the call its name."""
        creates = CREATING.get(call.callee.name) if isinstance(call.callee, tree.NameExpr) else None
        f = self.function(call.arguments[0]) if creates and len(call.arguments) > 1 else None
        if creates is None or f is None:
            return call
        function, at = f.name.text, call.arguments[0].span
        count = sum(
            isinstance(i, tree.ContextDecl) and i.name.text.startswith(f"{function}.thread") for i in self.items
        )
        name = f"{function}.thread{count + 1 if count else ''}"
        if len(f.parameters) > 1:
            text = f"`{function}` is the function of a thread and has {len(f.parameters)} parameters"
            help = "at most one, as in `int f(void *data)`"
            raise SpecError(Diagnostic(text, f.parameters[1].span, "the kernel passes one", help))
        given = tuple(self.kept(call.arguments[1], name, p.type) for p in f.parameters)
        run = tree.ExprStatement(tree.CallExpr(tree.NameExpr(function, f.name.span), given, f.name.span), f.name.span)
        self.items.append(tree.ContextDecl("thread", tree.Name(name, f.name.span), tree.Block((run,), f.span), f.span))
        self.functions.add(function)
        return replace(call, callee=tree.NameExpr(creates, call.callee.span), arguments=(tree.NameExpr(name, at),))


def _ended(f: tree.FunctionDecl) -> tree.FunctionDecl:
    """The function of a thread with `do_exit(0);` as the `return 0;` that it is there."""
    void = isinstance(f.result, tree.NamedType) and f.result.name == "void"

    def ended(node: Any) -> Any:
        match node:
            case tree.ExprStatement(
                expr=tree.CallExpr(callee=tree.NameExpr(name=name) as callee, arguments=(*given, code))
            ) if name in ENDING:
                at = node.span
                last = tree.Return(None if void else code, at)
                if not ENDING[name] or not given:
                    return last
                first = tree.CallExpr(tree.NameExpr(ENDING[name], callee.span), tuple(given), at)
                return tree.Block((tree.ExprStatement(first, at), last), at)
        return rebuilt(node, ended)

    return replace(f, body=ended(f.body))


__all__ = ["CREATING", "with_threads"]

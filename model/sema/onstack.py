"""`DECLARE_COMPLETION_ONSTACK(done);` in a function: an object on its stack, initialised where it is declared."""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar import tree
from defercheck.sema.hoist import Hoisting

DECLARING = {
    "DECLARE_COMPLETION_ONSTACK": ("completion", "init_completion"),
    "DECLARE_WAIT_QUEUE_HEAD_ONSTACK": ("wait_queue_head_t", "init_waitqueue_head"),
}
"""Macros that declare an object on the stack: its type, and the call that initialises it."""


def with_declarations(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with a declaration and a call for each such macro."""
    items = tuple(map(_OnStack(spec).rewritten, spec.items))
    return spec if all(a is b for a, b in zip(items, spec.items, strict=True)) else replace(spec, items=items)


class _OnStack(Hoisting):
    def call(self, call: tree.CallExpr) -> tree.Expr:
        """Declare the object before the statement, which initialises it."""
        name = call.callee.name if isinstance(call.callee, tree.NameExpr) else ""
        if name not in DECLARING or len(call.arguments) != 1 or not isinstance(call.arguments[0], tree.NameExpr):
            return call
        own = call.arguments[0]
        type, init = DECLARING[name]
        declared = tree.Declarator(tree.Name(own.name, own.span), own.span)
        self.before.append(tree.VarDecl(tree.NamedType(type, call.callee.span), (declared,), call.span))
        return replace(call, callee=tree.NameExpr(init, call.callee.span))


__all__ = ["with_declarations"]

"""What a driver has done when its device goes, `devm_add_action_or_reset(dev, stop, priv)`, as objects of the model.

Each call in the text has an action of its own, whose function calls the driver's with what the call gives it.
"""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar import tree
from defercheck.sema.hoist import Hoisting

ADDING = frozenset({"devm_add_action", "devm_add_action_or_reset"})
LEAVING = frozenset({"devm_remove_action", "devm_release_action"})
CANCELLING = {
    "devm_work_autocancel": ("work_struct", "INIT_WORK", "cancel_work_sync"),
    "devm_delayed_work_autocancel": ("delayed_work", "INIT_DELAYED_WORK", "cancel_delayed_work_sync"),
}
"""Calls that initialise a work and have it cancelled: its type, and the calls that do so."""


def with_actions(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with an object for each action that it adds to a device."""
    adding = _Actions(spec)
    items = tuple(adding.rewritten(i) for i in spec.items)
    if not adding.items:
        return spec
    leaving = _Leaving(adding.actions)
    return replace(spec, items=(*(leaving.rewritten(i) for i in items), *adding.items))


class _Actions(Hoisting):
    def __init__(self, spec: tree.SpecFile):
        super().__init__(spec)
        self.actions: dict[str, str] = {}
        """The action of each function that is one; of several the last."""

    def call(self, call: tree.CallExpr) -> tree.Expr:
        """Declare the action of a call, and give the call its name."""
        name = call.callee.name if isinstance(call.callee, tree.NameExpr) else ""
        if len(call.arguments) != 3 or name not in (ADDING | CANCELLING.keys()):
            return call
        device, second, third = call.arguments
        at = call.span
        f = self.function(third if name in CANCELLING else second)
        if f is None:
            return call
        action = f"{f.name}.{'cancel' if name in CANCELLING else 'action'}"
        count = sum(isinstance(i, tree.VarDecl) and i.declarators[0].name.text.startswith(action) for i in self.items)
        action += str(count + 1) if count else ""
        if name in CANCELLING:
            type, init, cancel = CANCELLING[name]
            initialised = tree.CallExpr(tree.NameExpr(init, at), (second, third), at)
            self.before.append(tree.ExprStatement(initialised, at))
            given: tuple[tree.Expr, ...] = (self.kept(second, action, tree.NamedType(type, at, "struct")),)
            done = tree.CallExpr(tree.NameExpr(cancel, at), given, at)
            name = "devm_add_action"
        else:
            given = tuple(self.kept(third, action, p.type) for p in f.parameters[:1])
            done = tree.CallExpr(tree.NameExpr(f.name.text, f.name.span), given, f.name.span)
            self.actions[f.name.text] = action
        declared = tree.Name(f"{action}.run", at)
        body = tree.Block((tree.ExprStatement(done, done.span),), at)
        self.items.append(tree.FunctionDecl(tree.NamedType("void", at), declared, (), body, at))
        own = tree.Declarator(tree.Name(action, at), at, arguments=(tree.NameExpr(declared.text, at),))
        self.items.append(tree.VarDecl(tree.NamedType("devm_action", at), (own,), at))
        callee = tree.NameExpr(name, call.callee.span)
        return replace(call, callee=callee, arguments=(device, tree.NameExpr(action, second.span)))


class _Leaving(Hoisting):
    """Names the actions in the calls that take them back."""

    def __init__(self, actions: dict[str, str]):
        self.actions = actions
        self.before: list[tree.Statement] = []

    def call(self, call: tree.CallExpr) -> tree.Expr:
        """A call with the action of its function."""
        if not isinstance(call.callee, tree.NameExpr) or call.callee.name not in LEAVING or len(call.arguments) != 3:
            return call
        device, f, _ = call.arguments
        if not isinstance(f, tree.NameExpr) or f.name not in self.actions:
            return call
        return replace(call, arguments=(device, tree.NameExpr(self.actions[f.name], f.span)))


__all__ = ["with_actions"]

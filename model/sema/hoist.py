"""Calls of C that need something beside them here: a declaration, or a statement before the one that they stand in.

What a call hands to a function that runs later (`kthread_run(f, dev, "f")`, `request_irq(..., dev)`) is the same object
each time, and is named where the function is called, or it is kept in a variable from the call on.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.walk import bare, rebuilt

MAYBE: dict[type, tuple[str, ...]] = {
    tree.If: ("then", "otherwise"), tree.While: ("condition", "body"), tree.DoWhile: ("body", "condition"),
    tree.For: ("condition", "step", "body"), tree.Binary: ("right",), tree.Conditional: ("then", "otherwise"),
}  # fmt: skip
"""What stands in a node and need not be executed when, and as often as, the statement of the node is."""


class Hoisting:
    """Rewrites the bodies of a spec; ``items`` are what it has to declare beside its own."""

    def __init__(self, spec: tree.SpecFile):
        self.own = {i.name.text: i for i in spec.items if isinstance(i, tree.FunctionDecl)}
        self.items: list[tree.Item] = []
        self.before: list[tree.Statement] = []
        self._fixed = objects(spec)

    def call(self, call: tree.CallExpr) -> tree.Expr:
        """What a call becomes; the call itself where it means what it says."""
        raise NotImplementedError

    def rewritten(self, node: Any) -> Any:
        """A node with the calls in it rewritten, and what they need said before their statements."""
        match node:
            case tree.Block():
                statements = tuple(self._statements(node.statements))
                same = len(statements) == len(node.statements) and all(map(operator.is_, statements, node.statements))
                return node if same else tree.Block(statements, node.span)
            case tree.CallExpr() if (new := self.call(node)) is not node:
                return new
        parts = MAYBE.get(type(node), ())
        maybe = {id(part) for name in parts if (part := getattr(node, name)) is not None}
        if isinstance(node, tree.Binary) and node.op not in ("&&", "||"):
            maybe = set()
        return rebuilt(node, lambda part: self._maybe(part) if id(part) in maybe else self.rewritten(part))

    def _maybe(self, part: Any) -> Any:
        """A part that is executed once, often or not at all; so what its calls need is said within it."""
        if isinstance(part, tree.Statement):
            statements = tuple(self._statements((part,)))
            return statements[0] if len(statements) == 1 else tree.Block(statements, part.span)
        around, self.before = self.before, []
        new = self.rewritten(part)
        if self.before:
            help = "call it in a statement of its own, and look at its result then"
            raise SpecError(Diagnostic("this call may not stand in a condition", self.before[0].span, "", help))
        self.before = around
        return new

    def _statements(self, statements: tuple[tree.Statement, ...]) -> Iterator[tree.Statement]:
        for s in statements:
            around, self.before = self.before, []
            new = self.rewritten(s)
            said, self.before = self.before, around
            yield from said
            yield new

    def function(self, e: tree.Expr) -> tree.FunctionDecl | None:
        """The spec's function that an argument names."""
        e = bare(e)
        return self.own.get(e.name) if isinstance(e, tree.NameExpr) else None

    def kept(self, e: tree.Expr, owner: str, type: tree.TypeExpr) -> tree.Expr:
        """What a function of ``owner``, whose parameter has a type, is called with where ``e`` is given to the call."""
        followed = isinstance(type, tree.NamedType) and type.keyword == "struct"
        if not followed or isinstance(e, tree.IntLiteral | tree.StringLiteral):
            return tree.IntLiteral(0, e.span)
        named = bare(e)
        if isinstance(e, tree.NullLiteral) or (isinstance(named, tree.NameExpr) and named.name in self._fixed):
            return e
        name = f"{owner}.data"
        declared = tree.Declarator(tree.Name(name, e.span), e.span, stars=1)
        self.items.append(tree.VarDecl(type, (declared,), e.span))
        self.before.append(self.keep(tree.Assign(tree.NameExpr(name, e.span), "=", e, e.span), owner))
        return tree.NameExpr(name, e.span)

    def keep(self, assignment: tree.Assign, owner: str) -> tree.Statement:
        """How what is given to ``owner`` is kept."""
        return assignment


def objects(spec: tree.SpecFile) -> set[str]:
    """The names of what a spec declares that has one address for ever."""
    return {name for i in spec.items for name in _objects(i)}


def _objects(item: tree.Item) -> Iterator[str]:
    """What an item declares that has one address for ever."""
    match item:
        case tree.StructDecl():
            yield from (n.text for n in item.instances)
        case tree.VarDecl():
            yield from (d.name.text for d in item.declarators if not d.stars)
        case tree.MacroUse() if item.arguments and isinstance(item.arguments[0], tree.NameExpr):
            yield item.arguments[0].name


__all__ = ["Hoisting", "objects"]

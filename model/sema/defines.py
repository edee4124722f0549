"""`#define LIMIT 3`: names for expressions, put in their place wherever they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.walk import rebuilt


def with_constants(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec without its definitions. ``SpecError`` when one is said twice, leads back to itself, or would mean
    something else where it stands than by itself, as its text does to a preprocessor."""
    found: dict[str, tree.ConstantDecl] = {}
    for item in spec.items:
        if not isinstance(item, tree.ConstantDecl):
            continue
        name = item.name
        if name.text in found:
            notes = (("first defined here", found[name.text].name.span),)
            raise SpecError(Diagnostic(f"`{name}` is defined twice", name.span, "", "delete one of the two", notes))
        written = item.span.source.text[name.span.end : item.value.span.start]
        if isinstance(item.value, tree.Binary | tree.Conditional) and "(" not in written:
            help = f"write `#define {name} ({item.value.span.text})`"
            raise SpecError(Diagnostic(f"the value of `{name}` needs parentheses", item.value.span, "", help))
        found[name.text] = item
    if not found:
        return spec
    known = _Constants(found)
    rest = (i for i in spec.items if not isinstance(i, tree.ConstantDecl))
    return replace(spec, items=tuple(known.put(i) for i in rest))


class _Constants:
    def __init__(self, found: dict[str, tree.ConstantDecl]):
        self.found = found
        self.open: list[str] = []

    def put(self, node: Any) -> Any:
        """A node with the values for the names in it."""
        if not isinstance(node, tree.NameExpr) or node.name not in self.found:
            return rebuilt(node, self.put)
        if node.name in self.open:
            raise SpecError(Diagnostic(f"`{node.name}` is defined by itself", self.found[node.name].name.span))
        self.open.append(node.name)
        value = self.put(self.found[node.name].value)
        self.open.pop()
        return replace(value, span=node.span)


__all__ = ["with_constants"]

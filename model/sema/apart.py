"""A driver's names and the kernel model's own are kept apart.

The kernel model has functions and variables that no driver calls or reads: `worker`, `worklist`, `executing`. A driver
may use such names for itself, as a driver's C may. Where it does, the kernel model's is renamed, for this spec, to
`kernel.worker`, which nobody can write; reports show the driver's under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Source, Span
from defercheck.sema.walk import rebuilt
from defercheck.sema.words import ENTRIES, INNER_ENUMS, INTERNAL

PREFIX = "kernel."


def apart(spec: tree.SpecFile, kernel: tuple[tree.SpecFile, ...]) -> tuple[tree.SpecFile, ...]:
    """The kernel model's files with those of its inner names renamed that the spec declares too; mostly unchanged."""
    taken = {n for i in spec.items for n in _declared(i)}
    inner = {n for f in kernel for i in f.items for n in _inner(i)} - ENTRIES
    return tuple(_Renamer(taken & inner).renamed(f) for f in kernel) if taken & inner else kernel


def _declared(item: tree.Item) -> Iterator[str]:
    """The names that an item of a spec puts beside the kernel's."""
    match item:
        case tree.VarDecl():
            yield from (d.name.text for d in item.declarators)
        case tree.FunctionDecl() | tree.ContextDecl():
            yield item.name.text
        case tree.EnumDecl():
            yield from (n.text for n in (item.name, *item.constants) if n is not None)
        case tree.StructDecl():
            yield item.name.text
            yield from (n.text for n in item.instances)
        case tree.MacroUse():
            yield from (a.name for a in item.arguments[:1] if isinstance(a, tree.NameExpr))


def _inner(item: tree.Item) -> Iterator[str]:
    """The names of an item of the kernel model that drivers have no use for."""
    match item:
        case tree.FunctionDecl() if item.name.text in INTERNAL:
            yield item.name.text
        case tree.VarDecl():
            yield from (d.name.text for d in item.declarators)
        case tree.EnumDecl(name=tree.Name(text=name)) if name in INNER_ENUMS:
            yield name
            yield from (c.text for c in item.constants)


class _Renamer:
    """Renames in all of a file but where a name is not looked up among the global ones."""

    def __init__(self, names: set[str]):
        self.names = names

    def renamed(self, node: Any) -> Any:
        """A node with the names in it; the same node where there is nothing to do."""
        match node:
            case tree.Name(text=text):
                return replace(node, text=PREFIX + text) if text in self.names else node
            case tree.NameExpr(name=name) | tree.NamedType(name=name):
                return replace(node, name=PREFIX + name) if name in self.names else node
            case tree.VersionDecl() | tree.OptionDecl() | Span() | Source():
                return node
            case tree.TypeDecl():  # its members are its own
                return replace(node, members=tuple(self._members(m) for m in node.members))
            case tree.Field(base=base):  # nor is a member's name
                new = self.renamed(base)
                return node if new is base else replace(node, base=new)
            case tree.When(condition=condition):  # of flags
                return replace(rebuilt(node, self.renamed), condition=condition)
        return rebuilt(node, self.renamed)

    def _members(self, declared: tree.VarDecl) -> tree.VarDecl:
        return replace(declared, type=self.renamed(declared.type))

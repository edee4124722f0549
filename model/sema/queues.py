"""Work queues that a driver knows by a pointer, as all do: `struct workqueue_struct *wq;`.

A pointer that is only ever given what a call makes (`wq = alloc_workqueue(...);`) or NULL is as good as the queue
itself, which is there from the start and made and destroyed by calls. So it is declared as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from defercheck.grammar import tree
from defercheck.sema.constants import ALIASES
from defercheck.sema.walk import walk

MAKING = frozenset({
    "create_workqueue", "create_singlethread_workqueue", "alloc_workqueue", "alloc_ordered_workqueue",
    "create_freezable_workqueue",
})  # fmt: skip
"""Calls that return a new work queue."""


def by_pointer(spec: tree.SpecFile) -> frozenset[str]:
    """The names of the variables and members of a spec that point to a work queue of their own."""
    made, other = set(), set()
    for node in walk(spec.items):
        if not isinstance(node, tree.Assign) or (name := _name(node.target)) is None:
            continue
        match node.value:
            case tree.CallExpr(callee=tree.NameExpr(name=callee)) if callee in MAKING:
                made.add(name)
            case tree.NullLiteral():
                pass
            case _:
                other.add(name)
    declared = {d.name.text for v in _declarations(spec) if _queue(v) for d in v.declarators if _plain(d)}
    return frozenset(declared & made - other)


def as_objects(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with these pointers declared as the queues themselves, and without the assignments of NULL to them."""
    names = by_pointer(spec)
    if not names:
        return spec
    return replace(spec, items=tuple(_item(i, names) for i in spec.items))


def is_null(node: tree.Assign, queues: frozenset[str]) -> bool:
    """Whether an assignment says that a queue is no more, which its destruction has said already."""
    return node.op == "=" and isinstance(node.value, tree.NullLiteral) and _name(node.target) in queues


def _item(item: tree.Item, names: frozenset[str]) -> tree.Item:
    match item:
        case tree.VarDecl():
            return _variable(item, names)
        case tree.StructDecl():
            return replace(item, members=tuple(_variable(m, names) for m in item.members))
    return item


def _variable(v: tree.VarDecl, names: frozenset[str]) -> tree.VarDecl:
    if not _queue(v) or not any(d.stars and d.name.text in names for d in v.declarators):
        return v
    own = tuple(replace(d, stars=0, initial=None) if _plain(d) and d.name.text in names else d for d in v.declarators)
    return replace(v, declarators=own)


def _declarations(spec: tree.SpecFile) -> Iterator[tree.VarDecl]:
    for item in spec.items:
        match item:
            case tree.VarDecl():
                yield item
            case tree.StructDecl():
                yield from item.members


def _queue(v: tree.VarDecl) -> bool:
    return isinstance(v.type, tree.NamedType) and ALIASES.get(v.type.name, v.type.name) == "workqueue"


def _plain(d: tree.Declarator) -> bool:
    return d.stars == 1 and d.length is None and isinstance(d.initial, tree.NullLiteral | None)


def _name(e: tree.Expr) -> str | None:
    match e:
        case tree.NameExpr(name=name):
            return name
        case tree.Field(name=name):
            return name.text
    return None


__all__ = ["as_objects", "by_pointer", "is_null"]

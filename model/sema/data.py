"""The `data` of tasklets and timers as they were: `tasklet_init(&port->tasklet, rx, (unsigned long)port);`.

The kernel hands the number to the handler, which takes it for a pointer. It is followed where it is the same object
each time, or the one in which the tasklet or timer lies: `container_of` of what the handler is called for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from defercheck.grammar import tree
from defercheck.sema.hoist import objects
from defercheck.sema.walk import bare, rebuilt, walk

INITIALISING = {
    "tasklet_init": (2, "tasklet_struct"), "DECLARE_TASKLET": (2, "tasklet_struct"),
    "DECLARE_TASKLET_DISABLED": (2, "tasklet_struct"), "setup_timer": (2, "timer_list"),
    "setup_deferrable_timer": (2, "timer_list"),
}  # fmt: skip
"""What gives a handler its data: as which argument, behind the object and the handler, and the object's type."""


@dataclass(frozen=True, slots=True)
class _Given:
    """An object by name, or the struct around a ``member`` of a ``type``."""

    name: str = ""
    member: str = ""
    type: str = ""


def with_data(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with such handlers taking what the kernel model passes."""
    structs = {i.name.text for i in spec.items if isinstance(i, tree.StructDecl)}
    fixed = objects(spec)
    given: dict[str, set[_Given]] = {}
    for node in walk(spec.items):
        match node:
            case tree.CallExpr(callee=tree.NameExpr(name=name), arguments=arguments) if name in INITIALISING:
                pass
            case tree.MacroUse(name=tree.Name(text=name), arguments=arguments) if name in INITIALISING:
                pass
            case _:
                continue
        at, type = INITIALISING[name]
        if len(arguments) == at + 1 and isinstance(arguments[1], tree.NameExpr):
            given.setdefault(arguments[1].name, set()).add(_what(arguments[0], arguments[at], type, fixed))
    items = tuple(
        _taking(i, given[i.name.text], structs) if isinstance(i, tree.FunctionDecl) and i.name.text in given else i
        for i in spec.items
    )
    return spec if all(a is b for a, b in zip(items, spec.items, strict=True)) else replace(spec, items=items)


def _what(owner: tree.Expr, data: tree.Expr, type: str, fixed: set[str]) -> _Given:
    owner, data = bare(owner), bare(data)
    if isinstance(owner, tree.Field) and owner.base.span.text == data.span.text:
        return _Given(member=owner.name.text, type=type)
    return _Given(name=data.name if isinstance(data, tree.NameExpr) and data.name in fixed else "")


def _taking(f: tree.FunctionDecl, given: set[_Given], structs: set[str]) -> tree.FunctionDecl:
    if len(f.parameters) != 1 or len(given) != 1:
        return f
    (p,), (what,) = f.parameters, given
    taken = p.type.name if isinstance(p.type, tree.NamedType) and p.type.keyword == "struct" else ""
    if taken not in structs or what == _Given():
        return f

    def put(node: Any) -> Any:
        if not isinstance(node, tree.NameExpr) or node.name != p.name.text:
            return rebuilt(node, put)
        if what.name:
            return replace(node, name=what.name)
        struct = tree.TypeArgument(tree.NamedType(taken, node.span, "struct"), node.span)
        arguments = (node, struct, tree.NameExpr(what.member, node.span))
        return tree.CallExpr(tree.NameExpr("container_of", node.span), arguments, node.span)

    of = (
        tree.NamedType(what.type, p.type.span, "struct")
        if what.member
        else tree.NamedType("unsigned long", p.type.span)
    )
    return replace(f, parameters=(replace(p, type=of),), body=put(f.body))


__all__ = ["with_data"]

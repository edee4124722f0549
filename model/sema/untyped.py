"""Types that say less than the code does.

A parameter `void *data` or `unsigned long data` that is taken for one struct only, `struct device *dev = data;`, is a
pointer to that struct, so that what callers give is followed. A pointer to a struct that is declared nowhere (`struct
net_device *ndev`), or to bytes (`u8 *buffer`), is one at which nobody looks: `void *`. An `unsigned long` that holds
what a wait with a timeout returned is a number.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

from defercheck.grammar import tree
from defercheck.sema.constants import ALIASES
from defercheck.sema.unmodelled import type_help
from defercheck.sema.walk import rebuilt, walk

_BYTES = frozenset({"char", "unsigned char", "signed char", "u8", "u16", "u32", "u64", "__le16", "__le32", "uint8_t"})

_WAITS = ("wait_for_completion", "wait_event", "schedule_timeout")


def with_types(spec: tree.SpecFile, kernel: frozenset[str]) -> tree.SpecFile:
    """The spec with such parameters declared as what they are taken for, and other such pointers as `void *`.
    ``kernel`` are the names of the kernel model's types."""
    structs = frozenset(i.name.text for i in spec.items if isinstance(i, tree.StructDecl))
    known = structs | kernel | ALIASES.keys()
    waited = {name for node in walk(spec.items) if (name := _waited(node))}

    def typed(node: Any) -> Any:
        match node:
            case tree.FunctionDecl():
                body = typed(node.body)
                parameters = tuple(_parameter(_plain(p, known), body, structs) for p in node.parameters)
                same = body is node.body and all(map(_same, parameters, node.parameters))
                return node if same else replace(node, body=body, parameters=parameters)
            case tree.VarDecl() if node.declarators and all(d.stars == 1 for d in node.declarators):
                return replace(node, type=_void(node.type)) if _unknown(node.type, known) else node
            case tree.VarDecl(type=tree.NamedType(name="unsigned long")) if waited & {
                d.name.text for d in node.declarators
            }:
                return replace(node, type=tree.NamedType("int", node.type.span))
            case tree.NameExpr() | tree.IntLiteral() | tree.Field() | tree.CallExpr():
                return node
        return rebuilt(node, typed)

    items = tuple(map(typed, spec.items))
    return spec if all(map(_same, items, spec.items)) else replace(spec, items=items)


def _waited(node: object) -> str:
    """The variable that is given what a wait with a timeout returns; empty where none is."""
    match node:
        case tree.Declarator(name=tree.Name(text=name), initial=tree.CallExpr(callee=tree.NameExpr(name=callee))):
            return name if callee.startswith(_WAITS) and "timeout" in callee else ""
        case tree.Assign(target=tree.NameExpr(name=name), value=tree.CallExpr(callee=tree.NameExpr(name=callee))):
            return name if callee.startswith(_WAITS) and "timeout" in callee else ""
    return ""


def _same(a: object, b: object) -> bool:
    return a is b


def _void(t: tree.TypeExpr) -> tree.NamedType:
    return tree.NamedType("void", t.span)


def _unknown(t: tree.TypeExpr, known: frozenset[str]) -> bool:
    """Whether a pointer's type is one that the spec does not know, and does not misspell either."""
    if not isinstance(t, tree.NamedType):
        return False
    if t.keyword != "struct":
        return t.name in _BYTES
    near = difflib.get_close_matches(t.name, known, cutoff=0.7)
    return t.name not in known and type_help(t.name) is None and all(abs(len(n) - len(t.name)) > 1 for n in near)


def _plain(p: tree.Parameter, known: frozenset[str]) -> tree.Parameter:
    starred = "*" in p.span.source.text[p.type.span.end : p.name.span.start]
    return replace(p, type=_void(p.type)) if starred and not p.out and _unknown(p.type, known) else p


def _parameter(p: tree.Parameter, body: tree.Block, structs: frozenset[str]) -> tree.Parameter:
    """A parameter of no type of its own as a pointer to the struct that the body takes it for."""
    if not isinstance(p.type, tree.NamedType) or p.type.name not in ("void", "unsigned long"):
        return p
    local: dict[str, str] = {}
    taken: set[str] = set()
    for node in walk(body):
        match node:
            case tree.VarDecl(type=tree.NamedType(name=name)) if name in structs:
                local |= {d.name.text: name for d in node.declarators if d.stars == 1}
                taken |= {name for d in node.declarators if d.stars == 1 and _is(d.initial, p)}
            case tree.Assign(target=tree.NameExpr(name=to), op="=") if _is(node.value, p):
                taken.add(local.get(to, ""))
    if len(taken) != 1 or "" in taken:
        return p
    return replace(p, type=tree.NamedType(taken.pop(), p.type.span, "struct"))


def _is(e: tree.Expr | None, p: tree.Parameter) -> bool:
    return isinstance(e, tree.NameExpr) and e.name == p.name.text


__all__ = ["with_types"]

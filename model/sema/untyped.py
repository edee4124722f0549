"""`void *data` that a function takes for a pointer to a struct: `struct device *dev = data;` in it says which.

A parameter that is taken for one struct only is a pointer to that struct, so that what callers give is followed.
"""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar import tree
from defercheck.sema.walk import walk


def with_types(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with such parameters declared as what they are taken for."""
    structs = {i.name.text for i in spec.items if isinstance(i, tree.StructDecl)}
    items = tuple(_typed(i, structs) if isinstance(i, tree.FunctionDecl) else i for i in spec.items)
    same = all(a is b for a, b in zip(items, spec.items, strict=True))
    return spec if same else replace(spec, items=items)


def _typed(f: tree.FunctionDecl, structs: set[str]) -> tree.FunctionDecl:
    parameters = tuple(_parameter(p, f.body, structs) if _untyped(p) else p for p in f.parameters)
    same = all(a is b for a, b in zip(parameters, f.parameters, strict=True))
    return f if same else replace(f, parameters=parameters)


def _untyped(p: tree.Parameter) -> bool:
    return isinstance(p.type, tree.NamedType) and p.type.name == "void"


def _parameter(p: tree.Parameter, body: tree.Block, structs: set[str]) -> tree.Parameter:
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

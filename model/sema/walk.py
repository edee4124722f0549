"""Walking over trees, and making new ones of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Source, Span

_LEAVES = (str, int, Span, Source)


@cache
def _inner(node: Any) -> tuple[str, ...]:
    """The fields of a node class that can hold nodes."""
    return tuple(f.name for f in fields(node) if f.name not in ("span", "source", "comments", "ignored"))


def walk(node: object) -> Iterator[object]:
    """All tree nodes at and below a node, in source order."""
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif node is not None and not isinstance(node, _LEAVES):
        yield node
        if not isinstance(node, tree.Name):
            cls: Any = type(node)
            for name in _inner(cls):
                yield from walk(getattr(node, name))


def rebuilt(node: Any, part: Callable[[Any], Any]) -> Any:
    """A node, or tuple of nodes, made of what ``part`` makes of each of its parts; itself where that changes none."""
    if isinstance(node, tuple):
        parts = tuple(part(p) for p in node)
        return parts if any(a is not b for a, b in zip(parts, node, strict=True)) else node
    if not is_dataclass(node) or isinstance(node, Span | Source | tree.Name | type):
        return node
    cls: Any = type(node)
    old = {name: getattr(node, name) for name in _inner(cls)}
    changed = {name: new for name, value in old.items() if (new := part(value)) is not value}
    return replace(node, **changed) if changed else node


def bare(e: tree.Expr) -> tree.Expr:
    """An expression without the `&` or `*` before it: an object stands for its address."""
    return e.operand if isinstance(e, tree.Unary) and e.op in "&*" else e

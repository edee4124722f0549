"""Walking over trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
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

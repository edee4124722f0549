"""Keeps trees shallow enough for the recursive walks that come after the parser."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Any

from defercheck.grammar.lexical_errors import too_deep
from defercheck.grammar.span import Source, Span

MAX_DEPTH = 200
"""The most levels a tree may have. Brackets are bounded by the lexer; this bounds `a + a + ...` and `else if` chains."""


def check_depth(items: tuple[Any, ...]) -> None:
    """Raise ``SpecError`` if the tree has too many levels. Walks level by level, so its own stack stays flat."""
    level = list(items)
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [child for node in level for child in _children(node)]
    if level:
        raise too_deep(level[0].span, MAX_DEPTH)


def _children(node: Any) -> list[Any]:
    result = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if type(value) is tuple:
            result.extend(child for child in value if hasattr(child, "span"))
        elif hasattr(value, "span"):
            result.append(value)
    return result


@lru_cache(maxsize=None)
def _fields(cls: type) -> tuple[str, ...]:
    """The fields of a node class that can hold nodes."""
    plain = {"str", "int", "bool", "Span", "Source", "Name", "Name | None"}
    assert cls not in (Span, Source)
    return tuple(f.name for f in fields(cls) if f.type not in plain)

"""Keeps trees shallow enough for the recursive walks that come after the parser."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from defercheck.grammar.lexical_errors import too_deep

MAX_DEPTH = 200
"""The most levels a tree may have. The lexer bounds brackets; this bounds `a + a + ...` and chains of `else if`."""


def check_depth(items: tuple[Any, ...]) -> None:
    """Raise ``SpecError`` if the tree has too many levels. Walks level by level, so its own stack stays flat."""
    names: dict[type, tuple[str, ...]] = {}
    level = list(items)
    for _ in range(MAX_DEPTH):
        if not level:
            return
        below: list[Any] = []
        for node in level:
            cls = type(node)
            if cls not in names:
                names[cls] = _inner_fields(cls)
            for name in names[cls]:
                value = getattr(node, name)
                if type(value) is tuple:
                    below.extend(child for child in value if hasattr(child, "span"))
                elif hasattr(value, "span"):
                    below.append(value)
        level = below
    if level:
        raise too_deep(level[0].span, MAX_DEPTH)


def _inner_fields(cls: Any) -> tuple[str, ...]:
    """The fields of a node class that can hold nodes with nodes in them."""
    return tuple(f.name for f in fields(cls) if f.type not in {"str", "int", "bool", "Span", "Name", "Name | None"})

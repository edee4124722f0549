"""Trees without places: what must survive formatting."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from defercheck.grammar.parser import parse
from defercheck.grammar.tree import SpecFile


def bare(node: Any) -> Any:
    """A tree as nested tuples of class names and values, without spans."""
    if is_dataclass(node):
        kept = [f.name for f in fields(node) if f.name not in ("span", "source", "comments", "ignored")]
        return (type(node).__name__, *((name, bare(getattr(node, name))) for name in kept))
    if isinstance(node, tuple):
        return tuple(bare(child) for child in node)
    return node


def words(spec: SpecFile) -> list[str]:
    """The qualifiers, stars and casts that the tree leaves out, in order, without parentheses."""
    return [text for text, _ in spec.ignored if text != "()"]


def statement(text: str) -> Any:
    """The one statement of a text, parsed inside a function."""
    (function,) = parse(f"void f(void) {{ {text} }}").items
    (result,) = function.body.statements  # type: ignore[union-attr]
    return result


def expr(text: str) -> Any:
    """An expression, parsed inside a property."""
    (item,) = parse(f"invariant {text};").items
    return item.expr  # type: ignore[union-attr]


def item(text: str) -> Any:
    """The one item of a text."""
    (result,) = parse(text).items
    return result

"""A system as plain data for JSON, and back.

The layout is that of ``defercheck.system.system``: an object per dataclass with the same field names, except that
fields at their defaults are left out. Expressions are a number, ``["var", name]``, or ``[operator, argument, ...]``.
Sets are sorted lists. A span is ``{"file", "line", "column", "end_line", "end_column"}``, with ``"kernel": true`` in
the kernel model's own files: the text itself stays outside, so that a dump is the same wherever it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from defercheck.grammar.span import Source, Span
from defercheck.system.expr import Const, Expr, Op, Var
from defercheck.system.system import Call, Context, Location, Property, Transition, TransitionSystem, Variable
from defercheck.system.wellformed import check

FORMAT = "defercheck-system/1"
"""The version of the layout, which every dump names. It changes whenever an old reader would misread a new dump."""

T = TypeVar("T")
Json = dict[str, Any]


class DumpError(ValueError):
    """What was given to ``from_json`` is not a dump, or not one of this version."""


def to_json(system: TransitionSystem) -> Json:
    """The system as dictionaries, lists, strings, numbers and booleans, in a stable order."""
    return {
        "format": FORMAT,
        "name": system.name,
        "variables": [_record(v) for v in system.variables],
        "contexts": [_record(c) for c in system.contexts],
        "transitions": [_record(t) for t in system.transitions],
        "properties": [_record(p) for p in system.properties],
    }


def from_json(data: Mapping[str, Any]) -> TransitionSystem:
    """The system of a dump, equal to the one that was dumped but for the texts and offsets of spans.

    ``DumpError`` when the data has another format or shape, ``MalformedSystem`` when it makes no sense as a system.
    """
    if data.get("format") != FORMAT:
        raise DumpError(f"this is a dump of format {data.get('format')!r}; this version reads {FORMAT!r}")
    try:
        system = TransitionSystem(
            data["name"],
            tuple(_build(Variable, v) for v in data["variables"]),
            tuple(_build(Context, c) for c in data["contexts"]),
            tuple(_build(Transition, t) for t in data["transitions"]),
            tuple(_build(Property, p) for p in data["properties"]),
        )
        check(system)
    except (KeyError, TypeError, AttributeError, IndexError) as e:
        raise DumpError(f"the dump does not have the shape of {FORMAT}: {type(e).__name__}: {e}") from e
    return system


def expression_to_json(e: Expr) -> Any:
    """An expression as numbers and nested lists."""
    match e:
        case Const(value=value):
            return value
        case Var(name=name):
            return ["var", name]
        case Op(op=name, args=args):
            return [name, *map(expression_to_json, args)]
    raise TypeError(e)


def expression_from_json(data: Any) -> Expr:
    """The expression, built as it stands: nothing is folded. ``DumpError`` when it is none."""
    match data:
        case bool():
            pass
        case int():
            return Const(data)
        case ["var", str(name)]:
            return Var(name)
        case [str(name), *args] if name != "var":
            return Op(name, tuple(map(expression_from_json, args)))
    raise DumpError(f"{data!r} is not an expression")


def _span_to_json(span: Span) -> Json:
    ends = {n: getattr(span, n) for n in ("line", "column", "end_line", "end_column")}
    return {"file": span.source.name, **({"kernel": True} if span.source.kernel else {}), **ends}


def _span_from_json(data: Json) -> Span:
    source = Source(data["file"], "", data.get("kernel", False))
    return Span(source, 0, 0, data["line"], data["column"], data["end_line"], data["end_column"])


def _record(item: object) -> Json:
    """A dataclass of the system as an object without the fields that have their default."""
    found = {}
    for f in fields(item):  # type: ignore[arg-type]
        value = getattr(item, f.name)
        if f.default is MISSING or value != f.default:
            found[f.name] = _plain(value)
    return found


def _plain(value: object) -> Any:
    match value:
        case Const() | Var() | Op():
            return expression_to_json(value)
        case Span():
            return _span_to_json(value)
        case Location() | Call():
            return _record(value)
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(v) for v in value]
    return value


def _updates(data: Any) -> tuple[tuple[str, Expr], ...]:
    return tuple((name, expression_from_json(e)) for name, e in data)


_READ: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Variable, "labels"): tuple,
    (Location, "span"): _span_from_json,
    (Context, "cpu"): expression_from_json,
    (Context, "enabled"): expression_from_json,
    (Context, "idle"): frozenset,
    (Context, "locations"): lambda data: tuple(_build(Location, x) for x in data),
    (Call, "site"): _span_from_json,
    (Transition, "guard"): expression_from_json,
    (Transition, "updates"): _updates,
    (Transition, "span"): _span_from_json,
    (Transition, "calls"): lambda data: tuple(_build(Call, x) for x in data),
    (Transition, "origins"): tuple,
    (Property, "expr"): expression_from_json,
    (Property, "trigger"): expression_from_json,
    (Property, "locations"): frozenset,
    (Property, "span"): _span_from_json,
}
"""How to read the fields that are not numbers, strings or booleans."""


def _build(kind: type[T], data: Json) -> T:
    return kind(**{name: _READ[kind, name](v) if (kind, name) in _READ else v for name, v in data.items()})

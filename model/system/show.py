"""A system as text that people read."""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar.span import Span
from defercheck.system.expr import TRUE, Const
from defercheck.system.system import Context, Property, Transition, TransitionSystem, Variable


def show(system: TransitionSystem) -> str:
    """All variables, contexts, transitions by location, and properties, one a line or a few, ending in a newline."""
    return "\n".join(_lines(system)) + "\n"


def _lines(system: TransitionSystem) -> Iterator[str]:
    counted = ", ".join(
        f"{len(items)} {what}"
        for items, what in (
            (system.variables, "variables"),
            (system.contexts, "contexts"),
            (system.transitions, "transitions"),
            (system.properties, "properties"),
        )
    )
    yield f"system {system.name}: {counted}"
    yield ""
    yield "variables"
    width = max((len(v.name) for v in system.variables), default=0)
    for v in system.variables:
        yield f"  {v.name:<{width}}  {_range(v)}, at first {v.show(v.init)}  ({v.origin})"
    steps: dict[tuple[int, int], list[tuple[int, Transition]]] = {}
    for i, t in enumerate(system.transitions):
        steps.setdefault((t.context, t.source), []).append((i, t))
    for n, c in enumerate(system.contexts):
        yield ""
        yield _context(c)
        for location, where in enumerate(c.locations):
            yield f"  {location}: {where.label}{_at(where.span)}{'  (idle)' if location in c.idle else ''}"
            for i, t in steps.get((n, location), ()):
                yield from _transition(i, t)
    if system.properties:
        yield ""
        yield "properties"
        for p in system.properties:
            yield f"  {_property(p, system)}"


def _range(v: Variable) -> str:
    if v.labels:
        return "{" + ", ".join(v.labels) + "}"
    return "bool" if v.boolean and (v.lo, v.hi) == (0, 1) else f"{v.lo}..{v.hi}"


def _at(span: Span | None) -> str:
    return f"  [{span!r}]" if span else ""


def _context(c: Context) -> str:
    cpu = c.cpu.value if isinstance(c.cpu, Const) else c.cpu
    kernel = ", kernel" if c.kernel else ""
    enabled = f", enabled when {c.enabled}" if c.enabled != TRUE else ""
    return f"context {c.name}: {c.level} on CPU {cpu}{kernel}, counter {c.pc}{enabled}"


def _transition(number: int, t: Transition) -> Iterator[str]:
    goal = f"violates {t.violates}" if t.target is None else f"-> {t.target}"
    guard = f"  when {t.guard}" if t.guard != TRUE else ""
    owed = f"  promised: {t.promise}" if t.promise else f"  free: {t.free}" if t.free else ""
    yield f"    #{number} {goal}  {t.label}{guard}{owed}{_at(t.span)}"
    for name, e in t.updates:
        yield f"        {name} := {e}"


def _property(p: Property, system: TransitionSystem) -> str:
    match p.kind:
        case "step":
            says = "continues" if p.continues else ""
        case "stuck" if p.context is not None:
            says = f"{system.contexts[p.context].name} at {', '.join(map(str, sorted(p.locations)))}"
        case "leadsto":
            says = f"{p.trigger} ~> {p.expr}"
        case _:
            says = str(p.expr)
    return f"{p.id}: {p.kind} {says}".rstrip() + (f"  ({p.message})" if p.message else "")

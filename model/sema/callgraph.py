"""Who calls whom among a spec's own functions: no recursion, and a bounded size once every call is written out."""

from __future__ import annotations

from collections.abc import Iterable

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.shape import callee_name
from defercheck.sema.walk import walk

MOST_STATEMENTS = 20_000
"""Statements of one body with all calls written out; more cannot be compiled in reasonable time."""


def check_calls(bodies: dict[str, tree.Block], functions: frozenset[str], complaints: Complaints) -> None:
    """Complain about functions that call themselves, and about calls that multiply beyond what can be compiled.

    ``bodies`` are the spec's own functions and contexts by name; only ``functions`` can be called.
    """
    calls = {name: [c for c in _calls(body) if callee_name(c) in functions] for name, body in bodies.items()}
    if not any(calls.values()):
        return
    done: set[str] = set()
    cyclic = False
    for name in bodies:
        cyclic |= _cycles(name, calls, done, [], complaints)
    if not cyclic:
        _sizes(bodies, calls, complaints)


def _calls(body: tree.Block) -> Iterable[tree.CallExpr]:
    return (n for n in walk(body) if isinstance(n, tree.CallExpr))


def _cycles(
    name: str, calls: dict[str, list[tree.CallExpr]], done: set[str], path: list[tuple[str, tree.CallExpr]],
    complaints: Complaints,
) -> bool:  # fmt: skip
    """Follow the calls of a function, depth first; each cycle is told where it closes."""
    if name in done:
        return False
    found = False
    for call in calls[name]:
        to = callee_name(call)
        around = [n for n, _ in path] + [name]
        if to in around:
            at = around.index(to)
            shown = " → ".join(f"`{n}`" for n in (*around[at:], to))
            notes = tuple((f"`{n}` calls `{callee_name(c)}` here", c.span) for n, c in path[at:])
            message = f"`{to}` calls itself" if len(around) == at + 1 else f"functions call each other: {shown}"
            help = "recursion cannot be checked: write a loop"
            complaints.add(message, call.span, "the cycle closes here" if notes else "", help, notes)
            found = True
        else:
            found |= _cycles(to, calls, done, [*path, (name, call)], complaints)
    done.add(name)
    return found


def _sizes(bodies: dict[str, tree.Block], calls: dict[str, list[tree.CallExpr]], complaints: Complaints) -> None:
    """Each function's size, callees before callers; complain at the first that is too large."""
    sizes: dict[str, int] = {}
    too_large: list[str] = []

    def size(name: str) -> int:
        if name not in sizes:
            own = sum(isinstance(n, tree.Statement) for n in walk(bodies[name]))
            sizes[name] = own + sum(size(callee_name(c)) for c in calls[name])
            if sizes[name] > MOST_STATEMENTS and not too_large:
                large = max(calls[name], key=lambda c: sizes[callee_name(c)])
                text = f"`{name}` is too large once all its calls are written out"
                complaints.add(text, large.span, f"about {sizes[name]:,} statements, at most {MOST_STATEMENTS:,}")
                too_large.append(name)  # said once: what calls it is larger still
        return sizes[name]

    for name in bodies:
        size(name)

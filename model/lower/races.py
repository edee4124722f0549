"""Data races (DF601): two accesses of one variable that nothing orders, as properties of states.

An access is *plain* unless the driver marks it (READ_ONCE, WRITE_ONCE, an atomic operation, a block `atomic`). Two
accesses conflict when they are made by different contexts, one of them writes and one of them is plain; they race when
neither happens before the other. In sequentially consistent executions that is so for some pair just when a state is
reachable in which both contexts stand before their accesses and one of them may go on at once: what would order them,
a lock or a wait, would keep one of the two from getting there. So no clocks are needed, and a race is an ordinary
property of states, `DF601:VARIABLE:...`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

from defercheck.grammar.span import Span
from defercheck.system.expr import FALSE, Expr, Var, conj, disj, equals, negate
from defercheck.system.system import Property

if TYPE_CHECKING:
    from defercheck.lower.builder import Builder


@dataclass(frozen=True, slots=True)
class Touch:
    """An access of a variable by the step that is being compiled, and the condition under which the step makes it."""

    variable: str
    write: bool
    plain: bool
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Access:
    """An access that a context makes when it goes on from a location."""

    context: int
    location: int
    touch: Touch


def claim_races(builder: Builder, accesses: list[Access]) -> None:
    """Add a property for each pair of places in the driver whose accesses may conflict."""
    by_variable: dict[str, dict[tuple[Span, bool, bool], list[Access]]] = {}
    for a in accesses:
        places = by_variable.setdefault(a.touch.variable, {})
        places.setdefault((a.touch.span, a.touch.write, a.touch.plain), []).append(a)
    for variable, places in by_variable.items():
        for one, two in combinations_with_replacement(places, 2):
            (here, writes, plain), (there, writes_too, plain_too) = one, two
            if not (writes or writes_too) or not (plain or plain_too):
                continue
            met = disj(
                *(
                    _met(builder, a, b)
                    for a, b in product(places[one], places[two])
                    if a.context < b.context or (a.context != b.context and one != two)
                )
            )
            if met == FALSE:
                continue
            if not plain:
                here, there, writes, writes_too = there, here, writes_too, writes
            done = {True: "written", False: "read"}
            text = f"is {done[writes]} here and {done[writes_too]} {_where(here, there)}, and nothing orders the two"
            id = f"DF601:{variable}:{here!r}:{writes}:{there!r}:{writes_too}"
            also = there if there != here else None
            builder.claim(Property(id, "DF601", "invariant", text, variable, negate(met), span=here, also=also))


def _where(here: Span, there: Span) -> str:
    if here == there:
        return "here by somebody else"
    return f"in line {there.line}" if there.line != here.line else "in the same line"


def _met(builder: Builder, a: Access, b: Access) -> Expr:
    """Both stand before their accesses, and one of them can make its own at once."""
    one, two = builder.contexts[a.context], builder.contexts[b.context]
    return conj(
        equals(Var(one.pc), a.location), equals(Var(two.pc), b.location), a.touch.condition, b.touch.condition,
        disj(one.enabled, two.enabled),
    )  # fmt: skip

"""What must not last, and how a proof shows that it does not: from each state a way out, step by step.

A ``stuck`` or ``lasting`` property is broken in a state from which nothing that is promised leads out. It holds when
every state of an invariant in which the wait is on is in the region of some *way*: a step that is promised (or left to
a free choice, as the search has it) and that can be taken from there, and that leads out, or into the region of an
earlier way, or to a state in which a measure is less than before. Measures are natural numbers, so this ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from defercheck.prove.encode import Move, condition_of
from defercheck.prove.lemma import Lemma
from defercheck.prove.smtlib import Terms, symbol
from defercheck.system.expr import Const, Expr, Op, Var, disj, equals, negate, variables
from defercheck.system.system import Property, Transition, TransitionSystem, Variable

KINDS = ("stuck", "lasting")
"""The kinds of properties that this is about."""


@dataclass(frozen=True, slots=True)
class Way:
    """From all states of ``region`` transition ``move`` leads out, lessens the measure, or leads to the ways ``to``,
    which come before this one."""

    region: Lemma
    move: int
    to: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A natural number that a state has: ``body`` is a bit-vector of so many bits, unsigned, over ``variables``."""

    name: str
    variables: tuple[str, ...]
    bits: int
    body: str

    def applied(self, updates: dict[str, str]) -> str:
        """The measure of the state in which the variables have the values of ``updates``, or their present ones."""
        return f"({self.name} {' '.join(updates.get(v, symbol(v)) for v in self.variables)})"


@dataclass(frozen=True, slots=True)
class Plan:
    """The ways for one property, and the measures, the weightiest first."""

    ways: tuple[Way, ...]
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan is for: in a state where ``waits`` holds there must be a way to one where ``out`` does. ``moves`` are
    the transitions that may be taken. ``conditions`` are both once more, as expressions."""

    waits: Lemma
    out: Lemma
    moves: frozenset[int]
    conditions: tuple[Expr, Expr]


def target(system: TransitionSystem, p: Property, number: int) -> Target:
    """What the property asks for. ``number`` is its place among those of its claim, for names."""
    ends = frozenset(q.id for q in system.properties if not q.continues)
    ended = [i for i, t in enumerate(system.transitions) if t.violates in ends and rescues(t)]
    moves = frozenset(i for i, t in enumerate(system.transitions) if t.violates is None and rescues(t))
    out = [condition_of(system, i) for i in ended]
    if p.kind == "lasting":
        waits = p.expr
        out.append(negate(p.expr))
    else:
        assert p.context is not None
        pc = Var(system.contexts[p.context].pc)
        waits = disj(*(equals(pc, n) for n in sorted(p.locations)))
        out += [condition_of(system, i) for i in sorted(moves) if system.transitions[i].context == p.context]
    known = {v.name: v for v in system.variables}
    whole = disj(*out)
    return Target(
        formula(f"waits.{number}", waits, known), formula(f"out.{number}", whole, known), moves, (waits, whole)
    )


def rescues(t: Transition) -> bool:
    """Whether who waits for the step does not wait in vain: not what the environment may do or leave."""
    return t.free not in ("finite", "unbounded")


def formula(name: str, e: Expr, known: dict[str, Variable]) -> Lemma:
    """An expression as a named formula of its variables. One without any gets a variable, as functions need one."""
    order = list(known)
    reads = sorted(variables(e), key=order.index) or order[:1]
    return Lemma(name, tuple(reads), Terms(known.values(), longest=1 << 30).truth(e), "claim")


def atoms(system: TransitionSystem, narrow: int) -> tuple[Expr, ...]:
    """The comparisons in the system that read a variable with more than so many values, each once."""
    wide = {v.name for v in system.variables if v.hi - v.lo >= narrow}
    found: dict[Expr, None] = {}

    def look(e: Expr) -> None:
        if isinstance(e, Op) and not variables(e).isdisjoint(wide):
            if e.op in ("eq", "ne", "lt", "le") and e not in found and negate(e) not in found:
                found[e] = None
            for a in e.args:
                look(a)

    for t in system.transitions:
        for e in (t.guard, *(new for _, new in t.updates)):
            look(e)
    for p in system.properties:
        look(p.expr)
    return tuple(found)


def measures_for(system: TransitionSystem, narrow: int, number: int) -> tuple[tuple[Measure, Expr], ...]:
    """Candidates: how far the sides of a comparison are apart, and the wide variables themselves."""
    found: dict[Expr, None] = {}
    for e in atoms(system, narrow):
        assert isinstance(e, Op)
        for low, high in (e.args, e.args[::-1]):
            distance = Op("ite", (Op("lt", (low, high)), Op("sub", (high, low)), Op("sub", (low, low))))
            found[distance] = None
    for v in system.variables:
        if v.hi - v.lo >= narrow and not v.free and v.lo >= 0:
            found[Var(v.name)] = None
    # those that count up to a limit first
    order = sorted(found, key=lambda e: (not isinstance(e, Op) or _size(e), str(e)))
    return tuple(_measure(e, f"measure.{number}.{n}", system) for n, e in enumerate(order))


def phases_for(
    system: TransitionSystem, moves: frozenset[int], narrow: int, number: int
) -> tuple[tuple[Measure, Expr], ...]:
    """Candidates: how far a context that looks at wide variables has come, where it never goes back; loops count as
    one place."""
    wide = {v.name for v in system.variables if v.hi - v.lo >= narrow}
    found = []
    for n, context in enumerate(system.contexts):
        mine = [i for i in moves if system.transitions[i].context == n]
        if any(not variables(system.transitions[i].guard).isdisjoint(wide) for i in mine):
            edges = [(t.source, t.target) for i in sorted(mine) if (t := system.transitions[i]).target is not None]
            phase: Expr = Const(0)
            for place, far in sorted(_heights(edges, len(context.locations)).items()):
                if far:
                    phase = Op("ite", (equals(Var(context.pc), place), Const(far), phase))
            if phase != Const(0):
                found.append(_measure(phase, f"measure.{number}.p{n}", system))
    return tuple(found)


def _heights(edges: Sequence[tuple[int, int | None]], places: int) -> dict[int, int]:
    """For each place how many groups of places that reach each other may still come after its own, at most."""
    reach = {p: {p} for p in range(places)}
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            if b is not None and not reach[b] <= reach[a]:
                reach[a] |= reach[b]
                changed = True
    groups = {p: frozenset(q for q in reach[p] if p in reach[q]) for p in reach}
    heights: dict[frozenset[int], int] = {}
    for p in sorted(reach, key=lambda p: len(reach[p])):
        after = {groups[q] for q in reach[p]} - {groups[p]}
        heights[groups[p]] = 1 + max((heights[g] for g in after), default=-1)
    return {p: heights[groups[p]] for p in reach}


def _measure(e: Expr, name: str, system: TransitionSystem) -> tuple[Measure, Expr]:
    order = {v.name: n for n, v in enumerate(system.variables)}
    bits = Terms(system.variables, longest=1 << 30).number(e)
    return Measure(name, tuple(sorted(variables(e), key=order.__getitem__)), bits.width, bits.text), e


def _size(e: Expr) -> int:
    return 1 + sum(map(_size, e.args)) if isinstance(e, Op) else 1


def less(measures: Sequence[Measure], move: Move) -> tuple[str, str]:
    """Formulas that say that the measures are less after a transition than before, and that they are the same."""
    smaller, same = "false", "true"
    for m in reversed(measures):
        now, then = m.applied({}), m.applied(move.updates)
        smaller = f"(or (bvult {then} {now}) (and (= {then} {now}) {smaller}))"
        same = f"(and (= {then} {now}) {same})"
    return smaller, same


def usable(plan: Plan, moves: Iterable[int]) -> str:
    """Why a plan is none; empty when its steps may be taken and every way leads to earlier ones."""
    allowed = frozenset(moves)
    for n, way in enumerate(plan.ways):
        if way.move not in allowed:
            return f"{way.region.name} takes transition {way.move}, which nothing promises or which there is not"
        if any(not 0 <= k < n for k in way.to):
            return f"{way.region.name} leads to a way that does not come before it"
    return ""

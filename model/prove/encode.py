"""A system as SMT-LIB 2 text: the one place where its meaning is told to a solver.

What stands here is written straight from the ``TransitionSystem``; nothing of it comes from the explorer. A step is
told by its condition and, for each variable that it writes, the new value as a term over the present state: there are
no variables for the next state.
"""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.prove.smtlib import Bits, Terms, conjunction, literal, negation, sort, symbol, within
from defercheck.system.expr import Const, Expr, Op, Var, variables
from defercheck.system.system import Property, TransitionSystem, Variable

KNOWN = ("step", "invariant", "terminal", "cover")
"""The kinds of properties that are predicates of single states or steps."""


@dataclass(frozen=True, slots=True)
class Move:
    """A transition: its condition (the context's included), the new value of each variable that it writes, and what
    its condition and each of these read. ``insides`` say of a variable that it is in range after the transition, where
    that is not plain."""

    index: int
    condition: str
    updates: dict[str, str]
    reads: frozenset[str]
    sources: dict[str, frozenset[str]]
    insides: dict[str, str]
    violates: str | None


@dataclass(frozen=True, slots=True)
class Encoding:
    """A system, told to a solver.

    ``declarations`` and ``definitions`` come first in every script. ``bounds`` are the ranges of the variables where
    their sort admits more; ``initial`` says that the state is the initial one.
    """

    system: TransitionSystem
    variables: dict[str, Variable]
    declarations: tuple[str, ...]
    definitions: tuple[str, ...]
    bounds: tuple[str, ...]
    initial: tuple[str, ...]
    moves: tuple[Move, ...]

    def wrong(self, p: Property) -> tuple[tuple[str, frozenset[str]], ...]:
        """Formulas of which none may hold in a reachable state, if the property is to hold, with what each reads; for a
        ``cover`` what is to be reached. ``KeyError`` for a property that is no predicate of states or steps."""
        return self._wrong[p.id]

    _wrong: dict[str, tuple[tuple[str, frozenset[str]], ...]]


def encode(system: TransitionSystem) -> Encoding:
    """Write a system."""
    return _Writer(system).write()


def condition_of(system: TransitionSystem, index: int) -> Expr:
    """When a transition can be taken."""
    t = system.transitions[index]
    context = system.contexts[t.context]
    at = Op("eq", (Var(context.pc), Const(t.source)))
    parts = [at, *(e for e in (context.enabled, t.guard) if e != Const(1))]
    whole = parts[0]
    for part in parts[1:]:
        whole = Op("and", (whole, part))
    return whole


class _Writer:
    def __init__(self, system: TransitionSystem):
        self.system = system
        self.variables = {v.name: v for v in system.variables}
        self.terms = Terms(system.variables)

    def write(self) -> Encoding:
        system = self.system
        moves = tuple(self.move(i) for i in range(len(system.transitions)))
        wrong = {p.id: self.wrong(p, moves) for p in system.properties if p.kind in KNOWN}
        bounds = (within(_own(v), v.lo, v.hi) for v in system.variables if (v.lo, v.hi) != (0, 1))
        return Encoding(
            system=system,
            variables=self.variables,
            declarations=tuple(f"(declare-const {symbol(v.name)} {sort(v)})" for v in system.variables),
            definitions=tuple(f"(define-fun {n} () {of} {text})" for n, of, text in self.terms.definitions),
            bounds=tuple(b for b in bounds if b != "true"),
            initial=tuple(f"(= {symbol(v.name)} {literal(v, v.init)})" for v in system.variables if not v.free),
            moves=moves,
            _wrong=wrong,
        )

    def move(self, index: int) -> Move:
        t = self.system.transitions[index]
        condition = condition_of(self.system, index)
        new = dict(t.updates) if t.violates is None else {}
        if t.target is not None and t.violates is None:
            new[self.system.contexts[t.context].pc] = Const(t.target)
        new = {name: e for name, e in new.items() if e != Var(name)}
        return Move(
            index=index,
            condition=self.terms.truth(condition),
            updates={name: self.terms.value(e, self.variables[name]) for name, e in new.items()},
            reads=frozenset(variables(condition)),
            sources={name: frozenset(variables(e)) for name, e in new.items()},
            insides={n: text for n, e in new.items() if (text := self.terms.inside(e, self.variables[n])) != "true"},
            violates=t.violates,
        )

    def wrong(self, p: Property, moves: tuple[Move, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
        if p.kind == "step":
            return tuple((m.condition, m.reads) for m in moves if m.violates == p.id)
        truth = self.terms.truth(p.expr)
        fails = truth if p.kind == "cover" else negation(truth)
        reads = frozenset(variables(p.expr))
        if p.kind == "terminal":
            still = [negation(m.condition) for m in moves]
            fails = conjunction([fails, *still])
            reads = reads.union(*(m.reads for m in moves))
        return () if fails == "false" else ((fails, reads),)


def _own(v: Variable) -> Bits:
    """The variable with the range of its sort, which may be larger than its own."""
    n = Bits(symbol(v.name), v.lo, v.hi)
    w = n.width
    return Bits(n.text, 0, (1 << w) - 1) if v.lo >= 0 else Bits(n.text, -(1 << (w - 1)), (1 << (w - 1)) - 1)

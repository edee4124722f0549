"""Inductive invariants from relations between few variables of the reachable states.

The lemmas together have to hold in the initial state, be kept by every transition, and rule out what the claims
forbid. Z3 is asked for a state that satisfies all lemmas so far and from which a transition breaks one, or in which
something forbidden may happen. Such a state is not reachable, so on some of its variables it differs from every
reachable state: the smallest such set of variables gives the next lemma, the relation that they have in the reachable
states. Only variables that the question speaks of are looked at. This always ends: there are finitely many relations.

The reachable states come from elsewhere and are not trusted: a state that agrees with them in all that matters cannot
be excluded, and then there is no proof.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

from defercheck.prove.encode import Encoding
from defercheck.prove.lemma import Lemma, relation
from defercheck.prove.reachable import Reachable
from defercheck.prove.solver import Loaded
from defercheck.system.system import Property


class NoProof(Exception):
    """There is none to be found this way; the text says why. ``state`` is the state that stands in the way."""

    def __init__(self, why: str, state: dict[str, int] | None = None):
        super().__init__(why)
        self.state = state


@dataclass
class _Known:
    lemma: Lemma
    term: Any
    names: frozenset[str]


class Induction:
    """Finds lemmas for one system; what it has found serves all claims."""

    def __init__(
        self,
        loaded: Loaded,
        reachable: Reachable,
        given: Iterable[Lemma] = (),
        seconds: float | None = None,
        usable: frozenset[str] | None = None,
    ):
        """``given`` are lemmas to begin with, known to be inductive; after so many ``seconds`` there is no proof.
        Relations are only between variables that are ``usable``, if that is given."""
        self._usable = usable
        self._end = None if seconds is None else time.monotonic() + seconds
        self._seconds = seconds
        self.loaded = loaded
        self.encoding: Encoding = loaded.encoding
        self.reachable = reachable
        self.known: list[_Known] = []
        self._solver = loaded.solver()
        self._solver.add(*loaded.bounds)
        self._pending: dict[int, list[int]] = {}
        for lemma in given:
            self._add(lemma, settled=True)

    @property
    def lemmas(self) -> tuple[Lemma, ...]:
        """All lemmas found so far."""
        return tuple(k.lemma for k in self.known)

    def exclude(self, properties: Iterable[Property]) -> None:
        """Find lemmas that rule out every violation of the properties. They prove nothing before ``close``.

        ``NoProof`` when a violation agrees with a reachable state."""
        for p in properties:
            for (_, reads), wrong in zip(self.encoding.wrong(p), self.loaded.wrong[p.id], strict=True):
                self._rule_out(wrong, reads, p.id)

    def exclude_state(self, state: dict[str, int]) -> None:
        """Find a lemma that rules out the state. It proves nothing before ``close``. ``NoProof`` likewise."""
        self._learn(state, frozenset(state), "it is to be excluded")

    def close(self) -> None:
        """Add lemmas until all together are inductive and no transition takes a variable out of its range.

        ``NoProof`` when that cannot be: then one of them is not true of the reachable states."""
        import z3

        for move in self.encoding.moves:
            if move.insides:
                leaves = z3.And(self.loaded.conditions[move.index], z3.Not(self.loaded.insides[move.index]))
                reads = move.reads.union(*move.sources.values())
                self._rule_out(leaves, reads, f"transition {move.index} leaves a range")
        while self._pending:
            index = min(self._pending)
            self._keep(index, self._pending.pop(index))
        self._initiation()

    def _keep(self, index: int, wanted: list[int]) -> None:
        """Learn until a transition breaks none of these lemmas any more. All of them are asked of at once."""
        import z3

        move = self.encoding.moves[index]
        after = {n: self.loaded.after(self.known[n].term, index) for n in wanted}
        solver = self._solver
        while True:
            solver.push()
            solver.add(self.loaded.conditions[index], z3.Not(z3.And(list(after.values()))))
            found = self.loaded.check(solver)
            model = solver.model() if found else None
            solver.pop()
            if model is None:
                return
            broken = next(self.known[n] for n in wanted if not z3.is_true(model.eval(after[n], True)))
            reads = move.reads.union(*(move.sources.get(n, frozenset([n])) for n in broken.names))
            self._learn(self.loaded.state(model), reads, f"transition {index} breaks {broken.lemma.name}")

    def _initiation(self) -> None:
        import z3

        solver = self.loaded.solver()
        solver.add(*self.loaded.initial, z3.Not(z3.And(*(k.term for k in self.known), self.loaded.context)))
        if self.loaded.check(solver):
            raise NoProof("the initial state is none of those that were seen", self.loaded.state(solver.model()))

    def _rule_out(self, wrong: Any, reads: frozenset[str], what: str) -> None:
        while (state := self._model(wrong)) is not None:
            self._learn(state, reads, what)

    def _model(self, question: Any) -> dict[str, int] | None:
        solver = self._solver
        solver.push()
        try:
            solver.add(question)
            return self.loaded.state(solver.model()) if self.loaded.check(solver) else None
        finally:
            solver.pop()

    def _learn(self, state: dict[str, int], reads: frozenset[str], what: str) -> None:
        if self._end is not None and time.monotonic() > self._end:
            raise NoProof(f"the time for a proof, {self._seconds:.0f} s, was up")
        choices = self.reachable.excluding(state, sorted(reads if self._usable is None else reads & self._usable))
        if not choices:
            raise NoProof(f"a state that is reachable stands in the way ({what})", state)
        names = min(choices, key=self._cost)
        variables = tuple(self.encoding.variables[n] for n in self._order(names))
        tuples = self.reachable.project([v.name for v in variables])
        self._add(relation(f"lemma.{len(self.known)}", variables, tuples))

    def _order(self, names: tuple[str, ...]) -> list[str]:
        """Program counters first, for they make the cases that people read."""
        return sorted(names, key=lambda n: (self.encoding.variables[n].origin != "pc", n))

    def _cost(self, names: tuple[str, ...]) -> tuple[int, float, tuple[str, ...]]:
        """Program counters make the cases that people read; then what leaves the least of all combinations."""
        variables = [self.encoding.variables[n] for n in names]
        all_of_them = prod(v.hi - v.lo + 1 for v in variables)
        return -sum(v.origin == "pc" for v in variables), len(self.reachable.project(names)) / all_of_them, names

    def _add(self, lemma: Lemma, settled: bool = False) -> None:
        number = len(self.known)
        term = self.loaded.lemma(lemma)
        names = frozenset(lemma.variables)
        self.known.append(_Known(lemma, term, names))
        self._solver.add(term)
        for move in self.encoding.moves:
            if not settled and move.violates is None and not names.isdisjoint(move.updates):
                self._pending.setdefault(move.index, []).append(number)

"""Finding plans: from states that Z3 names, by short searches, to regions from which a step leads on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from defercheck.prove.houdini import inductive, lemmas_of
from defercheck.prove.induction import Induction, NoProof
from defercheck.prove.lemma import Lemma
from defercheck.prove.reachable import Reachable
from defercheck.prove.smtlib import Terms, conjunction, literal, negation, symbol
from defercheck.prove.solver import Loaded
from defercheck.prove.states import State, States
from defercheck.prove.ways import Measure, Plan, Target, Way, atoms, measures_for, phases_for, target
from defercheck.system.expr import Expr, Var, disj, equals, evaluate, negate, variables
from defercheck.system.system import Property, Proposal

NARROW = 64
"""A variable with fewer values may have one of them named in a region; of others regions say how they compare."""
FAR = 3000
"""States that a search for a way out looks at."""
MANY = 1500
"""Ways of the largest plans."""
SAMPLE = 30_000
"""States that propose relations."""
FEW = (0, 2)
"""Values of parameters that the sample is made with."""


class NoPlan(Exception):
    """There is none to be found this way; ``state`` is the one without a way out, ``dead`` whether all that can be
    done from it was seen."""

    def __init__(self, why: str, state: State | None = None, dead: bool = False):
        super().__init__(why)
        self.state = state
        self.dead = dead


@dataclass(frozen=True, slots=True)
class _Literal:
    """A part of what a state is, as a term, a text and the variables in it: that an expression has some value."""

    term: Any
    text: str
    reads: frozenset[str]
    expr: Expr
    value: int


class Escape:
    """Finds plans for the properties of one system. ``lemmas`` are inductive; more are added where states that nobody
    can reach stand in the way."""

    def __init__(self, loaded: Loaded, lemmas: Sequence[Lemma], end: float):
        self._loaded = loaded
        self._system = loaded.encoding.system
        self._end = end
        self._known = loaded.encoding.variables
        self._narrow = {n for n, v in self._known.items() if v.hi - v.lo < NARROW}
        self._order = sorted(self._narrow)
        terms = Terms(self._system.variables, longest=1 << 30)
        self._atoms = [(e, terms.truth(e)) for e in atoms(self._system, NARROW)]
        self._terms = dict(zip((t for _, t in self._atoms), self._parsed([t for _, t in self._atoms]), strict=True))
        self._sample: Reachable | None = None
        self.lemmas = tuple(lemmas)

    def plan(self, p: Property, number: int) -> Plan:
        """A plan for the property, the one with that number in its claim. ``NoPlan``."""
        goal = target(self._system, p, number)
        candidates = measures_for(self._system, NARROW, number)
        phases = phases_for(self._system, goal.moves, NARROW, number)
        choices: list[tuple[tuple[Measure, Expr], ...]] = [(), *((c,) for c in candidates)]
        choices += [(p, c) for c in candidates for p in phases]
        choices += list(permutations(candidates[:4], 2))
        first: NoPlan | None = None
        for chosen in choices:
            try:
                return self._with(goal, number, chosen)
            except NoPlan as e:
                first = first or e
                if e.dead or time.perf_counter() > self._end:
                    raise
        assert first is not None
        raise first

    def _with(self, goal: Target, number: int, measures: tuple[tuple[Measure, Expr], ...]) -> Plan:
        while True:
            try:
                ways = _Search(self, goal, number, measures).run()
                return Plan(ways, tuple(m for m, _ in measures))
            except NoPlan as e:
                if not e.dead or e.state is None or not self._exclude(e.state):
                    raise

    def _exclude(self, state: State) -> bool:
        """Find lemmas that say that the state cannot be reached. False when there are none."""
        from numpy import array

        if self._sample is None:
            everything = frozenset(i for i, t in enumerate(self._system.transitions) if t.violates is None)
            end = time.perf_counter() + (self._end - time.perf_counter()) / 3
            found = States(self._system, everything).reachable(SAMPLE, FEW, end)
            self._sample = Reachable({n: array([s[n] for s in found]) for n in self._narrow})
            before = len(self.lemmas)
            self.lemmas = inductive(self._loaded, (*self.lemmas, *self._compared(found)))
            if len(self.lemmas) > before:
                return True
        left = self._end - time.perf_counter()
        induction = Induction(self._loaded, self._sample, self.lemmas, left, frozenset(self._narrow))
        try:
            induction.exclude_state(state)
            induction.close()
        except NoProof:
            return False
        self.lemmas = tuple(
            replace(x, name=f"lemma.sample.{n}") if n >= len(self.lemmas) else x for n, x in enumerate(induction.lemmas)
        )
        return True

    def _compared(self, states: Sequence[State]) -> tuple[Lemma, ...]:
        """How wide variables compare wherever a context stands that looks at them, as far as some states show."""
        wide = self._known.keys() - self._narrow
        found: list[Proposal] = []
        for n, c in enumerate(self._system.contexts):
            mine = [t for t in self._system.transitions if t.context == n]
            if all(variables(t.guard).isdisjoint(wide) and wide.isdisjoint(dict(t.updates)) for t in mine):
                continue
            for e, _ in self._atoms:
                seen: dict[int, set[int]] = {}
                for s in states:
                    seen.setdefault(s[c.pc], set()).add(evaluate(e, s))
                for place, values in sorted(seen.items()):
                    if len(values) == 1:
                        said = e if values == {1} else negate(e)
                        found.append(Proposal("compared", disj(negate(equals(Var(c.pc), place)), said)))
        return lemmas_of(found, self._system.variables)

    def literals(self, state: State) -> list[_Literal]:
        """What may be said of a state in a region that it is in."""
        import z3

        found = []
        for name in self._order:
            v = self._known[name]
            if v.lo == v.hi:
                continue
            constant = self._loaded.constants[name]
            if (v.lo, v.hi) == (0, 1):
                term = constant if state[name] else z3.Not(constant)
                text = symbol(name) if state[name] else negation(symbol(name))
            else:
                term = constant == state[name]
                text = f"(= {symbol(name)} {literal(v, state[name])})"
            found.append(_Literal(term, text, frozenset([name]), Var(name), state[name]))
        for e, text in self._atoms:
            term = self._terms[text]
            holds = evaluate(e, state)
            said = (term, text) if holds else (z3.Not(term), negation(text))
            found.append(_Literal(*said, frozenset(variables(e)), e, holds))
        return found

    def _parsed(self, texts: list[str]) -> list[Any]:
        return self._loaded.formulas(texts) if texts else []

    @property
    def loaded(self) -> Loaded:
        """The system in Z3."""
        return self._loaded

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() > self._end


class _Search:
    """One search for the ways to one target with given measures."""

    def __init__(self, escape: Escape, goal: Target, number: int, measures: tuple[tuple[Measure, Expr], ...]):
        loaded = escape.loaded
        self._escape, self._goal, self._number, self._loaded = escape, goal, number, loaded
        self._measures = measures
        self._states = States(loaded.encoding.system, goal.moves)
        self._order = {name: n for n, name in enumerate(loaded.encoding.variables)}
        self._waits, self._out = loaded.lemma(goal.waits), loaded.lemma(goal.out)
        self._numbers = [self._number_term(m) for m, _ in measures]
        facts = [*loaded.bounds, *(loaded.lemma(x) for x in escape.lemmas)]
        self._open = loaded.solver()
        self._open.add(*facts, self._waits, _not(self._out))
        self._lift = loaded.solver()
        self._lift.set("core.minimize", True)
        self._lift.add(*facts, _not(self._out))
        self._ways: list[Way] = []
        self._regions: list[Any] = []
        self._inside: list[list[_Literal]] = []

    def run(self) -> tuple[Way, ...]:
        """The ways. ``NoPlan``."""
        while self._loaded.check(self._open):
            if self._escape.late:
                raise NoPlan("the time was up", self._loaded.state(self._open.model()))
            state = self._loaded.state(self._open.model())
            path = self._states.way_out(state, self._ends, FAR)
            if isinstance(path, bool):
                if path:
                    raise NoPlan("no way out is as short as that", state)
                raise NoPlan("nothing that is promised leads out of a state", state, dead=True)
            for before, move, _ in reversed(path):
                self._add(before, move)
        return tuple(self._ways)

    def _ends(self, before: State, after: State) -> bool:
        if evaluate(self._goal.conditions[1], after):
            return True
        now, then = ([evaluate(e, s) for _, e in self._measures] for s in (before, after))
        if then < now and evaluate(self._goal.conditions[0], after):
            return True
        return then == now and self._covered(after)

    def _covered(self, state: State) -> bool:
        return any(all(evaluate(x.expr, state) == x.value for x in region) for region in self._inside)

    def _add(self, state: State, move: int) -> None:
        """A way with a region around the state, as large as the solver allows."""
        import z3

        loaded, solver = self._loaded, self._lift
        if len(self._ways) >= MANY:
            raise NoPlan(f"a plan would need more than {MANY} ways", state)
        literals = self._escape.literals(state)
        can = z3.And(loaded.conditions[move], loaded.insides[move])
        smaller, same = self._lessened(move)
        leads = z3.Or(loaded.after(self._out, move), z3.And(smaller, loaded.after(self._waits, move)))
        solver.push()
        try:
            solver.add(z3.Or(z3.Not(can), z3.Not(leads)))
            markers = [loaded.marker(f"literal {n}") for n in range(len(literals))]
            solver.add(*(z3.Implies(m, x.term) for m, x in zip(markers, literals, strict=True)))
            earlier = [loaded.marker(f"way {n}") for n in range(len(self._regions))]
            for m, region in zip(earlier, self._regions, strict=True):
                there = z3.And(same, loaded.after(region, move))
                solver.add(z3.Implies(m, z3.Or(z3.Not(can), z3.Not(there))))
            if loaded.check(solver, *markers, *earlier):
                raise NoPlan("a state has a way out that others like it do not have", state)
            core = {m.get_id() for m in solver.unsat_core()}
        finally:
            solver.pop()
        used = [x for m, x in zip(markers, literals, strict=True) if m.get_id() in core]
        to = tuple(n for n, m in enumerate(earlier) if m.get_id() in core)
        reads = sorted(frozenset[str]().union(*(x.reads for x in used)), key=self._order.__getitem__)
        name = f"way.{self._number}.{len(self._ways)}"
        region = Lemma(name, tuple(reads or list(self._order)[:1]), conjunction(x.text for x in used), "claim")
        self._ways.append(Way(region, move, to))
        self._regions.append(z3.And(*(x.term for x in used), loaded.context))
        self._inside.append(used)
        self._open.add(z3.Not(self._regions[-1]))

    def _lessened(self, move: int) -> tuple[Any, Any]:
        """That the measures are less after the step than before, and that they are the same."""
        import z3

        context = self._loaded.context
        smaller, same = z3.BoolVal(False, context), z3.BoolVal(True, context)
        for now in reversed(self._numbers):
            then = self._loaded.after(now, move)
            smaller = z3.Or(z3.ULT(then, now), z3.And(then == now, smaller))
            same = z3.And(then == now, same)
        return smaller, same

    def _number_term(self, m: Measure) -> Any:
        zeros = "0" * m.bits
        return self._loaded.formula(f"(= {m.body} #b{zeros})").arg(0)


def _not(term: Any) -> Any:
    import z3

    return z3.Not(term)

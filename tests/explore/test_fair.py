"""Fair loops: both engines against trying all sets of states, and a million states in seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations

import pytest
from defercheck import interpret
from defercheck.explore import explore
from defercheck.explore.native import Search
from defercheck.explore.storage import Tuning
from defercheck.interpret import Interpreter
from defercheck.interpret.fair import State, broken
from defercheck.system.expr import TRUE, Const, Var, conj, equals, evaluate, negate, op
from defercheck.system.result import Limits
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from hypothesis import HealthCheck, assume, given, settings

from tests.systems import systems
from tests.witnesses import real

MOST = 9
"""States of a system of which all subsets are tried."""


class Brute:
    """Says of each property whether it is violated, by looking at every set of states as the loop of a schedule."""

    def __init__(self, system: TransitionSystem):
        self.machine = Interpreter(system)
        self.edges: dict[State, list[tuple[int, State]]] = {}
        self.ended: set[State] = set()
        stack = [system.initial]
        while stack and len(self.edges) <= MOST:
            state = stack.pop()
            if state not in self.edges:
                steps = [(i, self.machine.transition(i)) for i in self.machine.enabled(state)]
                self.edges[state] = [(i, self.machine.apply(state, t)) for i, t in steps if t.violates is None]
                stack += [after for _, after in self.edges[state]]
        self.small = len(self.edges) <= MOST
        self.loops = list(self._loops()) if self.small else []

    def _loops(self) -> Iterator[frozenset[State]]:
        """All sets of states round which a fair loop goes; all steps within a set that may recur help."""
        for n in range(1, len(self.edges) + 1):
            for chosen in map(frozenset, combinations(self.edges, n)):
                inner = [
                    (s, i, a) for s in chosen for i, a in self.edges[s]
                    if a in chosen and self.machine.transition(i).free != "finite"
                ]  # fmt: skip
                links = {s: {a for b, _, a in inner if b == s} for s in chosen}
                if n > 1 and not all(self._reaches(links, s) == chosen for s in chosen):
                    continue
                used = [[i for _, i, _ in inner], []] if n == 1 else [[i for _, i, _ in inner]]
                if any(not broken(self.machine, chosen, steps) for steps in used):
                    yield chosen

    @staticmethod
    def _reaches(links: dict[State, set[State]], start: State) -> set[State]:
        found, stack = {start}, [start]
        while stack:
            for after in links[stack.pop()] - found:
                found.add(after)
                stack.append(after)
        return found

    def violated(self, p: Property) -> bool:
        def holds(s: State) -> bool:
            return bool(evaluate(p.expr, self.machine.view(s)))

        def starts(s: State) -> bool:
            if p.kind == "eventually":
                return s == self.machine.system.initial
            return bool(evaluate(p.trigger, self.machine.view(s)))

        without = {s: {a for _, a in out if not holds(a)} for s, out in self.edges.items() if not holds(s)}
        return any(
            any(not any(map(holds, loop)) and self._reaches(without, s) & loop for loop in self.loops)
            for s in without if starts(s)
        )  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150, derandomize=True)
@given(systems())
def test_random_systems_against_all_sets_of_states(system: TransitionSystem) -> None:
    brute = Brute(system)
    claims = [p for p in system.properties if p.kind in ("eventually", "leadsto")]
    assume(brute.small and claims)
    expected = {p.id for p in claims if brute.violated(p)}
    for found in (interpret.explore(system), explore(system), Search(system, Limits(), None, TINY).run()):
        assert found.fair_checked
        assert set(found.witnesses) & {p.id for p in claims} == expected
        real(system, found)


TINY = Tuning(chunk_bits=2, slots=4, batch=2, budget=3)


def ring(n: int, top: int, *claims: Property) -> TransitionSystem:
    """Contexts that count from 0 to ``top`` and begin again, for ever."""
    counters = [Variable(f"x{k}", 0, top, 0) for k in range(n)]
    pcs = [Variable(f"pc{k}", 0, 0, 0, origin="pc") for k in range(n)]
    contexts = [Context(f"c{k}", "thread", Const(0), f"pc{k}", (Location("x"),), frozenset({0})) for k in range(n)]
    up = [op("mod", op("add", Var(f"x{k}"), Const(1)), Const(top + 1)) for k in range(n)]
    steps = [Transition(k, 0, 0, TRUE, ((f"x{k}", up[k]),), "up") for k in range(n)]
    return TransitionSystem("ring", (*counters, *pcs), tuple(contexts), tuple(steps), claims)


COMES = Property("comes", "T", "leadsto", "", expr=equals(Var("x0"), 1), trigger=equals(Var("x1"), 1))
MEETS = Property(
    "meets", "T", "leadsto", "", expr=conj(equals(Var("x0"), 0), equals(Var("x1"), 1)), trigger=equals(Var("x1"), 1)
)


def test_a_hundred_thousand_states() -> None:
    """Everybody counts for ever, so each value comes; not so that two values come together."""
    system = ring(3, 46, COMES, MEETS)
    begun = time.monotonic()
    found = explore(system)
    assert time.monotonic() - begun < 20, "a matter of a second"
    assert (found.states, found.fair_checked) == (47**3, True)
    assert set(found.witnesses) == {"meets"}
    real(system, found)
    moved = {system.transitions[i].context for i in found.witnesses["meets"].loop or ()}
    assert moved == {0, 1, 2}, "the loop is fair to all three"


def test_what_is_free_starves() -> None:
    """The same, but nobody promises that context 0 counts."""
    system = ring(2, 3, COMES)
    for free in ("finite", "unbounded", "choice"):
        first = Transition(0, 0, 0, TRUE, system.transitions[0].updates, "up", free=free)  # type: ignore[arg-type]
        lazy = TransitionSystem("lazy", system.variables, system.contexts, (first, system.transitions[1]), (COMES,))
        found = explore(lazy)
        assert set(found.witnesses) == {"comes"}
        real(lazy, found)


def test_a_limit_of_memory_leaves_it_open() -> None:
    system = ring(3, 30, COMES)
    limit = explore(ring(3, 30)).bytes + 100_000
    found = explore(system, Limits(memory=limit))
    assert (found.complete, found.limit, found.stuck_checked, found.fair_checked) == (True, "memory", True, False)
    assert not found.witnesses


@pytest.mark.parametrize("promise", ["", "served"])
def test_strong_fairness_is_what_a_promise_adds(promise: str) -> None:
    """Context 1 can go on whenever context 0 happens to be at 0, which it leaves again and again."""
    system = ring(2, 2)
    there = Var("x1")
    wait = Transition(1, 0, 0, conj(equals(Var("x0"), 0), equals(there, 0)), (("x1", Const(1)),), "in", promise=promise)
    claim = Property("in", "T", "eventually", "", expr=negate(equals(there, 0)))
    queue = TransitionSystem("queue", system.variables, system.contexts, (system.transitions[0], wait), (claim,))
    for found in (explore(queue), interpret.explore(queue)):
        assert ("in" in found.witnesses) == (not promise)
        real(queue, found)

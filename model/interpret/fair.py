"""Infinite schedules: what makes a loop fair, whether a path and a loop show a violation, and the search for one.

The checks are the definition: every loop that any engine finds is replayed by them. The search is the reference for
other engines; it needs the whole graph of states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from defercheck.system.expr import evaluate
from defercheck.system.fairness import Condition, conditions
from defercheck.system.result import Witness
from defercheck.system.system import Property

if TYPE_CHECKING:
    from defercheck.interpret.interpret import Interpreter

State = tuple[int, ...]
Edges = Mapping[State, Sequence[tuple[int, State]]]
"""State -> the transitions that can be taken there, with the states after them; violating ones are not among them."""


# ---- the definition ----


def wishes(machine: Interpreter, state: State, c: Condition) -> bool:
    """Whether the condition is owed a step in the state as far as the guards of its own steps say."""
    if c.context is None:
        return True
    values = machine.view(state)
    here = machine.at(c.context, values[machine.system.contexts[c.context].pc])
    return any(c.owns(t) and bool(evaluate(t.guard, values)) for t in map(machine.transition, here))


def able(machine: Interpreter, state: State, c: Condition) -> bool:
    """Whether a step of the condition, perhaps a violating one, can be taken in the state."""
    return any(c.owns(machine.transition(i)) for i in machine.enabled(state))


def broken(machine: Interpreter, states: Collection[State], steps: Iterable[int]) -> list[Condition]:
    """The conditions that a loop through these states with these steps breaks. No steps: it stays in its one state."""
    taken = [machine.transition(i) for i in steps]
    return [
        c
        for c in conditions(machine.system)
        if not any(c.owns(t) for t in taken)
        and all(wishes(machine, s, c) for s in states)
        and any(able(machine, s, c) for s in states)
    ]


def closed(machine: Interpreter, w: Witness) -> Witness:
    """The witness with its loop taken as often as it needs to come back to a state that it was in.

    A loop of a reduced system closes there, but what reduction left out (what nobody reads again, what only counts) may
    need some rounds until it repeats. ``ValueError`` when a step cannot be taken.
    """
    assert w.loop is not None
    heads: dict[State, int] = {}
    state = machine.replay(w.path)[-1]
    while state not in heads:
        heads[state] = len(heads)
        for i in w.loop:
            if i not in machine.enabled(state):
                raise ValueError(f"in the loop, {machine.transition(i).label} cannot be taken")
            state = machine.apply(state, machine.transition(i))
    first = heads[state]
    return replace(w, path=w.path + w.loop * first, loop=w.loop * (len(heads) - first))


def replay_lasso(machine: Interpreter, w: Witness, claim: Property) -> list[State]:
    """The states along the path and once through the loop of a witness.

    ``ValueError`` when it cannot be taken, does not close, is not fair, or does not show the claim to be violated.
    """
    assert w.loop is not None
    states = machine.replay((*w.path, *w.loop))
    head, loop = states[len(w.path)], states[len(w.path) :]
    if len(states) != len(w.path) + len(w.loop) + 1 or loop[-1] != head:
        raise ValueError("the loop does not lead back to where it begins")
    if any(machine.transition(i).free == "finite" for i in w.loop):
        raise ValueError("the loop has a step that nobody repeats for ever")
    if unfair := broken(machine, loop, w.loop):
        raise ValueError(f"the loop is not fair: {unfair[0].words}")
    if not shows(machine, states, len(w.path), w.loop, claim):
        raise ValueError(f"the schedule does not show that {claim.id} is violated")
    return states


def shows(machine: Interpreter, states: Sequence[State], head: int, loop: Sequence[int], claim: Property) -> bool:
    """Whether the path to ``states[head]`` with the loop behind it violates the claim, as far as it tells."""
    holds = [bool(evaluate(claim.expr, machine.view(s))) for s in states]
    match claim.kind:
        case "stuck":
            assert claim.context is not None
            at = machine.view(states[head])[machine.system.contexts[claim.context].pc]
            return at in claim.locations and all(machine.transition(i).context != claim.context for i in loop)
        case "lasting":
            return all(holds[head:])
        case "eventually":
            return not any(holds)
        case "leadsto":
            first = next((n for n in range(head + 1) if not any(holds[n:])), None)
            return first is not None and any(evaluate(claim.trigger, machine.view(s)) for s in states[first : head + 1])
    return False


# ---- the search ----


class Search:
    """Looks for fair loops in the graph of a system's states."""

    def __init__(self, machine: Interpreter, edges: Edges):
        """``edges`` has every reachable state."""
        self.machine, self.edges = machine, edges
        self.conditions = conditions(machine.system)
        self._wishes: dict[tuple[State, int], bool] = {}

    def lasso(
        self, starts: Mapping[State, Sequence[int]], inside: Callable[[State], bool], rescue: bool = False
    ) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """The path and the loop of a fair schedule that never leaves the states that are ``inside``.

        ``starts`` are states inside with shortest paths to them. With ``rescue`` the way to the loop takes no step that
        nobody promises either. ``None`` when there is no such schedule.
        """
        way: dict[State, tuple[State, int] | None] = dict.fromkeys(starts)
        length = {s: len(path) for s, path in starts.items()}
        queue = [(n, order, s) for order, (s, n) in enumerate(length.items())]
        heapify(queue)
        while queue:
            n, _, state = heappop(queue)
            for i, after in self.edges[state] if n == length[state] else ():
                if n + 1 < length.get(after, n + 2) and inside(after) and not (rescue and self.unpromised(i)):
                    way[after], length[after] = (state, i), n + 1
                    heappush(queue, (n + 1, len(way), after))
        parts = list(self.fair(set(way)))
        if not parts:
            return None
        head = min((s for part in parts for s in part), key=lambda s: length[s])
        path: list[int] = []
        state = head
        while (step := way[state]) is not None:
            state = step[0]
            path.append(step[1])
        part = next(part for part in parts if head in part)
        return (*starts[state], *reversed(path)), self.loop(head, part)

    def unpromised(self, i: int) -> bool:
        """Whether the transition is one that does not count as a rescue."""
        return self.machine.transition(i).free in ("finite", "unbounded")

    def inner(self, part: Collection[State]) -> Iterator[tuple[State, int, State]]:
        """The steps within a set of states that an infinite schedule may repeat."""
        for state in part:
            for i, after in self.edges[state]:
                if after in part and self.machine.transition(i).free != "finite":
                    yield state, i, after

    def fair(self, part: set[State]) -> Iterator[set[State]]:
        """The largest sets of states, within one, through all of which a fair loop goes (or stays, in a single one)."""
        import networkx as nx

        graph = nx.DiGraph((a, b) for a, _, b in self.inner(part))
        graph.add_nodes_from(part)
        for found in nx.strongly_connected_components(graph):
            steps = {i for _, i, _ in self.inner(found)}
            bad = [c for c in self.broken(found, steps)]
            if not bad:
                yield found
            elif steps:
                smaller = {s for s in found if not any(able(self.machine, s, c) for c in bad)}
                if smaller:
                    yield from self.fair(smaller)

    def broken(self, part: Collection[State], steps: Collection[int]) -> list[Condition]:
        """As the function of that name."""
        return broken(self.machine, part, steps)

    def loop(self, head: State, part: set[State]) -> tuple[int, ...]:
        """A fair loop from a state through a part that ``fair`` gave: the shortest cycle, and detours as needed."""
        taken: list[int] = []
        at, seen = head, {head}

        def go(goal: Callable[[State, int, State], bool]) -> None:
            nonlocal at
            for i, after in self.shortest(at, part, goal):
                taken.append(i)
                seen.add(after)
                at = after

        while True:
            back = self.shortest(at, part, lambda a, i, b: b == head) if at != head else []
            states = seen | {b for _, b in back}
            bad = self.broken(states, [*taken, *(i for i, _ in back)])
            if not bad:
                return (*taken, *(i for i, _ in back))
            go(partial(self._serves, bad[0]))

    def _serves(self, c: Condition, before: State, i: int, after: State) -> bool:
        """Whether a step does what a condition asks a fair loop for."""
        return c.owns(self.machine.transition(i)) or not wishes(self.machine, after, c)

    def shortest(
        self, start: State, part: Collection[State], goal: Callable[[State, int, State], bool]
    ) -> list[tuple[int, State]]:
        """The steps of a shortest way within a part whose last step is a goal."""
        came: dict[State, tuple[State, int]] = {}
        queue, seen = deque([start]), {start}
        while queue:
            state = queue.popleft()
            for i, after in self.edges[state]:
                if after not in part or self.machine.transition(i).free == "finite":
                    continue
                if goal(state, i, after):
                    way = [(i, after)]
                    while state != start:
                        way.append((came[state][1], state))
                        state = came[state][0]
                    return way[::-1]
                if after not in seen:
                    seen.add(after)
                    came[after] = (state, i)
                    queue.append(after)
        raise AssertionError("a part of the graph that should be strongly connected is not")

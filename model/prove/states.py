"""Single states of a system, and steps between them, by the definition of its expressions."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from defercheck.system.expr import evaluate
from defercheck.system.system import TransitionSystem

State = dict[str, int]
Step = tuple[int, State]


class States:
    """Takes steps. ``moves`` are those transitions that may be taken."""

    def __init__(self, system: TransitionSystem, moves: frozenset[int]):
        self._system = system
        self._ranges = {v.name: (v.lo, v.hi) for v in system.variables}
        self._at: dict[tuple[int, int], list[int]] = {}
        for i in sorted(moves):
            t = system.transitions[i]
            self._at.setdefault((t.context, t.source), []).append(i)

    def steps(self, state: State) -> Iterator[Step]:
        """All steps from a state that leave no variable's range."""
        for n, context in enumerate(self._system.contexts):
            here = self._at.get((n, state[context.pc]), ())
            if not here or not evaluate(context.enabled, state):
                continue
            for i in here:
                t = self._system.transitions[i]
                if evaluate(t.guard, state):
                    new = state | {name: evaluate(e, state) for name, e in t.updates}
                    if t.target is not None:
                        new[context.pc] = t.target
                    if all(self._ranges[name][0] <= new[name] <= self._ranges[name][1] for name, _ in t.updates):
                        yield i, new

    def key(self, state: State) -> tuple[int, ...]:
        """What tells a state from another."""
        return tuple(state[v.name] for v in self._system.variables)

    def way_out(
        self, start: State, ends: Callable[[State, State], bool], most: int
    ) -> list[tuple[State, int, State]] | bool:
        """A shortest path whose last step, from one state to the next, ``ends`` it, as its steps with the states
        before and after. ``False`` when no path does; ``True`` when that many states were not enough to tell."""
        came: dict[tuple[int, ...], tuple[State, int, State] | None] = {self.key(start): None}
        todo = deque([start])
        while todo:
            state = todo.popleft()
            for i, new in self.steps(state):
                step = (state, i, new)
                if ends(state, new):
                    return self._path(came, step)
                if self.key(new) not in came:
                    came[self.key(new)] = step
                    if len(came) > most:
                        return True
                    todo.append(new)
        return False

    def _path(
        self, came: dict[tuple[int, ...], tuple[State, int, State] | None], last: tuple[State, int, State]
    ) -> list[tuple[State, int, State]]:
        path = [last]
        while (before := came[self.key(path[-1][0])]) is not None:
            path.append(before)
        return path[::-1]

    def reachable(self, most: int, values: Sequence[int], end: float) -> list[State]:
        """So many of the states that can be reached, breadth first, when each free variable has one of the values at
        first, counted from its lower bound. It stops at the time ``end`` of ``time.perf_counter``."""
        free = [v for v in self._system.variables if v.free]
        first = {v.name: v.init for v in self._system.variables}
        choices = [sorted({min(v.lo + n, v.hi) for n in values}) for v in free]
        seen: dict[tuple[int, ...], State] = {}
        todo: deque[State] = deque()
        for chosen in product(*choices):
            state = first | dict(zip((v.name for v in free), chosen, strict=True))
            seen[self.key(state)] = state
            todo.append(state)
        while todo and len(seen) < most and time.perf_counter() < end:
            for _, new in self.steps(todo.popleft()):
                if (key := self.key(new)) not in seen:
                    seen[key] = new
                    todo.append(new)
        return list(seen.values())

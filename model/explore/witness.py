"""Paths to states, from the parent indexes that the search kept.

Which transition led from a parent to its child was not kept: the interpreter, which defines what a step is, finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from defercheck.explore.layout import Layout
from defercheck.interpret import Interpreter
from defercheck.system.system import Property, TransitionSystem


class Paths:
    """Shortest paths from the initial state."""

    def __init__(
        self,
        system: TransitionSystem,
        layout: Layout,
        state: Callable[[int], Sequence[int]],
        parent: Callable[[int], int],
    ):
        """``state`` gives the words of a state by its index, ``parent`` the index of its parent."""
        self._system = system
        self._machine = Interpreter(system)
        self._layout = layout
        self._state = state
        self._parent = parent

    def to(self, index: int) -> tuple[int, ...]:
        """The transitions of a shortest path to the state."""
        indexes = [index]
        while indexes[-1]:
            indexes.append(self._parent(indexes[-1]))
        return tuple(self.between(a, b) for a, b in pairwise(reversed(indexes)))

    def violating(self, index: int, p: Property) -> int:
        """The first transition that violates a ``step`` property in the state."""
        enabled = self._machine.enabled(self.values(index))
        return next(i for i in enabled if self._system.transitions[i].violates == p.id)

    def step(self, index: int, transition: int) -> tuple[int, ...]:
        """The state after a transition, by the interpreter; its ``ValueError`` when that leaves a range."""
        return self._machine.apply(self.values(index), self._system.transitions[transition])

    def values(self, index: int) -> tuple[int, ...]:
        """The state with that index, as the interpreter has it."""
        return self._layout.unpack(self._state(index))

    def between(self, index: int, next_index: int, fits: Callable[[int], bool] = lambda i: True) -> int:
        """The first transition that leads from the one state to the other, of those that fit."""
        before, after = self.values(index), self.values(next_index)
        for i in self._machine.enabled(before):
            t = self._system.transitions[i]
            if t.violates is None and fits(i) and self._machine.apply(before, t) == after:
                return i
        raise AssertionError("the search took a step that the interpreter does not know")

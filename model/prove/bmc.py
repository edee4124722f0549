"""Bounded search by Z3: schedules of 0, 1, 2 ... steps, until each property is violated or the bound is reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from defercheck.prove.encode import encode
from defercheck.prove.result import SAFETY
from defercheck.prove.solver import Loaded, load, number_of
from defercheck.system.result import Exploration, Limit, Limits, Progress, Witness
from defercheck.system.system import Property, TransitionSystem

CHOICE = "step@"


DEPTH = 20
"""Steps of the longest schedules that are searched, unless the limits say otherwise."""


def bmc(
    system: TransitionSystem,
    limits: Limits = Limits(),  # noqa: B008
    progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """A shortest schedule, of ``limits.depth`` steps at most, for each property that has one: violations, and states
    that a ``cover`` asks for. ``stuck`` properties are not searched for.

    The outcome is never complete; its ``depth`` is the number of steps up to which nothing was missed, and ``limit``
    says what ended it.
    """
    return Search(system, limits.seconds, progress).run(DEPTH if limits.depth is None else limits.depth)


class Search:
    """One bounded search."""

    def __init__(
        self, system: TransitionSystem, seconds: float | None, progress: Callable[[Progress], None] | None = None
    ):
        self._begun = time.monotonic()
        self._end = None if seconds is None else self._begun + seconds
        self._progress = progress
        self._system = system
        self._unrolling = Unrolling(load(encode(system)))
        self._wanted = [p for p in system.properties if p.kind in SAFETY or (p.kind == "cover" and not p.hidden)]
        self._witnesses: dict[str, Witness] = {}

    def run(self, depth: int) -> Exploration:
        """Search. Called once."""
        reached, limit = -1, "depth"
        try:
            for n in range(depth + 1):
                if n and not self._unrolling.extend():
                    break  # no schedule is that long
                if not self._look(n):
                    limit = "time"
                    break
                reached = n
                if not self._wanted:
                    break
                self._tell(n)
        except KeyboardInterrupt:
            limit = "interrupted"
        return Exploration(
            complete=False,
            limit=_as_limit(limit),
            states=0,
            transitions=0,
            depth=max(reached, 0),
            fired=frozenset(),
            witnesses=self._witnesses,
            stuck_checked=False,
            seconds=time.monotonic() - self._begun,
        )

    def _look(self, n: int) -> bool:
        """Find all that has a schedule of ``n`` steps. False when time ran out."""
        import z3

        unrolling = self._unrolling
        while self._wanted:
            left = None if self._end is None else self._end - time.monotonic()
            if left is not None and left <= 0:
                return False
            goals = {p.id: z3.Or(*unrolling.wrong(p), unrolling.loaded.context) for p in self._wanted}
            model = unrolling.find(z3.Or(list(goals.values())), left)
            if isinstance(model, str):
                return False
            if model is None:
                return True
            path = unrolling.path(model)
            for p in list(self._wanted):
                if z3.is_true(model.eval(goals[p.id], True)):
                    steps = path + unrolling.violating(model, p)
                    self._witnesses[p.id] = Witness(p.id, steps, given=unrolling.given(model))
                    self._wanted.remove(p)
        return True

    def _tell(self, n: int) -> None:
        if self._progress is not None:
            self._progress(Progress(0, 0, 0, n, time.monotonic() - self._begun, 0))


class Unrolling:
    """The state after 0, 1, 2 ... steps, and which step was taken each time.

    ``start`` says that the first state is the initial one; without it, any state within the bounds will do.
    """

    def __init__(self, loaded: Loaded, start: bool = True):
        self.loaded = loaded
        self._moves = [m for m in loaded.encoding.moves if m.violates is None]
        self._states = [dict(loaded.constants)]
        self._choices: list[Any] = []
        self.solver = loaded.solver()
        if start:
            self.solver.add(*loaded.initial)
        self.solver.add(*loaded.bounds)
        self._writers: dict[str, list[int]] = {name: [] for name in loaded.constants}
        for n, m in enumerate(self._moves):
            for name in m.updates:
                self._writers[name].append(n)

    @property
    def steps(self) -> int:
        """How many steps there are so far."""
        return len(self._choices)

    def at(self, term: Any, step: int | None = None) -> Any:
        """A term, said of the state after so many steps, or after the last."""
        import z3

        state = self._states[-1 if step is None else step]
        return z3.substitute(term, *((self.loaded.constants[n], c) for n, c in state.items()))

    def wrong(self, p: Property) -> list[Any]:
        """Formulas that say that the last state shows a violation of the property (or reaches a cover)."""
        return [self.at(w) for w in self.loaded.wrong[p.id]]

    def extend(self) -> bool:
        """One more step. False when there is no schedule with so many."""
        import z3

        n, loaded, before = self.steps, self.loaded, self._states[-1]
        after = {name: _fresh(name, c, n + 1) for name, c in loaded.constants.items()}
        width = max(1, (len(self._moves) - 1).bit_length())
        choice = z3.BitVec(f"{CHOICE}{n}", width, loaded.context)
        taken = [choice == k for k in range(len(self._moves))]
        said = [z3.Or(*taken, loaded.context)]
        pairs = [(loaded.constants[name], c) for name, c in before.items()]
        for k, m in enumerate(self._moves):
            effect = [z3.substitute(loaded.conditions[m.index], *pairs)]
            for name, e in loaded.updates[m.index].items():
                effect.append(after[name] == z3.substitute(e, *pairs))
            said.append(z3.Implies(taken[k], z3.And(effect)))
        for name, writers in self._writers.items():
            said.append(z3.Or([after[name] == before[name], *(taken[k] for k in writers)]))
        self.solver.add(*said)
        self._choices.append(choice)
        self._states.append(after)
        return loaded.check(self.solver)

    def find(self, goal: Any, seconds: float | None = None) -> Any:
        """A model in which the goal holds too, ``None`` if there is none, or ``"time"``."""
        import z3

        if seconds is not None:
            self.solver.set("timeout", max(1, int(1000 * seconds)))
        self.solver.push()
        try:
            self.solver.add(goal)
            begun = time.perf_counter()
            answer = self.solver.check()
            self.loaded.seconds += time.perf_counter() - begun
            self.loaded.queries += 1
            if answer == z3.unknown:
                return "time"
            return self.solver.model() if answer == z3.sat else None
        finally:
            self.solver.pop()

    def path(self, model: Any) -> tuple[int, ...]:
        """The transitions that the model takes."""
        return tuple(self._moves[number_of(model.eval(c, True), 0)].index for c in self._choices)

    def violating(self, model: Any, p: Property) -> tuple[int, ...]:
        """The violating transition, for a property that forbids steps."""
        import z3

        if p.kind != "step":
            return ()
        moves = [m.index for m in self.loaded.encoding.moves if m.violates == p.id]
        return next((i,) for i in moves if z3.is_true(model.eval(self.at(self.loaded.conditions[i]), True)))

    def given(self, model: Any) -> tuple[tuple[str, int], ...]:
        """The values at first of the variables that are free then."""
        first = self.state(model, 0)
        return tuple((v.name, first[v.name]) for v in self.loaded.encoding.system.variables if v.free)

    def state(self, model: Any, step: int) -> dict[str, int]:
        """The values of the variables after so many steps."""
        known = self.loaded.encoding.variables
        return {n: number_of(model.eval(c, True), known[n].lo) for n, c in self._states[step].items()}


def _fresh(name: str, like: Any, step: int) -> Any:
    import z3

    return z3.Const(f"{name}@{step}", like.sort())


def _as_limit(name: str) -> Limit:
    return name  # type: ignore[return-value]

"""The driver: compiles a system, lets the generated search run, gives it memory, and says what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from defercheck.explore.columns import unpack_all
from defercheck.explore.control import NEVER, Shared, Status
from defercheck.explore.jit import Tiers
from defercheck.explore.layout import lay_out
from defercheck.explore.search import search_ir
from defercheck.explore.storage import Storage, Tuning
from defercheck.explore.stuck import mark_bytes, marked, stuck_ir
from defercheck.explore.successors import Plan, context_ir, plan
from defercheck.explore.table import base_ir
from defercheck.explore.watch import watch_ir
from defercheck.system.result import Exploration, Limit, Limits, Progress, Witness
from defercheck.system.system import TransitionSystem

if TYPE_CHECKING:  # most searches find nothing: what tells a path is imported when there is one
    from defercheck.explore.witness import Paths

PAUSE = 0.1
"""Seconds that generated code may run before it comes back."""
REPORT = 0.2
"""Seconds between two calls of ``progress``."""
STRIDE = 1 << 20
"""States that one call of generated code passes over, outside the search itself."""


class Late(Exception):
    """The limit on time was reached between two calls of generated code."""


class InternalError(Exception):
    """The system is not well formed: a transition takes a variable out of its range."""


def explore(
    system: TransitionSystem,
    limits: Limits = Limits(),  # noqa: B008
    progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Explore all reachable states of a system, breadth first.

    ``progress`` is called a few times a second. Ctrl-C ends the exploration with what is known so far, ``complete``
    False and ``limit`` "interrupted". The analysis behind ``stuck`` properties comes after all states are known; when
    a limit ends that one, ``complete`` is True, ``stuck_checked`` False and ``limit`` says why; likewise
    ``fair_checked`` for the search for loops that comes last.

    ``InternalError`` names a transition that leaves a variable's range; ``ValueError`` when the initial state is
    outside a variable's range.
    """
    return Search(system, limits, progress).run()


def explore_states(
    system: TransitionSystem,
    limits: Limits = Limits(),  # noqa: B008
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Exploration, dict[str, Any]]:
    """As ``explore``, and with it the states that were seen: for each variable an array of its values, all in the
    same order. The arrays take a few bytes a state and variable beyond what ``limits`` bounds."""
    search = Search(system, limits, progress)
    columns: dict[str, Any] = {}
    return search.run(columns), columns


def module_ir(p: Plan, tuning: Tuning) -> str:
    """The text of everything that is generated for a system."""
    parts = [base_ir(p, tuning.chunk_bits), watch_ir(p)]
    parts += [context_ir(p, n) for n in range(len(p.system.contexts))]
    parts.append(search_ir(p, tuning.batch))
    if marked(p):
        parts.append(stuck_ir(p, tuning.batch))
    return "\n".join(parts)


class Search:
    """One exploration."""

    def __init__(
        self,
        system: TransitionSystem,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        tuning: Tuning = Tuning(),  # noqa: B008
    ):
        self._begun = time.monotonic()
        self._system, self._limits, self._progress, self._tuning = system, limits, progress, tuning
        self._layout = lay_out(system)
        self._initial = self._layout.pack(system.initial)
        self._plan = plan(system, self._layout)
        self._shared = Shared(len(system.transitions), len(system.properties), mark_bytes(self._plan))
        self._control = self._shared.control
        self._code = Tiers(module_ir(self._plan, tuning), self._shared.addresses())
        self._storage = Storage(self._control, self._layout, self._plan.most, tuning, limits.memory)
        self._reported = self._begun
        self._loops: dict[str, Witness] = {}

    def run(self, columns: dict[str, Any] | None = None) -> Exploration:
        """Search, analyse, collect. Called once. ``columns`` receives the states that were seen."""
        try:
            outcome = self._explore()
            if columns is not None:
                columns.update(unpack_all(self._layout, self._storage.words(self._control.count)))
            return self._result(*outcome)
        finally:
            self._storage.free()

    def _explore(self) -> tuple[bool, Limit, bool, bool]:
        """Whether all states are known, what stopped the rest, and what of the analyses behind it was finished."""
        complete = stuck_checked = False
        try:
            limit = self._search()
            if limit:
                return False, limit, False, False
            complete = True
            limit = self._stuck()
            stuck_checked = not limit
            limit = limit or self._fair()
            return True, limit, stuck_checked, not limit
        except KeyboardInterrupt:
            return complete, "interrupted", stuck_checked, False

    def _search(self) -> Limit:
        control, storage = self._control, self._storage
        if self._limits.memory is not None and storage.bytes > self._limits.memory:
            return "memory"
        control.count = control.level_end = 1
        control.stop = storage.most if self._limits.states is None else self._limits.states
        storage.begin(self._initial)
        self._code.call("enter", 0)
        rate = self._tuning.budget / PAUSE
        while True:
            if control.count > control.stop:
                return "states"
            if self._late():
                return "time"
            control.budget = max(1, int(rate * self._slice()))
            head, began = control.head, time.monotonic()
            status = self._code.call("search")
            took = time.monotonic() - began
            if took > 0.001:
                rate = (control.head - head) / took
            self._report()
            if status == Status.DONE:
                return ""
            if status == Status.FULL:
                return "states"
            if status == Status.ERROR:
                raise self._error()
            if status == Status.GROW:
                needed = control.count + control.pending
                if needed > storage.most:
                    return "states"
                if not storage.grow(needed, self._rehash):
                    return "memory"

    def _rehash(self, table: int, first: int, end: int) -> None:
        self._code.call("rehash", table, first, end)

    def _stuck(self) -> Limit:
        """Mark the states from which each context may move and note those where one waits in vain."""
        if not marked(self._plan):
            return ""

        def over_all(name: str, backwards: bool = False) -> bool:
            strides = list(_strides(self._control.count))
            for first, end in reversed(strides) if backwards else strides:
                if self._late():
                    return False
                self._code.call(name, first, end)
                self._report()
            return True

        if not over_all("survey"):
            return "time"
        if not any(self._shared.wanted):
            return ""
        if not self._storage.reserve_marks(len(self._shared.wanted)):
            return "memory"
        self._control.changed = 1
        while self._control.changed:
            self._control.changed = 0
            if not over_all("sweep", backwards=True):
                return "time"
        return "" if over_all("report") else "time"

    def _fair(self) -> Limit:
        """Find the loops of infinite schedules: for each property that needs one, in the graph of all states."""
        waiting = {
            p.id: int(index)
            for p in self._system.properties
            if p.kind in ("stuck", "lasting") and (index := self._shared.first[self._plan.slots[p.id]]) != NEVER
        }
        if not waiting and not self._plan.promises:
            return ""
        from defercheck.explore.fair import Fair

        analysis = Fair(self._plan, self._shared, self._storage, self._tuning, self._paths(), self._pauses)
        needed = self._storage.bytes + analysis.bytes()
        if self._limits.memory is not None and needed > self._limits.memory:
            return "memory"
        self._storage.peak = max(self._storage.peak, needed)
        try:
            self._loops = {w.property: w for w in analysis.run(waiting)}
        except MemoryError:
            return "memory"
        except Late:
            return "time"
        finally:
            self._code.seconds += analysis.seconds
        return ""

    def _pauses(self) -> Iterator[tuple[int, int]]:
        for first, end in _strides(self._control.count):
            if self._late():
                raise Late
            yield first, end
            self._report()

    def _late(self) -> bool:
        return self._limits.seconds is not None and time.monotonic() - self._begun > self._limits.seconds

    def _slice(self) -> float:
        """Seconds that the search may take before it comes back."""
        if self._limits.seconds is None:
            return PAUSE
        return max(0.0, min(PAUSE, self._limits.seconds - (time.monotonic() - self._begun)))

    def _report(self) -> None:
        now = time.monotonic()
        if self._progress is not None and now - self._reported >= REPORT:
            self._reported = now
            c = self._control
            self._progress(
                Progress(c.count, c.count - c.head, c.edges, c.depth, now - self._begun, self._storage.bytes)
            )

    def _error(self) -> InternalError:
        number, index = self._control.error - 1, self._control.error_at
        t = self._system.transitions[number]
        paths = self._paths()
        try:
            paths.step(index, number)
        except ValueError as e:
            return InternalError(f"{e} (transition {number} of {self._system.contexts[t.context].name})")
        return InternalError(f"the generated code and the interpreter disagree on transition {number}, `{t.label}`")

    def _paths(self) -> Paths:
        from defercheck.explore.witness import Paths

        return Paths(self._system, self._layout, self._storage.get, self._storage.parent)

    def _result(self, complete: bool, limit: Limit, stuck_checked: bool, fair_checked: bool) -> Exploration:
        control = self._control
        witnesses = dict(self._loops)
        for p in self._system.properties:
            index = self._shared.first[self._plan.slots[p.id]]
            if index != NEVER and p.id not in witnesses:
                paths = self._paths()
                last = (paths.violating(index, p),) if p.kind == "step" else ()
                witnesses[p.id] = Witness(p.id, paths.to(index) + last)
        return Exploration(
            complete=complete,
            limit=limit,
            states=max(1, control.count),
            transitions=control.edges,
            depth=control.depth + (control.count > control.level_end),
            fired=frozenset(i for i, byte in enumerate(self._shared.fired) if byte),
            witnesses=witnesses,
            stuck_checked=stuck_checked,
            fair_checked=fair_checked,
            bits=self._layout.bits,
            seconds=time.monotonic() - self._begun,
            compile_seconds=self._code.seconds,
            bytes=self._storage.peak,
        )


def _strides(count: int) -> Iterator[tuple[int, int]]:
    for first in range(0, count, STRIDE):
        yield first, min(first + STRIDE, count)

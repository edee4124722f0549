"""Infinite schedules: writes the graph of states down and gives each property that fails a path and a loop."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from defercheck.explore.components import COMPONENTS_IR
from defercheck.explore.control import Shared
from defercheck.explore.graph import Facts, facts_of, graph_ir
from defercheck.explore.jit import Tiers
from defercheck.explore.storage import Storage, Tuning
from defercheck.explore.successors import Plan
from defercheck.explore.witness import Paths
from defercheck.system.expr import Expr
from defercheck.system.result import Witness
from defercheck.system.system import Property

if TYPE_CHECKING:
    from defercheck.explore.lasso import Graph, Lasso

Strides = Callable[[], Iterable[tuple[int, int]]]
"""Gives the states in pieces, with a pause between two in which Ctrl-C and limits take effect."""


def _questions(p: Plan) -> list[Expr]:
    return [e for c in p.promises for e in (c.expr, c.trigger)]


class Fair:
    """The analysis of one explored system. All states must be in the storage."""

    def __init__(self, p: Plan, shared: Shared, storage: Storage, tuning: Tuning, paths: Paths, strides: Strides):
        self._plan, self._shared, self._storage, self._tuning = p, shared, storage, tuning
        self._paths, self._strides = paths, strides
        self._facts: Facts = facts_of(p, _questions(p))
        self.seconds = 0.0

    def bytes(self) -> int:
        """The memory that the graph and the search in it will take at most."""
        control = self._shared.control
        facts = 8 * (2 * self._facts.words + self._facts.answer_words)
        search = 80 + 24 * self._facts.words  # the arrays of `lasso`, all at once
        return self._storage.slots * 4 + control.count * (16 + facts + search) + control.edges * 6

    def run(self, waiting: Mapping[str, int]) -> Iterator[Witness]:
        """A witness with a loop for each property that fails. ``waiting`` gives, for those of the backward analysis
        that do, the first state that shows it."""
        import numpy as np
        from defercheck.explore.lasso import lasso

        ir = graph_ir(self._plan, self._facts, self._tuning.chunk_bits, self._tuning.batch)
        code = Tiers(f"{ir}\n{COMPONENTS_IR}", self._shared.addresses())
        g, answers = self._graph(code)
        call = _caller(code)

        def all_states() -> Any:
            return np.ones(g.size, bool)

        for c in self._plan.system.properties:
            found: Lasso | None = None
            if c.id in waiting:
                start = np.zeros(g.size, bool)
                start[waiting[c.id]] = True
                found = lasso(g, call, start, all_states(), rescue=True)
                assert found is not None, "a finite graph of states has an end"
            elif c.kind in ("eventually", "leadsto"):
                n = 2 * self._plan.promises.index(c)
                fails = ~_bit(answers, n)
                starts = _bit(answers, n + 1)
                if c.kind == "eventually":
                    starts[1:] = False
                found = lasso(g, call, starts, fails)
            if found is not None:
                yield self._witness(c, found)
        self.seconds = code.seconds

    def _graph(self, code: Tiers) -> tuple[Graph, Any]:
        import numpy as np
        from defercheck.explore.lasso import Graph, depths

        control, f = self._shared.control, self._facts
        count, edges = int(control.count), int(control.edges)
        numbers = np.empty(self._storage.slots, np.uint32)
        parents = np.empty(count, np.uint32)
        rows = np.zeros(count + 1, np.int64)
        heads, kinds = np.empty(edges, np.uint32), np.empty(edges, np.uint16)
        wishes, ables = np.empty((count, f.words), np.uint64), np.empty((count, f.words), np.uint64)
        answers = np.empty((count, f.answer_words), np.uint64)
        call = _caller(code)
        for first, end in self._strides():
            call("number", first, end, numbers, parents)
        for first, end in self._strides():
            call("edges", first, end, rows, heads, kinds, numbers)
            call("facts", first, end, wishes, ables, answers)
        del numbers
        owners = np.zeros((max(1, len(f.kinds)), f.words), np.uint64)
        for n, k in enumerate(f.kinds):
            for c in k.owners:
                owners[n, c // 64] |= np.uint64(1 << c % 64)
        free = [k.free for k in f.kinds] or [""]
        recurs = np.array([k != "finite" for k in free])
        promised = np.array([k not in ("finite", "unbounded") for k in free])
        graph = Graph(rows, heads, kinds, wishes, ables, owners, depths(parents), parents, recurs, promised)
        return graph, answers

    def _witness(self, c: Property, found: Lasso) -> Witness:
        """The states as transitions: the interpreter says which."""
        path = tuple(self._paths.between(a, b) for a, b in pairwise(found.path))
        tails = [found.path[-1], *(state for _, state in found.loop)]
        loop = tuple(
            self._paths.between(tail, head, lambda i, kind=kind: self._facts.tags[i] == kind)  # type: ignore[misc]
            for tail, (kind, head) in zip(tails, found.loop, strict=False)
        )
        return Witness(c.id, path, loop)


def _bit(answers: Any, n: int) -> Any:
    return (answers[:, n // 64] >> (n % 64)) & 1 != 0


def _caller(code: Tiers) -> Callable[..., int]:
    """Calls compiled functions with numbers and with the addresses of arrays."""

    def call(name: str, *arguments: Any) -> int:
        plain = [a if isinstance(a, int) else a.ctypes.data_as(ctypes.c_void_p).value for a in arguments]
        return code.call(name, *plain)

    return call

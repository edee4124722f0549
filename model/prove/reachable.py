"""The reachable states as data, and the smallest relation between variables that a given state breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Columns = Mapping[str, Any]
"""For each variable the values that it has in the states, one numpy array of integers each, all equally long."""


class Reachable:
    """Asks questions of a set of states that a search has found. What it answers is a proposal, never a proof."""

    def __init__(self, columns: Columns):
        self._columns = columns
        self._where: dict[tuple[str, int], int] = {}
        self._projections: dict[tuple[str, ...], frozenset[tuple[int, ...]]] = {}

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def values(self, name: str) -> frozenset[int]:
        """The values that a variable has in some state."""
        import numpy

        return frozenset(numpy.unique(self._columns[name]).tolist())

    def project(self, names: Sequence[str]) -> frozenset[tuple[int, ...]]:
        """The combinations of values that the variables have in some state."""
        import numpy

        key = tuple(names)
        if key in self._projections:
            return self._projections[key]
        rows = numpy.stack([self._columns[n] for n in names], axis=1)
        packed = numpy.ascontiguousarray(rows).view(f"V{rows.dtype.itemsize * len(names)}").ravel()
        _, first = numpy.unique(packed, return_index=True)
        found = self._projections[key] = frozenset(map(tuple, rows[first].tolist()))
        return found

    def excluding(self, state: Mapping[str, int], names: Iterable[str]) -> list[tuple[str, ...]]:
        """The smallest sets of the named variables such that no reachable state agrees with ``state`` on them: all
        of the least size. Empty when a reachable state agrees with it on all of the names."""
        # the states that agree with this one on a variable, as one large number: a bit for each
        agree = {n: self._states(n, state[n]) for n in names}
        if not agree:
            return []
        least = (1 << len(self)) - 1
        for bits in agree.values():
            least &= bits
        if least:
            return []
        alone: list[tuple[str, ...]] = [(n,) for n, bits in agree.items() if not bits]
        if alone:
            return alone
        # a variable on which all agree excludes nothing
        whole = (1 << len(self)) - 1
        useful = [n for n, bits in agree.items() if bits != whole]
        level: list[tuple[tuple[str, ...], int]] = [((n,), agree[n]) for n in useful]
        while level:
            found: list[tuple[str, ...]] = []
            deeper: list[tuple[tuple[str, ...], int]] = []
            for chosen, bits in level:
                for n in useful[useful.index(chosen[-1]) + 1 :]:
                    both = bits & agree[n]
                    if not both:
                        found.append((*chosen, n))
                    elif both != bits:
                        deeper.append(((*chosen, n), both))
            if found:
                return found
            level = deeper
        raise AssertionError("together the variables exclude the state, and no choice of them does")

    def _states(self, name: str, value: int) -> int:
        import numpy

        key = (name, value)
        if key not in self._where:
            bits = numpy.packbits(self._columns[name] == value, bitorder="little")
            self._where[key] = int.from_bytes(bits.tobytes(), "little")
        return self._where[key]

"""Bounds on the values of expressions, from the declared ranges of the variables.

They decide two things: how many bits an operation needs to be exact, and which updates need no range check.
"""

from __future__ import annotations

from collections.abc import Mapping

from defercheck.system.expr import Expr
from defercheck.system.interval import Facts, Interval, assume, bounds, fits


class Ranges:
    """The bounds of expressions over variables of given ranges, remembered by structure."""

    def __init__(self, variables: Mapping[str, Interval]):
        self._variables = variables
        self._known: dict[Expr, Interval] = {}

    def __getitem__(self, e: Expr) -> Interval:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = bounds(e, self._variables)
        return found

    def stays(self, e: Expr, lo: int, hi: int, guard: Expr) -> bool:
        """Whether the value certainly lies in ``lo..hi`` where the guard holds."""
        least, greatest = self[e]
        if lo <= least and greatest <= hi:
            return True
        facts: Facts | None = assume(guard, self._variables)
        return facts is not None and fits(e, lo, hi, self._variables, facts)


def bits(r: Interval) -> int:
    """How many bits a two's complement number needs to hold every value of the range."""
    return max((r[0] if r[0] >= 0 else ~r[0]).bit_length(), (r[1] if r[1] >= 0 else ~r[1]).bit_length()) + 1

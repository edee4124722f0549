"""The part of a certificate that speaks of several steps: what k-induction proves.

For each state of a run there is a copy of the state's variables: ``|x@2|`` is ``|x|`` after two steps, ``e.7@2`` the
long term ``e.7`` said of that state. The state before the first step keeps the plain names. Which transition a step
takes is a constant, ``step@0`` the first, so that a step is exactly one transition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from defercheck.prove.encode import Encoding, Move
from defercheck.prove.smtlib import conjunction, disjunction, negation, number, symbol
from defercheck.system.system import Property

_NAMES = re.compile(r"\|([^|]*)\||(?<![\w.])(e\.\d+)\b")
MOST = 64
"""Steps of the longest runs that a certificate may speak of."""


def at(text: str, step: int) -> str:
    """A text that speaks of the present state, said of the state after so many steps."""
    if not step:
        return text
    return _NAMES.sub(lambda m: f"|{m[1]}@{step}|" if m[2] is None else f"{m[2]}@{step}", text)


def leaving(encoding: Encoding) -> list[str]:
    """Formulas that say that a transition takes a variable out of its range, which the copies could not hold."""
    return [
        conjunction([m.condition, negation(conjunction(m.insides.values()))])
        for m in encoding.moves
        if m.insides and m.violates is None
    ]


def forbidden(encoding: Encoding, properties: Sequence[Property]) -> str:
    """That something that the properties forbid is so in the present state, or that a range is left from it."""
    return disjunction([*(text for p in properties for text, _ in encoding.wrong(p)), *leaving(encoding)])


class Runs:
    """Writes the copies of the state and the steps between them, as lines of a script."""

    def __init__(self, encoding: Encoding):
        self._encoding = encoding
        self._moves = [m for m in encoding.moves if m.violates is None]
        self._width = max(1, (len(self._moves) - 1).bit_length())
        self._writers: dict[str, list[int]] = {v.name: [] for v in encoding.system.variables}
        for n, m in enumerate(self._moves):
            for name in m.updates:
                self._writers[name].append(n)

    def state(self, step: int) -> list[str]:
        """Declares the state after so many steps."""
        plain = [*self._encoding.declarations, *self._encoding.definitions]
        return [f"; the state after {_steps(step)}", *(at(line, step) for line in plain)]

    def step(self, n: int, named: Sequence[str]) -> list[str]:
        """Says of step ``n``, from the state after ``n`` steps, that it takes one of the transitions. ``named`` are
        the transitions for people, by their indices."""
        choice = f"step@{n}"
        lines = [f"(declare-const {choice} (_ BitVec {self._width}))"]
        lines.append(f"(assert {disjunction(self._taken(n, k) for k in range(len(self._moves)))})")
        for k, m in enumerate(self._moves):
            lines += [f"; {named[m.index]}", f"(assert (=> {self._taken(n, k)} {self._effect(m, n)}))"]
        for name, writers in self._writers.items():
            same = f"(= {at(symbol(name), n + 1)} {at(symbol(name), n)})"
            lines.append(f"(assert {disjunction([same, *(self._taken(n, k) for k in writers)])})")
        return lines

    def _taken(self, n: int, k: int) -> str:
        return f"(= step@{n} {number(k, self._width)})"

    def _effect(self, m: Move, n: int) -> str:
        new = (f"(= {at(symbol(name), n + 1)} {at(e, n)})" for name, e in m.updates.items())
        return conjunction([at(m.condition, n), *new])


def _steps(n: int) -> str:
    return "1 step" if n == 1 else f"{n} steps"

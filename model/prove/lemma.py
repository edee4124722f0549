"""What an inductive invariant is made of: small facts about few variables, as SMT-LIB text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from defercheck.prove.smtlib import conjunction, disjunction, literal, negation, sort, symbol
from defercheck.system.system import Variable

Tuples = frozenset[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Lemma:
    """A fact: ``body`` is a formula over the symbols of ``variables``, and over nothing else.

    ``origin`` says where it comes from: ``relation`` (read off the reachable states), ``kernel`` (a lemma of the
    kernel model), ``bounds``, ``claim`` (what is to be proved), ``spacer``.
    """

    name: str
    variables: tuple[str, ...]
    body: str
    origin: str = "relation"

    @property
    def declared(self) -> str:
        """Its name without the number: the same for all lemmas that one declaration of the kernel model stands for."""
        return self.name.rpartition(".")[0]

    def declaration(self, known: Mapping[str, Variable]) -> str:
        """The lemma as an SMT-LIB function of its variables."""
        parameters = " ".join(f"({symbol(v)} {sort(known[v])})" for v in self.variables)
        return f"(define-fun {self.name} ({parameters}) Bool {self.body})"

    def applied(self, updates: Mapping[str, str]) -> str:
        """The lemma said of the state in which the variables have the values of ``updates``, or their present ones."""
        return f"({self.name} {' '.join(updates.get(v, symbol(v)) for v in self.variables)})"


def relation(name: str, variables: tuple[Variable, ...], tuples: Tuples) -> Lemma:
    """The lemma that the variables have one of these combinations of values."""
    return Lemma(name, tuple(v.name for v in variables), _body(variables, tuples))


def _body(variables: tuple[Variable, ...], tuples: Tuples) -> str:
    """A decision tree: the first variable's values, grouped by what they leave to the others."""
    first, rest = variables[0], variables[1:]
    if not rest:
        return _member(first, {t[0] for t in tuples})
    left: dict[Tuples, set[int]] = {}
    for value, group in groupby(sorted(tuples), key=lambda t: t[0]):
        left.setdefault(frozenset(t[1:] for t in group), set()).add(value)
    cases = sorted(left.items(), key=lambda case: (len(case[1]), min(case[1])))
    if len(cases) == 1:
        return conjunction([_member(first, cases[0][1]), _body(rest, cases[0][0])])
    # "in none of these" is shorter than naming what is left
    return disjunction(conjunction([_member(first, values), _body(rest, sub)]) for sub, values in cases)


def _member(v: Variable, values: set[int]) -> str:
    every = set(range(v.lo, v.hi + 1)) if v.hi - v.lo < 1 << 16 else None
    if every is not None and len(values) > len(every) / 2:
        return conjunction(negation(_is(v, x)) for x in sorted(every - values))
    return disjunction(_is(v, x) for x in sorted(values))


def _is(v: Variable, value: int) -> str:
    if (v.lo, v.hi) == (0, 1):
        return symbol(v.name) if value else negation(symbol(v.name))
    return f"(= {symbol(v.name)} {literal(v, value)})"

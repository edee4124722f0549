"""The part of an invariant that one claim needs: small certificates, readable proofs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from defercheck.prove.lemma import Lemma
from defercheck.prove.solver import Loaded
from defercheck.system.system import Property


class Slices:
    """Takes parts of an inductive invariant that are inductive themselves. What one claim has asked, the next need not
    ask again."""

    def __init__(self, loaded: Loaded, lemmas: Sequence[Lemma]):
        import z3

        self._loaded = loaded
        self.lemmas = lemmas
        self._terms = [loaded.lemma(lemma) for lemma in lemmas]
        self._markers = [loaded.marker(f"use {n}") for n in range(len(lemmas))]
        self._number = {marker.get_id(): n for n, marker in enumerate(self._markers)}
        self._solver = loaded.solver()
        self._solver.set("core.minimize", True)
        self._solver.add(*loaded.bounds)
        self._solver.add(*(z3.Implies(m, t) for m, t in zip(self._markers, self._terms, strict=True)))
        self._kept: dict[int, frozenset[int]] = {}
        names = {lemma.declared for lemma in lemmas}
        self._families = {f: frozenset(n for n, x in enumerate(lemmas) if x.declared == f) for f in names}

    def needed(self, properties: Sequence[Property]) -> tuple[Lemma, ...] | None:
        """Lemmas that together are inductive and rule out every violation of the properties, in their order; ``None``
        when even all of them do not."""
        chosen: set[int] = set()
        for p in properties:
            for wrong in self._loaded.wrong[p.id]:
                core = self._core(wrong, chosen)
                if core is None:
                    return None
                chosen |= core
        todo = set(chosen)
        while todo:
            more = self._support(todo.pop()) - chosen
            chosen |= more
            todo |= more
        return tuple(self.lemmas[n] for n in sorted(chosen))

    def _support(self, n: int) -> frozenset[int]:
        """The lemmas by which every transition keeps this one."""
        import z3

        if n not in self._kept:
            found: set[int] = set()
            spoken_of = set(self.lemmas[n].variables)
            for move in self._loaded.encoding.moves:
                if move.violates is None and not spoken_of.isdisjoint(move.updates):
                    broken = z3.Not(self._loaded.after(self._terms[n], move.index))
                    core = self._core(z3.And(self._loaded.conditions[move.index], broken), found | {n})
                    assert core is not None, "the lemmas are not inductive"
                    found |= core
            self._kept[n] = frozenset(found)
        return self._kept[n]

    def _core(self, question: Any, before: set[int]) -> set[int] | None:
        """Lemmas that rule the question out; none beyond ``before`` if these do."""
        self._solver.push()
        try:
            self._solver.add(question)
            core = self._unsatisfiable(before)
            return self._small(before) if core is None else core
        finally:
            self._solver.pop()

    def _small(self, before: set[int]) -> set[int] | None:
        """Of all lemmas, few that suffice: one declaration of the kernel model after the other is done without, the
        largest first, for what it needs in turn is mostly itself."""
        allowed = set(range(len(self.lemmas)))
        core = self._unsatisfiable(allowed)
        settled = {self._family(n) for n in before}
        while core is not None and (more := {self._family(n) for n in core} - settled):
            family = max(more, key=lambda f: (len(f), min(f)))
            settled.add(family)
            without = self._unsatisfiable(allowed - family)
            if without is not None:
                allowed -= family
                core = without
        return core

    def _family(self, n: int) -> frozenset[int]:
        """The lemmas that one declaration stands for."""
        return self._families[self.lemmas[n].declared]

    def _unsatisfiable(self, chosen: set[int]) -> set[int] | None:
        """Those of the chosen lemmas that rule out what is asked; ``None`` if they do not."""
        if self._loaded.check(self._solver, *(self._markers[n] for n in sorted(chosen))):
            return None
        return {self._number[m.get_id()] for m in self._solver.unsat_core()}

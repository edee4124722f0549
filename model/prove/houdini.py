"""Which of the proposed facts are inductive together: the largest set of them that is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from defercheck.prove.lemma import Lemma
from defercheck.prove.smtlib import Terms
from defercheck.prove.solver import Loaded
from defercheck.system.expr import variables
from defercheck.system.system import Proposal, Variable

_UNFIT = re.compile(r"[^A-Za-z0-9_]+")


def lemmas_of(proposals: Sequence[Proposal], known: Sequence[Variable]) -> tuple[Lemma, ...]:
    """The proposals as lemmas, each once; those that say nothing are left out."""
    terms = Terms(known, longest=1 << 30)
    order = {v.name: n for n, v in enumerate(known)}
    found: dict[str, Lemma] = {}
    for p in proposals:
        body = terms.truth(p.expr)
        if body not in ("true", "false") and body not in found:
            name = f"lemma.{_UNFIT.sub('_', p.name.split()[0])}.{len(found)}"
            reads = sorted(set(variables(p.expr)), key=order.__getitem__)
            found[body] = Lemma(name, tuple(reads), body, "kernel")
    return tuple(found.values())


def inductive(loaded: Loaded, lemmas: Sequence[Lemma]) -> tuple[Lemma, ...]:
    """The largest part of the lemmas that holds in the initial state and that every transition keeps.

    What a counterexample refutes is dropped, until there is none: whatever remains is true, however wrong the rest
    was. Z3 is asked of all lemmas at once.
    """
    import z3

    terms = [loaded.lemma(lemma) for lemma in lemmas]
    markers = [loaded.marker(f"use {n}") for n in range(len(lemmas))]
    left = set(range(len(lemmas)))

    first = loaded.solver()
    first.add(*loaded.initial)
    assert loaded.check(first)
    left -= {n for n in left if not z3.is_true(first.model().eval(terms[n], True))}

    solver = loaded.solver()
    solver.add(*loaded.bounds)
    solver.add(*(z3.Implies(m, t) for m, t in zip(markers, terms, strict=True)))
    moves = {}
    for move in loaded.encoding.moves:
        touched = [n for n in sorted(left) if not move.updates.keys().isdisjoint(lemmas[n].variables)]
        if touched and move.violates is None:
            moves[move.index] = {n: loaded.after(terms[n], move.index) for n in touched}
    again = True
    while again:
        again = False
        for index, after in moves.items():
            solver.push()
            solver.add(loaded.conditions[index])
            while asked := [n for n in after if n in left]:
                solver.push()
                solver.add(z3.Not(z3.And([after[n] for n in asked])))
                broken = loaded.check(solver, *(markers[n] for n in sorted(left)))
                if broken:
                    model = solver.model()
                    left -= {n for n in asked if not z3.is_true(model.eval(after[n], True))}
                    again = True
                solver.pop()
                if not broken:
                    break
            solver.pop()
    return tuple(lemmas[n] for n in sorted(left))

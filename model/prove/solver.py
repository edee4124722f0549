"""An encoded system inside Z3."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from defercheck.prove.encode import KNOWN, Encoding
from defercheck.prove.lemma import Lemma
from defercheck.prove.smtlib import conjunction, sort, symbol


@dataclass
class Loaded:
    """The terms of an encoding in Z3, each parsed once from the text that a certificate would hold.

    ``context`` is Z3's room for them, theirs alone: Z3's choices depend on what a room has seen before, and what is
    found for one spec must not depend on which others were proved first.
    ``conditions`` and ``insides`` (of all variables that it writes) have an entry for each transition, ``updates``
    pairs of a variable's constant and its new value. ``queries`` and ``seconds`` count what was asked of Z3 through
    ``check``.
    """

    context: Any
    encoding: Encoding
    constants: dict[str, Any]
    bounds: list[Any]
    initial: list[Any]
    conditions: list[Any]
    insides: list[Any]
    updates: list[dict[str, Any]]
    wrong: dict[str, list[Any]]
    queries: int = 0
    seconds: float = 0.0

    def solver(self) -> Any:
        """An empty solver for bit-vectors, good at many small questions."""
        import z3

        return z3.SolverFor("QF_FD", self.context)

    def check(self, solver: Any, *assumptions: Any) -> bool:
        """Whether there is a model. ``RuntimeError`` when Z3 does not know, which finite questions never end in."""
        import z3

        begun = time.perf_counter()
        answer = solver.check(*assumptions)
        self.seconds += time.perf_counter() - begun
        self.queries += 1
        if answer == z3.unknown:
            raise RuntimeError(f"Z3 gave no answer: {solver.reason_unknown()}")
        return answer == z3.sat

    def formula(self, text: str) -> Any:
        """A formula over the state's variables and the made-up names of the encoding."""
        return self.formulas([text])[0]

    def formulas(self, texts: Sequence[str]) -> list[Any]:
        """Several at once."""
        return _parse(self.context, self.encoding, texts)

    def marker(self, name: str) -> Any:
        """A truth value by which a question turns a fact on; a space in the name keeps it apart from the encoding's."""
        import z3

        return z3.Bool(name, self.context)

    def lemma(self, lemma: Lemma) -> Any:
        """A lemma, said of the present state."""
        import z3

        known = {v: self.constants[v] for v in lemma.variables}
        return z3.parse_smt2_string(f"(assert {lemma.body})", decls=known, ctx=self.context)[0]

    def after(self, term: Any, move: int) -> Any:
        """A formula, said of the state after a transition."""
        import z3

        return z3.substitute(term, *((self.constants[n], e) for n, e in self.updates[move].items()))

    def state(self, model: Any) -> dict[str, int]:
        """The values of the variables in a model; those that it leaves open are at their lower bound."""
        values = {}
        for name, v in self.encoding.variables.items():
            value = model[self.constants[name]]
            values[name] = v.lo if value is None else number_of(value, v.lo)
        return values


def number_of(value: Any, lo: int) -> int:
    """A constant of Z3 as the integer that it stands for, in a variable whose lower bound is ``lo``."""
    import z3

    if z3.is_bv_value(value):
        return int(value.as_signed_long() if lo < 0 else value.as_long())
    return int(z3.is_true(value))


def load(encoding: Encoding) -> Loaded:
    """Parse an encoding."""
    import z3

    context = z3.Context()
    constants = {}
    for name, v in encoding.variables.items():
        s = sort(v)
        width = 0 if s == "Bool" else int(s.split()[-1].rstrip(")"))
        constants[name] = z3.BitVec(name, width, context) if width else z3.Bool(name, context)
    texts: list[str] = [*encoding.bounds, *encoding.initial]
    for m in encoding.moves:
        texts += [m.condition, conjunction(m.insides.values()), *(f"(= {symbol(n)} {e})" for n, e in m.updates.items())]
    claims = [p for p in encoding.system.properties if p.kind in KNOWN]
    for p in claims:
        texts += [text for text, _ in encoding.wrong(p)]
    terms = iter(_parse(context, encoding, texts))

    def take(n: int) -> list[Any]:
        return [next(terms) for _ in range(n)]

    bounds, initial = take(len(encoding.bounds)), take(len(encoding.initial))
    conditions, insides, updates = [], [], []
    for m in encoding.moves:
        conditions.append(next(terms))
        insides.append(next(terms))
        updates.append({n: next(terms).arg(1) for n in m.updates})
    wrong = {p.id: take(len(encoding.wrong(p))) for p in claims}
    return Loaded(context, encoding, constants, bounds, initial, conditions, insides, updates, wrong)


def _parse(context: Any, encoding: Encoding, texts: Sequence[str]) -> list[Any]:
    import z3

    script = [*encoding.declarations, *encoding.definitions, *(f"(assert {t})" for t in texts)]
    return list(z3.parse_smt2_string("\n".join(script), ctx=context))

"""Spacer, Z3's engine for Horn clauses: finds invariants of systems whose states nobody can list."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from defercheck.prove.encode import condition_of
from defercheck.prove.integers import Integers, NoIntegers, expression_of
from defercheck.system.expr import Const, Expr, Op, negate
from defercheck.system.system import Property, Proposal, TransitionSystem


@dataclass(frozen=True, slots=True)
class Found:
    """``safe`` with an invariant, one proposal a conjunct (nothing of it is trusted); ``unsafe``: it says that a
    violation can happen, and shows none; ``unknown`` with the reason."""

    answer: Literal["safe", "unsafe", "unknown"]
    invariant: tuple[Proposal, ...] = ()
    reason: str = ""
    seconds: float = 0.0


def spacer(system: TransitionSystem, properties: Sequence[Property], seconds: float) -> Found:
    """Ask Spacer whether none of the properties can be violated."""
    begun = time.perf_counter()
    try:
        found = _ask(system, properties, seconds)
    except NoIntegers as e:
        found = Found("unknown", reason=str(e))
    return Found(found.answer, found.invariant, found.reason, time.perf_counter() - begun)


def _ask(system: TransitionSystem, properties: Sequence[Property], seconds: float) -> Found:
    import z3

    ints = Integers(system.variables)
    state = list(ints.constants.values())
    horn = z3.Fixedpoint(ctx=ints.context)
    horn.set(engine="spacer", timeout=max(1, int(1000 * seconds)))
    reach = z3.Function("reach", *(c.sort() for c in state), z3.BoolSort(ints.context))
    wrong = z3.Function("wrong", z3.BoolSort(ints.context))
    horn.register_relation(reach, wrong)
    horn.declare_var(*state)
    here = reach(*state)
    start = [ints.value(Const(v.init), v.name) if not v.free else ints.constants[v.name] for v in system.variables]
    free = [z3.And(v.lo <= c, c <= v.hi) for v, c in zip(system.variables, state, strict=True)
            if v.free and not z3.is_bool(c)]  # fmt: skip
    horn.rule(reach(*start), free or None)
    for index, t in enumerate(system.transitions):
        if t.violates is None:
            new = dict(t.updates)
            if t.target is not None:
                new[system.contexts[t.context].pc] = Const(t.target)
            after = [ints.value(new[v.name], v.name) if v.name in new else c
                     for v, c in zip(system.variables, state, strict=True)]  # fmt: skip
            horn.rule(reach(*after), [here, ints.truth(condition_of(system, index))])
    for e in bad_states(system, properties):
        horn.rule(wrong(), [here, ints.truth(e)])
    try:
        answer = horn.query(wrong())
    except z3.Z3Exception as e:
        said = e.value.decode() if isinstance(e.value, bytes) else str(e.value)  # "canceled" comes as bytes
        return Found("unknown", reason=said)
    if answer == z3.unknown:
        return Found("unknown", reason=horn.reason_unknown())
    if answer == z3.sat:
        return Found("unsafe")
    cover = z3.substitute_vars(horn.get_cover_delta(-1, reach), *state)
    return Found("safe", tuple(Proposal("spacer", expression_of(part)) for part in _conjuncts(z3.simplify(cover))))


def bad_states(system: TransitionSystem, properties: Sequence[Property]) -> list[Expr]:
    """Conditions of which none may ever hold, if the properties are to."""
    found: list[Expr] = []
    for p in properties:
        if p.kind == "step":
            found += [condition_of(system, i) for i, t in enumerate(system.transitions) if t.violates == p.id]
        elif p.kind == "terminal":
            bad = negate(p.expr)
            for i in range(len(system.transitions)):
                bad = Op("and", (bad, negate(condition_of(system, i))))
            found.append(bad)
        else:
            found.append(negate(p.expr))
    return found


def _conjuncts(term: Any) -> list[Any]:
    import z3

    return [c for a in term.children() for c in _conjuncts(a)] if z3.is_and(term) else [term]

"""The part of a certificate that shows that nothing lasts that must not: its ways, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from defercheck.prove.encode import Encoding
from defercheck.prove.result import Claim
from defercheck.prove.smtlib import conjunction, disjunction, negation, sort, symbol
from defercheck.prove.ways import KINDS, Measure, Plan, Target, less, target, usable

Question = Callable[[Sequence[str]], list[str]]


def lasting(
    encoding: Encoding, claim: Claim, plans: Sequence[Plan], named: Callable[[int], str], question: Question
) -> tuple[list[str], list[str]]:
    """The lines of that part, and what each question asks. ``ValueError`` for plans that are none for the claim.

    All of it stands between ``push`` and ``pop``: the names are its own.
    """
    properties = [p for p in claim.properties if p.kind in KINDS]
    if len(properties) != len(plans):
        raise ValueError(f"it has ways for {len(plans)} of {len(properties)} properties of {claim.id}")
    lines, asked = ["", f"; 4. there is a way out of all that {claim.id} forbids to last", "(push 1)"], []
    for number, (p, plan) in enumerate(zip(properties, plans, strict=True)):
        goal = target(encoding.system, p, number)
        if why := usable(plan, goal.moves):
            raise ValueError(why)
        told, about = _one(encoding, f"{p.subject or p.id}: {p.message}", number, goal, plan, named, question)
        lines += told
        asked += about
    return [*lines, "(pop 1)"], asked


def _one(
    encoding: Encoding, title: str, number: int, goal: Target, plan: Plan, named: Callable[[int], str],
    question: Question,
) -> tuple[list[str], list[str]]:  # fmt: skip
    known = encoding.variables
    lines = ["", f"; {' '.join(title.split())}"]
    lines += ["; it lasts while", goal.waits.declaration(known), "; and is over when", goal.out.declaration(known)]
    if plan.measures:
        lines += ["; what grows less, the weightiest first", *(_declared(encoding, m) for m in plan.measures)]
    for way in plan.ways:
        to = f" to {' '.join(map(str, way.to))}" if way.to else ""
        lines += [f"; by transition {way.move}{to}", way.region.declaration(known)]
    waits, out = goal.waits.applied({}), goal.out.applied({})
    asked = [f"{title}: there is a way wherever it lasts"]
    lines += ["", f"; {' '.join(asked[0].split())}"]
    lines += question([waits, negation(out), *(negation(w.region.applied({})) for w in plan.ways)])
    for n, way in enumerate(plan.ways):
        move = encoding.moves[way.move]
        smaller, same = less(plan.measures, move)
        earlier = disjunction(plan.ways[k].region.applied(move.updates) for k in way.to)
        leads = disjunction([
            goal.out.applied(move.updates),
            conjunction([smaller, goal.waits.applied(move.updates)]),
            conjunction([same, earlier]),
        ])  # fmt: skip
        can = conjunction([move.condition, *move.insides.values(), leads])
        asked.append(f"way.{number}.{n} by {named(way.move)}")
        lines += ["", f"; {asked[-1]}", *question([negation(out), way.region.applied({}), negation(can)])]
    return lines, asked


def _declared(encoding: Encoding, m: Measure) -> str:
    parameters = " ".join(f"({symbol(v)} {sort(encoding.variables[v])})" for v in m.variables)
    return f"(define-fun {m.name} ({parameters}) (_ BitVec {m.bits}) {m.body})"

"""Proofs in a check: which verdicts are claims to prove, and what a proof makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from defercheck.prove import Claim, Proofs, claim_of_invariant, claim_of_rule
from defercheck.system.result import Exploration
from defercheck.system.system import TransitionSystem
from defercheck.verdict import ProofSummary, Verdict

COVER = "DF904"
OWN = "DF702"
"""The code of invariants, which a spec names itself: each is a claim of its own."""


def claim_of(v: Verdict, system: TransitionSystem, found: Exploration) -> Claim:
    """The claim that a verdict speaks of."""
    if v.code == OWN:
        return claim_of_invariant(system, v.code, v.name)
    return claim_of_rule(system, v.code, v.name, found.witnesses)


def provable(v: Verdict, found: Exploration) -> bool:
    """Whether there is something to prove: all that holds, or where a search was cut short, all that is open."""
    return v.outcome == "explored" or (not found.complete and v.outcome == "undetermined" and v.code != COVER)


def claims_of(verdicts: tuple[Verdict, ...], system: TransitionSystem, found: Exploration) -> dict[str, Claim]:
    """The claims behind all verdicts that hold so far, by their ids."""
    claims = (claim_of(v, system, found) for v in verdicts if provable(v, found))
    return {c.id: c for c in claims}


def prove_verdicts(
    verdicts: tuple[Verdict, ...],
    system: TransitionSystem,
    found: Exploration,
    columns: Mapping[str, Any],
    seconds: float | None = None,
) -> tuple[tuple[Verdict, ...], Proofs]:
    """The verdicts with ``proved`` where there is a proof, or the reason why there is none. ``columns`` are the states
    of a complete search; without one, proofs are looked for symbolically, for so many ``seconds``."""
    from defercheck.prove import prove, prove_symbolically

    claims = tuple(claims_of(verdicts, system, found).values())
    if found.complete:
        proofs = prove(system, claims, columns, seconds)
    else:
        sure = found.depth if not found.states else max(0, found.depth - 2)  # the last levels may not be complete
        proofs = prove_symbolically(system, claims, seconds, sure)
    return tuple(settle(v, proofs, system, found) for v in verdicts), proofs


def settle(v: Verdict, proofs: Proofs, system: TransitionSystem, found: Exploration) -> Verdict:
    """A verdict after the proofs. What stays open says both why the search and why the proof left it so."""
    if not provable(v, found):
        return v
    outcome = proofs.of(claim_of(v, system, found).id)
    both = [v.reason, outcome.reason] if outcome.status == "undetermined" else [outcome.reason]
    return replace(v, outcome=outcome.status, reason="; ".join(r for r in both if r))


def summarise(proofs: Proofs) -> ProofSummary:
    """What reports tell of the proofs."""
    return ProofSummary(
        claims=len(proofs.outcomes),
        proved=sum(o.status == "proved" for o in proofs.outcomes),
        lemmas=proofs.lemmas,
        queries=proofs.queries,
        seconds=proofs.seconds,
        solver_seconds=proofs.solver_seconds,
    )

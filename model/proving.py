"""Proofs in a check: which verdicts are claims to prove, and what a proof makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from defercheck.prove import Claim, Proofs, claim_of_invariant, claim_of_rule
from defercheck.system.result import Exploration
from defercheck.system.system import TransitionSystem
from defercheck.verdict import ProofSummary, Verdict

OWN = "DF702"
"""The code of invariants, which a spec names itself: each is a claim of its own."""


def claim_of(v: Verdict, system: TransitionSystem, found: Exploration) -> Claim:
    """The claim that a verdict speaks of."""
    if v.code == OWN:
        return claim_of_invariant(system, v.code, v.name)
    return claim_of_rule(system, v.code, v.name, found.witnesses)


def claims_of(verdicts: tuple[Verdict, ...], system: TransitionSystem, found: Exploration) -> dict[str, Claim]:
    """The claims behind all verdicts that hold so far, by their ids."""
    claims = (claim_of(v, system, found) for v in verdicts if v.outcome == "explored")
    return {c.id: c for c in claims}


def prove_verdicts(
    verdicts: tuple[Verdict, ...], system: TransitionSystem, found: Exploration, columns: Mapping[str, Any]
) -> tuple[tuple[Verdict, ...], Proofs]:
    """The verdicts with ``proved`` where there is a proof, or the reason why there is none. ``columns`` are the states
    of a complete search."""
    from defercheck.prove import prove

    proofs = prove(system, tuple(claims_of(verdicts, system, found).values()), columns)
    return tuple(settle(v, proofs, system, found) for v in verdicts), proofs


def settle(v: Verdict, proofs: Proofs, system: TransitionSystem, found: Exploration) -> Verdict:
    """A verdict after the proofs."""
    if v.outcome != "explored":
        return v
    outcome = proofs.of(claim_of(v, system, found).id)
    return replace(v, outcome=outcome.status, reason=outcome.reason)


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

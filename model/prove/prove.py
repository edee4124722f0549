"""Proving claims of a system whose states are known: relations between them propose, Z3 decides."""

from __future__ import annotations

import time
from collections.abc import Sequence

from defercheck.prove.certificate import Identity, Writer
from defercheck.prove.encode import encode
from defercheck.prove.houdini import inductive, lemmas_of
from defercheck.prove.induction import Induction, NoProof
from defercheck.prove.reachable import Columns, Reachable
from defercheck.prove.result import Claim, ProofOutcome, Proofs
from defercheck.prove.slices import Slices
from defercheck.prove.solver import load
from defercheck.system.system import TransitionSystem

NO_SAFETY = "that something happens at last is shown by the search alone: an invariant cannot say it"


SECONDS = 300.0
"""Time for the lemmas of one system, unless another is given."""


def prove(system: TransitionSystem, claims: Sequence[Claim], columns: Columns, seconds: float | None = None) -> Proofs:
    """Prove the claims, of which a complete search found that they hold. ``columns`` are the states that it saw, for
    each variable an array of its values; they only propose lemmas, so wrong ones cost the proof, never its truth.

    What the proposals of the system show, as far as they are inductive, is shown with as few of them as need be; one
    invariant serves all other claims. Each outcome is ``proved``, or ``explored`` with the reason why there is no
    proof.
    """
    begun = time.perf_counter()
    safe = [c for c in claims if c.is_safety]
    loaded = load(encode(system))
    slices = Slices(loaded, inductive(loaded, lemmas_of(system.proposals, system.variables)))
    short = {c.id: found for c in safe if (found := slices.needed(c.properties)) is not None}
    induction = Induction(loaded, Reachable(columns), slices.lemmas, SECONDS if seconds is None else seconds)
    failed: dict[str, str] = {}
    for claim in safe:
        if claim.id in short:
            continue
        try:
            induction.exclude(claim.properties)
        except NoProof as e:
            failed[claim.id] = str(e)
    try:
        if len(short) < len(safe):
            induction.close()
    except NoProof as e:
        failed = {c.id: str(e) for c in safe if c.id not in short}
    lemmas = induction.lemmas

    def outcome(c: Claim) -> ProofOutcome:
        if not c.is_safety:
            return ProofOutcome(c, "explored", NO_SAFETY)
        if c.id in failed:
            return ProofOutcome(c, "explored", f"no proof: {failed[c.id]}")
        return ProofOutcome(c, "proved", method="induction", lemmas=short.get(c.id, lemmas))

    return Proofs(
        outcomes=tuple(map(outcome, claims)),
        lemmas=len(lemmas),
        queries=loaded.queries,
        seconds=time.perf_counter() - begun,
        solver_seconds=loaded.seconds,
    )


def certificates(system: TransitionSystem, proofs: Proofs, identity: Identity) -> dict[str, str]:
    """The text of a certificate for each claim that was proved, by the claims' ids."""
    writer = Writer(encode(system), identity)
    proved = [o for o in proofs.outcomes if o.status == "proved"]
    return {o.claim.id: writer.write(o.claim, o.lemmas, o.depth, o.plans).text for o in proved}

"""Proving claims of a system whose states are known: relations between them propose, Z3 decides."""

from __future__ import annotations

import time
from collections.abc import Sequence

from defercheck.prove.certificate import Identity, Writer
from defercheck.prove.encode import encode
from defercheck.prove.induction import Induction, NoProof
from defercheck.prove.reachable import Columns, Reachable
from defercheck.prove.result import Claim, ProofOutcome, Proofs
from defercheck.prove.solver import Loaded, load
from defercheck.system.system import TransitionSystem

NO_SAFETY = "that something happens at last is shown by the search alone: an invariant cannot say it"


def prove(system: TransitionSystem, claims: Sequence[Claim], columns: Columns) -> Proofs:
    """Prove the claims, of which a complete search found that they hold. ``columns`` are the states that it saw, for
    each variable an array of its values; they only propose lemmas, so wrong ones cost the proof, never its truth.

    One invariant serves all claims. Each outcome is ``proved``, or ``explored`` with the reason why there is no proof.
    """
    begun = time.perf_counter()
    safe = [c for c in claims if c.is_safety]
    loaded = load(encode(system))
    induction = Induction(loaded, Reachable(columns))
    failed: dict[str, str] = {}
    for claim in safe:
        try:
            induction.exclude(claim.properties)
        except NoProof as e:
            failed[claim.id] = str(e)
    try:
        induction.close()
    except NoProof as e:
        failed = {c.id: str(e) for c in safe}
    lemmas = induction.lemmas
    plain = {c.id for c in safe if c.id not in failed and _always(loaded, c)}

    def outcome(c: Claim) -> ProofOutcome:
        if not c.is_safety:
            return ProofOutcome(c, "explored", NO_SAFETY)
        if c.id in failed:
            return ProofOutcome(
                c, "explored", f"no proof: a state that is reachable stands in the way ({failed[c.id]})"
            )
        return ProofOutcome(c, "proved", method="induction", lemmas=() if c.id in plain else lemmas)

    return Proofs(
        outcomes=tuple(map(outcome, claims)),
        lemmas=len(lemmas),
        queries=loaded.queries,
        seconds=time.perf_counter() - begun,
        solver_seconds=loaded.seconds,
    )


def _always(loaded: Loaded, claim: Claim) -> bool:
    """Whether the claim holds in every state, reachable or not, so that it needs no invariant."""
    solver = loaded.solver()
    solver.add(*loaded.bounds)
    for p in claim.properties:
        for wrong in loaded.wrong[p.id]:
            solver.push()
            solver.add(wrong)
            possible = loaded.check(solver)
            solver.pop()
            if possible:
                return False
    return True


def certificates(system: TransitionSystem, proofs: Proofs, identity: Identity) -> dict[str, str]:
    """The text of a certificate for each claim that was proved, by the claims' ids."""
    writer = Writer(encode(system), identity)
    proved = [o for o in proofs.outcomes if o.status == "proved"]
    return {o.claim.id: writer.write(o.claim, o.lemmas).text for o in proved}

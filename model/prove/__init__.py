"""Proof: what exploration found to hold, shown by inductive invariants that Z3 alone checks."""

from defercheck.prove.prove import prove
from defercheck.prove.result import Claim, ProofOutcome, Proofs, claim_of_invariant, claim_of_rule

__all__ = ["Claim", "ProofOutcome", "Proofs", "claim_of_invariant", "claim_of_rule", "prove"]

"""Proof: what exploration found to hold, shown by inductive invariants that Z3 alone checks."""

from defercheck.prove.bmc import bmc
from defercheck.prove.certificate import Identity, hash_of
from defercheck.prove.prove import certificates, prove
from defercheck.prove.reading import Header, NotACertificate, is_certificate, read_header
from defercheck.prove.result import Claim, ProofOutcome, Proofs, claim_of_invariant, claim_of_rule
from defercheck.prove.symbolic import prove_symbolically
from defercheck.prove.verify import Checked, Verified, verify_certificates

__all__ = [
    "Checked",
    "Claim",
    "Header",
    "Identity",
    "NotACertificate",
    "ProofOutcome",
    "Proofs",
    "Verified",
    "bmc",
    "certificates",
    "claim_of_invariant",
    "claim_of_rule",
    "hash_of",
    "is_certificate",
    "prove",
    "prove_symbolically",
    "read_header",
    "verify_certificates",
]

"""Regression proofs: what specs are known to say, in a file, and whether they still say it."""

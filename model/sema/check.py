"""Names and types in bodies (not checked yet)."""

from defercheck.sema.program import Program


def check(program: Program) -> None:
    """Type-check."""

"""What became of each spec of a run: an answer, a complaint about the spec, or a fault of our own."""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.grammar.span import Diagnostic
from defercheck.verdict import CheckResult


@dataclass(frozen=True, slots=True)
class Refused:
    """The spec is wrong, or cannot be read."""

    name: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Crashed:
    """defercheck itself failed on the spec; ``error`` is what there is to say in one line."""

    name: str
    error: str


Outcome = CheckResult | Refused | Crashed

"""What became of each spec of a run: an answer, a complaint about the spec, or a fault of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a spec on a kernel version that was held to a lock. ``changes`` are what it says otherwise, each
    with how much that weighs (``fails``, ``undetermined`` or ``note``); ``why`` may tell what made them.
    ``certificates`` is how many were checked again instead of checking the spec."""

    spec: str
    kernel: str
    status: Literal["as locked", "changed", "undetermined"]
    changes: tuple[tuple[str, str], ...] = ()
    why: str = ""
    certificates: int = 0

    @property
    def told(self) -> str:
        """All of it, a line each."""
        return "\n".join([*(text for _, text in self.changes), *([f"why: {self.why}"] if self.why else [])])


Outcome = CheckResult | Refused | Crashed

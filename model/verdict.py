"""Verdicts: what is said of a spec, with the schedules that show it. Reports know these, not the engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from defercheck.grammar.span import Diagnostic, Source, Span
from defercheck.system.result import Exploration
from defercheck.system.system import Call, Level, TransitionSystem

Outcome = Literal["violated", "proved", "explored", "undetermined", "allowed", "reached", "unreached"]
"""What holds of one property. ``reached``/``unreached`` are for covers; ``unreached`` is a failure (DF904)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A variable that a step changed, with both values as people write them."""

    variable: str
    before: str
    after: str
    origin: Literal["driver", "kernel", "pc", "ghost"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a schedule: who did what on which CPU at which level, and what changed.

    ``kernel`` steps are inside the kernel model; a report folds them into the driver statement that called, which is
    the last entry of ``calls`` whose site is not in the kernel model. ``violates`` is the broken property's id.
    """

    context: str
    level: Level
    cpu: int
    label: str
    span: Span | None
    calls: tuple[Call, ...]
    kernel: bool
    changes: tuple[Change, ...]
    violates: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """A schedule from the initial state. Every step of it was replayed by the interpreter.

    An infinite one has a ``loop``: the steps from that index on lead back to where they begin, and repeat for ever;
    none are left when nothing moves any more. ``fair`` says, in sentences, to whom the loop owes what it gives: that
    was checked too.
    """

    steps: tuple[Step, ...]
    loop: int | None = None
    fair: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one property: of a rule (``DF301``), or of an ``invariant``, ``never`` or ``cover`` of the spec.

    ``name`` is the property's name for people (rule name, or the spec's own name for it). ``message`` is one sentence
    in kernel words; ``trace`` the shortest schedule, where there is one to show. ``severity`` is ``warning`` for
    DF901 to DF903, which do not make a spec fail by themselves. ``expected`` tells that the spec itself declares it.
    ``reason`` is the text of an ``allow``, or why the outcome is undetermined.
    """

    code: str
    name: str
    outcome: Outcome
    message: str = ""
    subject: str = ""
    span: Span | None = None
    trace: Trace | None = None
    also: tuple[Span, ...] = ()
    severity: Literal["error", "warning"] = "error"
    expected: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProofSummary:
    """What proofs were found and what they cost: how many claims there were to prove and how many were, the lemmas
    of their common invariant, the questions asked of the solver, seconds in all and inside the solver."""

    claims: int
    proved: int
    lemmas: int
    queries: int
    seconds: float
    solver_seconds: float


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Everything there is to say of one spec on one kernel version.

    ``verdicts`` are in order of code, the rules that have something to say first of all the rules that were checked.
    ``missing`` are the codes that the spec expects and that were not found (each is a failure). ``assumptions`` are
    the over-approximations and bounds that the answer stands on, one sentence each. ``proof`` is there when proofs were
    asked for.
    """

    spec: Source
    kernel: str
    cpus: int
    verdicts: tuple[Verdict, ...]
    missing: tuple[str, ...]
    exploration: Exploration
    system: TransitionSystem = field(repr=False)
    reductions: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    proof: ProofSummary | None = None

    @property
    def status(self) -> Literal["holds", "violated", "undetermined"]:
        """``violated`` when something fails that the spec does not expect, or an expectation is not met;
        ``undetermined`` when a limit was hit and nothing worse is known; else ``holds``."""
        failing = [v for v in self.verdicts if v.severity == "error" and v.outcome in ("violated", "unreached")]
        if any(not v.expected for v in failing) or (self.missing and self.exploration.complete):
            return "violated"
        if self.missing or any(v.outcome == "undetermined" and not v.expected for v in self.verdicts):
            return "undetermined"
        return "holds"

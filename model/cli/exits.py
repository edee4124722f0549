"""Exit codes, and which one wins when several specs disagree."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from defercheck.report.outcome import Crashed, Outcome, Refused


class Exit(IntEnum):
    """What the command tells its caller."""

    HOLDS = 0
    VIOLATED = 1
    WRONG_INPUT = 2
    UNDETERMINED = 3
    INTERNAL_ERROR = 4
    INTERRUPTED = 130


_WORST_FIRST = (
    Exit.INTERRUPTED, Exit.INTERNAL_ERROR, Exit.WRONG_INPUT, Exit.VIOLATED, Exit.UNDETERMINED, Exit.HOLDS,
)  # fmt: skip


def exit_of(outcome: Outcome, warnings_fail: bool = False) -> Exit:
    """The exit code for one spec."""
    match outcome:
        case Refused():
            return Exit.WRONG_INPUT
        case Crashed():
            return Exit.INTERNAL_ERROR
    if outcome.exploration.limit == "interrupted":
        return Exit.INTERRUPTED
    if warnings_fail and any(
        v.severity == "warning" and v.outcome in ("violated", "unreached") and not v.expected for v in outcome.verdicts
    ):
        return Exit.VIOLATED
    return {"holds": Exit.HOLDS, "violated": Exit.VIOLATED, "undetermined": Exit.UNDETERMINED}[outcome.status]


def worst(codes: Iterable[Exit]) -> Exit:
    """The code for all of them: what makes the run's answer least usable comes first."""
    return min(codes, key=_WORST_FIRST.index, default=Exit.HOLDS)

"""Stands in for ``defercheck.check``: a spec's text says what is to become of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from defercheck.grammar.span import Diagnostic, Source, Span, SpecError
from defercheck.grammar.tree import SpecFile
from defercheck.system.result import Limits, Progress
from defercheck.system.system import TransitionSystem
from defercheck.verdict import CheckResult, Verdict

from tests.report.samples import RIGHT, SYSTEM, USE_AFTER_FREE

SEEN: list[tuple[str, str, Options]] = []
"""What check_spec was asked for, by tests in the same process."""


@dataclass(frozen=True)
class Options:
    cpus: int | None = None
    kernel: str | None = None
    disabled: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    reduce: bool = True
    engine: str = "native"
    limits: Limits = field(default_factory=Limits)
    prove: bool = False


def load(source: Path | Source) -> SpecFile:
    """Parses: text with SYNTAX in it is wrong."""
    if isinstance(source, Path):
        source = Source(str(source), source.read_text(encoding="utf-8"))
    if "SYNTAX" in source.text:
        at = source.text.index("SYNTAX")
        raise SpecError(Diagnostic("expected a declaration", Span(source, at, at + 6, 1, at + 1, 1, at + 7), "here"))
    return SpecFile(source, (), ())


def versions(spec: SpecFile, options: Options) -> tuple[str, ...]:
    """Two versions for text with BOTH in it."""
    if options.kernel is not None:
        return (options.kernel,)
    return ("2.6.20", "6.1") if "BOTH" in spec.source.text else ("6.1",)


def compile_spec(spec: SpecFile, kernel: str, options: Options) -> TransitionSystem:
    """The sample system."""
    return replace(SYSTEM, name=f"{spec.source.name} on {kernel}")


def check_spec(
    spec: SpecFile, kernel: str, options: Options, progress: Callable[[Progress], None] | None = None
) -> CheckResult:
    """What the text asks for: VIOLATED, WARNING, UNDETERMINED, CRASH, INTERRUPT, SLOW; else it holds."""
    text = spec.source.text
    SEEN.append((spec.source.name, kernel, options))
    result = replace(RIGHT, spec=spec.source, kernel=kernel, cpus=options.cpus or 2)
    if progress is not None:
        progress(Progress(1000, 10, 5000, 7, 1.0, 1 << 20))
    if "CRASH" in text:
        raise ValueError("the model\nis on fire")
    if "INTERRUPT" in text:
        raise KeyboardInterrupt
    if "SLOW" in text:
        print("started", file=sys.stderr, flush=True)
        try:
            time.sleep(30)
        except KeyboardInterrupt:
            return _cut(result, "interrupted")
    if "VIOLATED" in text:
        return replace(result, verdicts=(USE_AFTER_FREE,))
    if "WARNING" in text:
        warning = Verdict("DF901", "statement that never runs", "violated", "Never.", severity="warning")
        return replace(result, verdicts=(warning,))
    return _cut(result, "states") if "UNDETERMINED" in text else result


def _cut(result: CheckResult, limit: str) -> CheckResult:
    exploration = replace(result.exploration, complete=False, limit=limit)  # type: ignore[arg-type]
    verdicts = tuple(replace(v, outcome="undetermined") for v in result.verdicts)
    return replace(result, exploration=exploration, verdicts=verdicts)

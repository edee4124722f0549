"""Checking a spec, from its text to its verdicts: the one place that knows all the parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Source, SpecError
from defercheck.lower import Lowered, lower
from defercheck.sema.declare import declare
from defercheck.sema.program import Program
from defercheck.system.result import Exploration, Limits, Progress
from defercheck.system.system import TransitionSystem
from defercheck.verdict import CheckResult

if TYPE_CHECKING:
    from defercheck.prove import Proofs

DEFAULT_KERNEL = "6.1"
DEFAULT_CPUS = 2


@dataclass(frozen=True, slots=True)
class Options:
    """How to check.

    ``cpus`` and ``kernel`` override the spec's own; ``disabled`` rules are not checked at all, and when ``only`` is
    not empty no others are. ``engine`` is ``native`` or ``interpret``, or ``bmc`` for the bounded search by Z3, which
    finds violations and never that there are none. With ``prove``, Z3 is asked for a proof of what was found to hold.
    """

    cpus: int | None = None
    kernel: str | None = None
    disabled: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    reduce: bool = True
    engine: str = "native"
    limits: Limits = field(default_factory=Limits)
    prove: bool = False


def load(source: Path | Source) -> tree.SpecFile:
    """Read and parse a spec. ``SpecError`` for what is wrong with its form, ``OSError`` when it cannot be read."""
    from defercheck.grammar.parser import parse

    if isinstance(source, Source):
        return parse(source.text, source.name)
    return parse(source.read_text(encoding="utf-8"), str(source))


@cache
def kernel_model() -> tuple[tree.SpecFile, ...]:
    """The kernel model, parsed."""
    from defercheck.grammar.parser import parse
    from defercheck.kernel import sources

    return tuple(parse(s.text, s.name, kernel=True) for s in sources())


def versions(spec: tree.SpecFile, options: Options = Options()) -> tuple[str, ...]:
    """The kernel versions that a spec is to be checked for: the options', else the spec's own, else the default."""
    if options.kernel is not None:
        return (options.kernel,)
    return tuple(v.value for i in spec.items if isinstance(i, tree.KernelDecl) for v in i.versions) or (DEFAULT_KERNEL,)


def resolve(
    spec: tree.SpecFile, kernel: str, options: Options, model: tuple[tree.SpecFile, ...] | None = None
) -> Program:
    """Resolve and type-check a spec with the kernel model, or with another one. ``SpecError`` if the spec is wrong."""
    from defercheck.sema.check import check

    own = next((i.count.value for i in spec.items if isinstance(i, tree.CpusDecl)), DEFAULT_CPUS)
    cpus = options.cpus if options.cpus is not None else own
    program = declare(spec, model or kernel_model(), kernel, cpus)
    check(program)
    return program


def compile_program(program: Program, options: Options) -> Lowered:
    """The transition system of a program, before any reduction."""
    from defercheck.system.wellformed import check

    spec = program.spec
    options = settled(program, options)
    allowed = frozenset(i.code.text for i in spec.items if isinstance(i, tree.AllowDecl))
    disabled = options.disabled
    if options.only:
        disabled |= known_codes() - options.only
    lowered = lower(program, disabled, allowed - disabled, options.prove)
    check(lowered.system)
    return lowered


def settled(program: Program, options: Options) -> Options:
    """The options with the rules switched off that are only checked when a spec or the options ask for them."""
    expected = any(isinstance(i, tree.ExpectDecl) and i.code.text == "DF601" for i in program.spec.items)
    if expected or "DF601" in options.only or program.flags["data_races"] == "reported":
        return options
    return replace(options, disabled=options.disabled | {"DF601"})


def known_codes() -> frozenset[str]:
    """The codes of all rules."""
    from defercheck.rules import codes

    return frozenset(codes())


def compile_spec(spec: tree.SpecFile, kernel: str, options: Options) -> TransitionSystem:
    """The transition system of a spec, reduced unless the options say otherwise. ``SpecError`` if the spec is wrong."""
    lowered = compile_program(resolve(spec, kernel, options), options)
    return reduced(lowered.system, options)[0]


def reduced(system: TransitionSystem, options: Options) -> tuple[TransitionSystem, tuple[str, ...]]:
    """The system after the reduction passes, and the names of those that were used."""
    if not options.reduce:
        return system, ()
    from defercheck.reduce import DEFAULT, reduce

    return reduce(system, DEFAULT), tuple(dict.fromkeys(DEFAULT))


def explore(system: TransitionSystem, options: Options, progress: Callable[[Progress], None] | None) -> Exploration:
    """Explore with the engine of the options' choice."""
    if options.engine == "interpret":
        from defercheck.interpret import explore as interpret

        return interpret(system, options.limits)
    if options.engine == "bmc" or system.symbolic:
        from defercheck.prove import bmc

        return bmc(system, options.limits, progress)
    from defercheck.explore import explore as native

    return native(system, options.limits, progress)


def search(
    system: TransitionSystem, options: Options, progress: Callable[[Progress], None] | None
) -> tuple[Exploration, dict[str, Any]]:
    """Explore and, where a proof is to follow, collect the states: for each variable an array of its values. They are
    collected by the native engine whichever was chosen to judge: proofs do not rest on them."""
    if not options.prove or system.symbolic:
        return explore(system, options, progress), {}
    from defercheck.explore import explore_states

    found, columns = explore_states(system, options.limits, progress)
    return (found if options.engine == "native" else explore(system, options, progress)), columns


@dataclass(frozen=True, slots=True)
class Examined:
    """A check with all that it went through: for those who need more than the verdicts. ``proofs`` are there when the
    options ask for them."""

    result: CheckResult
    program: Program
    proofs: Proofs | None


def check_spec(
    spec: tree.SpecFile,
    kernel: str,
    options: Options = Options(),
    progress: Callable[[Progress], None] | None = None,
    model: tuple[tree.SpecFile, ...] | None = None,
) -> CheckResult:
    """Check a spec for one kernel version. ``SpecError`` if the spec is wrong; limits end in ``undetermined``."""
    return examine(spec, kernel, options, progress, model).result


def prove_spec(
    spec: tree.SpecFile,
    kernel: str,
    options: Options = Options(),
    progress: Callable[[Progress], None] | None = None,
    model: tuple[tree.SpecFile, ...] | None = None,
) -> Proofs:
    """Check a spec for one kernel version and prove what holds: an outcome for each claim. ``SpecError`` as above."""
    proofs = examine(spec, kernel, replace(options, prove=True), progress, model).proofs
    assert proofs is not None
    return proofs


def examine(
    spec: tree.SpecFile,
    kernel: str,
    options: Options = Options(),
    progress: Callable[[Progress], None] | None = None,
    model: tuple[tree.SpecFile, ...] | None = None,
) -> Examined:
    """Check a spec for one kernel version, and prove it when the options say so. ``SpecError`` if it is wrong."""
    from defercheck.judge import judge
    from defercheck.reduce import restore

    begun = time.monotonic()
    check_codes(spec)
    program = resolve(spec, kernel, options, model)
    options = settled(program, options)
    lowered = compile_program(program, options)
    system, passes = reduced(lowered.system, options)
    explored, columns = search(system, options, progress)
    exploration = restore(explored, system)
    verdicts, missing = judge(program, lowered, system, exploration, options)
    proofs = summary = None
    if options.prove:
        from defercheck.proving import prove_verdicts, summarise

        verdicts, proofs = prove_verdicts(verdicts, system, exploration, columns, options.limits.seconds)
        summary = summarise(proofs)
    result = CheckResult(
        spec=spec.source,
        kernel=kernel,
        cpus=program.cpus,
        verdicts=verdicts,
        missing=missing,
        exploration=exploration,
        system=system,
        reductions=passes,
        assumptions=assumptions(program),
        seconds=time.monotonic() - begun,
        proof=summary,
    )
    return Examined(result, program, proofs)


def check_codes(spec: tree.SpecFile) -> None:
    """Refuse ``expect`` and ``allow`` of rules that do not exist."""
    from defercheck.sema.constants import suggest

    known = known_codes()
    for i in spec.items:
        if isinstance(i, tree.ExpectDecl | tree.AllowDecl) and i.code.text not in known:
            help = suggest(i.code.text, known) or "`defercheck rules` lists them"
            raise SpecError(Diagnostic(f"there is no rule {i.code}", i.code.span, "unknown rule", help))


def assumptions(program: Program) -> tuple[str, ...]:
    """What an answer for this program stands on beyond the program itself, one sentence each (DESIGN §4)."""
    full = program.flags["preempt"] == "full"
    where = "anywhere unless they forbid it" if full else "only where they may sleep (preempt = voluntary)"
    said = [
        f"{program.cpus} CPU{'s' if program.cpus > 1 else ''}, sequentially consistent memory, one statement one step",
        "an ambient interrupt (the tick) may hit any CPU whenever interrupts are on there",
        f"threads are preempted {where} and stay on the CPU on which they start",
        "time is not measured: sleeps and delays may last any time",
    ]
    if program.flags["softirq_restart"] == "any":
        said.append("the softirq loop may go round any number of times and may stop after any pass")
    if any(c.kind == "irq" and c.times is None for c in program.contexts):
        said.append("interrupts without `times` may fire without bound")
    if any(p.kind in ("eventually", "leadsto") for p in program.properties):
        said.append(
            "schedules are fair: who can run runs, armed timers expire, locks are granted in turn; interrupts come only"
            " where the spec promises them"
        )
    if program.flags["allocation"] == "succeeds":
        said.append("allocations succeed")
    if program.flags["module"] == "present" and any(c.kind == "thread" and not c.kernel for c in program.contexts):
        said.append("threads hold a reference on the module: they start after init, and exit waits for them")
    return tuple(said)

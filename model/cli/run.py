"""Checking one spec after another: what goes wrong with one does not keep the others from their answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from defercheck.cli.files import STDIN
from defercheck.cli.group import describe, show_traceback
from defercheck.cli.progress import Meter
from defercheck.cli.terminal import say
from defercheck.grammar.span import Diagnostic, Source, SpecError
from defercheck.report.outcome import Crashed, Outcome, Refused

if TYPE_CHECKING:
    from defercheck.check import Options
    from defercheck.grammar.tree import SpecFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One spec on one kernel version; ``spec`` is None when it could not be read, ``failure`` says why."""

    name: str
    label: str
    spec: SpecFile | None = None
    kernel: str = ""
    options: Options | None = None
    failure: Outcome | None = None


def read(name: str) -> SpecFile:
    """The spec of a path, or of the standard input for ``-``. Raises SpecError, also for what cannot be read."""
    from defercheck.check import load

    try:
        if name == STDIN:
            return load(Source("<stdin>", sys.stdin.read()))
        return load(Path(name))
    except OSError as error:
        raise SpecError(Diagnostic(f"cannot read {name}: {error.strerror or error}", None)) from error
    except UnicodeDecodeError as error:
        message = f"cannot read {name}: byte {error.start} is not UTF-8"
        raise SpecError(Diagnostic(message, None, help="specs are UTF-8 text")) from error


def jobs(names: list[str], kernels: tuple[str, ...], options: Options, debug: bool) -> list[Job]:
    """What there is to check: each spec on each kernel version that the command line, else the spec, asks for."""
    result: list[Job] = []
    for name in names:
        found = guarded(name, partial(_jobs_of, name, kernels, options), debug)
        result += found if isinstance(found, list) else [Job(name, name, failure=found)]
    return result


def outcomes(work: list[Job], meter: Meter, debug: bool, certificates: Path | None = None) -> Iterator[Outcome]:
    """The outcome of each job, in order. ``certificates`` is the folder for those of what is proved."""
    for number, job in enumerate(work, start=1):
        if job.failure is not None:
            yield job.failure
            continue
        assert job.spec is not None and job.options is not None
        meter.start(job.label if len(work) == 1 else f"[{number}/{len(work)}] {job.label}")
        action = partial(_checked, job.spec, job.kernel, job.options, meter, certificates)
        outcome = guarded(job.name, action, debug, meter)
        meter.clear()
        yield outcome


def _checked(spec: SpecFile, kernel: str, options: Options, meter: Meter, certificates: Path | None) -> Outcome:
    if certificates is None:
        from defercheck.check import check_spec

        return check_spec(spec, kernel, options, progress=meter)
    from defercheck.certify import write_certificates
    from defercheck.check import examine

    done = examine(spec, kernel, options, progress=meter)
    meter.clear()
    written = write_certificates(certificates, done, options)
    if written:
        say(sys.stderr, f"{done.result.spec.name}: {len(written)} certificates in {written[0].parent}")
    return done.result


def _jobs_of(name: str, kernels: tuple[str, ...], options: Options) -> list[Job]:
    from defercheck.check import versions

    spec = read(name)
    wanted = []
    for kernel in kernels or (options.kernel,):
        chosen = replace(options, kernel=kernel)
        wanted += [(version, chosen) for version in versions(spec, chosen)]
    several = len(wanted) > 1
    return [Job(name, f"{name} ({v})" if several else name, spec, v, chosen) for v, chosen in wanted]


def guarded(name: str, action: Callable[[], T], debug: bool, meter: Meter | None = None) -> T | Refused | Crashed:
    """What the action gives; a wrong spec and a fault of our own become outcomes."""
    try:
        return action()
    except SpecError as error:
        return Refused(name, error.diagnostics)
    except Exception as error:
        if meter is not None:
            meter.clear()
        if debug:
            show_traceback(error)
        return Crashed(name, describe(error))

"""``defercheck check``, the default command."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from defercheck.cli.destination import FORMATS, plan
from defercheck.cli.exits import Exit, exit_of, worst
from defercheck.cli.files import find_specs
from defercheck.cli.options import certificate_option, exclude_option, folder_for, model_options, style_options
from defercheck.cli.progress import Meter
from defercheck.cli.reporting import Request, conclude, tell
from defercheck.cli.run import jobs, outcomes
from defercheck.cli.terminal import say
from defercheck.cli.values import RuleCode, Size, Time
from defercheck.report.outcome import Outcome
from defercheck.report.style import ColorChoice, style_for

if TYPE_CHECKING:
    from defercheck.check import Options


@click.command(epilog="Exit codes: 0 holds or as expected, 1 violation, 2 wrong spec or command line, "
               "3 undetermined, 4 internal error, 130 interrupted.")  # fmt: skip
@click.argument("specs", nargs=-1, metavar="SPEC.dfr|FOLDER...")
@exclude_option
@click.option("--locked", is_flag=True,
              help="Hold the specs to what `defercheck lock` wrote, in the way that they were locked.")  # fmt: skip
@click.option("--lock", "lock_file", type=click.Path(dir_okay=False), default="defercheck.lock", metavar="FILE",
              help="The lock file for --locked.", show_default=True)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="With --locked: do not use former answers.")
@click.option("-k", "--kernel", "kernels", multiple=True, metavar="VERSION",
              help="Kernel version whose rules apply, such as 6.1; repeatable. Default: the spec's.")  # fmt: skip
@model_options
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after that many states.")
@click.option("--memory", type=Size(), metavar="SIZE", help="Stop at that much memory, such as 2G (default 4G).")
@click.option("--time", "seconds", type=Time(), metavar="SECONDS", help="Stop after that time, such as 30 or 5m.")
@click.option("--engine", type=click.Choice(["native", "interpret"]), default="native", show_default=True,
              help="`interpret` is slow and simple: a second opinion.")  # fmt: skip
@click.option("--prove", is_flag=True, help="Let Z3 prove what holds, as `defercheck prove` does.")
@certificate_option
@click.option(
    "--rule", "only", multiple=True, type=RuleCode(), metavar="CODE", help="Check this rule only; repeatable."
)
@click.option("--no-rule", "disabled", multiple=True, type=RuleCode(), metavar="CODE",
              help="Do not check this rule; repeatable.")  # fmt: skip
@click.option("--warnings", type=click.Choice(["report", "error"]), default="report", show_default=True,
              help="`error`: a warning fails like a violation.")  # fmt: skip
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Format of the report on the standard output.")  # fmt: skip
@click.option("-o", "--output", "outputs", multiple=True, metavar="[FORMAT:]FILE",
              help="Write the report to a file too (.txt, .json, .html, .xml, .sarif tell the format).")  # fmt: skip
@click.option("--html", type=click.Path(), metavar="FILE",
              help="Write a page to step through each schedule; the same as --output html:FILE.")  # fmt: skip
@click.option("--force", is_flag=True, help="Let --output overwrite files that are no former reports.")
@style_options
@click.option("-q", "--quiet", is_flag=True, help="Only one line for each failure; nothing when all is well.")
@click.option("--progress", is_flag=True, help="Report progress on stderr also where that is no terminal.")
@click.pass_context
def check(
    ctx: click.Context, specs: tuple[str, ...], excluded: tuple[str, ...], locked: bool, lock_file: str, no_cache: bool,
    kernels: tuple[str, ...], cpus: int | None, reduce: bool, max_states: int | None,
    memory: int | None, seconds: float | None, engine: str, prove: bool, certificates: str | None,
    only: tuple[str, ...], disabled: tuple[str, ...], warnings: str, format_: str, outputs: tuple[str, ...],
    html: str | None, force: bool, color: ColorChoice, verbose: bool, debug: bool, quiet: bool, progress: bool,
) -> int:  # fmt: skip
    """Check specs: every interleaving of their interrupts, softirqs, tasklets and threads.

    Folders are searched for *.dfr files; `-` is the standard input. The report goes to the standard output.
    """
    from defercheck.system.result import Limits

    limits = Limits(states=max_states, seconds=seconds)
    if memory is not None:
        limits = Limits(states=max_states, memory=memory, seconds=seconds)
    if locked:
        from defercheck.cli.lock import Report, check_locked

        why = "cannot be given with --locked: the lock says how the specs are checked"
        _refuse(ctx, {*_OF_LOCKED, "locked", "lock_file", "no_cache"}, why)
        files = plan(outputs, force)
        if "html" in (format_, *(d.format for d in files)) or any(d.format == "text" for d in files):
            raise click.UsageError(
                "--locked writes json, junit, sarif and github, and text to the standard output only"
            )
        where = Report(format_, files)
        look = style_for(sys.stdout, color, verbose)
        return check_locked(specs, lock_file, limits, no_cache, look, quiet, debug, where)
    _refuse(ctx, {p.name for p in ctx.command.params} - {"lock_file", "no_cache"}, "needs --locked")
    if not specs:
        raise click.UsageError("Missing argument 'SPEC.dfr|FOLDER...'.")
    names = find_specs(specs, excluded)
    destinations = plan((*outputs, *([f"html:{html}"] if html else [])), force, names)

    from defercheck.check import Options

    options = Options(
        cpus=cpus, kernel=None, disabled=frozenset(disabled), only=frozenset(only), reduce=reduce, engine=engine,
        limits=limits, prove=prove or certificates is not None,
    )  # fmt: skip
    request = Request(
        format_, destinations, style_for(sys.stdout, color, verbose), quiet, warnings == "error", progress,
        color, debug,
    )  # fmt: skip
    return run(names, kernels, options, request, folder_for(certificates))


_OF_LOCKED = {
    "specs", "max_states", "memory", "seconds", "color", "verbose", "debug", "quiet", "format_", "outputs", "force",
}  # fmt: skip
"""What may be said beside --locked: how to check is for the lock to say."""


def _refuse(ctx: click.Context, allowed: Collection[str | None], why: str) -> None:
    """Refuse options that were given and are not allowed. Raises click.UsageError."""
    for p in ctx.command.params:
        if p.name not in allowed and ctx.get_parameter_source(str(p.name)) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{p.opts[-1]} {why}")


def run(
    names: list[str], kernels: tuple[str, ...], options: Options, request: Request, certificates: Path | None = None
) -> int:
    """Checks and reports; the exit code. ``certificates`` is the folder for those of what is proved."""
    meter = Meter(sys.stderr, style_for(sys.stderr).width, plain=request.progress, enabled=not request.quiet)
    work = jobs(names, kernels, options, request.debug)
    done: list[Outcome] = []
    interrupted = False
    try:
        for outcome in outcomes(work, meter, request.debug, certificates):
            tell(outcome, done, work[len(done)], work, request)
            done.append(outcome)
            if exit_of(outcome) is Exit.INTERRUPTED:
                interrupted = True
                break
    except KeyboardInterrupt:
        interrupted = True
        meter.clear()
        after = f" after {meter.latest.states:,} states" if meter.latest is not None else ""
        say(sys.stderr, f"defercheck: {meter.name}: interrupted{after}")
    code = Exit.INTERRUPTED if interrupted else worst(exit_of(o, request.warnings_fail) for o in done)
    conclude(done, work, code, interrupted, request)
    return int(code)

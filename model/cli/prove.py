"""``defercheck prove``, ``bmc`` and ``verify``: what Z3 is asked, and certificates checked again."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from defercheck.cli.check import run
from defercheck.cli.destination import FORMATS
from defercheck.cli.exits import Exit
from defercheck.cli.files import find_specs
from defercheck.cli.options import certificate_option, exclude_option, folder_for, model_options, style_options
from defercheck.cli.reporting import Request
from defercheck.cli.terminal import say
from defercheck.cli.values import RuleCode, Size, Time
from defercheck.report.style import ColorChoice, style_for


@click.command(epilog="Exit codes: 0 holds or as expected, 1 violation, 2 wrong spec or command line, "
               "3 undetermined, 4 internal error, 130 interrupted.")  # fmt: skip
@click.argument("specs", nargs=-1, required=True, metavar="SPEC.dfr|FOLDER...")
@exclude_option
@click.option("-k", "--kernel", "kernels", multiple=True, metavar="VERSION",
              help="Kernel version whose rules apply, such as 6.1; repeatable. Default: the spec's.")  # fmt: skip
@model_options
@click.option("--memory", type=Size(), metavar="SIZE", help="Stop at that much memory, such as 2G (default 4G).")
@click.option("--time", "seconds", type=Time(), metavar="SECONDS", help="Stop after that time, such as 30 or 5m.")
@click.option(
    "--rule", "only", multiple=True, type=RuleCode(), metavar="CODE", help="Prove this rule only; repeatable."
)
@certificate_option
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Format of the report on the standard output.")  # fmt: skip
@style_options
@click.option("-q", "--quiet", is_flag=True, help="Only one line for each failure; nothing when all is well.")
def prove(
    specs: tuple[str, ...], excluded: tuple[str, ...], kernels: tuple[str, ...], cpus: int | None, reduce: bool,
    memory: int | None, seconds: float | None, only: tuple[str, ...], certificates: str | None, format_: str,
    color: ColorChoice, verbose: bool, debug: bool, quiet: bool,
) -> int:  # fmt: skip
    """Check specs and prove what holds: for each rule and invariant an inductive invariant that Z3 has checked."""
    from defercheck.check import Options
    from defercheck.system.result import Limits

    limits = Limits(seconds=seconds) if memory is None else Limits(memory=memory, seconds=seconds)
    options = Options(cpus=cpus, only=frozenset(only), reduce=reduce, limits=limits, prove=True)
    request = Request(format_, (), style_for(sys.stdout, color, verbose), quiet, False, False, color, debug)
    return run(find_specs(specs, excluded), kernels, options, request, folder_for(certificates))


@click.command(epilog="Exit codes: 1 violation, 3 none found that short, 2 wrong spec or command line, "
               "4 internal error, 130 interrupted.")  # fmt: skip
@click.argument("specs", nargs=-1, required=True, metavar="SPEC.dfr|FOLDER...")
@exclude_option
@click.option("--depth", type=click.IntRange(min=0), default=20, show_default=True, metavar="N",
              help="Steps of the longest schedules to try.")  # fmt: skip
@click.option("-k", "--kernel", "kernels", multiple=True, metavar="VERSION",
              help="Kernel version whose rules apply, such as 6.1; repeatable. Default: the spec's.")  # fmt: skip
@model_options
@click.option("--time", "seconds", type=Time(), metavar="SECONDS", help="Stop after that time, such as 30 or 5m.")
@click.option(
    "--rule", "only", multiple=True, type=RuleCode(), metavar="CODE", help="Check this rule only; repeatable."
)
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Format of the report on the standard output.")  # fmt: skip
@style_options
@click.option("-q", "--quiet", is_flag=True, help="Only one line for each failure.")
def bmc(
    specs: tuple[str, ...], excluded: tuple[str, ...], depth: int, kernels: tuple[str, ...], cpus: int | None,
    reduce: bool, seconds: float | None, only: tuple[str, ...], format_: str, color: ColorChoice, verbose: bool,
    debug: bool, quiet: bool,
) -> int:  # fmt: skip
    """Let Z3 search for short schedules that break a rule: a second opinion, that never says that there is none."""
    from defercheck.check import Options
    from defercheck.system.result import Limits

    limits = Limits(seconds=seconds, depth=depth)
    options = Options(cpus=cpus, only=frozenset(only), reduce=reduce, limits=limits, engine="bmc")
    request = Request(format_, (), style_for(sys.stdout, color, verbose), quiet, False, False, color, debug)
    return run(find_specs(specs, excluded), kernels, options, request)


@click.command(epilog="Exit codes: 0 every certificate is accepted, 1 one is refused, 2 there is none.")
@click.argument("folder", type=click.Path(), metavar="DIR|FILE.smt2")
@click.argument("spec", required=False, type=click.Path(), metavar="[SPEC.dfr]")
@style_options
@click.option("-q", "--quiet", is_flag=True, help="Only what is refused.")
def verify(folder: str, spec: str | None, color: ColorChoice, verbose: bool, debug: bool, quiet: bool) -> int:
    """Check certificates again: that they speak of the spec as it is now, and that every answer is unsat.

    The spec is found under the name in the certificate, from the present folder, unless one is given.
    """
    from defercheck.certify import NoCertificates, verify_folder
    from defercheck.report.units import count, duration

    for name in filter(None, (folder, spec)):
        if not Path(name).exists():
            raise click.UsageError(f"{name}: no such file or folder")
    try:
        done = verify_folder(Path(folder), Path(spec) if spec else None)
    except NoCertificates as error:
        raise click.UsageError(str(error)) from error
    style = style_for(sys.stdout, color, verbose)
    for c in done.certificates:
        if c.refusal:
            say(sys.stdout, f"{style.paint(c.name, 'bold')}: {style.paint('refused', 'bold red')}: {c.refusal}")
        elif verbose:
            say(sys.stdout, f"{c.name}: {c.claim} proved, {count(c.obligations, 'obligation')}")
    refused = sum(bool(c.refusal) for c in done.certificates)
    if not quiet:
        told = f"{count(len(done.certificates) - refused, 'certificate')} accepted, {refused:,} refused"
        asked = f"{count(done.queries, 'question')} asked of Z3, {duration(done.seconds)}"
        say(sys.stdout, f"{told}; {asked}")
    return int(Exit.VIOLATED if refused else Exit.HOLDS)

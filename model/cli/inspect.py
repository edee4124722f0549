"""``defercheck compile``, ``export`` and ``graph``: the transition system itself, for people and for other tools."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from defercheck.cli.options import model_options, style_options
from defercheck.cli.run import read
from defercheck.cli.terminal import say
from defercheck.report.style import ColorChoice

if TYPE_CHECKING:
    from defercheck.system.system import TransitionSystem

_KERNEL = click.option(
    "-k",
    "--kernel",
    metavar="VERSION",
    help="Kernel version whose rules apply. Default: the first that the spec names.",
)


@click.command("compile")
@click.argument("spec", metavar="SPEC.dfr")
@_KERNEL
@model_options
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@style_options
def compile_(
    spec: str, kernel: str | None, cpus: int | None, reduce: bool, format_: str, color: ColorChoice, verbose: bool,
    debug: bool,
) -> int:  # fmt: skip
    """Show the transition system of a spec: variables, contexts, transitions, properties."""
    system = _system(spec, kernel, cpus, reduce)
    if format_ == "json":
        from defercheck.system.dump import to_json

        say(sys.stdout, json.dumps(to_json(system), indent=2, ensure_ascii=False))
    else:
        from defercheck.system.show import show

        say(sys.stdout, show(system).rstrip("\n"))
    return 0


@click.command()
@click.argument("spec", metavar="SPEC.dfr")
@click.option("--to", "target", type=click.Choice(["promela"]), required=True, help="The language to write.")
@_KERNEL
@model_options
@style_options
def export(
    spec: str, target: str, kernel: str | None, cpus: int | None, reduce: bool, color: ColorChoice, verbose: bool,
    debug: bool,
) -> int:  # fmt: skip
    """Write a spec in another model checker's language, to the standard output."""
    system = _system(spec, kernel, cpus, reduce)
    from defercheck.export.promela import NotExpressible, to_promela

    try:
        text = to_promela(system)
    except NotExpressible as error:
        raise click.UsageError(f"{spec}: {error}") from error
    say(sys.stdout, text.rstrip("\n"))
    return 0


@click.command()
@click.argument("spec", metavar="SPEC.dfr")
@click.option("--to", "target", type=click.Choice(["dot", "graphml"]), default="dot", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=2000, show_default=True, metavar="N",
              help="Draw that many states at most.")  # fmt: skip
@_KERNEL
@model_options
@style_options
def graph(
    spec: str, target: str, limit: int, kernel: str | None, cpus: int | None, reduce: bool, color: ColorChoice,
    verbose: bool, debug: bool,
) -> int:  # fmt: skip
    """Draw the reachable states of a spec, to the standard output."""
    system = _system(spec, kernel, cpus, reduce)
    from defercheck.export.graph import GraphTooLarge, state_graph, to_dot, to_graphml

    try:
        drawn = state_graph(system, limit)
    except GraphTooLarge as error:
        raise click.UsageError(f"{spec}: {error}") from error
    say(sys.stdout, (to_dot if target == "dot" else to_graphml)(drawn).rstrip("\n"))
    return 0


def _system(name: str, kernel: str | None, cpus: int | None, reduce: bool) -> TransitionSystem:
    """The system of a spec on one kernel version; which one is said when the spec names several."""
    from defercheck.check import Options, compile_spec, versions

    spec = read(name)
    options = Options(cpus=cpus, kernel=kernel, reduce=reduce)
    first, *others = versions(spec, options)
    if others:
        say(sys.stderr, f"{name}: for Linux {first}; --kernel chooses {' or '.join(others)}")
    return compile_spec(spec, first, options)

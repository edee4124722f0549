"""``defercheck fmt``."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click
from defercheck.cli.files import STDIN, find_specs, write_atomically
from defercheck.cli.options import exclude_option, style_options
from defercheck.cli.run import read
from defercheck.cli.terminal import say
from defercheck.grammar.span import Source, SpecError
from defercheck.report.style import ColorChoice, style_for


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@exclude_option
@click.option("--check", is_flag=True, help="Write nothing; say which files would change and exit with 1 if any would.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change and exit with 1 if anything would.")
@style_options
def fmt(
    files: tuple[str, ...], excluded: tuple[str, ...], check: bool, diff: bool, color: ColorChoice, verbose: bool,
    debug: bool,
) -> int:  # fmt: skip
    """Format specs in place. `-` formats the standard input to the standard output.

    A file that cannot be parsed stays as it is, and so does one that is formatted already.
    """
    from defercheck.report.errors import complaints

    changed = wrong = 0
    names = find_specs(files, excluded)
    for name in names:
        try:
            before, after = _formatted(name)
        except SpecError as error:
            say(sys.stderr, complaints(error.diagnostics, style_for(sys.stderr, color)))
            wrong += 1
            continue
        changed += before != after
        if diff:
            sys.stdout.writelines(_difference(name, before, after))
        elif name == STDIN and not check:
            sys.stdout.write(after)
        elif before != after:
            if not check:
                write_atomically(Path(name), after)
            say(sys.stderr, f"{'would format' if check else 'formatted'} {name}")
        elif verbose:
            say(sys.stderr, f"{name} is formatted already")
    if wrong:
        return 2
    return 1 if changed and (check or diff) else 0


def _formatted(name: str) -> tuple[str, str]:
    """The text as it is and as it should be. Formatted text that does not parse or is not stable is our own fault,
    found before anything is written."""
    from defercheck.check import load
    from defercheck.grammar.formatter import format as formatted

    spec = read(name)
    text = formatted(spec)
    again = formatted(load(Source(spec.source.name, text)))
    if again != text:
        raise AssertionError(f"formatting {name} twice gives another text than formatting it once")
    return spec.source.text, text


def _difference(name: str, before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name} (formatted)")
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]

"""``defercheck rules`` and ``defercheck explain``."""

from __future__ import annotations

import sys
import textwrap

import click
from defercheck.cli.options import style_options
from defercheck.cli.terminal import say
from defercheck.report.style import ColorChoice, Style, style_for


@click.command()
@style_options
def rules(color: ColorChoice, verbose: bool, debug: bool) -> int:
    """List the rules: code, name, and what breaks them."""
    from defercheck.rules import all_rules

    style = style_for(sys.stdout, color, verbose)
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        look = "bold red" if rule.severity == "error" else "bold yellow"
        later = "" if rule.checked else " (not checked yet)"
        if style.width < width + 40:
            say(sys.stdout, f"{style.paint(rule.code, look)} {rule.name}{later}")
            continue
        lines = textwrap.wrap(rule.summary + later, style.width - width - 8, break_on_hyphens=False)
        for number, line in enumerate(lines):
            head = f"{style.paint(rule.code, look)} {rule.name:<{width}}" if number == 0 else " " * (width + 6)
            say(sys.stdout, f"{head}  {line}")
    return 0


@click.command()
@click.argument("code", nargs=-1, required=True, metavar="CODE")
@style_options
def explain(code: tuple[str, ...], color: ColorChoice, verbose: bool, debug: bool) -> int:
    """Explain a rule: what it is, why it is wrong, the usual cure, and a broken and a fixed spec."""
    from defercheck.rules import UnknownRule, rule

    try:
        found = rule(" ".join(code))
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    style = style_for(sys.stdout, color, verbose)
    page = f"# {found.code}: {found.name}\n\n{found.page}"
    say(sys.stdout, _rendered(page, style) if sys.stdout.isatty() or color == "always" else page.rstrip("\n"))
    return 0


def _rendered(page: str, style: Style) -> str:
    """The page laid out for a terminal. Where it goes to a file or a pipe it stays Markdown."""
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    text = io.StringIO()
    console = Console(
        file=text,
        width=min(style.width, 100),
        force_terminal=style.color,
        no_color=not style.color,
        legacy_windows=False,
    )
    console.print(Markdown(page.replace("```dfr", "```c"), code_theme="ansi_dark"))
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines())

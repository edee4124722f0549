"""The command group: a default command, commands imported on use, and every exception's exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click
from defercheck import __version__
from defercheck.grammar.span import SpecError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is imported when used: ``module:attribute``, and its line in the list of commands."""

    target: str
    summary: str


class _ReaderGone(Exception):
    """Nobody reads the standard output any more."""


class DefaultGroup(click.Group):
    """A group whose first argument may be left out: what is no command is given to the default one."""

    def __init__(self, *, entries: Mapping[str, Entry], default: str, **settings: Any):
        settings.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(**settings)
        self.entries = entries
        self.default = default
        self.params.append(_version_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of their declaration."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.target.split(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from their entries: nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both forms: with the command left out, and with a command."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] SPEC.dfr|FOLDER...")
        formatter.write_usage(ctx.command_path, "COMMAND ...", prefix="   or: ")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes, as written."""
        formatter.write_paragraph()
        formatter.write_text(f"Options of a check: {ctx.command_path} {self.default} --help")
        super().format_epilog(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the default command's name in front of arguments that do not begin with a command."""
        own = {"-h", "--help", "--version"}
        if args and args[0] not in self.entries and args[0] not in own:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a reader that went away is told apart here, because click would make a failure of it."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise _ReaderGone from error
        return result

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Runs the command and exits: 2 for a wrong command line or spec, 4 for our own faults, 130 for Ctrl-C."""
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = super().main(given, *rest, **extra)
        except _ReaderGone:
            # what is still buffered has nowhere to go, also not at the interpreter's exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 128 + signal.SIGPIPE
        except (click.exceptions.Abort, KeyboardInterrupt):
            click.echo("defercheck: interrupted", err=True)
            code = 130
        except click.ClickException as error:
            error.show(sys.stderr)
            code = 2
        except SpecError as error:
            _complain(error)
            code = 2
        except OSError as error:
            click.echo(f"defercheck: {error.filename or 'error'}: {error.strerror or error}", err=True)
            code = 2
        except Exception as error:
            internal_error(error, "--debug" in given)
            code = 4
        sys.exit(int(code or 0))


def internal_error(error: BaseException, debug: bool) -> None:
    """Says on stderr that defercheck failed, and how to report it; with ``debug`` the traceback too."""
    if debug:
        show_traceback(error)
    click.echo(f"defercheck: internal error: {describe(error)}", err=True)
    click.echo(advice(debug), err=True)


def show_traceback(error: BaseException) -> None:
    """The traceback of an exception, on stderr."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)


def advice(debug: bool) -> str:
    """How to report a fault of our own."""
    more = "the traceback above" if debug else "what the same command says with --debug"
    return (
        "This is a fault of defercheck, not of the spec. Please report it with the spec, the command line,\n"
        f"the version ({__version__}) and {more}."
    )


def describe(error: BaseException) -> str:
    """``ValueError: what it says``, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _complain(error: SpecError) -> None:
    from defercheck.cli.terminal import say
    from defercheck.report.errors import complaints
    from defercheck.report.style import style_for

    say(sys.stderr, complaints(error.diagnostics, style_for(sys.stderr)))


def _version_option() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(f"defercheck {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )

"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def model_options(command: F) -> F:
    """``--cpus`` and ``--no-reduce``."""
    command = click.option(
        "--no-reduce", "reduce", flag_value=False, default=True, type=bool, help="Leave out the passes that reduce."
    )(command)
    return click.option(
        "--cpus", type=click.IntRange(1, 8), metavar="N", help="Number of CPUs. Default: what the spec says, else 2."
    )(command)


def exclude_option(command: F) -> F:
    """``--exclude``."""
    return click.option(
        "--exclude", "excluded", multiple=True, metavar="PATTERN",
        help="Leave out files and folders of that name, such as 'old_*.dfr' or drafts/, where folders are searched; "
        "repeatable.",
    )(command)  # fmt: skip


def style_options(command: F) -> F:
    """``--color``, ``--verbose`` and ``--debug``."""
    command = click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")(command)
    command = click.option(
        "-v", "--verbose", is_flag=True, help="Every step of every schedule, and every rule that was checked."
    )(command)
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colours (default: on a terminal).",
    )(command)


def certificate_option(command: F) -> F:
    """``--certificate``."""
    return click.option(
        "--certificate",
        "certificates",
        type=click.Path(),
        metavar="DIR",
        help="Write a certificate of each proof (SMT-LIB 2) below that folder, for `defercheck verify`.",
    )(command)


def folder_for(name: str | None) -> Path | None:
    """The folder that an option names. Raises click.UsageError when something else is there."""
    if name is None:
        return None
    if Path(name).exists() and not Path(name).is_dir():
        raise click.UsageError(f"--certificate {name}: there is a file of that name, and a folder is needed")
    return Path(name)

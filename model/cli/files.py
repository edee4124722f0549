"""Finding specs, and writing files so that nothing is lost: whole or not at all, and never over something else."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

import click

STDIN = "-"


def find_specs(names: Iterable[str], excluded: Iterable[str] = ()) -> list[str]:
    """The files that the arguments name, folders searched for ``*.dfr`` (sorted, hidden ones left out), each once.

    ``excluded`` are patterns of files and folders to leave out where folders are searched: ``*`` and ``?`` stand for
    parts of one name, and a pattern with slashes fits the end of a path. Raises click.UsageError for what does not
    exist, for a pattern that can fit nothing, and for a folder without specs.
    """
    patterns = tuple(excluded)
    for pattern in patterns:
        if not PurePath(pattern).parts:
            raise click.UsageError(f"--exclude {pattern!r}: give a name or a pattern, such as 'old_*.dfr' or drafts/")
    found: dict[str, None] = {}
    for name in names:
        path = Path(name)
        if name == STDIN:
            found[name] = None
        elif path.is_dir():
            every = list(_within(path))
            inside = [str(p) for p in every if not _is_excluded(p, path, patterns)]
            if not inside:
                besides = " that is not excluded" if every else ""
                raise click.UsageError(f"there is no *.dfr file in {name}{besides}")
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[name] = None
        else:
            raise click.UsageError(f"{name}: no such file or folder{_near(path)}")
    return list(found)


def _within(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.dfr")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _is_excluded(path: Path, folder: Path, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern fits the file, or one of the folders between it and the one that is searched."""
    between = (p for p in path.parents if p != folder and p.is_relative_to(folder))
    return any(p.match(pattern) for p in (path, *between) for pattern in patterns)


def _near(path: Path) -> str:
    """A hint for a name that is nearly right, or that is a command's."""
    from difflib import get_close_matches

    try:
        siblings = [str(p) for p in path.parent.iterdir() if p.suffix == ".dfr"]
    except OSError:
        siblings = []
    from defercheck.cli import COMMANDS

    near = get_close_matches(str(path), siblings, n=1) or get_close_matches(str(path), COMMANDS, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file's content at once, keeping its mode; what a link points to is replaced, not the link.

    Anything that is no regular file (a pipe, ``/dev/stdout``) is written to as it is.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

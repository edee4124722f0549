"""Finding specs, and writing files so that nothing is lost: whole or not at all, and never over something else."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

STDIN = "-"


def find_specs(names: Iterable[str]) -> list[str]:
    """The files that the arguments name, folders searched for ``*.dfr`` (sorted, hidden ones left out), each once.

    Raises click.UsageError for what does not exist and for a folder without specs.
    """
    found: dict[str, None] = {}
    for name in names:
        path = Path(name)
        if name == STDIN:
            found[name] = None
        elif path.is_dir():
            inside = list(_within(path))
            if not inside:
                raise click.UsageError(f"there is no *.dfr file in {name}")
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[name] = None
        else:
            raise click.UsageError(f"{name}: no such file or folder{_near(path)}")
    return list(found)


def _within(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.dfr")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield str(path)


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

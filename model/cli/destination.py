"""Files that reports go to: ``--output report.json``, ``--output text:report.log``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click
from defercheck.report.marks import HEAD, is_report

FORMATS = ("text", "json", "html", "junit", "sarif", "github")

_BY_SUFFIX = {
    ".json": "json", ".txt": "text", ".log": "text", ".text": "text", ".html": "html", ".xml": "junit",
    ".sarif": "sarif",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Destination:
    """A format and the file that gets it."""

    format: str
    path: Path


def parse(value: str) -> Destination:
    """``FORMAT:FILE``, or ``FILE`` alone with a suffix that tells the format. Raises click.UsageError."""
    head, colon, rest = value.partition(":")
    if colon and head in FORMATS and rest:
        return Destination(head, Path(rest))
    path = Path(value)
    found = _BY_SUFFIX.get(path.suffix)
    if found is None:
        raise click.UsageError(
            f"--output {value}: no format; write one of {', '.join(f'{f}:FILE' for f in FORMATS)}, "
            f"or a name that ends in {' or '.join(('.json', '.txt', '.html', '.xml', '.sarif'))}"
        )
    return Destination(found, path)


def plan(values: tuple[str, ...], force: bool, specs: Iterable[str] = ()) -> tuple[Destination, ...]:
    """All destinations, checked before anything else is done. Raises click.UsageError."""
    destinations = tuple(parse(value) for value in values)
    inputs = {Path(spec).resolve() for spec in specs}
    seen: set[Path] = set()
    for destination in destinations:
        path = destination.path
        if path.resolve() in seen:
            raise click.UsageError(f"--output {path} is given twice")
        seen.add(path.resolve())
        if path.resolve() in inputs:
            raise click.UsageError(f"--output {path} is one of the specs")
        if path.is_dir() or not path.parent.is_dir():
            raise click.UsageError(
                f"--output {path}: {'is a folder' if path.is_dir() else 'its folder does not exist'}"
            )
        if not force and path.is_file() and not _is_report(path):
            raise click.UsageError(f"--output {path}: exists and is not a former report; --force overwrites it")
    return destinations


def _is_report(path: Path) -> bool:
    """Whether a file is empty or begins as our reports do."""
    with path.open("rb") as file:
        return is_report(file.read(HEAD).decode("utf-8", "replace"))

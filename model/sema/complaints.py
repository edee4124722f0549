"""Collects what is wrong with a spec, so that all of it is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from defercheck.grammar.span import Diagnostic, Span, SpecError

_LONG = re.compile(r"\w{81,}")

LIMIT = 20
"""Diagnostics that are shown; what comes after is counted only."""


def short(text: str) -> str:
    """A text in which names of absurd length are cut."""
    return _LONG.sub(lambda m: m[0][:40] + "...", text)


class Complaints:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._said: set[tuple[str, Span | None]] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(
        self, message: str, span: Span | None, label: str = "", help: str = "",
        notes: tuple[tuple[str, Span | None], ...] = (),
    ) -> None:  # fmt: skip
        """Complain, unless this was said of this place already."""
        self.take(Diagnostic(message, span, label, help, notes))

    def take(self, *diagnostics: Diagnostic) -> None:
        """Add complaints that another part has made."""
        for d in diagnostics:
            d = replace(d, message=short(d.message), help=short(d.help))
            if (d.message, d.span) not in self._said:
                self._said.add((d.message, d.span))
                self._found.append(d)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Take up a SpecError that is raised inside, and go on."""
        try:
            yield
        except SpecError as error:
            self.take(*error.diagnostics)

    def finish(self) -> None:
        """Raise ``SpecError`` with everything in source order, if there is anything."""
        if not self._found:
            return
        ordered = sorted(
            self._found,
            key=lambda d: (d.span is None, d.span.source.name if d.span else "", d.span.start if d.span else 0),
        )
        rest = len(ordered) - LIMIT
        more = [Diagnostic(f"and {rest} more error{'s' if rest > 1 else ''}", None)] if rest > 0 else []
        raise SpecError(*ordered[:LIMIT], *more)

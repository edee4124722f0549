"""Places in a source text, and the errors that point at them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the name it was read under (a path, or "<text>")."""

    name: str
    text: str = field(repr=False)
    kernel: bool = False
    """True for the files of the kernel model itself; reports fold their steps."""

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end; empty past the last line."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters in a source, with line and column (both counted from 1) of both ends."""

    source: Source
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def __repr__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        """The source text that the span covers."""
        return self.source.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint about a spec: what is wrong, where, and what to do about it.

    ``label`` stands under the caret, ``help`` says the remedy ("did you mean `tasklet_work`?"),
    ``notes`` point at further places ("first declared here").
    """

    message: str
    span: Span | None
    label: str = ""
    help: str = ""
    notes: tuple[tuple[str, Span | None], ...] = ()


class SpecError(Exception):
    """The spec is wrong: carries at least one diagnostic. The command answers with exit code 2."""

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__("; ".join(f"{d.span!r}: {d.message}" if d.span else d.message for d in diagnostics))
        self.diagnostics = diagnostics

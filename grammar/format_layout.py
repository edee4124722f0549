"""Lines of formatted text: breaking long ones, and placing the comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from defercheck.grammar.span import Source, Span

WIDTH = 120
"""Lines longer than this are broken where they can be."""
INDENT = 4
_CONTINUED = 8
"""How much further a continued line stands."""

_BLANK_LINE = re.compile(r"\n[ \t\r\f\v]*\n")


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a line may be broken (a space otherwise). Lower levels are broken first."""

    level: int


Pieces = list[str | Break]


def plain(pieces: Pieces) -> str:
    """The pieces on one line."""
    return "".join(" " if isinstance(piece, Break) else piece for piece in pieces)


def broken(pieces: Pieces, indent: int, hang: int = _CONTINUED) -> list[str]:
    """The pieces as lines, none longer than WIDTH if that can be: the first at ``indent`` columns, the others more."""
    levels = sorted({piece.level for piece in pieces if isinstance(piece, Break)})
    lines = [" " * indent + plain(pieces)]
    for level in levels:
        if all(len(line) <= WIDTH for line in lines):
            break
        lines = _filled(pieces, indent, level, hang)
    return lines


def _filled(pieces: Pieces, indent: int, level: int, hang: int) -> list[str]:
    """Break at places up to ``level``, as late as possible."""
    chunks = [""]
    for piece in pieces:
        if isinstance(piece, Break) and piece.level <= level:
            chunks.append("")
        else:
            chunks[-1] += " " if isinstance(piece, Break) else piece
    lines = [" " * indent + chunks[0]]
    for chunk in chunks[1:]:
        if len(lines[-1]) + 1 + len(chunk) <= WIDTH:
            lines[-1] += " " + chunk
        else:
            lines.append(" " * (indent + hang) + chunk)
    return lines


@dataclass(slots=True)
class _Line:
    """A line of code (or of several, if it was broken) or a comment line, with what trails it."""

    text: str
    trailing: str = ""
    aligns: bool = False


class Page:
    """The text written so far, and the comments and qualifiers that wait for their place.

    A *unit* is what goes to one line: a statement, or the head of a block. Comments before a unit go before it, on
    lines of their own, or behind the unit before if they stand on its last line. A comment inside a unit goes inline
    where it can (``inline``); otherwise before the unit, or after it if the unit opens or closes a block.
    """

    def __init__(self, source: Source, comments: list[tuple[str, Span]], qualifiers: list[tuple[str, Span]]):
        self._text = source.text
        self._comments = comments
        self._next = 0
        self._qualifiers = qualifiers
        self._next_qualifier = 0
        self._lines: list[_Line] = []
        self._end = 0
        self._fresh = True
        self._commented_out = False
        self._unit = 0
        self.level = 0

    # ---- what waits

    def begin(self, start: int) -> None:
        """Start a unit that stands at ``start``: write the comments before it, and the author's blank line."""
        while self._next < len(self._comments) and self._comments[self._next][1].start < start:
            self._comment()
        self._blank(start)
        self._unit = start

    def inline(self, before: int) -> str:
        """The comments of this unit that stand before an offset and can stand inside a line."""
        taken = ""
        while self._next < len(self._comments):
            text, span = self._comments[self._next]
            if not self._unit <= span.start < before or not text.startswith("/*") or "\n" in text:
                break
            taken += f"{text} "
            self._next += 1
        return taken

    def has_comments(self, start: int, end: int) -> bool:
        """Whether a comment that is not yet written starts in the range."""
        return any(start <= span.start < end for _, span in self._comments[self._next :])

    def qualifiers(self, before: int) -> str:
        """The qualifiers that wait and stand before an offset, each with a space after it."""
        taken = ""
        for text, span in self._qualifiers[self._next_qualifier :]:
            if span.start >= before:
                break
            taken += f"{text} "
            self._next_qualifier += 1
        return taken

    def on_one_line(self, span: Span, start: int | None = None) -> bool:
        """Whether the author wrote the span (or from ``start`` to its end) on one line, and no comment waits there."""
        start = span.start if start is None else start
        if start >= span.end or "\n" in self._text[start : span.end]:
            return False
        return not self.has_comments(min(start, self._unit), span.end)

    def try_unit(self, pieces: Callable[[], Pieces | None], end: int) -> bool:
        """Write the unit begun, if there are pieces and they fit on one line; otherwise nothing has happened."""
        qualifier, comment = self._next_qualifier, self._next
        found = pieces()
        if found is not None and INDENT * self.level + len(plain(found)) <= WIDTH:
            self.unit(found, end)
            return True
        self._next_qualifier, self._next = qualifier, comment
        return False

    def find(self, sign: str, start: int) -> int:
        """Where a sign stands first, from an offset on, comments left out; the offset itself if nowhere."""
        at = self._text.find(sign, start)
        for _, span in self._comments:
            while at >= 0 and span.start <= at < span.end:
                at = self._text.find(sign, span.end)
        return at if at >= 0 else start

    # ---- writing

    def unit(self, pieces: Pieces, end: int, hang: int = _CONTINUED) -> None:
        """Write the unit begun, which ends before ``end`` in the source."""
        text = plain(pieces)
        inner = []
        while self._next < len(self._comments) and self._comments[self._next][1].start < end:
            inner.append(self._comments[self._next])
            self._next += 1
        around = text.startswith("}") or text.endswith("{")
        if not around:
            self._hoist(inner)
        lines = broken(pieces, INDENT * self.level, hang)
        self._lines.append(_Line("\n".join(lines), aligns=len(lines) == 1))
        self._fresh = text.endswith("{")
        self._commented_out = False
        self._end = end
        if around:
            self.level += text.endswith("{")
            self._hoist(inner)
            self.level -= text.endswith("{")

    def finish(self) -> str:
        """Write the comments that are left; the whole text."""
        self.begin(len(self._text) + 1)
        while self._lines and not self._lines[-1].text:
            self._lines.pop()
        _align(self._lines)
        return "".join(f"{line.text}{line.trailing}\n" for line in self._lines)

    def _hoist(self, comments: list[tuple[str, Span]]) -> None:
        for text, span in comments:
            self._own_line(text, span)

    def _comment(self) -> None:
        text, span = self._comments[self._next]
        self._next += 1
        same_line = "\n" not in self._text[self._end : span.start] and not self._commented_out
        if self._lines and self._lines[-1].text and same_line:
            line = self._lines[-1]
            line.trailing += " " + "\n".join(part.rstrip() for part in text.splitlines())
            line.aligns = line.aligns and "\n" not in line.trailing
            self._commented_out = text.startswith("//")
        else:
            self._blank(span.start)
            self._own_line(text, span)
        self._end = span.end

    def _own_line(self, text: str, span: Span) -> None:
        first, *rest = text.splitlines()
        indent = INDENT * self.level
        lines = [" " * indent + first.rstrip()]
        if all(line.lstrip().startswith("*") for line in rest):
            lines += [" " * (indent + 1) + line.strip() for line in rest]
        else:
            lines += [_shifted(line, indent - (span.column - 1)) for line in rest]
        self._lines.append(_Line("\n".join(lines)))
        self._fresh = False
        self._commented_out = text.startswith("//")

    def _blank(self, start: int) -> None:
        if self._lines and not self._fresh and _BLANK_LINE.search(self._text, self._end, start):
            self._lines.append(_Line(""))
            self._fresh = True

    def no_blank(self) -> None:
        """Keep no blank line before the next unit: it closes a block, or continues a statement."""
        if self._lines and not self._lines[-1].text and not self._lines[-1].trailing:
            self._lines.pop()


def _shifted(line: str, by: int) -> str:
    line = line.rstrip().expandtabs(8)
    if not line:
        return ""
    if by >= 0:
        return " " * by + line
    return line[min(-by, len(line) - len(line.lstrip())) :]


def _align(lines: list[_Line]) -> None:
    """Put the comments behind neighbouring lines into one column."""
    run: list[_Line] = []
    for line in [*lines, _Line("")]:
        if line.aligns and line.trailing:
            run.append(line)
            continue
        column = max((len(member.text) for member in run), default=0)
        for member in run:
            member.trailing = " " * (column - len(member.text)) + member.trailing
        run = []

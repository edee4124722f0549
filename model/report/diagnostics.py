"""Shows a diagnostic: the message, the place, the source with carets, the remedy."""

from __future__ import annotations

import unicodedata

from defercheck.grammar.span import Diagnostic, Source, Span
from defercheck.report.style import Style

_TAB = 4
_LEAST = 30
"""Columns of source text that are shown however narrow the device is; longer lines are cut around the span."""

_CONTROL = {n: chr(0x2400 + n) for n in range(32)} | {0x7F: "\u2421"}


def render(diagnostic: Diagnostic, color: bool = False, width: int = 116) -> str:
    """A diagnostic as text, ending with a line break.

    ``color`` adds ANSI colours. Lines of source are cut to fit ``width`` columns. Tabs are shown as four columns;
    columns in ``-->`` count characters, as editors do.
    """
    style = Style(width=width, color=color)
    lines = [f"{style.paint('error', 'bold red')}{style.paint(': ' + diagnostic.message, 'bold')}"]
    places = [span for span in (diagnostic.span, *(span for _, span in diagnostic.notes)) if span]
    gutter = max((len(str(span.end_line)) for span in places), default=1)
    if diagnostic.span:
        lines += place(diagnostic.span, diagnostic.label, gutter, style, "bold red", "^")
    elif diagnostic.label:
        lines.append(f"{' ' * gutter} {style.paint('=', 'bold blue')} {diagnostic.label}")
    if diagnostic.help:
        if diagnostic.span:
            lines.append(f"{' ' * gutter} {style.paint('|', 'bold blue')}")
        lines.append(f"{' ' * gutter} {style.paint('=', 'bold blue')} {style.paint('help:', 'bold')} {diagnostic.help}")
    for text, span in diagnostic.notes:
        if span:
            lines.append(f"{style.paint('note', 'bold cyan')}: {text}")
            lines += place(span, "", gutter, style, "bold cyan", "-")
        else:
            lines.append(f"{' ' * gutter} {style.paint('=', 'bold blue')} {style.paint('note:', 'bold')} {text}")
    return "\n".join(lines) + "\n"


def place(span: Span, label: str, gutter: int, style: Style, look: str, mark: str = "^") -> list[str]:
    """``--> file:line:column`` and the lines of the span: the first, and the last if it is another.

    ``gutter`` is the width of the line numbers; ``label`` stands beside the marks.
    """
    blank = f"{' ' * gutter} {style.paint('|', 'bold blue')}"
    lines = [f"{' ' * gutter}{style.paint('-->', 'bold blue')} {span.source.name}:{span.line}:{span.column}", blank]
    last_line, last_column = _last_place(span)
    if last_line == span.line:
        lines += _line(span.source, span.line, span.column, last_column, label, gutter, style, look, mark)
        return lines
    end = len(span.source.line(span.line)) + 1
    lines += _line(span.source, span.line, span.column, end, "", gutter, style, look, mark)
    if last_line > span.line + 1:
        lines.append(style.paint("...", "bold blue"))
    first = _first_column(span.source.line(last_line))
    lines += _line(span.source, last_line, min(first, last_column), last_column, label, gutter, style, look, mark)
    return lines


def _last_place(span: Span) -> tuple[int, int]:
    """Where the span ends, on a line that it has some text of."""
    if span.end_line > span.line and span.end_column <= 1:
        return span.end_line - 1, len(span.source.line(span.end_line - 1)) + 1
    return span.end_line, span.end_column


def _line(
    source: Source, number: int, start: int, end: int, label: str, gutter: int, style: Style, look: str, mark: str
) -> list[str]:
    """One numbered line of source, and the line of carets under its columns ``start`` to ``end`` (half-open)."""
    text = source.line(number)
    before, within, after = _shown(text, start, end, max(_LEAST, style.width - gutter - 3))
    bar = style.paint("|", "bold blue")
    count = style.paint(str(number).rjust(gutter), "bold blue")
    carets = mark * max(1, _columns(within)) + (f" {label}" if label else "")
    return [
        f"{count} {bar} {before}{within}{after}".rstrip(),
        f"{' ' * gutter} {bar} {' ' * _columns(before)}{style.paint(carets, look)}",
    ]


def _shown(text: str, start: int, end: int, width: int) -> tuple[str, str, str]:
    """The line in three parts (before, in and after the span), cut to a width, printable."""
    start = min(max(start, 1), len(text) + 1)
    end = min(max(end, start), len(text) + 1)
    before, within, after = (
        _printable(part) for part in (text[: start - 1], text[start - 1 : end - 1], text[end - 1 :])
    )
    if len(before) + len(within) + len(after.rstrip()) <= width:
        return before, within, after.rstrip()
    if len(within) > width // 2:
        within = within[: width // 2 - 3] + "..."
    keep = (width - len(within)) // 2
    if len(before) > keep:
        before = "..." + before[len(before) - keep + 3 :]
    room = width - len(before) - len(within)
    if len(after) > room:
        after = after[: room - 3] + "..."
    return before, within, after


def _printable(text: str) -> str:
    plain = text.replace("\t", " " * _TAB).translate(_CONTROL)
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in plain)


def _columns(text: str) -> int:
    """How many columns a terminal needs for the text."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) != 0 for char in text)


def _first_column(text: str) -> int:
    return len(text) - len(text.lstrip()) + 1

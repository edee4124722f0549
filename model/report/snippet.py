"""A line of the driver with a caret under the place, as compilers show it."""

from __future__ import annotations

from defercheck.grammar.span import Span
from defercheck.report.style import Style

_TAB = 8


def snippet(span: Span, style: Style, look: str = "bold red") -> list[str]:
    """``--> file:line:column`` and the line with carets under the span (to the end of the line if it goes on)."""
    number = str(span.line)
    pad = " " * len(number)
    raw = span.source.line(span.line)
    last = len(raw) if span.end_line > span.line else span.end_column - 1
    text = raw.expandtabs(_TAB)
    start = len(raw[: span.column - 1].expandtabs(_TAB))
    stop = max(start + 1, len(raw[:last].rstrip().expandtabs(_TAB)))
    text, start, stop = _cropped(text, start, stop, style.width - len(number) - 4, style.glyphs.ellipsis)
    bar = style.paint("|", "blue")
    return [
        f"{pad}{style.paint('-->', 'blue')} {span.source.name}:{span.line}:{span.column}",
        f"{pad} {bar}",
        f"{style.paint(number, 'blue')} {bar} {text}",
        f"{pad} {bar} {' ' * start}{style.paint('^' * (stop - start), look)}",
    ]


def _cropped(text: str, start: int, stop: int, width: int, ellipsis: str) -> tuple[str, int, int]:
    """The part of a long line that holds the span's start, with ellipses where something is missing."""
    text = text.rstrip()
    if len(text) <= width:
        return text, start, stop
    shift = max(0, start - width // 3)
    if shift:
        shift += len(ellipsis)
        text = ellipsis + text[shift:]
        shift -= len(ellipsis)
    if len(text) > width:
        text = text[: width - len(ellipsis)] + ellipsis
    return text, start - shift, min(stop - shift, width)

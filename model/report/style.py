"""How a report may look on the device it goes to: width, colours, characters, and how much to say."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TextIO

_ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}

ColorChoice = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The few characters beyond ASCII that a report uses, or what stands in for them."""

    vertical: str = "│"
    horizontal: str = "─"
    cross: str = "┼"
    arrow: str = "→"
    mark: str = "✗"
    good: str = "✓"
    ellipsis: str = "…"


UNICODE = Glyphs()
ASCII = Glyphs("|", "-", "+", "->", "x", "+", "...")


@dataclass(frozen=True, slots=True)
class Style:
    """What a report's writer needs to know of its reader. ``width`` is in columns; at least 40 is assumed."""

    width: int = 80
    color: bool = False
    unicode: bool = True
    verbose: bool = False

    @property
    def glyphs(self) -> Glyphs:
        """The characters to draw with."""
        return UNICODE if self.unicode else ASCII

    def paint(self, text: str, look: str) -> str:
        """The text in a look such as ``"bold red"``; unchanged without colours, or when there is nothing to paint."""
        if not self.color or not text.strip() or not look:
            return text
        return f"\x1b[{';'.join(_ANSI[word] for word in look.split())}m{text}\x1b[0m"

    def at_width(self, width: int) -> Style:
        """The same style on a narrower or wider device."""
        return replace(self, width=width)


class _Terminal(Protocol):
    def isatty(self) -> bool: ...


def wants_color(stream: _Terminal, choice: ColorChoice, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what goes to a stream: a terminal does get colours unless NO_COLOR or a dumb TERM say no."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def can_draw(encoding: str | None) -> bool:
    """Whether an encoding has all of the characters of ``UNICODE``."""
    try:
        text = "".join(getattr(UNICODE, name) for name in Glyphs.__dataclass_fields__)
        codecs.lookup(encoding or "ascii")
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def style_for(stream: TextIO, choice: ColorChoice = "auto", verbose: bool = False) -> Style:
    """The style for a stream: as wide as the terminal (COLUMNS wins), 80 columns when it is none."""
    terminal = stream.isatty()
    columns = shutil.get_terminal_size((80, 24)).columns if terminal or os.environ.get("COLUMNS") else 80
    return Style(
        width=max(40, min(columns, 160)),
        color=wants_color(stream, choice),
        unicode=can_draw(getattr(stream, "encoding", None)),
        verbose=verbose,
    )

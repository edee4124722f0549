"""What goes on while exploring, on stderr: one line that is rewritten on a terminal, else a line now and then."""

from __future__ import annotations

from typing import TextIO

from defercheck.report.units import count, duration, size
from defercheck.system.result import Progress

_QUIET_SECONDS = 0.4
_PLAIN_EVERY = 10.0


class Meter:
    """Called with each Progress. ``plain`` prints whole lines, every ten seconds, where there is no terminal."""

    def __init__(self, stream: TextIO, width: int, plain: bool = False, enabled: bool = True):
        self.stream = stream
        self.width = width
        self.live = enabled and stream.isatty()
        self.plain = enabled and plain and not self.live
        self.name = ""
        self.latest: Progress | None = None
        self._due = 0.0
        self._shown = False

    def start(self, name: str) -> None:
        """Begin with another spec."""
        self.name, self.latest, self._due = name, None, _PLAIN_EVERY

    def __call__(self, progress: Progress) -> None:
        """Take note of the progress and show it if it is time."""
        self.latest = progress
        if self.live and progress.seconds >= _QUIET_SECONDS:
            self.stream.write(f"\r\x1b[K{self._line(progress)[: self.width - 1]}")
            self.stream.flush()
            self._shown = True
        elif self.plain and progress.seconds >= self._due:
            self._due = progress.seconds + _PLAIN_EVERY
            self.stream.write(self._line(progress) + "\n")
            self.stream.flush()

    def clear(self) -> None:
        """Take the line away, so that the report can be written."""
        if self._shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self._shown = False

    def _line(self, progress: Progress) -> str:
        rate = progress.states / progress.seconds if progress.seconds > 0 else 0.0
        return (
            f"{self.name}: {count(progress.states, 'state')} ({rate / 1e6:.1f} M/s), {progress.queued:,} waiting, "
            f"depth {progress.depth:,}, {size(progress.bytes)}, {duration(progress.seconds)}"
        )

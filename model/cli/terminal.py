"""Writing to the standard streams: never a UnicodeEncodeError because of a name in a spec."""

from __future__ import annotations

from typing import TextIO


def say(stream: TextIO, text: str) -> None:
    """Writes a line or several; what the stream's encoding lacks is written as an escape."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()

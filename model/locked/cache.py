"""Answers that were given before, by the hash of all that they depend on.

An entry is a file: a line with the SHA-256 of the rest, and the rest, compressed JSON. What does not fit its hash, or
does not repeat its key, is as good as absent; whatever goes wrong with a file, the worst is that it is computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VERSION = 1


def folder() -> Path:
    """Where answers are kept: below ``XDG_CACHE_HOME``, else below ``~/.cache``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    top = Path(given) if os.path.isabs(given) else Path("~/.cache").expanduser()
    return top / "defercheck" / f"v{_VERSION}"


def key_of(parts: Mapping[str, Any]) -> str:
    """The key of an answer: the hash of all that it depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Cache:
    """Answers in a folder."""

    def __init__(self, top: Path):
        self._top = top

    def get(self, key: str) -> dict[str, Any] | None:
        """The answer of a key; ``None`` if there is none, or none that can be trusted."""
        path = self._path(key)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            if head.decode() != hashlib.sha256(body).hexdigest():
                return None
            found = json.loads(zlib.decompress(body))
        except (OSError, ValueError, zlib.error):  # ValueError: neither UTF-8 nor JSON
            return None
        if not isinstance(found, dict) or found.get("key") != key or not isinstance(found.get("answer"), dict):
            return None
        answer: dict[str, Any] = found["answer"]
        return answer

    def put(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer. That it cannot be kept (no space, no permission) is no error."""
        body = zlib.compress(json.dumps({"key": key, "answer": answer}, ensure_ascii=False).encode())
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent)
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._top / key[:2] / f"{key[2:]}.answer"

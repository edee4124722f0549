"""The kernel model: specs in the language itself (*.dfr) that every driver spec is compiled with."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from defercheck.grammar.span import Source


@cache
def sources() -> tuple[Source, ...]:
    """The files of the kernel model in alphabetical order, under the names ``kernel/tasklet.dfr`` and so on."""
    found = sorted((f for f in files(__name__).iterdir() if f.name.endswith(".dfr")), key=lambda f: f.name)
    return tuple(Source(f"kernel/{f.name}", f.read_text(encoding="utf-8"), kernel=True) for f in found)

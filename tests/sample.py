"""Large tables of cases, of which the ordinary run takes a fixed part.

The whole suite has to end within minutes on two cores; ``DEFERCHECK_ALL=1 pytest -n auto`` runs every case.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

ALL = bool(os.environ.get("DEFERCHECK_ALL"))


def part(cases: Iterable[T], one_in: int) -> list[T]:
    """Every ``one_in``-th case, always the same ones; all of them when all are asked for."""
    everything = list(cases)
    return everything if ALL else everything[::one_in]

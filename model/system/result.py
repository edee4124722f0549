"""What an engine answers: the same shape from every engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Limit = Literal["", "states", "memory", "time", "interrupted", "depth"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that the user sets; ``None`` means none. Memory in bytes, time in seconds; ``depth`` in steps, for the
    bounded search."""

    states: int | None = None
    memory: int | None = 4 << 30
    seconds: float | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A path from the initial state: indexes of transitions, in order.

    For a ``step`` property the last one is the violating transition; for the others the path ends in the state that
    shows the violation (or, for ``cover``, the state that was to be reached). Never longer than any other such path.

    What is shown by an infinite schedule (``stuck``, ``lasting``, ``eventually``, ``leadsto``) has a ``loop`` too: the
    transitions that lead from the last state of the path back to it, and that a fair schedule may repeat for ever; an
    empty one says that it may stay there for ever. ``None`` for what needs no loop, or when the search for one was cut
    short. For these kinds the path leads on to the loop and is not always a shortest one.

    ``given`` are the values that the variables that are free at first have on it.
    """

    property: str
    path: tuple[int, ...]
    loop: tuple[int, ...] | None = None
    given: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known while exploring goes on."""

    states: int
    queued: int
    transitions: int
    depth: int
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Exploration:
    """The outcome of exploring a system.

    ``complete`` says that every reachable state was seen; otherwise ``limit`` says what stopped it, and nothing that
    was not found may be taken to be absent. ``states`` counts distinct states; ``transitions`` the steps taken
    between them (violating steps not counted); ``depth`` the length of the longest shortest path. ``fired`` holds the
    transitions (violating ones too) that can be taken in some state that was seen and expanded. ``stuck_checked`` is
    False when the analysis behind the ``stuck`` and ``lasting`` properties was not finished, ``fair_checked`` when that
    behind the ``eventually`` and ``leadsto`` properties was not.
    """

    complete: bool
    limit: Limit
    states: int
    transitions: int
    depth: int
    fired: frozenset[int]
    witnesses: dict[str, Witness] = field(default_factory=dict)
    stuck_checked: bool = True
    fair_checked: bool = True
    bits: int = 0
    seconds: float = 0.0
    compile_seconds: float = 0.0
    bytes: int = 0

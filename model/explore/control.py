"""What the driver and the generated code tell each other."""

from __future__ import annotations

import ctypes
from enum import IntEnum

NEVER = 0xFFFFFFFF
"""In ``@first``: no state has shown it yet. Not the index of any state."""
NO_STATE = (1 << 64) - 1


class Status(IntEnum):
    """Why the generated search came back."""

    DONE = 0
    PAUSE = 1
    GROW = 2
    FULL = 3
    ERROR = 4


class Control(ctypes.Structure):
    """``@control``: where the arrays are and how far the search has come. All 64-bit.

    States ``0..head-1`` are expanded, ``head..count-1`` wait, those before ``level_end`` are ``depth`` steps from the
    initial one. ``pending`` records wait in the buffer. The search asks to grow rather than pass ``room`` states,
    stops when it has more than ``stop`` and pauses after ``budget`` expansions.

    ``current`` is the state that is being expanded, ``violated_at`` the last one in which a violating step was met,
    ``ended_at`` the last one in which such a step ended the path. ``error`` is 1 + a transition that left a
    variable's range in the state ``error_at``.
    """

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            *("head", "count", "level_end", "depth", "edges", "pending", "room", "stop", "budget"),
            *("buffer", "recent", "table", "buckets", "chunks", "marks", "done", "changed"),
            *("current", "violated_at", "ended_at", "error", "error_at"),
        )
    ]

    head: int
    count: int
    level_end: int
    depth: int
    edges: int
    pending: int
    room: int
    stop: int
    budget: int
    buffer: int
    recent: int
    table: int
    buckets: int
    chunks: int
    marks: int
    done: int
    changed: int
    current: int
    violated_at: int
    ended_at: int
    error: int
    error_at: int


class Shared:
    """The memory that is the same for every version of the generated code.

    ``fired`` has a byte for each transition: whether it can be taken somewhere. ``first`` has for each property the
    index of the first state that shows it, or ``NEVER``. ``wanted`` is a mask of contexts, see ``stuck``.
    """

    def __init__(self, transitions: int, properties: int, mark_bytes: int):
        self.control = Control(violated_at=NO_STATE, ended_at=NO_STATE)
        self.fired = (ctypes.c_uint8 * max(1, transitions))()
        self.first = (ctypes.c_uint32 * max(1, properties))(*[NEVER] * properties)
        self.wanted = (ctypes.c_uint8 * mark_bytes)()

    def addresses(self) -> dict[str, int]:
        """Name of the external global -> its address."""
        parts = {"control": self.control, "fired": self.fired, "first": self.first, "wanted": self.wanted}
        return {name: ctypes.addressof(part) for name, part in parts.items()}


SHARED_IR = """
@control = external global i64
@fired = external global i8
@first = external global i32
@wanted = external global i8
"""


def control_at(name: str) -> str:
    """The IR constant that points to a field of ``@control``."""
    return f"getelementptr (i8, ptr @control, i64 {getattr(Control, name).offset})"

"""What the driver and the generated code tell each other."""

from __future__ import annotations

import ctypes
from enum import IntEnum


class Status(IntEnum):
    """Why the generated search came back."""

    DONE = 0
    PAUSE = 1
    GROW = 2
    FULL = 3
    ERROR = 4


class Control(ctypes.Structure):
    """The global ``@control``: where the arrays are and how far the search has come. All 64-bit.

    States ``0..head-1`` are expanded, ``head..count-1`` wait, those before ``level_end`` are ``depth`` steps from the
    initial one. ``pending`` records wait in the buffer. The search asks to grow rather than pass ``room`` states,
    stops when it has more than ``stop`` and pauses after ``budget`` expansions.
    """

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            *("head", "count", "level_end", "depth", "edges", "pending", "room", "stop", "budget"),
            *("buffer", "table", "capacity", "chunks", "marks", "done", "changed"),
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
    table: int
    capacity: int
    chunks: int
    marks: int
    done: int
    changed: int


def place(name: str) -> str:
    """The IR constant that points to a field of ``@control``."""
    return f"getelementptr (i8, ptr @control, i64 {getattr(Control, name).offset})"


def control_ir() -> str:
    """The declaration of ``@control``."""
    return f"@control = global [{ctypes.sizeof(Control) // 8} x i64] zeroinitializer\n"

"""Faults of what the language itself needs: frames of functions, what is over, allocation through pointers."""

from __future__ import annotations

from tests.mutants.faults import Fault, one

LANGUAGE: tuple[Fault, ...] = (
    one("a frame outlives its function", "bugs/d06-hv-pci-onstack-completion/broken.dfr", "missing DF301", "memory",
        "void leave_frame(object o) { atomic { memory_ends(o); } }", "void leave_frame(object o) { }"),
    one("all is over while a work is pending", "bugs/j01-hci-uart-write-work/fixed.dfr", "invariant all_sent", "quiet",
        "if (live(w) && w.PENDING) return false;", ";"),
)  # fmt: skip

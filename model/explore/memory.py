"""Memory for states and tables, outside Python's heap and given back at once."""

from __future__ import annotations

import ctypes
import mmap

PAGE = 2 << 20
"""Bytes of a large page. A block that does not begin at one has small pages up to the next."""


class Block:
    """Zeroed bytes at a fixed address. Pages that are never touched cost nothing."""

    def __init__(self, size: int, huge: bool = False):
        """``huge`` asks the system for large pages, which random access to a large table needs."""
        self.size = max(size, 1)
        room = self.size + (PAGE if huge else 0)
        flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
        self._map: mmap.mmap | None = mmap.mmap(-1, room, **flags)
        if huge and hasattr(mmap, "MADV_HUGEPAGE"):
            self._map.madvise(mmap.MADV_HUGEPAGE)
        anchor = ctypes.c_char.from_buffer(self._map)
        self.address = ctypes.addressof(anchor)
        if huge:
            self.address += -self.address % PAGE
        del anchor  # a buffer that is still exported cannot be unmapped

    def forget(self, size: int) -> None:
        """Give the first ``size`` bytes back early where the system can: they are not read any more."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED, 0, size // mmap.PAGESIZE * mmap.PAGESIZE)

    def free(self) -> None:
        """Unmap; the address is no longer valid."""
        if self._map is not None:
            self._map.close()
            self._map = None

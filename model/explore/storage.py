"""The arrays of a search: chunks of states, the seen-set's table, the buffer; and how they grow within a limit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from defercheck.explore.control import Control
from defercheck.explore.layout import Layout
from defercheck.explore.memory import Block
from defercheck.explore.table import BUCKET, SLOT

PARENT = 4
MOST_STATES = (1 << 32) - 2
"""Parents are 32-bit indexes, of which one means "none"."""
CHUNKS = 1 << 18
"""There are never more chunks than this."""
RECENT = 1 << 13
"""Successors that the search remembers, to drop those that it met a moment ago; must stay in the processor's caches."""
HUGE = 4 << 20
"""Blocks of so many bytes ask for large pages: the system takes longer to hand out 4 KiB than we to fill it."""
STRIDE = 16 << 20
"""Bytes of an old table that one call moves to a new one."""
LOAD, TIGHT = 0.8, 0.9
"""How full the table may be; and how full when there is no memory for a larger one."""
GROWTH = 2.5
"""The larger a new table, the less is moved; at this one a state costs 25 bytes of table at most."""

Rehash = Callable[[int, int, int], None]
"""Takes the address of a table and moves the states in the slots from the one to before the other."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Sizes that matter for speed only: tests make them small so that everything has to grow."""

    chunk_bits: int = 14
    slots: int = 1 << 16
    batch: int = 64
    budget: int = 20_000


class Storage:
    """Owns the memory that ``@control`` points to."""

    def __init__(self, control: Control, layout: Layout, most: int, tuning: Tuning, limit: int | None):
        """``most`` is the largest number of successors of a state; ``limit`` the number of bytes allowed."""
        self._control = control
        self._tuning = tuning
        self._limit = limit
        self._state_size = layout.words * 8
        self._words = layout.words
        self._load = LOAD
        self._slabs: list[Block] = []
        self._chunks: list[int] = []
        self.most = min(MOST_STATES, CHUNKS << tuning.chunk_bits)
        self._directory = Block(8 * CHUNKS)
        # A pause may come before or after a flush, and the backward analysis adds a record for each state.
        self._buffer = Block((layout.words + 2) * 8 * (2 * tuning.batch + 2 * most + 2))
        self._recent = Block(RECENT * self._state_size)
        self._capacity = -(-tuning.slots // BUCKET) * BUCKET
        self._table = self._block(self._capacity * SLOT)
        self._marks: list[Block] = []
        control.chunks, control.buffer = self._directory.address, self._buffer.address
        control.recent = self._recent.address
        control.table, control.buckets = self._table.address, self._capacity // BUCKET
        self._add_chunks(1)
        self._set_room()
        self.peak = self.bytes

    @property
    def slots(self) -> int:
        """Slots of the table."""
        return self._capacity

    @property
    def bytes(self) -> int:
        """Bytes in use now."""
        marks = sum(block.size for block in self._marks)
        return self._fixed + len(self._chunks) * (self._chunk + 8) + self._table.size + marks

    @property
    def _fixed(self) -> int:
        return self._buffer.size + self._recent.size

    @property
    def _chunk(self) -> int:
        return (self._state_size + PARENT) << self._tuning.chunk_bits

    def grow(self, needed: int, rehash: Rehash) -> bool:
        """Make room for so many states. False when the limit, or the machine, does not allow it."""
        try:
            if needed > self._load * self._capacity and not self._grow_table(needed, rehash):
                return False
            if not self._grow_chunks(needed):
                return False
        except OSError:
            return False
        self._set_room()
        self.peak = max(self.peak, self.bytes)
        return True

    def reserve_marks(self, size: int) -> bool:
        """A mark of ``size`` bytes for each slot of the table and a bit for each state; as with ``grow``."""
        done = self._control.count // 8 + 1
        try:
            if not self._allowed(self.bytes + size * self._capacity + done):
                return False
            self._marks = [self._block(size * self._capacity), self._block(done)]
        except OSError:
            return False
        self._control.marks, self._control.done = (block.address for block in self._marks)
        self.peak = max(self.peak, self.bytes)
        return True

    def begin(self, words: tuple[int, ...]) -> None:
        """Put the initial state into the store."""
        (ctypes.c_uint64 * self._words).from_address(self._state(0))[:] = list(words)

    def get(self, index: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple((ctypes.c_uint64 * self._words).from_address(self._state(index)))

    def words(self, count: int) -> Any:
        """The words of the first ``count`` states, as an array of one row a state."""
        import numpy

        rows = numpy.empty((count, self._words), dtype=numpy.uint64)
        step = 1 << self._tuning.chunk_bits
        for first in range(0, count, step):
            n = min(step, count - first)
            words = (ctypes.c_uint64 * (n * self._words)).from_address(self._state(first))
            rows[first : first + n] = numpy.ctypeslib.as_array(words).reshape(n, self._words)
        return rows

    def parent(self, index: int) -> int:
        """The index of the state from which this one was first reached. State 0 has none."""
        chunk, n = divmod(index, 1 << self._tuning.chunk_bits)
        parents = self._chunks[chunk] + (self._state_size << self._tuning.chunk_bits)
        return ctypes.c_uint32.from_address(parents + PARENT * n).value

    def free(self) -> None:
        """Give everything back."""
        for block in (*self._slabs, *self._marks, self._directory, self._buffer, self._recent, self._table):
            block.free()

    def _state(self, index: int) -> int:
        chunk, n = divmod(index, 1 << self._tuning.chunk_bits)
        return self._chunks[chunk] + self._state_size * n

    def _allowed(self, size: int) -> bool:
        return self._limit is None or size <= self._limit

    def _grow_chunks(self, needed: int) -> bool:
        """More chunks, an eighth more when there is memory for so many: few large blocks are faster than many small."""
        missing = -(-needed >> self._tuning.chunk_bits) - len(self._chunks)
        if missing <= 0:
            return True
        for number in (max(missing, len(self._chunks) // 8), missing):
            if len(self._chunks) + number <= CHUNKS and self._allowed(self.bytes + number * (self._chunk + 8)):
                self._add_chunks(number)
                return True
        return False

    def _add_chunks(self, number: int) -> None:
        slab = self._block(number * self._chunk)
        self._slabs.append(slab)
        for n in range(number):
            address = slab.address + n * self._chunk
            ctypes.c_uint64.from_address(self._directory.address + 8 * len(self._chunks)).value = address
            self._chunks.append(address)

    def _block(self, size: int) -> Block:
        return Block(size, huge=size >= HUGE)

    def _set_room(self) -> None:
        states = len(self._chunks) << self._tuning.chunk_bits
        self._control.room = min(states, int(self._load * self._capacity), self.most)

    def _grow_table(self, needed: int, rehash: Rehash) -> bool:
        slots = int(GROWTH * self._capacity) // BUCKET * BUCKET
        while needed > LOAD * slots:
            slots *= 2
        moving = min(STRIDE, self._table.size)
        if not self._allowed(self.bytes - self._table.size + moving + slots * SLOT + self._chunk):
            # The largest table that leaves memory for the states that it can hold.
            assert self._limit is not None
            self._load = TIGHT
            left = self._limit - self._fixed - moving - self._chunk
            slots = int(left / (SLOT + TIGHT * (self._state_size + PARENT))) // BUCKET * BUCKET
            if slots < 1.1 * self._capacity:
                return needed <= TIGHT * self._capacity
            if needed > TIGHT * slots:
                return False
        old, old_slots = self._table, self._capacity
        self._capacity = slots
        self._table = self._block(slots * SLOT)
        self._control.table, self._control.buckets = self._table.address, slots // BUCKET
        # The old table goes as the new one fills, so that the peak is not the sum of both.
        step = STRIDE // SLOT
        for first in range(0, old_slots, step):
            end = min(first + step, old_slots)
            rehash(old.address, first, end)
            old.forget(end * SLOT)
        old.free()
        self.peak = max(self.peak, self.bytes + moving)
        return True

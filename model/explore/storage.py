"""The arrays of a search: chunks of states, the seen-set's table, the buffer; and how they grow within a limit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

from defercheck.explore.control import Control
from defercheck.explore.layout import Layout
from defercheck.explore.memory import Block

PARENT = 4
MOST_STATES = (1 << 32) - 2
"""Parents are 32-bit indexes, of which one means "none"."""
LOAD, TIGHT = 0.8, 0.9
"""How full the table may be; and how full when there is no memory for a larger one."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Sizes that matter for speed only: tests make them small so that everything has to grow."""

    chunk_bits: int = 14
    slots: int = 1 << 14
    batch: int = 64
    budget: int = 20_000


class Storage:
    """Owns the memory that ``@control`` points to."""

    def __init__(self, control: Control, layout: Layout, most: int, tuning: Tuning, limit: int | None):
        """``most`` is the largest number of successors of a state; ``limit`` the number of bytes allowed."""
        self._control = control
        self._tuning = tuning
        self._limit = limit
        self._slot = layout.words * 8
        self._words = layout.words
        self._load = LOAD
        self._chunks: list[Block] = []
        self._directory = Block(8 << max(0, 32 - tuning.chunk_bits))
        # A pause may come before or after a flush, and the backward analysis adds a record for each state.
        self._buffer = Block((layout.words + 2) * 8 * (2 * tuning.batch + 2 * most + 2))
        self._table = Block(tuning.slots * self._slot)
        self._marks: list[Block] = []
        control.chunks, control.buffer = self._directory.address, self._buffer.address
        control.table, control.capacity = self._table.address, tuning.slots
        self._add_chunk()
        self._set_room()
        self.peak = self.bytes

    @property
    def bytes(self) -> int:
        """Bytes in use now."""
        marks = sum(block.size for block in self._marks)
        return self._fixed + len(self._chunks) * (self._chunk + 8) + self._table.size + marks

    @property
    def _fixed(self) -> int:
        return self._buffer.size

    @property
    def _chunk(self) -> int:
        return (self._slot + PARENT) << self._tuning.chunk_bits

    def grow(self, needed: int, refill: Callable[[], None]) -> bool:
        """Make room for so many states. False when the limit, or the machine, does not allow it.

        The old table goes before the new one comes, and ``refill`` fills that one from the chunks: so the peak is
        not the sum of both.
        """
        try:
            if needed > self._load * self._control.capacity and not self._grow_table(needed, refill):
                return False
            while needed > len(self._chunks) << self._tuning.chunk_bits:
                if not self._allowed(self.bytes + self._chunk + 8):
                    return False
                self._add_chunk()
        except OSError:
            return False
        self._set_room()
        self.peak = max(self.peak, self.bytes)
        return True

    def reserve_marks(self, size: int) -> bool:
        """A mark of ``size`` bytes for each slot of the table and a bit for each state; as with ``grow``."""
        done = self._control.count // 8 + 1
        try:
            if not self._allowed(self.bytes + size * self._control.capacity + done):
                return False
            self._marks = [Block(size * self._control.capacity, huge=True), Block(done)]
        except OSError:
            return False
        self._control.marks, self._control.done = (block.address for block in self._marks)
        self.peak = max(self.peak, self.bytes)
        return True

    def put(self, index: int, words: tuple[int, ...]) -> None:
        """Write a state into its chunk."""
        (ctypes.c_uint64 * self._words).from_address(self._state(index))[:] = words

    def get(self, index: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple((ctypes.c_uint64 * self._words).from_address(self._state(index)))

    def parent(self, index: int) -> int:
        """The index of the state from which this one was first reached. State 0 has none."""
        chunk, n = divmod(index, 1 << self._tuning.chunk_bits)
        parents = self._chunks[chunk].address + (self._slot << self._tuning.chunk_bits)
        return ctypes.c_uint32.from_address(parents + PARENT * n).value

    def free(self) -> None:
        """Give everything back."""
        for block in (*self._chunks, *self._marks, self._directory, self._buffer, self._table):
            block.free()

    def _state(self, index: int) -> int:
        chunk, n = divmod(index, 1 << self._tuning.chunk_bits)
        return self._chunks[chunk].address + self._slot * n

    def _allowed(self, size: int) -> bool:
        return self._limit is None or size <= self._limit

    def _add_chunk(self) -> None:
        block = Block(self._chunk)
        ctypes.c_uint64.from_address(self._directory.address + 8 * len(self._chunks)).value = block.address
        self._chunks.append(block)

    def _set_room(self) -> None:
        states = len(self._chunks) << self._tuning.chunk_bits
        self._control.room = min(states, int(self._load * self._control.capacity), MOST_STATES)

    def _grow_table(self, needed: int, refill: Callable[[], None]) -> bool:
        slots = 2 * self._control.capacity
        while needed > LOAD * slots:
            slots *= 2
        if not self._allowed(self.bytes - self._table.size + slots * self._slot + self._chunk):
            # The largest table that leaves memory for the states that it can hold.
            assert self._limit is not None
            self._load = TIGHT
            slots = int((self._limit - self._fixed - self._chunk) / (self._slot + TIGHT * (self._slot + PARENT)))
            if slots < 1.1 * self._control.capacity:
                return needed <= TIGHT * self._control.capacity
            if needed > TIGHT * slots:
                return False
        self._table.free()
        self._control.capacity = 0
        self._table = Block(slots * self._slot, huge=True)
        self._control.table, self._control.capacity = self._table.address, slots
        self.peak = max(self.peak, self.bytes)
        refill()
        return True

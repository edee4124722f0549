"""Where each variable lives in a packed state.

A state is one or more 64-bit words. A variable with ``n`` possible values takes ``ceil(log2 n)`` bits of one word; no
field straddles two words. One word, the *tag* word, is zero in no state, so that zeroed memory
holds none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from defercheck.system.system import TransitionSystem, Variable

WORD = 64
LINE = 64
"""Bytes in a line of the cache."""


@dataclass(frozen=True, slots=True)
class Field:
    """The bits of a variable: ``value = ((words[word] >> shift) & (2**width - 1)) + base``."""

    name: str
    lo: int
    hi: int
    word: int
    shift: int
    width: int
    base: int

    @property
    def mask(self) -> int:
        """The bits of the field within its word."""
        return ((1 << self.width) - 1) << self.shift

    def bits(self, value: int) -> int:
        """The bits within the word that say that the variable has the value, which must be in its range."""
        return (value - self.base) << self.shift


@dataclass(frozen=True, slots=True)
class Layout:
    """All fields, the number of words, and how to tell a state from an empty slot.

    ``bits`` is the sum of the widths. ``tag`` is the index of the word that no state has zero, and ``constant`` its
    bits that are set in every state.
    """

    fields: Mapping[str, Field]
    words: int
    bits: int
    tag: int
    constant: int

    def pack(self, values: Sequence[int]) -> tuple[int, ...]:
        """The words of a state given as one value a variable. ``ValueError`` when one is out of its range."""
        words = [0] * self.words
        words[self.tag] = self.constant
        for field, value in zip(self.fields.values(), values, strict=True):
            if not field.lo <= value <= field.hi:
                raise ValueError(f"{field.name} is {value}, outside {field.lo}..{field.hi}")
            if field.width:
                words[field.word] |= field.bits(value)
        return tuple(words)

    def unpack(self, words: Sequence[int]) -> tuple[int, ...]:
        """The values of a packed state, in the order of the variables."""
        return tuple(
            ((words[f.word] >> f.shift) & ((1 << f.width) - 1)) + f.base if f.width else f.lo
            for f in self.fields.values()
        )


def lay_out(system: TransitionSystem) -> Layout:
    """Place the variables in packing order, each in the first word that has room for it."""
    used = [0]
    places: list[tuple[Variable, int, int, int]] = []
    for v in system.variables:
        if v.free:
            raise ValueError(f"{v.name} may have any value at first: this engine begins with one state")
        if v.hi < v.lo:
            raise ValueError(f"{v.name} has no values: {v.lo}..{v.hi}")
        if v.lo < -(1 << 62) or v.hi >= 1 << 62:
            raise ValueError(f"{v.name} has values too large for this engine: {v.lo}..{v.hi}")
        width = (v.hi - v.lo).bit_length()
        word = next((n for n, bits in enumerate(used) if bits + width <= WORD), len(used))
        if word == len(used):
            used.append(0)
        places.append((v, word, used[word], width))
        used[word] += width
    # What makes a word of a state never zero: a field that does not need all its codes gives up the code 0, or a bit
    # that no field uses is always set.
    spare = next((n for n, (v, _, _, width) in enumerate(places) if v.hi - v.lo + 1 < 1 << width), None)
    tag = constant = 0
    if spare is not None:
        tag = places[spare][1]
    else:
        tag = next((n for n, bits in enumerate(used) if bits < WORD), len(used))
        if tag == len(used):
            used.append(0)
        constant = 1 << (WORD - 1)
    fields = {
        v.name: Field(v.name, v.lo, v.hi, word, shift, width, v.lo - 1 if n == spare else v.lo)
        for n, (v, word, shift, width) in enumerate(places)
    }
    return Layout(fields, len(used), sum(width for *_, width in places), tag, constant)

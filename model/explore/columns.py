"""Packed states as one array of values for each variable."""

from __future__ import annotations

from typing import Any

from defercheck.explore.layout import Layout


def unpack_all(layout: Layout, words: Any) -> dict[str, Any]:
    """``words`` has one row a state. Each array is of the smallest integers that hold the variable's range."""
    import numpy

    columns = {}
    for f in layout.fields.values():
        smallest = numpy.promote_types(numpy.min_scalar_type(f.lo), numpy.min_scalar_type(f.hi))
        kind = smallest if numpy.issubdtype(smallest, numpy.integer) else numpy.dtype(numpy.int64)
        if f.width:
            raw = (words[:, f.word] >> numpy.uint64(f.shift)) & numpy.uint64((1 << f.width) - 1)
            columns[f.name] = (raw.astype(numpy.int64) + f.base).astype(kind)
        else:
            columns[f.name] = numpy.full(len(words), f.lo, dtype=kind)
    return columns

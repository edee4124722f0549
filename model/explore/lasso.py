"""The search for fair loops in a graph in arrays: Streett's condition by components, then a short loop.

A loop must fulfil every condition that it can: one that wishes in all of the loop's states and is able in some must
have a step of its own there. A strongly connected component whose conditions are all fulfilled by its steps has a loop
through all of it that is fair. Where some are not, no fair loop comes through a state in which one of these is able:
those states are left out, and what remains is taken apart again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # numpy's own types say little of element types, and much


@dataclass(frozen=True)
class Graph:
    """A graph of states. ``rows``, ``heads``, ``kinds``: the edges by their tails. ``wishes`` and ``ables``: the masks
    of conditions, so many words a state. ``owners``: the mask of each kind. ``depths`` and ``parents``: the shortest
    way to each state. ``recurs`` and ``rescues``: kinds of steps that a loop may have, and that count as promised."""

    rows: Array
    heads: Array
    kinds: Array
    wishes: Array
    ables: Array
    owners: Array
    depths: Array
    parents: Array
    recurs: Array
    rescues: Array

    @property
    def size(self) -> int:
        """How many states there are."""
        return len(self.depths)


Call = Callable[..., int]
"""Calls a function of the compiled code by its name, with arrays as arguments."""

Edge = tuple[int, int]
"""A step as its kind and the state that it leads to."""


@dataclass(frozen=True, slots=True)
class Lasso:
    """States of a path from the initial one; then the steps from its last one round the loop."""

    path: tuple[int, ...]
    loop: tuple[Edge, ...]


def lasso(g: Graph, call: Call, starts: Array, inside: Array, rescue: bool = False) -> Lasso | None:
    """A short fair schedule that, once it is at one of the ``starts``, never leaves the states that are ``inside``
    (both truths of states); with ``rescue`` it also takes no step from there on that nobody promises. ``None`` when
    there is none."""
    allowed = g.rescues if rescue else np.ones_like(g.rescues)
    far, back = _reach(g, starts & inside, inside, allowed)
    part = _fair(g, call, far >= 0)
    if not part.any():
        return None
    candidates = np.flatnonzero(part > 0)
    head = int(candidates[np.argmin(far[candidates])])
    way = [head]
    while back[way[-1]] >= 0:
        way.append(int(back[way[-1]]))
    while way[-1]:
        way.append(int(g.parents[way[-1]]))
    return Lasso(tuple(reversed(way)), _loop(g, head, part == part[head]))


def _reach(g: Graph, starts: Array, inside: Array, allowed: Array) -> tuple[Array, Array]:
    """The length of the shortest path to each state that leads through a start and stays inside from there, else -1;
    and the state before it on that path, -1 at a start."""
    far = np.full(g.size, -1, np.int32)
    back = np.full(g.size, -1, np.int64)
    sources = np.flatnonzero(starts)
    sources = sources[np.argsort(g.depths[sources], kind="stable")]
    due = g.depths[sources]
    depth, used = 0, 0
    frontier = np.empty(0, np.int64)
    while len(frontier) or used < len(sources):
        if not len(frontier):
            depth = int(due[used])
        upto = int(np.searchsorted(due, depth, side="right"))
        fresh = sources[used:upto]
        used = upto
        fresh = fresh[far[fresh] < 0]
        far[fresh] = depth
        frontier = np.concatenate((frontier, fresh))
        tails, edges = _edges(g, frontier)
        heads = g.heads[edges].astype(np.int64)
        good = (far[heads] < 0) & inside[heads] & allowed[g.kinds[edges]]
        frontier, first = np.unique(heads[good], return_index=True)
        depth += 1
        far[frontier] = depth
        back[frontier] = tails[good][first]
    return far, back


def _edges(g: Graph, nodes: Array) -> tuple[Array, Array]:
    """The tails and the numbers of all edges from some nodes."""
    first, counts = g.rows[nodes], g.rows[nodes + 1] - g.rows[nodes]
    offsets = np.repeat(first - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    return np.repeat(nodes, counts), offsets + np.arange(int(counts.sum()))


def _fair(g: Graph, call: Call, within: Array) -> Array:
    """The largest parts through all of which a fair loop goes: a number above 0 for the states of each, else 0."""
    parts = np.zeros(g.size, np.int32)
    zones = np.where(within, 0, -1).astype(np.int32)
    known, words = 0, g.wishes.shape[1]
    recurs = g.recurs.astype(np.uint8)
    while (zones >= 0).any():
        found = np.full(g.size, -1, np.int32)
        count = _components(g, call, recurs, zones, found)
        everywhere = np.full((count, words), -1, np.int64).view(np.uint64)
        somewhere, taken = np.zeros((count, words), np.uint64), np.zeros((count, words), np.uint64)
        inner = np.zeros(count, np.uint8)
        call(
            "gather", g.size, g.rows, g.heads, g.kinds, recurs, found, words,
            g.wishes, g.ables, g.owners, everywhere, somewhere, taken, inner,
        )  # fmt: skip
        broken = everywhere & somewhere & ~taken
        bad = np.asarray(broken.any(axis=1))
        there = np.flatnonzero(zones >= 0)
        mine = found[there]
        good = ~bad[mine]
        parts[there[good]] = known + 1 + mine[good]
        known += count
        stays = bad[mine] & (inner[mine] > 0) & ~(g.ables[there] & broken[mine]).any(axis=1)
        zones[there] = np.where(stays, mine, -1)
    return parts


def _components(g: Graph, call: Call, recurs: Array, zones: Array, found: Array) -> int:
    numbers, lows, stack, calls = (np.full(g.size, -1, np.int32) for _ in range(4))
    places = np.empty(g.size, np.int64)
    return call(
        "components", g.size, g.rows, g.heads, g.kinds, recurs, zones, numbers, lows, found, stack, calls, places
    )


def _loop(g: Graph, head: int, part: Array) -> tuple[Edge, ...]:
    """A fair loop from a state through a part that ``_fair`` gave: the shortest cycle, with detours as needed."""
    taken: list[Edge] = []
    at = head
    while True:
        back = _shortest(g, at, part, lambda kinds, heads: heads == head) if at != head else []
        steps = taken + back
        states = np.array([head, *(state for _, state in steps)])
        owned = np.bitwise_or.reduce(g.owners[[kind for kind, _ in steps]], axis=0) if steps else 0
        broken = np.bitwise_and.reduce(g.wishes[states]) & np.bitwise_or.reduce(g.ables[states]) & ~np.uint64(owned)
        if not broken.any():
            return tuple(steps)
        word = int(np.flatnonzero(broken)[0])
        lowest = np.uint64(int(broken[word]) & -int(broken[word]))

        def settles(kinds: Array, heads: Array, word: int = word, bit: Any = lowest) -> Array:
            return ((g.owners[kinds, word] & bit) != 0) | ((g.wishes[heads, word] & bit) == 0)

        taken += _shortest(g, at, part, settles)
        at = taken[-1][1]


def _shortest(g: Graph, start: int, part: Array, goal: Callable[[Array, Array], Array]) -> list[Edge]:
    """The steps of a shortest way within a part whose last step is a goal, told by their kinds and heads."""
    came = np.full(g.size, -1, np.int64)  # the edge by which a state was reached first
    tail = np.full(g.size, -1, np.int64)
    seen = ~part
    seen[start] = True
    frontier = np.array([start])
    while len(frontier):
        tails, edges = _edges(g, frontier)
        heads, kinds = g.heads[edges].astype(np.int64), g.kinds[edges]
        may = part[heads] & g.recurs[kinds]
        reached = np.flatnonzero(may & goal(kinds, heads))
        if len(reached):
            n = int(reached[0])
            way, state = [(int(kinds[n]), int(heads[n]))], int(tails[n])
            while state != start:
                way.append((int(g.kinds[came[state]]), state))
                state = int(tail[state])
            return way[::-1]
        fresh = np.flatnonzero(may & ~seen[heads])
        frontier, first = np.unique(heads[fresh], return_index=True)
        seen[frontier] = True
        came[frontier], tail[frontier] = edges[fresh][first], tails[fresh][first]
    raise AssertionError("a part of the graph that should be strongly connected is not")


def depths(parents: Array) -> Array:
    """The length of the shortest path to each state; states lie in breadth-first order, and 0 is the initial one."""
    result = np.zeros(len(parents), np.int32)
    high, depth = 1, 0
    tails = np.maximum.accumulate(parents[1:].astype(np.int64)) if len(parents) > 1 else np.empty(0, np.int64)
    while high < len(parents):
        end = 1 + int(np.searchsorted(tails, high, side="left"))
        depth += 1
        result[high:end] = depth
        high = end
    return result

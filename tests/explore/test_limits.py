"""Growing, limits and Ctrl-C, on a system of any number of states."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from defercheck.explore import InternalError, explore
from defercheck.explore.jit import Tiers
from defercheck.explore.native import Search
from defercheck.explore.storage import Tuning
from defercheck.system.expr import TRUE, Const, Var, equals, negate, op
from defercheck.system.result import Limits, Progress
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable


def counters(n: int, top: int, *properties: Property) -> TransitionSystem:
    """``n`` independent counters from 0 to ``top``: (top+1)**n states, n*top*(top+1)**(n-1) steps, depth n*top."""
    variables = [Variable(f"x{k}", 0, top, 0) for k in range(n)]
    pcs = [Variable(f"pc{k}", 0, 0, 0, origin="pc") for k in range(n)]
    contexts = [Context(f"c{k}", "thread", Const(0), f"pc{k}", (Location("here"),), frozenset({0})) for k in range(n)]
    steps = [
        Transition(k, 0, 0, op("lt", Var(f"x{k}"), Const(top)), ((f"x{k}", op("add", Var(f"x{k}"), Const(1))),), "up")
        for k in range(n)
    ]
    return TransitionSystem("counters", (*variables, *pcs), tuple(contexts), tuple(steps), properties)


WAITS = Property("waits", "T", "stuck", "", context=0, locations=frozenset({0}))
END = Property("end", "T", "cover", "", expr=equals(Var("x0"), 60))


@pytest.mark.parametrize("tuning", [Tuning(), Tuning(2, 4, 2, 3), Tuning(5, 7, 64, 1000), Tuning(3, 1 << 12, 1, 10**9)])
def test_growing_loses_nothing(tuning: Tuning) -> None:
    found = Search(counters(3, 20), Limits(), None, tuning).run()
    assert found.complete
    assert (found.states, found.transitions, found.depth) == (21**3, 3 * 20 * 21**2, 60)


def test_growing_gives_old_tables_back_as_it_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("defercheck.explore.storage.STRIDE", 8192)
    found = Search(counters(3, 40), Limits(), None, Tuning(slots=1 << 12)).run()
    assert (found.states, found.transitions) == (41**3, 3 * 40 * 41**2)


@pytest.mark.parametrize("top", [(1 << 30) - 1, (1 << 62) - 1])
def test_states_of_more_words(top: int) -> None:
    """The same number of states, in wider variables."""
    narrow = counters(5, 5)
    wide = TransitionSystem(
        narrow.name,
        tuple(Variable(v.name, 0, top, 0) if v.name.startswith("x") else v for v in narrow.variables),
        *(narrow.contexts, narrow.transitions, narrow.properties),
    )
    found = Search(wide, Limits(), None, Tuning(chunk_bits=4, slots=16)).run()
    assert found.bits == 5 * top.bit_length()
    assert (found.states, found.transitions) == (6**5, 5 * 5 * 6**4)


@pytest.mark.parametrize("top", [15, (1 << 62) - 1])
def test_states_with_the_same_hash(top: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of few bits: look-ups lead through many full buckets, and equal hashes do not make equal states."""
    narrow = counters(4, 6, WAITS)
    wide = TransitionSystem(
        narrow.name,
        tuple(Variable(v.name, 0, top, 0) if v.name.startswith("x") else v for v in narrow.variables),
        *(narrow.contexts, narrow.transitions, narrow.properties),
    )
    usual = Search(wide, Limits(), None, Tuning(slots=16)).run()
    monkeypatch.setattr("defercheck.explore.table.ODD", (3 << 57,))
    found = Search(wide, Limits(), None, Tuning(slots=16)).run()
    assert (found.states, found.transitions) == (7**4, 4 * 6 * 7**3)
    assert found.witnesses.keys() == {"waits"}
    assert found.witnesses == usual.witnesses


def test_bytes_a_state() -> None:
    one = explore(counters(4, 50))
    two = explore(counters(10, 3))
    assert one.bytes / one.states < 40
    assert two.bytes / two.states < 40
    wide = counters(4, 30)
    wide = TransitionSystem("wide", tuple(Variable(v.name, v.lo, 1 << 25, 0) for v in wide.variables), *(
        wide.contexts, wide.transitions, ()))  # fmt: skip
    found = explore(wide)
    assert 64 < found.bits <= 256
    assert found.bytes / found.states < 130


def test_limit_of_states() -> None:
    system = counters(3, 100, WAITS, END)
    found = explore(system, Limits(states=5000))
    assert (found.complete, found.limit, found.stuck_checked) == (False, "states", False)
    assert 5000 < found.states < 5200
    assert not found.witnesses and found.fired == {0, 1, 2}
    assert explore(counters(2, 9), Limits(states=99)).limit == "states"
    assert explore(counters(2, 9), Limits(states=100)).complete, "exactly as many as allowed is not too many"


def test_limit_of_memory() -> None:
    memory = 6_000_000
    found = explore(counters(4, 100), Limits(memory=memory))
    assert (found.complete, found.limit) == (False, "memory")
    assert found.bytes <= memory
    assert found.states > 0.7 * memory / (12 + 8 / 0.9), "what is allowed is used"
    assert explore(counters(4, 100), Limits(memory=1000)).states == 1


def test_limit_of_memory_for_the_backward_analysis() -> None:
    system = counters(3, 35, WAITS)
    enough = explore(system, Limits(memory=None))
    short = explore(system, Limits(memory=explore(counters(3, 35)).bytes))
    assert "waits" in enough.witnesses
    assert (short.complete, short.limit, short.stuck_checked) == (True, "memory", False)
    assert short.states == enough.states and "waits" not in short.witnesses


def test_limit_of_time() -> None:
    begun = time.monotonic()
    found = explore(counters(6, 60), Limits(seconds=0.3))
    assert time.monotonic() - begun < 3
    assert (found.complete, found.limit) == (False, "time")
    assert found.states > 1000
    assert explore(counters(6, 60), Limits(seconds=0.0)).states == 1


def test_partial_results_are_what_was_seen() -> None:
    found = explore(counters(3, 100, END), Limits(states=600_000))
    assert not found.complete
    assert len(found.witnesses["end"].path) == 60
    # Breadth first: those found are all with small sums, and some of the next one.
    sums = sorted(x + y + z for x in range(101) for y in range(101) for z in range(101))
    assert found.depth == sums[found.states - 1]


def test_progress() -> None:
    seen: list[Progress] = []
    explore(counters(4, 80), Limits(seconds=1.5), seen.append)
    assert len(seen) >= 2
    assert all(a.states <= b.states and a.seconds < b.seconds for a, b in pairwise(seen))
    assert all(p.states >= p.queued and p.bytes > 0 for p in seen)


def test_interruption_by_the_callback() -> None:
    def interrupt(p: Progress) -> None:
        raise KeyboardInterrupt

    found = explore(counters(6, 60, END), Limits(), interrupt)
    assert (found.complete, found.limit, found.stuck_checked) == (False, "interrupted", False)
    assert found.states > 1000


def test_interruption_of_the_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known then is the initial state."""

    def interrupted(self: Tiers) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tiers, "_compile", interrupted)
    found = explore(counters(2, 3, END))
    assert (found.complete, found.limit, found.stuck_checked) == (False, "interrupted", False)
    assert (found.states, found.transitions, found.witnesses) == (1, 0, {})


def test_interruption_from_the_keyboard() -> None:
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    timer.start()
    found = explore(counters(6, 60, END))
    assert time.monotonic() - begun < 5
    assert (found.complete, found.limit) == (False, "interrupted")
    assert found.states > 1000


@pytest.mark.parametrize("during", ["survey", "sweep", "report"])
def test_interruption_of_the_backward_analysis(during: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Tiers.call

    def interrupted(self: Tiers, name: str, *arguments: int) -> Any:
        if name == during:
            raise KeyboardInterrupt
        return call(self, name, *arguments)

    monkeypatch.setattr(Tiers, "call", interrupted)
    found = explore(counters(2, 10, WAITS))
    assert (found.complete, found.limit, found.stuck_checked) == (True, "interrupted", False)
    assert found.states == 121


def test_time_runs_out_in_the_backward_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Search, "_late", lambda self: self._control.head == 121)
    found = explore(counters(2, 10, WAITS))
    assert (found.complete, found.limit, found.stuck_checked) == (True, "time", False)


def test_both_versions_of_the_code_share_what_they_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimised version takes over in the middle of things."""
    monkeypatch.setattr("defercheck.explore.jit.COST", 0.0)
    found = Search(counters(3, 20, WAITS), Limits(), None, Tuning(budget=50)).run()
    assert (found.states, found.transitions, found.depth) == (21**3, 3 * 20 * 21**2, 60)
    waits = found.witnesses["waits"]
    assert (len(waits.path), waits.loop) == (60, ()), "the others count to their end before nothing moves any more"


def test_leaving_a_range_names_the_transition() -> None:
    x = Variable("x", -1, 5, 0)
    pc = Variable("pc", 0, 0, 0)
    context = Context("c", "thread", Const(0), "pc", (Location("here"),), frozenset())
    up = Transition(0, 0, 0, TRUE, (("x", op("add", Var("x"), Const(1))),), "x++")
    with pytest.raises(InternalError, match=r"`x\+\+` sets x to 6, outside -1..5"):
        explore(TransitionSystem("up", (x, pc), (context,), (up,), ()))
    guarded = Transition(0, 0, 0, negate(equals(Var("x"), 5)), up.updates, "x++")
    assert explore(TransitionSystem("up", (x, pc), (context,), (guarded,), ())).states == 6


def test_an_initial_state_outside_a_range() -> None:
    with pytest.raises(ValueError, match=r"x is 7, outside 0..5"):
        explore(TransitionSystem("", (Variable("x", 0, 5, 7),), (), (), ()))


def test_more_states_than_can_be_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("defercheck.explore.storage.MOST_STATES", 3000)
    found = explore(counters(3, 20))
    assert (found.complete, found.limit) == (False, "states")
    assert found.states <= 3000

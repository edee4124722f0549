"""``stuck``: a context waits somewhere from where it will never move again, though all that is promised happens."""

from __future__ import annotations

import pytest
from defercheck import interpret
from defercheck.explore import explore
from defercheck.system.expr import TRUE, Const, Expr, Var, conj, equals, negate
from defercheck.system.result import Exploration
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable

Step = tuple[int, int, Expr, dict[str, int]]


def threads(
    programs: list[list[Step]], flags: str, properties: list[Property], violating: dict[int, str] | None = None
) -> TransitionSystem:
    """Threads given by their steps (source, target, guard, updates), and boolean variables."""
    sizes = [1 + max((max(a, b) for a, b, _, _ in steps), default=0) for steps in programs]
    variables = [Variable(f"pc{n}", 0, size - 1, 0) for n, size in enumerate(sizes)]
    variables += [Variable(name, 0, 1, 0) for name in flags]
    contexts = [
        Context(f"t{n}", "thread", Const(0), f"pc{n}", tuple(Location(str(k)) for k in range(size)), frozenset({0}))
        for n, size in enumerate(sizes)
    ]
    transitions = [
        Transition(n, a, b, guard, tuple((name, Const(v)) for name, v in updates.items()), f"t{n}: {a} to {b}")
        for n, steps in enumerate(programs)
        for a, b, guard, updates in steps
    ]
    for n, name in (violating or {}).items():
        t = transitions[n]
        transitions[n] = Transition(t.context, t.source, None, t.guard, (), t.label, violates=name)
    return TransitionSystem("threads", tuple(variables), tuple(contexts), tuple(transitions), tuple(properties))


def stuck(context: int, *locations: int) -> Property:
    return Property(f"t{context} at {locations}", "T", "stuck", "", context=context, locations=frozenset(locations))


def lengths(system: TransitionSystem) -> dict[str, int]:
    """Length of each witness, up to its loop if it has one; both engines must agree on it."""

    def of(found: Exploration) -> dict[str, int]:
        assert found.complete and found.stuck_checked
        return {name: len(w.path) for name, w in found.witnesses.items()}

    native = of(explore(system))
    assert native == of(interpret.explore(system))
    return native


def free(name: str) -> Expr:
    return negate(Var(name))


def lock(name: str) -> dict[str, int]:
    return {name: 1}


ONE: list[Step] = [(0, 1, free("a"), lock("a")), (1, 2, free("b"), lock("b")), (2, 0, TRUE, {"a": 0, "b": 0})]
OTHER: list[Step] = [(0, 1, free("b"), lock("b")), (1, 2, free("a"), lock("a")), (2, 0, TRUE, {"a": 0, "b": 0})]


def test_locks_taken_in_both_orders() -> None:
    system = threads([ONE, OTHER], "ab", [stuck(0, 1), stuck(1, 1), stuck(0, 0, 2)])
    assert lengths(system) == {"t0 at (1,)": 2, "t1 at (1,)": 2}


def test_locks_taken_in_one_order() -> None:
    assert lengths(threads([ONE, ONE], "ab", [stuck(0, 0, 1, 2), stuck(1, 0, 1, 2)])) == {}


def test_waiting_for_what_another_may_still_do() -> None:
    waiter: list[Step] = [(0, 1, TRUE, {}), (1, 2, Var("a"), {})]
    assert lengths(threads([waiter, [(0, 0, TRUE, {}), (0, 1, TRUE, lock("a"))]], "a", [stuck(0, 1)])) == {}


def test_waiting_while_others_run_for_ever() -> None:
    """Not a deadlock, and yet the one that waits waits in vain. The other may spoil it in its first step."""
    waiter: list[Step] = [(0, 1, TRUE, {}), (1, 2, Var("a"), {})]
    busy: list[Step] = [(0, 1, TRUE, lock("b")), (0, 2, TRUE, lock("a")), (1, 1, TRUE, {}), (2, 2, TRUE, {})]
    system = threads([waiter, busy], "ab", [stuck(0, 1), stuck(0, 0), stuck(1, 0, 1, 2)])
    assert lengths(system) == {"t0 at (1,)": 2}


def test_finished_is_not_at_a_location_of_interest() -> None:
    system = threads([[(0, 1, TRUE, {})]], "a", [stuck(0, 0)])
    assert lengths(system) == {}
    assert lengths(threads([[(0, 1, TRUE, {})]], "a", [stuck(0, 1)])) == {"t0 at (1,)": 1}


@pytest.mark.parametrize(("continues", "expected"), [(False, {"bad": 2}), (True, {"bad": 2, "t0 at (0,)": 1})])
def test_a_violating_step_may_be_what_it_waited_for(continues: bool, expected: dict[str, int]) -> None:
    """Thread 1 may run into a violation after its first step: what would have come then is not known."""
    bad = Property("bad", "T", "step", "", continues=continues)
    system = threads(
        [[(0, 1, Var("b"), {})], [(0, 1, TRUE, lock("a")), (1, 1, TRUE, {})]],
        "ab", [bad, stuck(0, 0), stuck(0, 1)], {2: "bad"},
    )  # fmt: skip
    assert lengths(system) == expected


def test_a_state_that_only_leads_to_marked_ones_is_marked() -> None:
    """A long way, against the order in which the states are found, to the one step of thread 0."""
    n = 40
    walker: list[Step] = [(k, k + 1, TRUE, {}) for k in range(n)]
    assert lengths(threads([[(0, 1, equals(Var("pc1"), n), {})], walker], "", [stuck(0, 0)])) == {}


@pytest.mark.parametrize("count", [7, 8, 9, 17, 33])
def test_many_contexts(count: int) -> None:
    """More contexts than a small mark has bits; each waits for the next, the last for nobody."""
    programs: list[list[Step]] = [
        [(0, 1, conj(Var("a"), equals(Var(f"pc{(n + 1) % count}"), 1)), {})] for n in range(count - 1)
    ]
    programs.append([(0, 1, TRUE, {})])
    system = threads(programs, "a", [stuck(n, 0) for n in range(count)])
    # thread 0 waits from the start on, but the last thread still takes its step before nothing moves any more
    assert lengths(system) == {f"t{n} at (0,)": 1 for n in range(count - 1)}

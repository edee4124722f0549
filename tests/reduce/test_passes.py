"""What each pass does to a system that was made for it, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defercheck.interpret import explore
from defercheck.reduce import PASSES, reduce, restore
from defercheck.reduce.flow import landings
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Op, Var, equals, ite, negate, op
from defercheck.system.interval import ranges_of
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from defercheck.system.wellformed import check

X, Y, SHARED, PC0, PC1 = Var("x"), Var("y"), Var("shared"), Var("pc0"), Var("pc1")
Update = tuple[str, Expr]


def step(
    context: int, source: int, target: int | None, *updates: Update, when: Expr = TRUE, bad: str = ""
) -> Transition:
    return Transition(context, source, target, when, updates, f"{context}.{source}", violates=bad or None)


def system(*transitions: Transition, properties: tuple[Property, ...] = ()) -> TransitionSystem:
    """Two contexts of six locations that start at 0, two variables and a third that an invariant looks at."""
    pcs = tuple(Variable(f"pc{n}", 0, 5, 0, labels=tuple("012345"), origin="pc") for n in (0, 1))
    found = TransitionSystem(
        "two",
        (*pcs, *(Variable(n, 0, 3, 0) for n in ("x", "y", "shared"))),
        tuple(
            Context(f"c{n}", "thread", Const(0), pc.name, tuple(Location(str(i)) for i in range(6)), frozenset({0}))
            for n, pc in enumerate(pcs)
        ),
        transitions,
        (Property("p", "T", "invariant", "", expr=op("lt", SHARED, Const(3))), *properties),
    )
    check(found)
    return found


def names(s: TransitionSystem) -> set[str]:
    return {v.name for v in s.variables}


def one(s: TransitionSystem, name: str) -> TransitionSystem:
    return reduce(s, (name,))


def test_a_variable_that_only_dead_code_changes_is_constant() -> None:
    s = system(
        step(0, 0, 1, when=equals(X, 1)),  # x is 0, so this is never taken ...
        step(0, 1, 2, ("x", Const(1))),  # ... and this neither, which alone would make x vary
        step(0, 0, 2, ("shared", op("add", X, Const(2)))),
        step(1, 0, 1, ("x", Op("mul", (X, Const(3))))),  # no change
        step(1, 0, 1, when=equals(PC0, 1)),
        step(0, 0, 1, when=equals(PC0, 2)),  # it is at 0, wherever else it may be at other times
    )
    found = one(s, "constants")
    assert "x" not in names(found)
    assert [(t.label, t.updates) for t in found.transitions] == [("0.0", (("shared", Const(2)),)), ("1.0", ())]


def test_a_variable_that_a_jump_brings_to_life_is_not() -> None:
    s = system(
        step(0, 0, 1, ("pc1", ite(equals(PC1, 0), Const(4), PC1))),
        step(1, 4, 5, ("x", Const(1))),
        step(0, 1, 2, when=equals(X, 1)),
        step(0, 2, 3, when=equals(PC1, 3)),
    )
    found = one(s, "constants")
    assert "x" in names(found)
    assert [t.label for t in found.transitions] == ["0.0", "1.4", "0.1"]


def test_a_variable_that_only_feeds_itself_is_unused() -> None:
    turn = ("x", op("mod", op("add", X, Const(1)), Const(4)))
    s = system(step(0, 0, 0, turn), step(0, 0, 1, ("y", X)), step(1, 0, 1, ("shared", Y), when=equals(PC0, 1)))
    assert names(one(s, "unused")) == names(s)  # x feeds y, which feeds shared
    found = one(replace(s, properties=()), "unused")
    assert names(found) == {"pc0", "pc1"}
    assert explore(found).states < explore(s).states


def test_what_a_loop_leaves_behind_is_reset() -> None:
    load = [step(0, 0, 1, ("x", Const(n))) for n in range(4)]
    s = system(*load, step(0, 1, 2, ("y", X)), step(0, 2, 0, ("shared", ite(equals(Y, 3), Const(1), SHARED))))
    found = one(s, "deadvars")
    by_label = {t.label: dict(t.updates) for t in found.transitions}
    assert by_label["0.1"] == {"y": X, "x": Const(0)}
    assert by_label["0.2"]["y"] == Const(0)
    # Of what the last round left in x and y nothing stays.
    assert (explore(s).states, explore(found).states) == (43, 2 * (1 + 4 + 4))


def test_a_dead_value_is_not_even_computed() -> None:
    s = system(step(0, 0, 1, ("x", Const(2))), step(0, 1, 2, ("y", X)), step(0, 2, 0, ("shared", Const(1))))
    assert [dict(t.updates) for t in one(s, "deadvars").transitions] == [{}, {}, {"shared": Const(1)}]


def test_what_a_jump_may_need_again_is_kept() -> None:
    s = system(
        step(0, 0, 1, ("x", Const(2))),
        step(0, 3, 4, ("shared", X)),
        step(1, 0, 1, ("pc0", Const(3)), when=equals(PC0, 1)),
    )
    assert one(s, "deadvars").transitions[0].updates == (("x", Const(2)),)


STRAIGHT = (
    step(0, 0, 1, ("shared", Const(1))),
    step(0, 1, 2, ("x", Const(1))),
    step(0, 2, 3, ("y", op("add", X, Const(1)))),
    step(0, 3, 4, ("shared", Y)),
)


def test_straight_local_code_is_one_step_with_what_comes_before() -> None:
    found = one(system(*STRAIGHT), "localsteps")
    first, last = found.transitions
    assert (first.source, first.target, first.origins) == (0, 3, (0, 1, 2))
    assert dict(first.updates) == {"shared": Const(1), "x": Const(1), "y": Const(2)}
    assert first.label == "0.0; 0.1; 0.2"
    assert (last.source, last.target, last.origins) == (3, 4, (3,))


def test_the_later_of_two_updates_stays() -> None:
    s = system(*STRAIGHT[:2], step(0, 2, 3, ("x", op("add", X, Const(2)))), step(0, 3, 4, ("shared", X)))
    assert dict(one(s, "localsteps").transitions[0].updates) == {"shared": Const(1), "x": Const(3)}


def test_branches_are_composed_with_what_decides_them() -> None:
    s = system(
        step(0, 0, 1, ("x", SHARED)),
        step(0, 1, 2, when=equals(X, 0)),
        step(0, 1, 3, ("y", Const(1)), when=negate(equals(X, 0))),
        step(0, 2, 4, ("y", Const(2))),
        step(0, 3, 4),
        step(0, 4, 5, ("shared", Y)),
        step(1, 0, 1, ("shared", Const(1))),
    )
    found = one(s, "localsteps")
    assert [(t.source, t.target, t.guard, t.origins) for t in found.transitions if t.context == 0] == [
        (0, 4, equals(SHARED, 0), (0, 1, 3)),
        (0, 4, negate(equals(SHARED, 0)), (0, 2, 4)),
        (4, 5, TRUE, (5,)),
    ]


def test_choices_too() -> None:
    s = system(
        step(0, 0, 1, ("shared", Const(1))), step(0, 1, 2, ("x", Const(1))), step(0, 1, 2), step(0, 2, 3, ("shared", X))
    )
    assert [t.origins for t in one(s, "localsteps").transitions] == [(0, 1), (0, 2), (3,)]


def test_that_some_branch_is_taken_may_need_counting() -> None:
    parts = [step(0, 1, 2, when=equals(X, n)) for n in range(4)]
    s = system(step(0, 0, 1, ("x", SHARED)), *parts, step(0, 2, 3, ("shared", X)))
    assert len(one(s, "localsteps").transitions) == 5
    assert 1 in {
        t.source for t in one(replace(s, transitions=(s.transitions[0], *s.transitions[2:])), "localsteps").transitions
    }


def stuck(*locations: int) -> Property:
    return Property("q", "T", "stuck", "", context=0, locations=frozenset(locations))


def says(expr: Expr) -> Property:
    return Property("q", "T", "invariant", "", expr=expr)


def enabled(s: TransitionSystem, e: Expr, context: int = 0) -> TransitionSystem:
    contexts = list(s.contexts)
    contexts[context] = replace(contexts[context], enabled=e)
    return replace(s, contexts=tuple(contexts))


NOTICED: dict[str, TransitionSystem] = {
    "another context reads what is written": system(*STRAIGHT, step(1, 0, 1, when=equals(X, 0))),
    "another context writes what is read": system(
        STRAIGHT[0], step(0, 1, 2, ("x", SHARED)), *STRAIGHT[2:], step(1, 0, 1, ("shared", Const(2)))
    ),
    "where another context is decides": system(
        STRAIGHT[0], step(0, 1, 2, when=equals(PC1, 0)), step(0, 1, 3, when=negate(equals(PC1, 0))), step(1, 0, 1)
    ),
    "another context writes what is written": system(*STRAIGHT, step(1, 0, 1, ("x", Const(0)))),
    "a property reads what is written": system(*STRAIGHT, properties=(says(equals(X, 0)),)),
    "another context needs what is written": enabled(system(*STRAIGHT), equals(X, 0), 1),
    "another context tells the locations apart": system(*STRAIGHT, step(1, 0, 1, when=equals(PC0, 1))),
    "another context does so among other things": system(
        *STRAIGHT, step(1, 0, 1, when=op("and", equals(SHARED, 1), equals(PC0, 1)))
    ),
    "a property tells the locations apart": system(*STRAIGHT, properties=(says(op("lt", PC0, Const(2))),)),
    "another context takes it away": system(*STRAIGHT, step(1, 0, 1, ("pc0", Const(5)))),
    "another context brings it there": system(*STRAIGHT, step(1, 0, 1, ("pc0", Const(1)), when=equals(PC0, 5))),
    "it may be stuck there": system(*STRAIGHT, properties=(stuck(1),)),
    "the step before may stop it": enabled(system(*STRAIGHT), equals(SHARED, 0)),
    "where it stands may stop it": enabled(system(*STRAIGHT), equals(PC0, 0)),
    "it may have to wait": system(STRAIGHT[0], replace(STRAIGHT[1], guard=equals(X, 0)), *STRAIGHT[2:]),
    "it can not go on": system(STRAIGHT[0], replace(STRAIGHT[1], guard=FALSE), step(0, 2, 3, ("shared", X))),
    "it may be wrong": system(*STRAIGHT, step(0, 1, None, bad="v"), properties=(Property("v", "T", "step", ""),)),
    "it starts there": replace(
        system(*STRAIGHT), variables=(replace(system().variables[0], init=1), *system().variables[1:])
    ),
}


@pytest.mark.parametrize("why", NOTICED)
def test_a_step_that_can_be_noticed_stays(why: str) -> None:
    found = one(NOTICED[why], "localsteps")
    assert 1 in {t.source for t in found.transitions}, "location 1 was passed over"


@pytest.mark.parametrize(
    "s",
    [
        system(*STRAIGHT, step(1, 0, 1, when=equals(PC0, 0))),  # tells only 0 from the rest
        system(*STRAIGHT, step(1, 0, 1, ("pc0", Const(5)), when=equals(PC0, 0))),  # cannot happen at 1
        system(*STRAIGHT, properties=(stuck(0, 3),)),
        enabled(system(*STRAIGHT), equals(PC1, 0)),
        system(STRAIGHT[0], replace(STRAIGHT[1], guard=op("lt", X, Const(4))), *STRAIGHT[2:]),
    ],
)
def test_a_step_that_can_not_does_not(s: TransitionSystem) -> None:
    assert not {1, 2} & {t.source for t in one(s, "localsteps").transitions}


def test_a_local_loop_ends() -> None:
    turn = step(0, 1, 2, ("x", op("mod", op("add", X, Const(1)), Const(4))))
    s = system(step(0, 0, 1, ("shared", Const(1))), turn, step(0, 2, 1))
    found = one(s, "localsteps")
    assert any(t.source == t.target for t in found.transitions)
    assert restore(explore(found), found).fired == explore(s).fired == {0, 1, 2}


def test_locations_that_nothing_visits_are_dropped() -> None:
    s = system(
        step(0, 0, 4, ("pc1", ite(equals(PC1, 0), Const(3), PC1))),
        step(0, 4, 0, when=op("lt", Const(3), PC1)),
        step(0, 4, 0, when=op("le", Const(3), PC1)),
        step(1, 5, 0, when=op("le", PC0, Const(4))),
        step(1, 5, 0, when=op("lt", PC0, Const(4))),
        step(1, 0, 0, when=equals(PC0, 2)),
        step(1, 0, 0, when=Op("ne", (Const(4), PC0))),
        step(1, 0, 0, when=op("ne", PC0, Const(2))),
        properties=(stuck(1),),
    )
    found = one(s, "locations")
    assert [[n.label for n in c.locations] for c in found.contexts] == [["0", "1", "4"], ["0", "3", "5"]]
    assert [(t.source, t.target, t.guard, t.updates) for t in found.transitions] == [
        (0, 2, TRUE, (("pc1", ite(equals(PC1, 0), Const(1), PC1)),)),
        (2, 0, negate(op("lt", PC1, Const(2))), ()),
        (2, 0, negate(op("lt", PC1, Const(1))), ()),
        (2, 0, op("lt", PC0, Const(3)), ()),
        (2, 0, op("lt", PC0, Const(2)), ()),
        (0, 0, FALSE, ()),
        (0, 0, negate(equals(PC0, 2)), ()),
        (0, 0, TRUE, ()),
    ]
    assert found.properties[1].locations == {1}
    assert [found.variable(pc).labels for pc in ("pc0", "pc1")] == [("0", "1", "4"), ("0", "3", "5")]


@pytest.mark.parametrize(
    "s",
    [
        system(step(0, 0, 1), step(1, 0, 1, when=op("add", PC0, Const(1)))),
        system(step(0, 0, 1), step(1, 0, 1, when=equals(PC0, X))),
        system(step(0, 0, 1), step(1, 0, 1, ("x", PC0))),
        system(step(0, 0, 1), step(1, 0, 1, ("pc0", X))),
        system(step(0, 0, 1), step(1, 0, 1, ("pc0", ite(equals(X, PC0), Const(1), PC0)))),
        system(step(0, 0, 1), properties=(says(equals(PC0, X)),)),
        enabled(system(step(0, 0, 1)), equals(PC0, X), 1),
    ],
)
def test_a_counter_that_is_a_number_keeps_its_values(s: TransitionSystem) -> None:
    assert len(one(s, "locations").contexts[0].locations) == 6


@pytest.mark.parametrize(
    "e, expected",
    [
        (Const(2), {2}),
        (PC0, set()),
        (ite(X, Const(1), ite(Y, PC0, Const(4))), {1, 4}),
        (op("add", X, Const(4)), {4, 5}),
        (PC1, set(range(6))),
    ],
)
def test_where_a_jump_may_land(e: Expr, expected: set[int]) -> None:
    assert landings(e, "pc0", ranges_of(system())) == expected


def test_witnesses_and_what_is_taken_are_told_of_the_system_as_compiled() -> None:
    s = system(
        step(1, 0, 1, when=equals(SHARED, 3)),
        *STRAIGHT,
        step(0, 4, None, bad="v"),
        properties=(Property("v", "T", "step", ""), Property("c", "T", "cover", "", expr=equals(SHARED, 2))),
    )
    reduced = reduce(s)
    assert len(reduced.transitions) == 3
    found = restore(explore(reduced), reduced)
    assert found.witnesses["v"].path == (1, 2, 3, 4, 5)
    assert found.witnesses["c"].path == (1, 2, 3, 4)
    assert found.fired == {1, 2, 3, 4, 5}
    assert found.states == 3


def test_no_pass_is_the_system_itself() -> None:
    s = system(*STRAIGHT)
    assert reduce(s, ()) is s
    with pytest.raises(KeyError):
        reduce(s, ("magic",))
    assert set(PASSES) >= {"constants", "unused", "localsteps", "deadvars", "locations"}

"""Spin stores as many states of the exported model, and takes as many steps, as the interpreter.

Without Spin and gcc these tests fail: an export that nobody runs is not known to be right.
"""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from defercheck.check import Options, compile_spec, load
from defercheck.explore import explore as native
from defercheck.export.promela import NotExpressible, to_promela
from defercheck.export.spin import SpinError, SpinResult, count_states
from defercheck.grammar.span import Source
from defercheck.interpret import explore
from defercheck.system.expr import OPERATORS, TRUE, Const, Expr, Op, Var, equals, evaluate, op
from defercheck.system.result import Limits
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.reduce.programs import programs, tidied
from tests.systems import systems
from tests.table import rows

# Each example runs a compiler: few of them, and no shrinking, which would run it hundreds of times.
RANDOM = settings(
    deadline=None, suppress_health_check=list(HealthCheck), max_examples=8, phases=[Phase.explicit, Phase.generate]
)


def spun(system: TransitionSystem) -> SpinResult:
    with TemporaryDirectory() as workdir:
        return count_states(system, Path(workdir))


def agree(system: TransitionSystem) -> None:
    found = explore(system, Limits(states=3000, memory=None))
    assume(found.complete)
    try:
        spin = spun(system)
    except NotExpressible:
        assume(False)
    assert (spin.states, spin.transitions) == (found.states, found.transitions)


def test_a_parameter_is_refused() -> None:
    """One of its values would stand for all."""
    spec = load(Source("p.dfr", "cpus 1; param int<0..3> n; thread a { assert(n < 3); }"))
    with pytest.raises(NotExpressible, match="the parameter `n` starts with any value"):
        to_promela(compile_spec(spec, "6.1", Options()))


@RANDOM
@given(programs())
def test_programs(system: TransitionSystem) -> None:
    agree(system)


@RANDOM
@given(systems())
def test_wild_systems(system: TransitionSystem) -> None:
    agree(tidied(system))


SHIPPED = ("book/tasklet.dfr", "kernel/s3_two_cpus.dfr", "book/claims/tasklet_disable_waits.dfr")


@pytest.mark.parametrize("reduce", [True, False], ids=["reduced", "whole"])
@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_specs(path: str, reduce: bool) -> None:
    """As many states as the native engine finds, of real drivers."""
    row = next(r for r in rows() if r.path == path)
    system = compile_spec(load(row.file), row.kernel, replace(row.options, reduce=reduce))
    found = native(system)
    spin = spun(system)
    assert (spin.states, spin.transitions) == (found.states, found.transitions)


WORKS = (
    ("book/shared_workqueue.dfr", "2.6.20"),
    ("book/shared_workqueue.dfr", "6.1"),
    ("book/dedicated_workqueue.dfr", "2.6.20"),
    ("book/dedicated_workqueue.dfr", "6.1"),
    ("book/claims/singlethread_in_order.dfr", "6.1"),
    ("book/claims/delayed_work_waits.dfr", "2.6.20"),
    ("kernel/s6_other_queue.dfr", "6.1"),
    ("kernel/s7_drain_self_requeue.dfr", "6.12"),
    ("kernel/s7_flush_own_queue.dfr", "2.6.20"),
    ("kernel/s7_per_cpu_max_2.dfr", "6.1"),
    ("kernel/s11_shared_queue_waiter.dfr", "6.1"),
)
"""Each mechanism of work and wait queues once; gcc takes seconds for each."""


@pytest.mark.parametrize(("path", "kernel"), WORKS, ids=[f"{Path(p).stem}-{k}" for p, k in WORKS])
def test_specs_with_works(path: str, kernel: str) -> None:
    """The same in both worlds of work queues, of the reduced systems."""
    row = next(r for r in rows() if (r.path, r.kernel) == (path, kernel))
    system = compile_spec(load(row.file), row.kernel, row.options)
    found, spin = native(system), spun(system)
    assert (spin.states, spin.transitions) == (found.states, found.transitions)


def chain(*steps: tuple[Expr, tuple[tuple[str, Expr], ...]], variables: tuple[Variable, ...]) -> TransitionSystem:
    """One context that takes the steps one after another, and stays where one is not possible."""
    locations = tuple(Location(str(n)) for n in range(len(steps) + 1))
    return TransitionSystem(
        "chain",
        (Variable("main.pc", 0, len(steps), 0, origin="pc"), *variables),
        (Context("main", "thread", Const(0), "main.pc", locations, frozenset({0})),),
        tuple(Transition(0, n, n + 1, guard, updates, f"step {n}") for n, (guard, updates) in enumerate(steps)),
        (),
    )


def test_every_operator_means_the_same() -> None:
    """A wrong value stops the chain, so the count of states says that there is none."""
    values = (-7, -2, -1, 0, 1, 2, 3, 8)
    steps: list[tuple[Expr, tuple[tuple[str, Expr], ...]]] = []
    for name, (arity, _) in OPERATORS.items():
        for x, y in itertools.product(values, values if arity > 1 else (0,)):
            args = {1: (Var("x"),), 2: (Var("x"), Var("y")), 3: (op("lt", Var("x"), Const(1)), Var("x"), Var("y"))}
            general = Op(name, args[arity])
            right = evaluate(general, {"x": x, "y": y})
            special = Op(name, tuple(Const(y) if a == Var("y") else a for a in args[arity]))
            steps.append((TRUE, (("x", Const(x)), ("y", Const(y)))))
            steps.append((op("and", equals(general, right), equals(special, right)), ()))
    system = chain(*steps, variables=(Variable("x", -7, 8, 0), Variable("y", -7, 8, 0)))
    found = explore(system)
    assert found.states == len(steps) + 1
    assert spun(system).states == found.states


def test_far_shifts() -> None:
    far, x = Var("far"), Var("x")
    steps: list[tuple[Expr, tuple[tuple[str, Expr], ...]]] = []
    for n in (0, 1, 30, 31, 40, 62, 63, 70):
        steps.append((TRUE, (("far", Const(n)),)))
        for value in (-5, 5, (1 << 30) + 5):
            steps.append((TRUE, (("x", Const(value)),)))
            for e in (Op("shr", (x, far)), Op("shr", (x, Const(n)))):
                steps.append((equals(e, evaluate(e, {"x": value, "far": n})), ()))
    system = chain(*steps, variables=(Variable("far", 0, 70, 0), Variable("x", -5, (1 << 30) + 5, 0)))
    assert explore(system).states == len(steps) + 1
    assert spun(system).states == len(steps) + 1


def test_updates_are_simultaneous() -> None:
    x, y, z = Var("x"), Var("y"), Var("z")
    pairs = (Variable("x", 0, 9, 1), Variable("y", 0, 9, 2), Variable("z", 0, 9, 3))
    system = chain(
        (TRUE, (("x", y), ("y", x))),
        (op("and", equals(x, 2), equals(y, 1)), (("x", y), ("y", z), ("z", x))),
        (op("and", equals(x, 1), op("and", equals(y, 3), equals(z, 2))), (("x", Const(5)), ("y", x), ("z", y))),
        (op("and", equals(x, 5), op("and", equals(y, 1), equals(z, 3))), (("z", Var("main.pc")),)),
        (equals(z, 3), ()),
        variables=pairs,
    )
    assert explore(system).states == 6
    assert spun(system).states == 6


def test_names_stay_apart_and_widths_suffice() -> None:
    names = ("a.b", "a/b", "a[b]", "a b", "a$b", "int", "now", "d_step", "_", "", "7", "a_b__2", "long name */ of it")
    ranges = ((0, 1), (0, 255), (-1, 0), (-200, 200), (0, 256), (-(1 << 15), 0), (0, 1 << 15), (-(1 << 20), 1 << 30))
    variables = tuple(Variable(n, *ranges[i % len(ranges)], ranges[i % len(ranges)][0]) for i, n in enumerate(names))
    # Each variable to its greatest value and to its least: a name taken twice or a width too small shows in the guards.
    steps: list[tuple[Expr, tuple[tuple[str, Expr], ...]]] = [(TRUE, ((v.name, Const(v.hi)),)) for v in variables]
    steps += [(equals(Var(v.name), v.hi), ((v.name, Const(v.lo)),)) for v in variables]
    steps += [(equals(Var(v.name), v.lo), ()) for v in variables]
    system = chain(*steps, variables=variables)
    assert spun(system).states == len(steps) + 1


def system_of(*, transitions: tuple[Transition, ...], properties: tuple[Property, ...] = ()) -> TransitionSystem:
    contexts = tuple(
        Context(f"c{n}", "thread", Const(0), f"pc{n}", (Location("x"), Location("y")), frozenset({0})) for n in (0, 1)
    )
    pcs = tuple(Variable(c.pc, 0, 1, 0, origin="pc") for c in contexts)
    return TransitionSystem("small", pcs, contexts, transitions, properties)


def test_a_system_that_never_moves() -> None:
    assert spun(system_of(transitions=())).states == 1


def test_a_jump_of_another_context() -> None:
    steps = (Transition(0, 0, 1, TRUE, (("pc1", Const(1)),), "start"), Transition(1, 1, 0, TRUE, (), "run"))
    system = system_of(transitions=steps)
    assert (spun(system).states, explore(system).states) == (3, 3)


VIOLATING = system_of(
    transitions=(Transition(0, 0, 1, TRUE, (), "go"), Transition(0, 1, None, TRUE, (), "bad", violates="p")),
    properties=(Property("p", "DF101", "step", "never bad"), Property("q", "DF702", "invariant", "q", expr=TRUE)),
)


def test_violating_steps_store_nothing() -> None:
    assert spun(VIOLATING).states == 2


@pytest.mark.parametrize("flags, errors", [((), 0), (("-DCHECK",), 1)])
def test_and_are_assertions_on_demand(flags: tuple[str, ...], errors: int, tmp_path: Path) -> None:
    (tmp_path / "m.pml").write_text(to_promela(VIOLATING))
    subprocess.run(["spin", *flags, "-a", "m.pml"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["gcc", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], cwd=tmp_path, check=True)
    said = subprocess.run(["./pan", "-E"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert f"errors: {errors}" in said


def test_three_thousand_steps_in_one_context() -> None:
    """Spin has limits on the length of things; a large driver must stay below them."""
    many = range(1500)
    locations = tuple(Location(str(n)) for n in many)
    cells = tuple(Variable(f"cell[{n}]", 0, 3, 0) for n in range(6))
    index: Expr = Var("cell[0]")
    for n in range(1, 6):
        index = Op("ite", (equals(Var("i"), n), Var(f"cell[{n}]"), index))
    steps = [Transition(0, n, (n + 1) % 1500, equals(index, 0), (), f"try {n}") for n in many]
    steps += [Transition(0, n, (n + 7) % 1500, TRUE, (("i", Const(n % 6)),), f"move {n}") for n in many]
    system = TransitionSystem(
        "large",
        (Variable("pc", 0, 1499, 0, origin="pc"), Variable("i", 0, 5, 0), *cells),
        (Context("c", "thread", Const(0), "pc", locations, frozenset({0})),),
        tuple(steps),
        (),
    )
    found = explore(system)
    spin = spun(system)
    assert (spin.states, spin.transitions) == (found.states, found.transitions)


def test_a_deep_search_is_repeated_with_room() -> None:
    count = Var("count")
    steps = (Transition(0, 0, 0, op("lt", count, Const(30_000)), (("count", op("add", count, Const(1))),), "count"),)
    base = system_of(transitions=steps)
    system = TransitionSystem("deep", (*base.variables, Variable("count", 0, 30_000, 0)), base.contexts, steps, ())
    assert spun(system).states == 30_001


def test_numbers_beyond_spins() -> None:
    with pytest.raises(NotExpressible, match="32 bits"):
        to_promela(chain((TRUE, ()), variables=(Variable("wide", 0, 1 << 31, 0),)))
    with pytest.raises(NotExpressible, match="`step 0`"):
        to_promela(
            chain((op("lt", Op("mul", (Var("x"), Var("x"))), TRUE), ()), variables=(Variable("x", 0, 1 << 16, 0),))
        )


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpinError, match="`spin` is needed and was not found"):
        count_states(VIOLATING, tmp_path)


def test_a_search_that_does_not_finish_is_no_result(tmp_path: Path) -> None:
    wide = chain((TRUE, ()), variables=())
    steps = tuple(Transition(0, 0, 0, TRUE, ((f"x{n}", Const(v)),), "set") for n in range(6) for v in range(256))
    cells = tuple(Variable(f"x{n}", 0, 255, 0) for n in range(6))
    system = TransitionSystem("endless", (*wide.variables, *cells), wide.contexts, steps, ())
    with pytest.raises(SpinError, match=r"not finish|failed|longer"):
        count_states(system, tmp_path, memory=64 << 20, timeout=60)

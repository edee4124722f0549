"""What a solver is told of an expression means what `evaluate` says."""

from __future__ import annotations

import pytest
import z3
from defercheck.prove.encode import encode
from defercheck.prove.smtlib import Terms, literal, number, sort, symbol, width
from defercheck.prove.solver import load
from defercheck.system.expr import Const, Expr, Op, Var, evaluate
from defercheck.system.system import Variable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems import expressions, systems

VARIABLES = [
    Variable("flag", 0, 1, 0),
    Variable("small", 0, 5, 0),
    Variable("signed", -4, 3, 0),
    Variable("shifted", 2, 9, 2),
    Variable("wide", -(1 << 40), 1 << 31, 0),
    Variable("long one", 0, (1 << 31) - 1, 0),
]
STATES = st.fixed_dictionaries({v.name: st.sampled_from([v.lo, v.hi]) | st.integers(v.lo, v.hi) for v in VARIABLES})


def told(e: Expr, state: dict[str, int]) -> tuple[bool, int]:
    """The truth and the value of an expression in a state, as Z3 has them."""
    terms = Terms(VARIABLES)
    truth, n = terms.truth(e), terms.number(e)
    script = [f"(declare-const {symbol(v.name)} {sort(v)})" for v in VARIABLES]
    script += [f"(define-fun {name} () {of} {text})" for name, of, text in terms.definitions]
    script += [f"(declare-const truth Bool) (declare-const value (_ BitVec {n.width}))"]
    script += [f"(assert (= {symbol(v.name)} {literal(v, state[v.name])}))" for v in VARIABLES]
    script += [f"(assert (= truth {truth})) (assert (= value {n.text}))"]
    solver = z3.Solver()
    solver.from_string("\n".join(script))
    assert solver.check() == z3.sat
    model = solver.model()
    value = model[z3.BitVec("value", n.width)]
    return z3.is_true(model[z3.Bool("truth")]), value.as_signed_long() if n.lo < 0 else value.as_long()


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(expressions(VARIABLES), STATES)
def test_expressions_mean_what_the_interpreter_says(e: Expr, state: dict[str, int]) -> None:
    assert told(e, state) == (bool(evaluate(e, state)), evaluate(e, state))


@pytest.mark.parametrize("name", ["div", "mod"])
@pytest.mark.parametrize("a", [-4, -3, 0, 3])
@pytest.mark.parametrize("b", [-4, -1, 0, 2])
def test_division_is_that_of_c_and_total(name: str, a: int, b: int) -> None:
    e = Op(name, (Var("signed"), Op("add", (Var("signed"), Op("sub", (Const(b), Const(a)))))))
    assert told(e, {**{v.name: v.init for v in VARIABLES}, "signed": a})[1] == evaluate(e, {"signed": a})


def test_constants_have_just_the_width_of_their_number() -> None:
    assert [width(0, 0), width(0, 5), width(-1, 0), width(-4, 3), width(-5, 3)] == [1, 3, 1, 3, 4]
    assert (number(5, 4), number(-1, 3)) == ("#b0101", "#b111")


def test_names_that_cannot_be_quoted_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a\|b"):
        symbol("a|b")


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_steps_mean_what_the_interpreter_says(data: st.DataObject) -> None:
    from defercheck.interpret import Interpreter

    system = data.draw(systems())
    state = tuple(data.draw(st.integers(v.lo, v.hi)) for v in system.variables)
    machine, loaded = Interpreter(system), load(encode(system))
    solver = loaded.solver()
    solver.add(*loaded.formulas([f"(= {symbol(v.name)} {literal(v, x)})"
                                 for v, x in zip(system.variables, state, strict=True)]))  # fmt: skip
    solver.add(*loaded.bounds)
    assert loaded.check(solver)
    model, enabled = solver.model(), machine.enabled(state)
    for i, t in enumerate(system.transitions):
        assert z3.is_true(model.eval(loaded.conditions[i], True)) == (i in enabled)
        if i not in enabled or t.violates is not None:
            continue
        try:
            after = machine.view(machine.apply(state, t))
        except ValueError:
            assert z3.is_false(model.eval(loaded.insides[i], True))
            continue
        assert z3.is_true(model.eval(loaded.insides[i], True))
        for v in system.variables:
            new = loaded.updates[i].get(v.name, loaded.constants[v.name])
            expected = loaded.formula(f"(= {symbol(v.name)} {literal(v, after[v.name])})").arg(1)
            if z3.is_bool(new):
                assert z3.is_true(model.eval(new, True)) == bool(after[v.name])
            else:
                assert model.eval(new, True).eq(model.eval(expected, True))

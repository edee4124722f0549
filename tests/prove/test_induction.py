"""What holds is proved, what does not hold never is, whatever states are proposed."""

from __future__ import annotations

from defercheck.explore import explore_states
from defercheck.prove import Claim, prove
from defercheck.prove.result import SAFETY
from defercheck.system.system import TransitionSystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems import systems


def claims(system: TransitionSystem) -> list[Claim]:
    return [Claim(p.id, "", (p,)) for p in system.properties if p.kind != "cover"]


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(systems())
def test_what_holds_is_proved_and_nothing_else(system: TransitionSystem) -> None:
    found, columns = explore_states(system)
    assert found.complete
    safe = [c for c in claims(system) if c.is_safety]
    held = [c for c in safe if c.id not in found.witnesses]
    assert {o.status for o in prove(system, held, columns).outcomes} <= {"proved"}
    for claim in (c for c in safe if c.id in found.witnesses):
        assert prove(system, [claim], columns).of(claim.id).status == "explored"


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(systems(), st.data())
def test_wrong_states_prove_nothing_wrong(system: TransitionSystem, data: st.DataObject) -> None:
    """States left out, or ones that are not reachable: lemmas come from them, truth does not."""
    import numpy

    found, columns = explore_states(system)
    some = data.draw(st.lists(st.integers(0, found.states - 1), min_size=1, max_size=5))
    lie = {name: column[some] for name, column in columns.items()}
    if data.draw(st.booleans()):
        v = data.draw(st.sampled_from(system.variables))
        lie[v.name] = numpy.full_like(lie[v.name], data.draw(st.integers(v.lo, v.hi)))
    for outcome in prove(system, claims(system), lie).outcomes:
        assert outcome.status == "explored" or outcome.claim.id not in found.witnesses


def test_a_proof_has_its_time() -> None:
    from defercheck.check import Options, compile_program, load, reduced, resolve

    from tests.table import SPECS

    options = Options()
    program = resolve(load(SPECS / "book/tasklet.dfr"), "6.1", options)
    system, _ = reduced(compile_program(program, options).system, options)
    found, columns = explore_states(system)
    asked = [c for c in claims(system) if c.is_safety and c.id not in found.witnesses]
    outcomes = prove(system, asked, columns, seconds=0.0).outcomes
    assert {o.reason for o in outcomes} == {"", "no proof: the time for a proof, 0 s, was up"}
    assert all(o.status == "explored" for o in outcomes if o.reason)


def test_what_no_invariant_can_say_is_left_to_the_search() -> None:
    from defercheck.system.system import Property

    stuck = Property("s", "DF402", "stuck", "")
    assert not Claim("DF402", "", (stuck,)).is_safety
    assert "cover" not in SAFETY and "stuck" not in SAFETY

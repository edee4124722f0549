"""Proofs where states are too many to list: parameters, wide integers, searches that were cut short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defercheck.certify import certificates_of, verify_texts
from defercheck.check import Examined, Options, examine, load
from defercheck.explore import explore_states
from defercheck.grammar.span import Source, SpecError
from defercheck.prove import Claim, prove_symbolically
from defercheck.prove.spacer import spacer
from defercheck.system.result import Limits
from defercheck.system.system import TransitionSystem
from defercheck.verdict import Verdict
from hypothesis import HealthCheck, given, settings

from tests.systems import systems
from tests.table import SPECS

BUDGET = """
kernel "6.1";
cpus 1;
param int<0..2147483647> budget;        // unknown, and the same all the time
int<0..2147483647> done = 0;

void work(unsigned long unused)
{
    if (done < budget) {
        done++;
        tasklet_schedule(&t);           // schedules itself as long as there is something left to do
    }
}
DECLARE_TASKLET(t, work, 0);
irq nic { tasklet_schedule(&t); }
invariant within: done <= budget;
"""
OPTIONS = Options(prove=True, limits=Limits(seconds=40, depth=22))


def examined(text: str, options: Options = OPTIONS) -> Examined:
    return examine(load(Source("s.dfr", text)), "6.1", options)


def verdict(done: Examined, code: str) -> Verdict:
    return next(v for v in done.result.verdicts if v.code == code)


def test_a_budget_of_any_size() -> None:
    done = examined(BUDGET)
    assert done.result.status == "holds" and {v.outcome for v in done.result.verdicts} == {"proved"}
    checked = verify_texts(certificates_of(done, OPTIONS), None)
    assert all("cannot be read" in c.refusal for c in checked.certificates), "there is no such file"


def test_certificates_of_what_spacer_finds(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "budget.dfr"
    path.write_text(BUDGET)
    done = examine(load(path), "6.1", OPTIONS)
    texts = certificates_of(done, OPTIONS)
    assert len(texts) > 15 and verify_texts(texts).accepted


def test_a_budget_that_is_overdrawn() -> None:
    done = examined(BUDGET.replace("done < budget", "done <= budget"), replace(OPTIONS, only=frozenset(["DF702"])))
    v = verdict(done, "DF702")
    assert v.outcome == "violated" and v.trace is not None
    assert v.message == "`done <= budget` does not hold, with budget = 0"


def test_any_value_is_tried() -> None:
    spec = "param int<0..2147483647> n; irq i { assert(n != 1234567); }"
    v = verdict(examined(f'kernel "6.1"; cpus 1; {spec}', replace(OPTIONS, prove=False)), "DF701")
    assert v.outcome == "violated" and v.message.endswith("with n = 1234567")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("param int<0..9> n; irq i { n = 3; }", "which never changes"),
        ("param int<0..9> n = 3; irq i { }", "without a value"),
        ("param int<0..9> n[2]; irq i { }", "without a value"),
        ("struct s { param int<0..9> n; } o; irq i { }", "cannot be a member"),
    ],
)
def test_what_a_parameter_is_not(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        examined(f'kernel "6.1"; {text}')
    assert message in str([(d.message, d.label, d.help) for d in error.value.diagnostics])


def test_a_search_cut_short_leaves_what_the_lemmas_prove() -> None:
    options = Options(prove=True, limits=Limits(states=200, seconds=8))
    done = examine(load(SPECS / "book/claims/tasklet_on_one_cpu.dfr"), "6.1", options)
    assert not done.result.exploration.complete
    assert verdict(done, "DF201").outcome == verdict(done, "DF202").outcome == "proved"
    left = verdict(done, "DF702")
    assert left.outcome == "undetermined" and done.result.status == "undetermined"
    assert "k-induction" in left.reason or "induction over up to" in left.reason
    assert "Spacer" in left.reason and "What stands in the way: a state in which" in left.reason


def safe_claims(system: TransitionSystem) -> list[Claim]:
    found = (Claim(p.id, "", (p,)) for p in system.properties if p.kind != "cover")
    return [c for c in found if c.is_safety]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(systems())
def test_nothing_false_is_proved(system: TransitionSystem) -> None:
    found, _ = explore_states(system)
    depth = min((len(w.path) for w in found.witnesses.values()), default=3)
    for outcome in prove_symbolically(system, safe_claims(system), 3.0, max(0, depth - 2)).outcomes:
        assert outcome.status != "proved" or outcome.claim.id not in found.witnesses


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(systems())
def test_spacer_is_told_the_same_system(system: TransitionSystem) -> None:
    found, _ = explore_states(system)
    for claim in safe_claims(system):
        answer = spacer(system, claim.properties, 2.0).answer
        assert answer == "unknown" or (answer == "unsafe") == (claim.id in found.witnesses)

"""Proofs that nothing lasts that must not, where the states cannot be listed: ways out, measures, certificates."""

from __future__ import annotations

import re
from functools import cache

import pytest
from defercheck.certify import certificates_of, verify_texts
from defercheck.check import Examined, Options, examine, load
from defercheck.explore import explore_states
from defercheck.grammar.span import Source
from defercheck.prove import Claim, Identity, prove_symbolically
from defercheck.prove.certificate import Writer
from defercheck.prove.encode import encode
from defercheck.prove.verify import ask
from defercheck.prove.ways import KINDS
from defercheck.system.result import Limits
from defercheck.system.system import TransitionSystem
from defercheck.verdict import Verdict
from hypothesis import HealthCheck, given, settings

from tests.prove.test_certificates import cvc5_says
from tests.prove.test_symbolic import BUDGET
from tests.systems import systems

PARAMETER = "param int<0..2147483647> n;"
WAITS = """
kernel "6.1"; cpus 1;
param int<0..2147483647> n;
int<0..2147483647> done = 0;
void work(unsigned long unused)
{
    if (done < n) { done++; tasklet_schedule(&t); }
    else complete(&finished);
}
DECLARE_TASKLET(t, work, 0);
DECLARE_COMPLETION(finished);
thread main { tasklet_schedule(&t); wait_for_completion(&finished); }
"""
KEEPS_BH_OFF = """
kernel "6.1"; cpus 1;
param int<0..2147483647> n;
int<0..2147483647> i = 0;
tasklet t { }
irq nic { tasklet_schedule(&t); }
thread busy { local_bh_disable(); while (i < n) { i++; } local_bh_enable(); }
"""
DISABLES = """
kernel "6.1"; cpus 1;
param int<0..2147483647> n;
int<0..2147483647> done = 0;
void work(unsigned long unused)
{
    if (done < n) { done++; tasklet_schedule(&t); }
    else tasklet_disable_nosync(&t);
}
DECLARE_TASKLET(t, work, 0);
irq nic times 3 { tasklet_schedule(&t); }
"""
HOLD = {
    "a budget": (BUDGET, "DF502"),
    "a completion after n rounds": (WAITS, "DF501"),
    "a loop with bottom halves off": (KEEPS_BH_OFF, "DF502"),
}
BROKEN = {
    "the budget is not used up": (WAITS.replace("done++; ", ""), "DF501"),
    "the loop does not count": (KEEPS_BH_OFF.replace("i++;", ""), "DF502"),
    "the tasklet stays disabled": (DISABLES, "DF502"),
    "nobody completes": (WAITS.replace("else complete(&finished);", ""), "DF501"),
}
OPTIONS = Options(prove=True, limits=Limits(seconds=60, depth=8))


@cache
def examined(text: str, code: str = "") -> Examined:
    options = Options(prove=True, limits=OPTIONS.limits, only=frozenset([code] if code else []))
    return examine(load(Source("s.dfr", text)), "6.1", options)


def verdict(done: Examined, code: str) -> Verdict:
    return next(v for v in done.result.verdicts if v.code == code)


def test_a_budget_of_any_size_is_proved_as_a_whole() -> None:
    done = examined(BUDGET)
    assert {v.outcome for v in done.result.verdicts} == {"proved"} and done.result.status == "holds"


@pytest.mark.parametrize(("text", "code"), HOLD.values(), ids=HOLD)
def test_what_holds_for_every_value_is_proved(text: str, code: str) -> None:
    assert verdict(examined(text, code), code).outcome == "proved"


@pytest.mark.parametrize(("text", "code"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_is_not(text: str, code: str) -> None:
    v = verdict(examined(text, code), code)
    assert v.outcome == "undetermined"
    assert "What stands in the way: a state in which" in v.reason and "neither proved nor refuted" in v.reason


def small(text: str, n: int) -> str:
    """The same with one value of the parameter, and few of what is counted."""
    name = "budget" if "budget;" in text else "n"
    text = re.sub(rf"param int<0..2147483647> {name};[^\n]*", f"int<0..{n + 1}> {name} = {n};", text)
    return text.replace("int<0..2147483647>", f"int<0..{n + 1}>")


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(("text", "code"), [*HOLD.values(), *BROKEN.values()], ids=[*HOLD, *BROKEN])
def test_the_search_agrees_for_small_values(text: str, code: str, n: int) -> None:
    done = examine(load(Source("s.dfr", small(text, n))), "6.1", Options(only=frozenset([code])))
    assert done.result.exploration.complete
    broken = verdict(done, code).outcome == "violated"
    if (text, code) in HOLD.values():
        assert not broken
    elif n:
        assert broken


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The one that needs a measure."""
    path = tmp_path_factory.mktemp("ways") / "waits.dfr"
    path.write_text(WAITS)
    options = Options(prove=True, limits=OPTIONS.limits, only=frozenset(["DF501"]))
    return certificates_of(examine(load(path), "6.1", options), options)["DF501"]


def refusal(text: str) -> str:
    (checked,) = verify_texts({"it": text}).certificates
    return checked.refusal


def test_its_certificate_is_accepted_by_two_solvers(certificate: str) -> None:
    assert not refusal(certificate)
    answers = cvc5_says(certificate)
    assert set(answers) == {"unsat"} and len(answers) == certificate.count("(check-sat)")
    assert "(define-fun measure.0." in certificate and "; by transition " in certificate


def dropped_question(text: str) -> str:
    start = text.index("\n; way.0.3 by ")
    return text[:start] + text[text.index("(pop 1)\n", start) + len("(pop 1)\n") :]


def dropped_way(text: str) -> str:
    return re.sub(r"; by transition [^\n]*\n\(define-fun way\.0\.2 [^\n]*\n", "", text)


def truncated(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-30])


def weaker(text: str) -> str:
    """Something else that is to last."""
    return re.sub(r"(\(define-fun waits\.0 .*\) Bool) .*\)\n", r"\1 false)\n", text)


def easier(text: str) -> str:
    return re.sub(r"(\(define-fun out\.0 .*\) Bool) .*\)\n", r"\1 true)\n", text)


def smuggled(text: str) -> str:
    return re.sub(r"(\(define-fun way\.0\.0 .*\) Bool) .*\)\n", r"\1 true) (assert false)\n", text)


def another_spec(text: str) -> str:
    return re.sub(r"(; text      sha256 )\w", r"\1g", text)


TAMPERED = [
    (dropped_question, "line"), (dropped_way, "line|does not come before"), (truncated, "cut off"), (weaker, "line"),
    (easier, "line"), (smuggled, "way.0.0"), (another_spec, "was edited"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "why"), TAMPERED, ids=lambda x: getattr(x, "__name__", ""))
def test_tampering_is_refused(change: object, why: str, certificate: str) -> None:
    changed = change(certificate)  # type: ignore[operator]
    assert changed != certificate
    assert re.search(why, refusal(changed)), refusal(changed)


def rewritten(text: str, change: object) -> str:
    """The certificate that the tool would write for other ways: what ``verify`` compares is right, letter by letter."""
    from defercheck import certify
    from defercheck.prove.reading import read_header, read_lemmas, read_plans

    header = read_header(text)
    i = header.identity
    system, identity = certify._system(i.spec, i.kernel, i.cpus, i.made, None, None)
    claim = certify._claims(system)(header)
    assert claim is not None
    encoding = encode(system)
    plans = change(read_plans(text, encoding.variables))  # type: ignore[operator]
    return Writer(encoding, identity).write(claim, read_lemmas(text, encoding.variables), 0, plans).text


def test_ways_that_are_none_are_refused_however_they_are_written(certificate: str) -> None:
    from dataclasses import replace

    assert rewritten(certificate, lambda plans: plans) == certificate
    without = rewritten(certificate, lambda plans: tuple(replace(p, ways=p.ways[:-1]) for p in plans))
    assert "the solver says sat" in refusal(without)
    unmeasured = rewritten(certificate, lambda plans: tuple(replace(p, measures=()) for p in plans))
    assert "the solver says sat" in refusal(unmeasured)
    constant = rewritten(
        certificate,
        lambda plans: tuple(
            replace(p, measures=tuple(replace(m, body=f"#b{'0' * m.bits}") for m in p.measures)) for p in plans
        ),
    )
    assert "the solver says sat" in refusal(constant)
    circle = re.sub(
        r"; by transition (\d+)[^\n]*\n(\(define-fun way\.0\.0 )", r"; by transition \1 to 1\n\2", certificate
    )
    assert "does not come before" in refusal(circle)
    environment = re.sub(r"; by transition \d+", "; by transition 9999", certificate, count=1)
    assert "which nothing promises or which there is not" in refusal(environment)


@pytest.mark.parametrize(("promise", "outcome"), [("", "undetermined"), (" fairly", "proved")])
def test_no_way_by_what_nobody_promises(promise: str, outcome: str) -> None:
    """An interrupt that may come is no way out; one that is promised is."""
    text = KEEPS_BH_OFF.replace("i++; }", "i++; } await(go);")
    text = text.replace("thread", f"bool go = false;\nirq other{promise} {{ go = true; }}\nthread")
    assert verdict(examined(text, "DF502"), "DF502").outcome == outcome


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(systems())
def test_nothing_false_is_proved(system: TransitionSystem) -> None:
    found, _ = explore_states(system)
    claims = [Claim(p.id, "", (p,)) for p in system.properties if p.kind in KINDS]
    writer = Writer(encode(system), Identity("s.dfr", "", "6.1", "", 1, "reduced by nothing; rules all", "0"))
    for outcome in prove_symbolically(system, claims, 4.0, 0).outcomes:
        if outcome.status == "proved":
            assert outcome.claim.id not in found.witnesses
            script = writer.write(outcome.claim, outcome.lemmas, outcome.depth, outcome.plans)
            assert set(ask(script.text)) == {"unsat"}

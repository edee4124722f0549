"""Certificates of what only k-induction proves: runs of several steps, in a script that solvers and `verify` check."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from defercheck.certify import certificates_of, verify_texts
from defercheck.check import Examined, Options, examine, kernel_model, load
from defercheck.grammar.parser import parse
from defercheck.locked.lockfile import read
from defercheck.prove import Claim, Identity, bmc, prove_symbolically
from defercheck.prove.certificate import Writer
from defercheck.prove.encode import encode
from defercheck.prove.runs import at
from defercheck.prove.verify import ask
from defercheck.system.result import Limits
from defercheck.system.system import TransitionSystem
from hypothesis import HealthCheck, given, settings

from tests.prove.test_certificates import cvc5_says
from tests.systems import systems

ROTATES = """
kernel "6.1";
cpus 1;
param int<0..2147483647> n;             // too many states to list
int<0..2147483647> a = 0;
int<0..2147483647> b = 1;
int<0..2147483647> c = 2;
irq nic { atomic { int<0..2147483647> t = a; a = b; b = c; c = t; } }
invariant apart: a != b;                // of three that differ, and so only after some rounds
"""
OPTIONS = Options(prove=True, only=frozenset(["DF702"]), limits=Limits(seconds=40, depth=8))
NOBODY = Identity("s.dfr", "", "6.1", "", 1, "reduced by nothing; rules all", "0")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "rotates.dfr"
    path.write_text(ROTATES)
    return path


@cache
def examined(path: Path) -> Examined:
    return examine(load(path), "6.1", OPTIONS)


@pytest.fixture
def text(spec: Path) -> str:
    (text,) = certificates_of(examined(spec), OPTIONS).values()
    return text


def refusal(text: str, **others: object) -> str:
    (checked,) = verify_texts({"it": text}, **others).certificates  # type: ignore[arg-type]
    return checked.refusal


def test_it_is_proved_that_way_and_no_other(spec: Path) -> None:
    proofs = examined(spec).proofs
    assert proofs is not None
    outcome = proofs.of("DF702:apart")
    assert (outcome.status, outcome.method) == ("proved", "k-induction") and outcome.depth > 1


def test_its_certificate_is_accepted(text: str) -> None:
    (checked,) = verify_texts({"it": text}).certificates
    steps = int(re.search(r"; steps +(\d+)", text)[1])  # type: ignore[index]
    assert not checked.refusal and checked.obligations == steps + 1 == text.count("(check-sat)")


def test_another_solver_agrees(text: str) -> None:
    answers = cvc5_says(text)
    assert set(answers) == {"unsat"} and len(answers) == text.count("(check-sat)")


def test_it_can_be_read(text: str, spec: Path) -> None:
    assert "; transition 0, hardirq/0: interrupt nic; the handler starts (" in text
    assert f"({spec}:8)" in text and "; the state after 2 steps" in text
    assert max(len(line) for line in text.splitlines()) < 1000


def last_question(text: str) -> str:
    start = text.rindex("\n(push 1)")
    return text[:start] + "\n(pop 1)\n"


def first_question(text: str) -> str:
    start = text.index("; nothing forbidden 0 steps")
    return text[:start] + text[text.index("(pop 1)\n", start) + len("(pop 1)\n") :]


def fewer_steps(text: str) -> str:
    return re.sub(r"(; steps +)\d+", r"\g<1>1", text)


def weaker(text: str) -> str:
    return re.sub(r"(\(define-fun wrong@1 \(\) Bool) .*\)\n", r"\1 false)\n", text)


def without_a_transition(text: str) -> str:
    return text.replace("(or (= step@0 #b00) (= step@0 #b01) (= step@0 #b10))", "(or (= step@0 #b00) (= step@0 #b10))")


def frozen(text: str) -> str:
    """A step that is said to leave more as it is than it does."""
    return text.replace("(or (= |a@1| |a|) (= step@0 #b01))", "(= |a@1| |a|)")


def truncated(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-9])


def of_one_step(text: str) -> str:
    return re.sub(r"; steps .*\n", "", text)


def twice(text: str) -> str:
    return re.sub(r"(; steps .*\n)", r"\1\1", text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (last_question, "line|cut off"), (first_question, "line"), (fewer_steps, "line"), (weaker, "line"),
        (without_a_transition, "line"), (frozen, "line"), (truncated, "cut off"), (of_one_step, "line"),
        (twice, "no `steps`, or several"),
        (lambda text: re.sub("(; steps +).*", r"\1many", text), "not a number up to 64"),
        (lambda text: re.sub("(; steps +).*", r"\g<1>99999999999", text), "not a number up to 64"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)  # fmt: skip
def test_tampering_is_refused(change: object, why: str, text: str) -> None:
    changed = change(text)  # type: ignore[operator]
    assert changed != text
    assert re.search(why, refusal(changed)), refusal(changed)


def test_fewer_steps_prove_nothing_even_when_written_properly(spec: Path) -> None:
    done = examined(spec)
    assert done.proofs is not None
    outcome = done.proofs.of("DF702:apart")
    writer = Writer(encode(done.result.system), NOBODY)
    for steps in range(1, outcome.depth + 1):
        answers = ask(writer.write(outcome.claim, outcome.lemmas, steps).text)
        assert answers[:-1] == ["unsat"] * steps, "it holds from the start"
        assert answers[-1] == ("unsat" if steps == outcome.depth else "sat")


def test_another_spec_or_kernel_is_refused(spec: Path, text: str, tmp_path: Path) -> None:
    edited = tmp_path / "edited.dfr"
    edited.write_text(ROTATES.replace("b = 1", "b = 0"))
    assert "the spec was edited" in refusal(text, spec=edited)
    model = tuple(parse(f"{f.source.text}\n// edited\n", f.source.name, kernel=True) for f in kernel_model())
    assert "another kernel model" in refusal(text, model=model)


def test_a_violation_at_the_start_is_not_proved(tmp_path: Path) -> None:
    path = tmp_path / "s.dfr"
    path.write_text(ROTATES.replace("c = 2", "c = 1"))
    done = examine(load(path), "6.1", OPTIONS)
    assert not certificates_of(done, OPTIONS)
    (v,) = [v for v in done.result.verdicts if v.code == "DF702"]
    assert v.outcome == "violated"


def test_names_of_a_later_state() -> None:
    assert at("(and e.3 |a.e.1| (lemma.e.2 |b|))", 2) == "(and e.3@2 |a.e.1@2| (lemma.e.2 |b@2|))"
    assert at("(and e.3 |a|)", 0) == "(and e.3 |a|)"


def test_the_lock_knows_its_hash(spec: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from defercheck.cli import cli

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(spec.parent)
    result = CliRunner().invoke(cli, ["lock", spec.name, "--rule", "DF702", "--certificate", "proofs"])
    assert result.exit_code == 0, result.output
    (entry,) = read(Path("defercheck.lock").read_text(), "").entries
    assert len(entry.properties["DF702:apart"].certificate) == 64
    held = CliRunner().invoke(cli, ["check", "--locked"])
    assert held.exit_code == 0 and "1 certificate checked again" in held.output, held.output
    (proof,) = Path("proofs").rglob("*.smt2")
    proof.write_text(weaker(proof.read_text()))
    held = CliRunner().invoke(cli, ["check", "--locked"])
    assert held.exit_code == 1 and "is another than the one that was locked" in held.output


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(systems())
def test_a_script_says_unsat_of_nothing_that_can_be_violated(system: TransitionSystem) -> None:
    """Scripts for claims that can be violated, whatever the search says, with as many steps as one likes."""
    found = bmc(system, Limits(depth=5))
    writer = Writer(encode(system), NOBODY)
    claims = [Claim(p.id, "", (p,)) for p in system.properties if p.kind != "cover"]
    for claim in (c for c in claims if c.is_safety and c.id in found.witnesses):
        script = writer.write(claim, (), 2).text
        assert "sat" in ask(script), (script, ask(script))
    sure = min((len(w.path) for w in found.witnesses.values()), default=6) - 2
    for outcome in prove_symbolically(system, claims, 2.0, max(0, sure)).outcomes:
        if outcome.status == "proved":
            script = writer.write(outcome.claim, outcome.lemmas, outcome.depth, outcome.plans)
            assert set(ask(script.text)) == {"unsat"}

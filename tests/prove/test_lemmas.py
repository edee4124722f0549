"""The kernel model's lemmas: what they prove by themselves, and that wrong ones cost nothing but time."""

from __future__ import annotations

import random
from functools import cache

import pytest
from defercheck.check import Examined, Options, examine, kernel_model, load
from defercheck.grammar import tree
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Source
from defercheck.prove.encode import encode
from defercheck.prove.houdini import inductive, lemmas_of
from defercheck.prove.slices import Slices
from defercheck.prove.solver import load as load_encoding
from defercheck.system.expr import TRUE

from tests.table import SPECS

ON_ONE_CPU = SPECS / "book/claims/tasklet_on_one_cpu.dfr"
OPTIONS = Options(prove=True)


def model(old: str, new: str) -> tuple[tree.SpecFile, ...]:
    """The kernel model with one text replaced."""
    files = [f.source.text.replace(old, new) for f in kernel_model()]
    assert sum(a != f.source.text for a, f in zip(files, kernel_model(), strict=True)) == 1
    return tuple(parse(t, f.source.name, kernel=True) for t, f in zip(files, kernel_model(), strict=True))


def examined(path: str, old: str = "", new: str = "") -> Examined:
    return examine(load(SPECS / path), "6.1", OPTIONS, None, model(old, new) if old else None)


@cache
def proved() -> Examined:
    return examined("book/claims/tasklet_on_one_cpu.dfr")


def origins(done: Examined, claim: str) -> set[str]:
    assert done.proofs is not None
    return {lemma.name.split(".")[1] for lemma in done.proofs.of(claim).lemmas}


def test_one_cpu_at_a_time_follows_from_who_owns_RUN() -> None:
    assert proved().proofs is not None and proved().proofs.of("DF201").status == "proved"
    assert {"RUN_has_one_owner", "running_under_RUN"} <= origins(proved(), "DF201")
    assert all(lemma.origin == "kernel" for lemma in proved().proofs.of("DF201").lemmas)  # type: ignore[union-attr]
    assert len(proved().proofs.of("DF201").lemmas) <= 8


def test_a_proof_does_not_depend_on_what_was_proved_before() -> None:
    """What else Z3 holds and has let go of must not choose between lemmas: certificates would differ by the order of
    the specs."""
    import z3

    def found() -> list[tuple[str, ...]]:
        proofs = examined("book/claims/work_once.dfr").proofs
        assert proofs is not None
        return [tuple(lemma.name for lemma in o.lemmas) for o in proofs.outcomes]

    first, others = found(), []
    for n in range(12):
        others = others[::2] + [z3.BitVec(f"other {n} {k}", 3) + k for k in range(37 * n)]
        assert found() == first


@pytest.mark.parametrize("seed", range(6))
def test_the_declaration_that_needs_much_is_done_without(seed: int) -> None:
    """That a tasklet which runs is on one CPU follows from SCHED's lemmas too, all 37 of them; RUN's are enough, in
    whatever order Z3 meets them."""
    system = proved().result.system
    loaded = load_encoding(encode(system))
    lemmas = list(inductive(loaded, lemmas_of(system.proposals, system.variables)))
    random.Random(seed).shuffle(lemmas)
    needed = Slices(loaded, lemmas).needed([p for p in system.properties if p.id.startswith("DF201")])
    assert needed is not None and proved().proofs is not None
    assert set(needed) == set(proved().proofs.of("DF201").lemmas)  # type: ignore[union-attr]
    assert {lemma.declared for lemma in needed} == {"lemma.RUN_has_one_owner", "lemma.running_under_RUN"}


def test_queued_once_follows_from_who_has_SCHED() -> None:
    assert "SCHED_is_a_token" in origins(proved(), "DF202")
    assert proved().proofs is not None
    assert all(lemma.origin == "kernel" for lemma in proved().proofs.of("DF202").lemmas)


def kernel_lemmas(done: Examined) -> set[str]:
    loaded = load_encoding(encode(done.result.system))
    proposed = lemmas_of(done.result.system.proposals, done.result.system.variables)
    return {lemma.name.split(".")[1] for lemma in inductive(loaded, proposed)}


LOCKED = """
kernel "6.1"; cpus 2;
DEFINE_SPINLOCK(l);
DEFINE_MUTEX(m);
int<0..1> inside = 0;
thread a { mutex_lock(&m); spin_lock(&l); inside++; inside--; spin_unlock(&l); mutex_unlock(&m); }
thread b { mutex_lock(&m); spin_lock(&l); inside++; inside--; spin_unlock(&l); mutex_unlock(&m); }
"""


NESTED = """
kernel "6.1"; cpus 2;
tasklet t { }
irq nic { tasklet_schedule(&t); }
thread twice { local_bh_disable(); local_bh_disable(); local_bh_enable(); local_bh_enable(); }
"""
RUNS_PENDING = "if (!in_interrupt() && softirq_may_run()) start_softirq_frame();\n    }\n}\n\n// ---- lemmas"


def test_softirqs_run_over_what_lets_them() -> None:
    """None over a thread that keeps bottom halves off, however deep; which fails where the inner enable runs them."""
    spec = load(Source("nested.dfr", NESTED))
    assert "softirqs_do_not_nest" in kernel_lemmas(examine(spec, "6.1", OPTIONS))
    wrong = model(RUNS_PENDING, RUNS_PENDING.replace("!in_interrupt() && ", ""))
    broken = examine(spec, "6.1", OPTIONS, None, wrong)
    assert "softirqs_do_not_nest" in {p.name.split()[0] for p in broken.result.system.proposals}
    assert "softirqs_do_not_nest" not in kernel_lemmas(broken)


SHIPPED = ["bugs/g01-pch-dma-bh/fixed.dfr", "kernel/s9_woken_for_nothing.dfr"]


@pytest.mark.parametrize("path", SHIPPED)
def test_it_is_proved_of_specs_that_ship(path: str) -> None:
    done = examined(path)
    assert any(p.name.startswith("softirqs_do_not_nest") and p.expr != TRUE for p in done.result.system.proposals)
    assert "softirqs_do_not_nest" in kernel_lemmas(done)


def test_every_lemma_is_of_use_somewhere() -> None:
    """None of them is so wrong that it never survives."""
    locked = examine(load(Source("locked.dfr", LOCKED)), "6.1", OPTIONS)
    found = kernel_lemmas(proved()) | kernel_lemmas(locked) | kernel_lemmas(examined("book/claims/work_once.dfr"))
    found |= kernel_lemmas(examine(load(Source("nested.dfr", NESTED)), "6.1", OPTIONS))
    stated = {d.name.text for f in kernel_model() for d in f.items if isinstance(d, tree.PropertyDecl) and d.name}
    assert found == stated


MUTANTS = [
    ("if (!test_and_set(t.RUN)) {", "t.RUN = true;\nif (true) {", "DF201"),
    ("if (test_and_set(t.SCHED)) return false;       // S1: test and set SCHED\n    atomic {                     "
     "                  // S2: put on this CPU's list, softirq raised\n        tasklet_append(tasklet_vec, t);",
     "t.SCHED = true;\n    atomic {\n        tasklet_append(tasklet_vec, t);", "DF202"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "claim"), MUTANTS, ids=["no trylock", "no test of SCHED"])
def test_of_a_wrong_kernel_nothing_wrong_is_proved(old: str, new: str, claim: str) -> None:
    done = examined("book/claims/tasklet_on_one_cpu.dfr", old, new)
    assert {v.outcome for v in done.result.verdicts if v.code == claim} == {"violated"}
    assert done.proofs is not None and claim not in {o.claim.id for o in done.proofs.outcomes}


def test_a_false_lemma_is_dropped_and_nothing_else() -> None:
    old = "lemma listed_once for each tasklet t: listed(t) <= 1;"
    done = examined("book/claims/tasklet_on_one_cpu.dfr", old, f"{old}\nlemma wrong for each tasklet t: !t.SCHED;")
    assert "wrong" in {p.name.split()[0] for p in done.result.system.proposals}
    assert kernel_lemmas(done) == kernel_lemmas(proved())
    assert done.proofs is not None and done.proofs.of("DF201").status == "proved"


def test_lemmas_change_nothing_of_the_system() -> None:
    from dataclasses import replace

    plain = examine(load(ON_ONE_CPU), "6.1", Options()).result.system
    assert replace(proved().result.system, proposals=()) == plain and not plain.proposals


def test_lemmas_speak_of_what_the_driver_has() -> None:
    done = examine(load(Source("s.dfr", "irq i { }")), "6.1", OPTIONS)
    assert {p.name for p in done.result.system.proposals if p.expr != TRUE} <= {"line_in_progress i"}

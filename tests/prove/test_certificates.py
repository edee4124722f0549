"""Certificates are accepted by Z3 and by another solver, and only as long as they say what the spec says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from defercheck.certify import certificates_of, verify_folder, verify_texts, write_certificates
from defercheck.check import Examined, Options, examine, kernel_model, load
from defercheck.grammar.parser import parse

from tests.table import SPECS

OPTIONS = Options(prove=True)
SPEC = SPECS / "book/tasklet.dfr"
ORDERED = """
kernel "6.1"; cpus 1;
DEFINE_SPINLOCK(a); DEFINE_SPINLOCK(b);
thread one { spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a); }
"""


@cache
def examined(path: Path) -> Examined:
    return examine(load(path), "6.1", OPTIONS)


@cache
def texts(path: Path = SPEC) -> dict[str, str]:
    return certificates_of(examined(path), OPTIONS)


def refusal(text: str, **others: object) -> str:
    (checked,) = verify_texts({"it": text}, **others).certificates  # type: ignore[arg-type]
    return checked.refusal


SOME = ["book/tasklet.dfr", "book/claims/tasklets_on_one_cpu.dfr", "book/shared_workqueue.dfr"]


@pytest.mark.parametrize("path", SOME)
def test_what_is_written_is_accepted(path: str) -> None:
    done = verify_texts(texts(SPECS / path))
    assert done.accepted and len(done.certificates) == len(texts(SPECS / path)) > 15


def cvc5_says(text: str) -> list[str]:
    import cvc5

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("incremental", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")
    symbols, answers = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        answers += command.invoke(solver, symbols).split()
    return answers


@pytest.mark.parametrize("path", SOME[:2])
@pytest.mark.parametrize("claim", ["DF201", "DF202", "DF101"])
def test_another_solver_agrees(path: str, claim: str) -> None:
    text = texts(SPECS / path)[claim]
    answers = cvc5_says(text)
    assert set(answers) == {"unsat"} and len(answers) == text.count("(check-sat)")


def test_another_solver_disagrees_when_the_invariant_is_wrong() -> None:
    assert "sat" in cvc5_says(with_body(texts()["DF201"], "true)"))


# ---- tampering ----

LEMMA = re.compile(r"(\(define-fun lemma\.RUN\w+\.\d+ \((?:\(\|[^|]*\| (?:Bool|\(_ BitVec \d+\))\) ?)+\) Bool) .*\)\n")
"""A line that states a lemma, of those that DF201 stands on."""


def with_body(text: str, rest: str) -> str:
    """The text with the rest of the line that states a lemma replaced, from its body on."""
    return LEMMA.sub(lambda m: f"{m[1]} {rest}\n", text, count=1)


def dropped_obligation(text: str) -> str:
    questions = [m.span() for m in re.finditer(r"\n; transition [^\n]*\n\(push 1\)\n.*?\(pop 1\)\n", text, re.S)]
    start, end = questions[5]
    return text[:start] + text[end:]


def weakened_obligation(text: str) -> str:
    return text.replace("; 3. ", "(assert false)\n; 3. ")


def weakened_property(text: str) -> str:
    """All that DF304 asks, in a certificate that says DF201."""
    head, _, _ = text.partition("; 3. ")
    _, _, other = texts()["DF305"].partition("; 3. ")
    return f"{head}; 3. {other}"


def another_property(text: str) -> str:
    return re.sub(r"(; property  sha256 )\w+", r"\g<1>" + "0" * 64, text)


def truncated(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-20])


def cut_in_a_line(text: str) -> str:
    return text[: len(text) // 2]


def dropped_lemma(text: str) -> str:
    return LEMMA.sub("", text, count=1)


def weakened_lemma(text: str) -> str:
    return with_body(text, "true)")


def false_lemma(text: str) -> str:
    return with_body(text, "false)")


def smuggled_assertion(text: str) -> str:
    """A lemma whose text closes itself and goes on with a command."""
    return with_body(text, "true) (assert false)")


def smuggled_variable(text: str) -> str:
    """A lemma of a variable that is not one of its parameters would not be asked of after a step."""
    return with_body(text, "|ksoftirqd_running[0]|)")


def other_cpus(text: str) -> str:
    return text.replace("; cpus      2", "; cpus      1")


def other_kernel(text: str) -> str:
    return text.replace("; kernel    6.1", "; kernel    2.6.20")


def without_reductions(text: str) -> str:
    return re.sub("; made .*", "; made      reduced by nothing; rules all", text)


def other_claim(text: str) -> str:
    return text.replace("; claim     DF201", "; claim     DF202")


def no_claim(text: str) -> str:
    return text.replace("; claim     DF201", "; claim     DF999")


TAMPERED = [
    (dropped_obligation, "line"),
    (weakened_obligation, "line"),
    (weakened_property, "line"),
    (another_property, "another property"),
    (truncated, "cut off after line"),
    (cut_in_a_line, "cut off|line|not one formula|no lemma"),
    (dropped_lemma, "line"),
    (weakened_lemma, "the solver says sat"),
    (false_lemma, "the solver says sat, not unsat: the invariant holds in the initial state"),
    (smuggled_assertion, "lemma.RUN"),
    (smuggled_variable, "lemma.RUN.* uses"),
    (other_cpus, "property|line|does not have"),
    (other_kernel, "property|line|does not have"),
    (without_reductions, "property|line|does not have"),
    (other_claim, "another property"),
    (no_claim, "makes no claim DF999"),
    (lambda text: "", "does not begin"),
    (lambda text: "; defercheck certificate 1\n", "its header has no"),
    (lambda text: text.replace("; cpus      2", "; cpus      two"), "not a number"),
    (lambda text: text + "(check-sat)\n", "line"),
    (lambda text: text.replace("; tool      0", "; tool      9"), "made by version 9"),
]


@pytest.mark.parametrize(("change", "why"), TAMPERED, ids=lambda x: getattr(x, "__name__", ""))
def test_tampering_is_refused(change: object, why: str) -> None:
    text = texts()["DF201"]
    changed = change(text)  # type: ignore[operator]
    assert changed != text
    assert re.search(why, refusal(changed)), refusal(changed)


def test_another_spec_is_refused(tmp_path: Path) -> None:
    edited = tmp_path / "tasklet.dfr"
    edited.write_text(SPEC.read_text().replace("tasklet_kill(&my_tasklet);", ""))
    assert "the spec was edited" in refusal(texts()["DF201"], spec=edited)
    edited.write_text("tasklet t { ")
    assert "is not valid" in refusal(texts()["DF201"], spec=edited)


def test_another_kernel_model_is_refused() -> None:
    model = tuple(
        parse(f.source.text.replace("if (!test_and_set(t.RUN))", "if (true)"), f.source.name, kernel=True)
        for f in kernel_model()
    )
    assert "another kernel model" in refusal(texts()["DF201"], model=model)


def test_a_certificate_with_forged_hashes_is_refused(tmp_path: Path) -> None:
    """Hashes are no more than the reason that is told: what is checked is what the spec at hand says."""
    from defercheck.prove import hash_of

    edited = SPEC.read_text().replace("tasklet_kill(&my_tasklet);", "")
    path = tmp_path / "tasklet.dfr"
    path.write_text(edited)
    for claim in ("DF201", "DF304"):
        forged = re.sub(r"(; text      sha256 )\w+", r"\g<1>" + hash_of(edited), texts()[claim])
        assert refusal(forged, spec=path)


def test_files_are_written_and_found(tmp_path: Path) -> None:
    stale = tmp_path / Path(*write_certificates(tmp_path, examined(SPEC), OPTIONS)[0].relative_to(tmp_path).parts[:2])
    (stale / "DF999.smt2").write_text("; defercheck certificate 1\n")
    (stale / "mine.smt2").write_text("(check-sat)\n")
    written = write_certificates(tmp_path, examined(SPEC), OPTIONS)
    assert not (stale / "DF999.smt2").exists() and (stale / "mine.smt2").exists()
    (stale / "mine.smt2").unlink()
    assert verify_folder(tmp_path).accepted
    assert verify_folder(written[0], SPEC).accepted
    written[0].write_text(truncated(written[0].read_text()))
    assert [c.name for c in verify_folder(tmp_path).certificates if c.refusal] == [str(written[0])]


def test_of_two_lock_orders_the_one_that_never_happens_is_named(tmp_path: Path) -> None:
    path = tmp_path / "locks.dfr"
    path.write_text(ORDERED)
    done = examine(load(path), "6.1", OPTIONS)
    text = certificates_of(done, OPTIONS)["DF404"]
    order = re.search("; order     (order:.*)", text)
    assert order is not None and not refusal(text)
    assert "is broken, or nothing is said" in refusal(text.replace(order[0] + "\n", ""))

"""Every fault of the kernel model is found by the property that is named for it, and by nothing without the fault."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from defercheck import check as checking
from defercheck.check import check_spec, kernel_model, load
from defercheck.grammar import tree
from defercheck.grammar.parser import parse
from defercheck.kernel import sources
from defercheck.lower import machine
from defercheck.verdict import CheckResult

from tests.mutants.faults import FAULTS as DEFERRAL
from tests.mutants.faults import Edit, Fault
from tests.mutants.faults_bh import BH
from tests.mutants.faults_language import LANGUAGE
from tests.mutants.faults_lines import LIFE
from tests.mutants.faults_sync import SYNC
from tests.sample import part
from tests.table import SPECS

FAULTS = (*DEFERRAL, *BH, *LANGUAGE, *LIFE, *SYNC)
OWN = Path(__file__).with_name("specs")


def edited(text: str, edits: list[Edit]) -> str:
    """The text with the edits made. What is to be replaced must be there once, and only once."""
    for e in edits:
        assert text.count(e.old) == 1, f"{e.old!r} is {text.count(e.old)} times in {e.file}"
        text = text.replace(e.old, e.new)
    return text


def faulty_kernel(fault: Fault) -> tuple[tree.SpecFile, ...]:
    """The kernel model with the fault."""
    model = []
    for source, true in zip(sources(), kernel_model(), strict=True):
        edits = [e for e in fault.edits if source.name == f"kernel/{e.file}.dfr"]
        model.append(parse(edited(source.text, edits), source.name, kernel=True) if edits else true)
    return tuple(model)


def faulty_machine(edits: list[Edit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile with the faulty machine until the end of the test."""
    assert machine.__file__ is not None
    faulty = ModuleType("faulty_machine")
    monkeypatch.setitem(sys.modules, faulty.__name__, faulty)  # where dataclasses look for the module's names
    exec(compile(edited(Path(machine.__file__).read_text(), edits), faulty.__name__, "exec"), faulty.__dict__)
    monkeypatch.setattr(checking, "lower", faulty.__dict__["lower"])


def failures(result: CheckResult) -> set[str]:
    """What is broken, under the names that the table of faults uses."""
    found = {f"missing {code}" for code in result.missing}
    for v in result.verdicts:
        if v.severity == "error" and v.outcome in ("violated", "unreached") and not v.expected:
            found |= {v.code, f"{'cover' if v.code == 'DF904' else 'invariant'} {v.name}"}
    return found


@cache
def spec(path: str) -> tree.SpecFile:
    """The spec in which a fault is to be found."""
    return load((SPECS if "/" in path else OWN) / path)


@cache
def without_fault(path: str, kernel: str) -> str:
    """What the true model says of a spec."""
    return check_spec(spec(path), kernel).status


@pytest.mark.parametrize("fault", part(FAULTS, 4), ids=lambda f: f.name.replace(" ", "-"))
def test_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_fault(fault.spec, fault.kernel) == "holds"
    if own := [e for e in fault.edits if e.file == "machine"]:
        faulty_machine(own, monkeypatch)
    result = check_spec(spec(fault.spec), fault.kernel, model=faulty_kernel(fault))
    assert result.exploration.complete
    assert set(fault.breaks) <= failures(result), sorted(failures(result))


def test_files_of_edits_exist() -> None:
    assert {e.file for f in FAULTS for e in f.edits} <= {"machine", *(Path(s.name).stem for s in sources())}


def test_every_own_spec_serves_a_fault() -> None:
    assert {p.name for p in OWN.glob("*.dfr")} == {f.spec for f in FAULTS if "/" not in f.spec}


def test_names_of_faults_are_their_own() -> None:
    assert len({f.name for f in FAULTS}) == len(FAULTS)


def test_a_model_without_edits_is_the_true_one() -> None:
    assert faulty_kernel(replace(FAULTS[0], edits=())) == kernel_model()

"""A driver may use the names that the kernel model has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from defercheck.check import check_spec, kernel_model, load
from defercheck.grammar import tree
from defercheck.grammar.span import Source, SpecError
from defercheck.sema import apart as module
from defercheck.sema.apart import PREFIX, apart
from defercheck.sema.words import ENTRIES, INNER_ENUMS

SPECS = Path(__file__).parent.parent.parent / "specs"

DRIVER = """
int<0..3> worklist; bool in_flight; enum phase { WQ_LIVE, ENDED }; phase now;
void worker(void) { worklist = 1; in_flight = true; }
void enqueue(struct work_struct *work) { worker(); }
DECLARE_WORK(linked, enqueue);
bool executing(int<0..2> n) { return n > 1; }
thread first {
    schedule_work(&linked);
    flush_work(&linked);
    assert(worklist == 1 && in_flight && !executing(1));
    now = ENDED;
}
"""


def inner() -> set[str]:
    return {n for f in kernel_model() for i in f.items for n in module._inner(i)} - ENTRIES


@pytest.mark.parametrize("kernel", ["2.6.32", "6.1"])
def test_a_driver_has_such_names(kernel: str) -> None:
    result = check_spec(load(Source("driver.dfr", DRIVER)), kernel)
    assert result.status == "holds", result.verdicts


def test_the_driver_s_function_is_meant() -> None:
    broken = DRIVER.replace("worklist = 1;", "worklist = 2;")
    result = check_spec(load(Source("driver.dfr", broken)), "6.1")
    assert [v.code for v in result.verdicts if v.outcome == "violated"] == ["DF701"]


@pytest.mark.parametrize("name", ["enqueue", "worker", "executing", "leave_context", "switch_out"])
def test_the_kernel_s_cannot_be_called(name: str) -> None:
    text = f"thread t {{ {name}(); }}"
    with pytest.raises(SpecError, match=f"`{name}` belongs to the kernel model"):
        check_spec(load(Source("driver.dfr", text)), "6.1")


def test_nothing_is_renamed_without_need() -> None:
    assert apart(load(SPECS / "book/tasklet.dfr"), kernel_model()) is kernel_model()


def test_every_inner_name_can_be_taken() -> None:
    """All at once: the model under other names says the same."""
    spec = load(SPECS / "kernel/s7_single_thread.dfr")
    renamed = tuple(module._Renamer(inner()).renamed(f) for f in kernel_model())
    assert any(i.name.text.startswith(PREFIX) for f in renamed for i in f.items if isinstance(i, tree.FunctionDecl))
    for kernel in ("2.6.20", "6.1"):
        ours, theirs = check_spec(spec, kernel), check_spec(spec, kernel, model=renamed)
        assert (ours.status, ours.exploration.states) == (theirs.status, theirs.exploration.states)


def test_the_lists_name_what_there_is() -> None:
    items = [i for f in kernel_model() for i in f.items]
    enums = {i.name.text: i for i in items if isinstance(i, tree.EnumDecl)}
    assert enums.keys() >= INNER_ENUMS
    declared = {i.name.text for i in items if isinstance(i, tree.FunctionDecl)} | set(enums)
    declared |= {d.name.text for i in items if isinstance(i, tree.VarDecl) for d in i.declarators}
    declared |= {c.text for i in enums.values() for c in i.constants}
    assert declared >= ENTRIES

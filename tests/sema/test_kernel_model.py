"""The kernel model is checked like any spec, with its own words: a slip in it must not wait for a spec to find it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defercheck.check import DEFAULT_KERNEL, Options, load, resolve
from defercheck.grammar import tree
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Source, SpecError
from defercheck.kernel import sources
from defercheck.sema import words
from defercheck.sema.check import check_kernel
from defercheck.sema.shape import MACHINE as COMPILED
from defercheck.sema.shape import QUIET

SPEC = load(Source("spec.dfr", "irq nic { }"))


def model(file: str = "", old: str = "", new: str = "") -> tuple[tree.SpecFile, ...]:
    """The kernel model, with one place of it changed."""
    files = []
    for s in sources():
        if file and s.name == f"kernel/{file}.dfr":
            assert s.text.count(old) >= 1
            s = replace(s, text=s.text.replace(old, new, 1))
        files.append(parse(s.text, s.name, kernel=True))
    return tuple(files)


@pytest.mark.parametrize("version", ["2.6.20", "4.9", "5.14", DEFAULT_KERNEL, "6.19"])
def test_it_is_right(version: str) -> None:
    check_kernel(resolve(SPEC, version, Options()))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("tasklet", "t.SCHED = false;", "t.SCHD = false;", "`SCHD` is no member of tasklet"),
        ("tasklet", "push_back(vec, t)", "push_back(t, vec)", "expected a list, found the tasklet `t`"),
        ("tasklet", "t.count = 0;", "t.count = 9;", "9 is outside int<-1..3>"),
        ("softirq", "softirq_pending[v] = true;", "softirq_pending = true;", "the array `softirq_pending` cannot be"),
        ("softirq", "ksoftirqd_gate == any", "ksoftirqd_gat == any", "there is no flag `ksoftirqd_gat`"),
        ("lock", "l.owner = NONE", "l.owner = NULL", "expected a context, found NULL"),
        ("lock", "preempt_count++;", "preempt_cont++;", "cannot find `preempt_cont` here"),
        ("context", "irqs_off = true;", "irqs_off = HARDIRQ;", "expected a bool"),
        ("memory", "allocate(o, false)", "allocate(o)", "`allocate` takes 2 arguments, 1 given"),
        ("sleep", "step();", "stop();", "there is no function `stop`"),
    ],
)
def test_slips_are_found(file: str, old: str, new: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_kernel(resolve(SPEC, DEFAULT_KERNEL, Options(), model(file, old, new)))
    assert any(message in d.message for d in caught.value.diagnostics), caught.value.diagnostics


def test_every_word_has_a_signature() -> None:
    assert words.MACHINE.keys() >= COMPILED - QUIET
    assert words.MACHINE.keys() >= words.PUBLIC | words.ACTING | words.CONTEXTUAL


def test_internal_functions_exist() -> None:
    """One that is renamed must be renamed in the list too, or drivers can call it."""
    declared = {i.name.text for f in model() for i in f.items if isinstance(i, tree.FunctionDecl)}
    assert declared >= words.INTERNAL

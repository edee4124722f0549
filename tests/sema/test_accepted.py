"""What C allows and means something here is accepted, and what is accepted is compiled."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec, compile_program, compile_spec, kernel_model, load, resolve, versions
from defercheck.grammar.span import Source, SpecError
from defercheck.sema.check import check
from defercheck.sema.declare import declare
from defercheck.sema.words import MACHINE, PUBLIC
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.pages import NAMES, RUNNABLE
from tests.sema.changes import SPECS as BASES
from tests.sema.changes import STATEMENTS, TOP, changed
from tests.table import SPECS


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements(statement: str) -> None:
    text = f"cpus 1; {TOP} irq nic times 1 {{ {statement} }}"
    system = compile_spec(load(Source("spec.dfr", text)), "6.1", Options())
    assert system.transitions


@pytest.mark.parametrize(
    "property",
    [
        "invariant n < 8 && flag ==> running(rx_tasklet) || runs(rx_tasklet) < 2;",
        "never bad: freed(dev) && (pending(rx_tasklet) || idle());",
        "cover both: now == BUSY && a[2] == 1;",
        "invariant x: allocated(dev) ==> dev.users < 3;",
    ],
)
def test_properties(property: str) -> None:
    text = f"cpus 1; {TOP} irq nic times 1 {{ n = 1; }} {property}"
    assert compile_spec(load(Source("spec.dfr", text)), "6.1", Options()).properties


@pytest.mark.parametrize(("page", "heading", "text"), RUNNABLE, ids=NAMES)
def test_the_specs_of_the_rules(page: object, heading: str, text: str) -> None:
    declare_and_check(text)


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.dfr")), ids=lambda p: str(p.relative_to(SPECS)))
def test_the_shipped_specs(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    if path.name == "tasklet_as_printed.dfr":  # type: ignore[attr-defined]
        with pytest.raises(SpecError, match="there is no function `tasklet_function`"):
            declare_and_check(text)
    else:
        declare_and_check(text)


@pytest.mark.parametrize("word", sorted(MACHINE.keys() - PUBLIC))
def test_words_of_the_kernel_model_are_free_for_functions(word: str) -> None:
    """And mean the driver's own function then, in the driver: it is executed."""
    text = f"cpus 1; int<0..3> n; tasklet t(f); void f() {{ {word}(); }} void {word}() {{ n = 3; }}"
    spec = load(Source("spec.dfr", f"{text} irq nic times 1 {{ tasklet_schedule(t); }} cover set: n == 3;"))
    assert check_spec(spec, "6.1").status == "holds"


@pytest.mark.parametrize("use", ["p->b = true;", "if (p->b) { }", "spin_lock(&p->l);"])
def test_a_pointer_that_was_never_set_is_told_where_it_is_used(use: str) -> None:
    """It is NULL: a schedule comes to where it is followed."""
    spec = load(Source("spec.dfr", f"struct d {{ bool b; spinlock_t l; }} d; thread a {{ struct d *p; {use} }}"))
    result = check_spec(spec, "6.1")
    (broken,) = [v for v in result.verdicts if v.outcome == "violated" and v.severity == "error"]
    assert broken.code == "DF305" and broken.span is not None
    assert broken.span.text in use and "p" in broken.span.text
    assert "NULL pointer dereference" in broken.message


def test_a_pointer_that_was_never_set_may_be_freed() -> None:
    """kfree(NULL) does nothing."""
    spec = load(Source("spec.dfr", "struct d { bool b; } d; thread a { struct d *p; kfree(p); }"))
    assert check_spec(spec, "6.1").status == "holds"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(BASES), st.integers(0, 1 << 32))
def test_what_the_checker_accepts_the_compiler_does(text: str, seed: int) -> None:
    """The compiler has complaints of its own, for the kernel model's sake; a driver's spec never meets them."""
    options = Options()
    try:
        spec = load(Source("spec.dfr", changed(text, seed)))
        program = resolve(spec, versions(spec)[0], options)
    except SpecError:
        return
    compile_program(program, options)


def declare_and_check(text: str) -> None:
    """Check a spec for every version that it names."""
    spec = load(Source("spec.dfr", text))
    for version in versions(spec):
        check(declare(spec, kernel_model(), version, 2))

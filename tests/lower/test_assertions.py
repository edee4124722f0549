"""Assertions that are decided at compile time are not the same as assertions that nobody comes to."""

from __future__ import annotations

from defercheck.check import check_spec, load
from defercheck.grammar.span import Source


def codes(body: str) -> list[str]:
    spec = load(Source("spec.dfr", f"cpus 1; bool late; irq nic times 1 {{ {body} }}"))
    return [v.code for v in check_spec(spec, "6.1").verdicts if v.outcome == "violated"]


def test_what_always_holds_is_not_vacuous() -> None:
    assert codes("late = true; assert(smp_processor_id() == 0); assert(in_interrupt());") == []


def test_at_the_end_of_a_handler_too() -> None:
    assert codes("assert(true);") == []


def test_what_never_holds_is_found() -> None:
    assert codes("assert(smp_processor_id() == 1); late = true;") == ["DF701"]


def test_what_nobody_comes_to_is_vacuous() -> None:
    assert codes("if (late) assert(in_interrupt());") == ["DF902"]

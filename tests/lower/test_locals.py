"""Local variables and parameters have the ranges they are declared with, wherever else their names are used."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec, compile_spec, load
from defercheck.grammar.span import Source


def codes(text: str) -> list[str]:
    result = check_spec(load(Source("spec.dfr", text)), "6.1")
    return [v.code for v in result.verdicts if v.outcome == "violated"]


@pytest.mark.parametrize("last", [3, 7])
def test_blocks_side_by_side_may_use_one_name_for_different_ranges(last: int) -> None:
    """Counting to seven is fine in the second loop's own range, and only there."""
    loops = f"for (int<0..3> i = 0; i < 3; i++) n = i; for (int<0..{last}> i = 0; i < 7; i++) n = i;"
    assert codes(f"int<0..7> n; irq nic times 1 {{ {loops} }}") == ([] if last == 7 else ["DF704"])


@pytest.mark.parametrize(("top", "found"), [(7, []), (6, ["DF704"])])
def test_an_int_parameter_takes_what_any_caller_passes(top: int, found: list[str]) -> None:
    text = f"int<0..{top}> n; int<0..3> a = 3; int<0..7> b = 7; void f(int x) {{ n = x; }}"
    assert codes(f"{text} irq nic times 1 {{ f(a); f(b); }}") == found


def test_saved_flags_take_one_bit_wherever_they_are_kept() -> None:
    text = "unsigned long f; spinlock l; irq nic { spin_lock_irqsave(&l, f); spin_unlock_irqrestore(&l, f); }"
    system = compile_spec(load(Source("spec.dfr", text)), "6.1", Options(reduce=False))
    assert [(v.lo, v.hi) for v in system.variables if v.name == "f"] == [(0, 1)]


def test_a_local_of_a_driver_and_one_of_the_kernel_model_may_have_one_name() -> None:
    """queue_work saves the interrupt state in a local `flags` too: it took that of the driver, and gave it back off."""
    locked = "spin_lock_irqsave(&l, flags); queue_work(system_wq, &w); spin_unlock_irqrestore(&l, flags);"
    text = "spinlock_t l; void f(struct work_struct *x) { } DECLARE_WORK(w, f); "
    assert codes(text + f"void save(void) {{ unsigned long flags; {locked} }} thread p {{ save(); }}") == []


def test_numbers_that_the_model_does_not_follow_reach_the_calls_that_ignore_them() -> None:
    text = """
    timer t { }
    void again(unsigned long expires) { mod_timer(&t, expires); }
    irq nic { if (unlikely(timer_pending(&t))) netdev_dbg(0, "pending"); else again(jiffies + HZ / 10); }
    device card {
        probe { dev_info(0, "here"); return request_irq(&late, IRQF_TRIGGER_RISING); }
        remove { free_irq(&late); }
    }
    irq late { }
    cover armed: timer_pending(t);
    """
    assert codes(text) == []
    assert codes(f"{text} invariant never_armed: !timer_pending(t);") == ["DF702"]

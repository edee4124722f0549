"""`init_module` and `cleanup_module` are a module, without being said to be one."""

from __future__ import annotations

from defercheck.check import check_spec, load
from defercheck.grammar.span import Source

TEXT = """
void f(unsigned long unused) { }
DECLARE_TASKLET(t, f, 0);
int init_module(void) { tasklet_schedule(&t); return 0; }
void cleanup_module(void) { tasklet_kill(&t); }
"""


def broken(text: str) -> list[str]:
    return [v.code for v in check_spec(load(Source("module.dfr", text)), "6.1").verdicts if v.outcome == "violated"]


def test_both_are_called() -> None:
    assert broken(TEXT) == []
    assert broken(TEXT.replace("tasklet_kill(&t);", "")) == ["DF304"]


def test_either_may_be_missing() -> None:
    assert broken(TEXT[: TEXT.index("void cleanup_module")]) == ["DF304"]
    assert broken("bool b; void cleanup_module(void) { assert(b); }") == ["DF701"]


def test_a_module_that_is_declared_is_the_module() -> None:
    assert broken(TEXT + "module { init { return init_module(); } exit { } }") == ["DF304"]

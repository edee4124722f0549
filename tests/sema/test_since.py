"""A call that a version has not yet is refused for it, with the version that has it."""

from __future__ import annotations

import pytest
from defercheck.check import Options, kernel_model, load, resolve
from defercheck.grammar import tree
from defercheck.grammar.span import Source, SpecError
from defercheck.sema.since import SINCE, missing

HEAD = """
struct workqueue_struct q;
void f(struct work_struct *unused) { }
DECLARE_WORK(w, f);
DECLARE_DELAYED_WORK(d, f);
"""
CALLS = {
    "cancel_work_sync(&w);": "2.6.22",
    "flush_work(&w);": "2.6.27",
    "alloc_workqueue(q, 0, 1);": "2.6.36",
    "queue_work(system_wq, &w);": "2.6.36",
    "mod_delayed_work(q, &d, 10);": "3.7",
    "drain_workqueue(q);": "3.0",
    "queue_work(system_bh_wq, &w);": "6.9",
    "queue_work(system_bh_highpri_wq, &w);": "6.9",
    "disable_work(&w);": "6.10",
    "disable_work_sync(&w);": "6.10",
    "enable_work(&w);": "6.10",
    "disable_delayed_work(&d);": "6.10",
    "disable_delayed_work_sync(&d);": "6.10",
    "enable_delayed_work(&d);": "6.10",
}


def resolved(call: str, version: str) -> None:
    resolve(load(Source("since.dfr", f"{HEAD} thread t {{ {call} }}")), version, Options())


@pytest.mark.parametrize(("call", "first"), CALLS.items())
def test_older_versions_are_refused(call: str, first: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolved(call, "2.6.20")
    (complaint,) = caught.value.diagnostics
    assert complaint.message.startswith("Linux 2.6.20 has no `") and first in complaint.label
    resolved(call, first)
    resolved(call, "6.12")


@pytest.mark.parametrize(
    ("call", "version", "named"),
    [("disable_work_sync(&w);", "6.1", "6.10"), ("queue_work(system_bh_wq, &w);", "6.8", "6.9"),
     ("drain_workqueue(q);", "2.6.20", "3.7")],
)  # fmt: skip
def test_the_remedy_names_a_version_that_the_model_lists(call: str, version: str, named: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolved(call, version)
    (complaint,) = caught.value.diagnostics
    assert complaint.message.startswith(f"Linux {version} has no `") and f'`kernel "{named}";`' in complaint.help


def test_a_driver_s_own_function_is_not_meant() -> None:
    text = "void cancel_everything(void) { } thread t { cancel_everything(); }"
    resolve(load(Source("since.dfr", text)), "2.6.20", Options())


def test_versions_are_not_ordered_as_text() -> None:
    assert missing("flush_work", "2.6.9") and not missing("flush_work", "2.6.100") and not missing("flush_work", "10.0")


def test_all_are_names_that_the_model_has() -> None:
    functions = {i.name.text for f in kernel_model() for i in f.items if isinstance(i, tree.FunctionDecl)}
    calls = {n for n in SINCE if not n.startswith(("system_", "WQ_"))}
    assert calls <= functions

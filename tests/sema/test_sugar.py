"""Constructors as C writes them: the object on the left, a name for humans among the arguments."""

from __future__ import annotations

import pytest
from defercheck.check import Options, check_spec, load, resolve
from defercheck.grammar import tree
from defercheck.grammar.formatter import format
from defercheck.grammar.span import Source, SpecError
from defercheck.sema.sugar import desugar
from defercheck.sema.walk import walk

TOP = """
struct device { work poll(polled); } dev;
struct workqueue_struct my_wq;
bool ok;
void polled(struct work_struct *work) { }
"""


def said(statement: str) -> str:
    """What a statement of a thread means, as text."""
    spec = desugar(load(Source("spec.dfr", f"{TOP} thread t {{ {statement} }}")))
    (thread,) = [i for i in spec.items if isinstance(i, tree.ContextDecl)]
    (made,) = thread.body.statements
    call = next(n for n in walk(made) if isinstance(n, tree.CallExpr))
    text = f"{call.callee.span.text}({', '.join(a.span.text for a in call.arguments)})"
    return text if isinstance(made, tree.ExprStatement) else f"{type(made).__name__} {text}"


@pytest.mark.parametrize(
    ("statement", "meaning"),
    [
        ('my_wq = create_workqueue("my_wq");', "create_workqueue(my_wq)"),
        ('my_wq = alloc_workqueue("my_wq", WQ_UNBOUND, 1);', "alloc_workqueue(my_wq, WQ_UNBOUND, 1)"),
        ('create_singlethread_workqueue(my_wq, "my_wq");', "create_singlethread_workqueue(my_wq)"),
        ("dev = kmalloc(GFP_KERNEL);", "kmalloc(dev, GFP_KERNEL)"),
        ("dev = kzalloc(dev, GFP_KERNEL);", "kzalloc(dev, GFP_KERNEL)"),
        ("ok = kmalloc(dev, GFP_KERNEL);", "Assign kmalloc(dev, GFP_KERNEL)"),
        ("my_wq = kmalloc(GFP_KERNEL);", "Assign kmalloc(GFP_KERNEL)"),
        ("ok = queue_work(my_wq, dev.poll);", "Assign queue_work(my_wq, dev.poll)"),
        ('printk("work");', 'printk("work")'),
    ],
)
def test_what_is_meant(statement: str, meaning: str) -> None:
    assert said(statement) == meaning


def test_what_has_no_sugar_is_the_same_tree() -> None:
    spec = load(Source("spec.dfr", TOP + "thread t { create_workqueue(my_wq); ok = true; }"))
    assert desugar(spec) is spec


def test_errors_point_at_the_text() -> None:
    text = TOP + 'thread t { my_wq = alloc_workqueue("my_wq", WQ_UNBOUND); }'
    with pytest.raises(SpecError) as caught:
        resolve(load(Source("spec.dfr", text)), "6.1", Options())
    (complaint,) = caught.value.diagnostics
    assert complaint.span is not None
    assert complaint.span.text == 'alloc_workqueue("my_wq", WQ_UNBOUND)'


def test_the_formatter_keeps_it() -> None:
    line = 'my_wq = alloc_workqueue("my_wq", WQ_UNBOUND, 1);'
    assert line in format(load(Source("spec.dfr", TOP + "module { init { " + line + " } }")))


@pytest.mark.parametrize(("allocation", "reached"), [("succeeds", False), ("may_fail", True)])
@pytest.mark.parametrize(
    ("make", "test", "unmake"),
    [
        ('my_wq = create_workqueue("my_wq");', "!my_wq", "destroy_workqueue(my_wq);"),
        ("dev = kmalloc(GFP_KERNEL);", "!(dev)", "kfree(dev);"),
    ],
)
def test_objects_as_truth_values(make: str, test: str, unmake: str, allocation: str, reached: bool) -> None:
    text = f"""{TOP} option allocation = {allocation}; cover failed: ok;
        thread t {{ {make} if ({test}) ok = true; else {{ {unmake} }} }}"""
    result = check_spec(load(Source("spec.dfr", text)), "6.1")
    assert ("DF904" in {v.code for v in result.verdicts if v.outcome == "unreached"}) != reached
    assert not [v.code for v in result.verdicts if v.outcome == "violated" and v.severity == "error"]

"""The book's claims can fail: each, with one thing in its spec made wrong, is refuted by the property that states it.

(What happens when the kernel model is made wrong instead is the business of `tests/mutants`.)
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source, SpecError

from tests.table import SPECS, shipped


@dataclass(frozen=True, slots=True)
class Wrong:
    """A claim's spec with some text replaced, and what must come of it: a rule's code with the name of what is broken
    or not reached, or ``missing`` and the code of a rule that the spec expects to be broken."""

    claim: str
    old: str
    new: str
    breaks: str
    kernel: str = "6.1"


FLUSHED_AND_DESTROYED = "    flush_workqueue(my_workqueue);\n    destroy_workqueue(my_workqueue);\n"
BOTH = "thread user {\n    schedule_work(&first);\n    schedule_work(&second);\n"
APART = """struct workqueue_struct own;
thread user { create_workqueue(own); schedule_work(&first); queue_work(own, &second);"""
SECOND_TASKLET = "DECLARE_TASKLET(t, work, 0); DECLARE_TASKLET(u, work, 0); irq disk { tasklet_schedule(&u); }"

WRONG = (
    Wrong("tasklet", "tasklet_kill(&my_tasklet);", "", "DF304"),
    Wrong("tasklet", "runs(my_tasklet) <= 1", "runs(my_tasklet) == 0", "DF702 once"),
    Wrong("tasklet_without_kill", "exit { }", "exit { tasklet_kill(&my_tasklet); }", "missing DF304"),
    Wrong("tasklet_sleeps", "msleep(2000);", "mdelay(2000);", "missing DF101"),
    Wrong("tasklet_frees_itself", "    kfree(data);\n", "", "missing DF303"),
    Wrong("tasklet_freed_after_kill", "    tasklet_kill(&data->my_tasklet);\n", "", "DF303"),
    Wrong("tasklet_freed_after_kill", "    kfree(data);\n", "", "DF306"),
    Wrong("claims/softirq_atomic", "in_atomic()", "!in_atomic()", "DF701"),
    Wrong("claims/softirq_atomic", "msleep(1);", "mdelay(1);", "missing DF101"),
    Wrong("claims/tasklet_atomic", "!preemptible()", "preemptible()", "DF701"),
    Wrong("claims/tasklet_atomic", "msleep(1);", "mdelay(1);", "missing DF101"),
    Wrong("claims/softirq_in_ksoftirqd", "irq nic {", "irq nic times 1 {", "DF904 outrun"),
    Wrong("claims/ksoftirqd_sleep", "irq nic {", "irq nic times 1 {", "missing DF101"),
    Wrong("claims/tasklet_in_ksoftirqd", "    tasklet_schedule(&t);\n}\n\nirq", "}\n\nirq", "missing DF101"),
    Wrong("claims/softirq_on_two_cpus", "irq nic {", "irq nic on cpu 0 {", "DF904 both"),
    Wrong("claims/softirq_where_raised", "other = true;", "raise_softirq(NET_RX_SOFTIRQ);", "DF701"),
    Wrong("claims/tasklet_on_one_cpu", "DECLARE_TASKLET(t, work, 0);", SECOND_TASKLET, "DF702 both"),
    Wrong("claims/tasklet_where_scheduled", "accepted[smp_processor_id()]++", "accepted[0]++", "DF701"),
    Wrong("claims/tasklets_on_two_cpus", "irq disk on cpu 1", "irq disk on cpu 0", "DF904 both"),
    Wrong("claims/tasklets_on_one_cpu", "cpus 1;", "cpus 2;", "DF702 both"),
    Wrong("claims/tasklet_once", "irq nic on cpu 0 times 1", "thread nic on cpu 0", "DF701"),
    Wrong("claims/tasklet_once", "runs(t) <= 1", "runs(t) == 0", "DF702 no_run_is_added"),
    Wrong("claims/tasklet_reschedules_itself", "int<0..3> left = 3", "int<0..3> left = 2", "DF904 four"),
    Wrong("claims/tasklet_reschedules_itself", "int<0..3> left = 3", "int<0..4> left = 4", "DF702 no_more"),
    Wrong("claims/tasklet_scheduled_while_running", "runs(t) == 2 :", "runs(t) == 1 :", "DF701"),
    Wrong("claims/tasklet_scheduled_while_running", "        tasklet_kill(&t);\n", "", "DF701"),
    Wrong("claims/tasklet_hi_first", "tasklet_hi_schedule(", "tasklet_schedule(", "DF701"),
    Wrong("claims/tasklet_disabled", "    tasklet_disable_nosync(&t);\n", "", "DF701"),
    Wrong("claims/tasklet_disable_waits", "tasklet_disable(&t);", "tasklet_disable_nosync(&t);", "DF702 both"),
    Wrong("claims/tasklet_disable_nosync", "disable_nosync(&t)", "disable(&t)", "DF904 still_running"),
    Wrong("claims/tasklet_kill_waits", "tasklet_kill(&t);", "", "DF701"),
    Wrong("shared_workqueue", "    kfree(my_data);\n", "", "missing DF301"),
    Wrong("shared_workqueue", "    kfree(my_data);\n", "", "missing DF303"),
    Wrong("shared_workqueue_freed_on_exit", "    wake_up", "    sleep = true;\n    wake_up", "missing DF501"),
    Wrong("shared_workqueue_condition_set", "    kfree(", "    flush_scheduled_work();\n    kfree(", "missing DF301"),
    Wrong("shared_workqueue_condition_set", "    kfree(", "    flush_scheduled_work();\n    kfree(", "missing DF304"),
    Wrong("shared_workqueue_cancelled", "    cancel_work_sync(&my_data->my_work);\n", "", "DF304"),
    Wrong("shared_workqueue_cancelled", "cancel_work_sync(", "cancel_work(", "DF304"),
    Wrong("shared_workqueue_cancelled", "    kfree(my_data);\n", "", "DF306"),
    Wrong("shared_workqueue_cancelled", "    sleep = true;\n", "", "DF501"),
    Wrong("dedicated_workqueue", FLUSHED_AND_DESTROYED, "", "DF304"),
    Wrong("dedicated_workqueue", "    kfree(my_data);\n", "", "DF306"),
    Wrong("dedicated_workqueue", "    kfree(my_data);\n", "    kfree(my_data);\n    kfree(my_data);\n", "DF302"),
    Wrong("dedicated_workqueue_left", "exit { }", "exit { flush_workqueue(my_workqueue); }", "missing DF304"),
    Wrong("dedicated_workqueue_destroyed_first", "    flush_workqueue(my_workqueue);\n", "", "missing DF205"),
    Wrong("dedicated_workqueue_as_tasklet", "    kfree(my_data);\n", "", "missing DF303"),
    Wrong("claims/work_may_sleep", "msleep(10);", "local_bh_disable(); msleep(10); local_bh_enable();", "DF101"),
    Wrong("claims/work_may_sleep", "    mutex_lock(&lock);\n    assert", "    assert", "DF701"),
    Wrong("claims/works_on_one_cpu", BOTH, APART, "DF702 both", "2.6.20"),
    Wrong("claims/works_on_one_cpu", "msleep(2000);", "mdelay(2000);", "missing DF702"),
    Wrong("claims/works_that_spin", "    mdelay(40);\n    mdelay(40);\n", "    msleep(40);\n", "DF702 both"),
    Wrong("claims/work_where_named", "schedule_work_on(1, &named)", "schedule_work(&named)", "DF701"),
    Wrong("claims/work_where_scheduled", "irq disk on cpu 1", "irq disk on cpu 0", "DF701"),
    Wrong("claims/delayed_work_waits", "&delayed, 20", "&delayed, 0", "DF904 waits"),
    Wrong("claims/delayed_work_waits", "irq nic times 1", "irq nic times 2", "DF702 early"),
    Wrong("claims/delayed_work_on_waits", "_on(1, &delayed, 20)", "_on(0, &delayed, 20)", "DF701"),
    Wrong("claims/delayed_work_on_waits", "times 1", "times 2", "DF702 early"),
    Wrong("claims/delayed_work_once", "&w, 20", "&w, 0", "DF701"),
    Wrong("claims/delayed_work_once", "save(flags);\n", "save(flags); local_irq_enable();\n", "DF701"),
    Wrong("claims/work_once", "irq nic times 1", "thread nic", "DF701"),
    Wrong("claims/work_once", "if (!schedule_work(&w)) refused", "if (schedule_work(&w)) refused", "DF702 no_more"),
    Wrong("claims/dedicated_queue_apart", "queue_work(queue, &ours)", "schedule_work(&ours)", "DF501"),
    Wrong("claims/dedicated_queue_apart", "queue_work(queue, &ours)", "schedule_work(&ours)", "DF501", "2.6.20"),
    Wrong("claims/dedicated_queue_percpu", "create_workqueue(", "create_singlethread_workqueue(", "missing DF501"),
    Wrong("claims/singlethread_in_order", "create_singlethread_workqueue", "create_workqueue", "DF702 both"),
    Wrong("claims/singlethread_in_order", "create_singlethread_workqueue", "create_workqueue", "DF701", "2.6.20"),
    Wrong("claims/flush_workqueue_waits", "    flush_workqueue(queue);\n", "", "DF701"),
    Wrong("claims/destroy_workqueue_leaves_nothing", "        destroy_workqueue(queue);\n", "", "DF702 left"),
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.claim}-{w.kernel}-{w.breaks}".replace(" ", "-"))
def test_made_wrong_it_is_refuted(wrong: Wrong) -> None:
    text = (SPECS / "book" / f"{wrong.claim}.dfr").read_text(encoding="utf-8")
    assert text.count(wrong.old) == 1, f"{wrong.old!r} is no longer what to replace"
    result = check_spec(load(Source(wrong.claim, text.replace(wrong.old, wrong.new))), wrong.kernel)
    failed = [v for v in result.verdicts if v.outcome in ("violated", "unreached") and not v.expected]
    broken = {name for v in failed for name in (v.code, f"{v.code} {v.name}")}
    assert wrong.breaks in broken | {f"missing {code}" for code in result.missing}


def test_every_claim_is_made_wrong() -> None:
    ours = [p.removeprefix("book/").removesuffix(".dfr") for p in shipped() if p.startswith("book/")]
    assert {w.claim for w in WRONG} == {*ours} - {"tasklet_as_printed"}


def test_the_printed_version_is_told_what_was_meant() -> None:
    with pytest.raises(SpecError) as caught:
        check_spec(load(SPECS / "book" / "tasklet_as_printed.dfr"), "6.1")
    (complaint,) = caught.value.diagnostics
    assert "tasklet_function" in complaint.message
    assert complaint.span is not None and complaint.span.text == "tasklet_function"
    assert complaint.help == "did you mean `tasklet_work`?"

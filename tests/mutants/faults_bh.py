"""As `faults`, for work queues in bottom halves."""

from __future__ import annotations

from tests.mutants.faults import Fault, one


def bh(name: str, spec: str, breaks: str, file: str, old: str, new: str) -> Fault:
    """A fault that is found on a version that has such queues."""
    return one(name, f"kernel/{spec}.dfr", breaks, file, old, new, "6.12")


BH = (
    bh("tasklets come before the works of their vector", "bh_order", "invariant tasklet_first", "softirq",
        "bh_worker(BH_POOL + this_cpu, TASKLET_SOFTIRQ);\n        tasklet_action_common(tasklet_vec, TASKLET_SOFTIRQ);",
        "{ tasklet_action_common(tasklet_vec, TASKLET_SOFTIRQ); bh_worker(BH_POOL + this_cpu, TASKLET_SOFTIRQ); }"),
    bh("high priority in bottom halves is none", "bh_order", "invariant high_last", "workqueue",
        "if (q.bh) p = p + BH_POOL;", "if (q.bh) p = c + BH_POOL;"),
    bh("the loop over works in bottom halves never stops early", "bh_order", "cover between", "workqueue_bh",
        "choose { } or { more = false; softirq_pending[v] = true; }", ";"),
    bh("what the loop leaves raises no softirq", "bh_order", "DF402", "workqueue_bh",
        "{ more = false; softirq_pending[v] = true; }", "{ more = false; }"),
    bh("works of bottom halves are executed by threads", "bh_order", "DF701", "workqueue",
        "if (q.bh) p = p + BH_POOL;", ";"),
    bh("no interrupt for a work of another CPU's bottom half", "bh_remote", "DF402", "workqueue_bh",
        "else bh_kick[p] = true;", ""),
    bh("the interrupt for another CPU's bottom half does nothing", "bh_remote", "DF402", "workqueue_bh",
        "if (bh_kick[BH_POOL + this_cpu]) softirq_pending[TASKLET_SOFTIRQ] = true;", ""),
    bh("a worker of bottom halves that is done counts as at work", "bh_order", "DF402", "workqueue_bh",
        "if (!more) nr_running[p] = 0;", ""),
    bh("a work that runs in a bottom half elsewhere is queued here", "bh_non_reentrant", "DF203", "workqueue",
        "if (there >= 0) p = there;", ";"),
    bh("a work in bottom halves may queue on a draining queue", "bh_requeue_during_drain", "missing DF205", "workqueue",
        "return this_level == TASK && my_queue == q;", "return my_queue == q;"),
    bh("who waits for a work in bottom halves sleeps", "bh_cancel_in_atomic", "DF101", "workqueue_bh",
        "if (w.queue == q && q.bh) return true;", ";"),
    bh("who waits for any work waits busily", "bh_cancel_before_queued", "missing DF101", "workqueue_bh",
        "if (w.queue == q && q.bh) return true;", "if (q.bh) return true;"),
    bh("a hardirq may wait for a work in bottom halves", "bh_cancel_in_hardirq", "missing DF102", "legality",
        "(DF102, risk, risk, risk, risk,  risk)\n", "(risk,  risk, risk, risk, risk,  risk)\n"),
)  # fmt: skip

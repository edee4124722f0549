"""Faults: one place of the kernel model (or machine) at a time made wrong, and the property that must notice.

A fault names the spec in which it is found, how it changes the model's text, and what that breaks: the code of a rule,
``invariant NAME``, ``cover NAME`` for one that is not reached any more, or ``missing CODE`` for a rule that the spec
expects to be broken and that the faulty model does not find. Each text to be replaced must be found exactly once, so
that a fault cannot become void unnoticed when the model changes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the one occurrence of ``old`` in a file of the kernel model (its name without ``.dfr``), or in the part
    of the compiler that knows execution levels (``machine``)."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the model; ``spec`` is a path below `specs/`, or below `tests/mutants/specs/` if it has no folder."""

    name: str
    spec: str
    breaks: tuple[str, ...]
    edits: tuple[Edit, ...]
    kernel: str = "6.1"


def one(name: str, spec: str, breaks: str, file: str, old: str, new: str, kernel: str = "6.1") -> Fault:
    """A fault of a single edit that is found by a single property."""
    return Fault(name, spec, (breaks,), (Edit(file, old, new),), kernel)


def removed(name: str, spec: str, breaks: str, file: str, old: str, kernel: str = "6.1") -> Fault:
    """A fault that is a statement left out."""
    return one(name, spec, breaks, file, old, ";  //" if "//" in old else ";", kernel)


TASKLETS = (
    one("no trylock", "kernel/s3_two_cpus.dfr", "DF201", "tasklet",
        "if (!test_and_set(t.RUN)) {", "t.RUN = true;\nif (true) {"),
    Fault("no trylock, nor the rule against it", "kernel/s3_two_cpus.dfr", ("invariant alone",), (
        Edit("tasklet", "if (!test_and_set(t.RUN)) {", "t.RUN = true;\nif (true) {"),
        Edit("tasklet", "check DF201 (!t.running)", "check DF201 (true)"))),
    Fault("SCHED cleared after the handler", "kernel/s2_self_reschedule_hardirq.dfr", ("cover ten_then_ksoftirqd",), (
        Edit("tasklet", "t.SCHED = false;\n                    check DF201", "check DF201"),
        Edit("tasklet", "t.running = false; t.RUN = false;", "t.running = false; t.RUN = false; t.SCHED = false;"))),
    removed("RUN not cleared after the handler", "kernel/s5_kill_scheduled.dfr", "DF402", "tasklet",
            "atomic { t.running = false; t.RUN = false; }"),
    removed("RUN of a disabled tasklet not cleared", "lost_run.dfr", "DF501", "tasklet",
            "t.RUN = false;                         // A6"),
    one("kill does not wait for RUN", "kernel/s5_elsewhere.dfr", "invariant killed", "tasklet",
        'await (!t.RUN) else DF402 "tasklet_kill', 'await (true) else DF402 "tasklet_kill'),
    one("kill does not wait for SCHED", "kernel/s5_kill_scheduled.dfr", "DF701", "tasklet",
        "await (!t.SCHED)", "await (true)"),
    removed("kill does not own SCHED", "kernel/s5_kill_self_rescheduling.dfr", "DF701", "tasklet",
            "t.SCHED = true;"),
    removed("kill does not give SCHED back", "kernel/s5_kill_scheduled.dfr", "DF701", "tasklet",
            "t.SCHED = false;                               // K3"),
    removed("requeued without a raise", "lost_run.dfr", "DF501", "tasklet", "softirq_pending[nr] = true;"),
    removed("requeued after it ran", "kernel/s1_coalesce_hardirq.dfr", "DF207", "tasklet", "continue;"),
    one("count ignored", "kernel/s5_disable.dfr", "DF701", "tasklet", "if (t.count == 0) {", "if (true) {"),
    one("disable does not wait for RUN", "kernel/s5_elsewhere.dfr", "invariant disabled", "tasklet",
        'await (!t.RUN) else DF402 "tasklet_disable', 'await (true) else DF402 "tasklet_disable'),
    one("enable at once, however often disabled", "kernel/s5_nested_disable.dfr", "DF701", "tasklet",
        "t.count--;", "t.count = 0;"),
    one("schedule without test-and-set", "kernel/s1_coalesce_bh_off.dfr", "DF202", "tasklet",
        "bool tasklet_schedule(tasklet t) {\n"
        '    check DF305 (t.initialised) "is scheduled before it was initialised";\n'
        "    if (test_and_set(t.SCHED)) return false;",
        "bool tasklet_schedule(tasklet t) {\n    t.SCHED = true;\n"),
    one("LIFO", "kernel/s1_fifo.dfr", "invariant first", "tasklet",
        "when (tasklet_list == FIFO) push_back", "when (tasklet_list != FIFO) push_back"),
    one("FIFO in the old kernel", "kernel/s1_lifo.dfr", "invariant last_comes_first", "tasklet",
        "when (tasklet_list == FIFO) push_back", "when (tasklet_list != FIFO) push_back", "2.6.20"),
    one("the list is not taken, but walked", "kernel/s2_self_reschedule_hardirq.dfr", "cover ten_then_ksoftirqd",
        "tasklet", "tasklet t = pop_front(todo);", "tasklet t = pop_front(vec);"),
    one("hi_schedule raises the wrong softirq", "kernel/s1_hi_first.dfr", "cover both", "tasklet",
        "raise_irqoff(HI_SOFTIRQ)", "raise_irqoff(TASKLET_SOFTIRQ)"),
)  # fmt: skip

SOFTIRQS = (
    Fault("hi served after normal", "kernel/s1_hi_first.dfr", ("invariant order",), (
        Edit("softirq", "    HI_SOFTIRQ, TIMER_SOFTIRQ,", "    TIMER_SOFTIRQ,"),
        Edit("softirq", "IRQ_POLL_SOFTIRQ, TASKLET_SOFTIRQ,", "IRQ_POLL_SOFTIRQ, TASKLET_SOFTIRQ, HI_SOFTIRQ,"))),
    removed("pending not cleared before the pass", "raised_meanwhile.dfr", "DF701", "softirq",
            "softirq_pending[v] = false;"),
    Fault("pending cleared after the pass", "raised_meanwhile.dfr", ("DF501",), (
        Edit("softirq", "softirq_pending[v] = false;", ";"),
        Edit("softirq", "            again = false;\n",
             "foreach (softirq_vector v) softirq_pending[v] = false;\n again = false;\n"))),
    one("the loop never leaves anything to ksoftirqd", "kernel/s1_coalesce_softirq.dfr", "cover left_to_ksoftirqd",
        "softirq", "} else choose { again = true; } or { hands_over(); ksoftirqd_running = true; }",
        "} else again = true;"),
    one("ksoftirqd not woken on deferral", "kernel/s1_coalesce_softirq.dfr", "cover left_to_ksoftirqd",
        "softirq", "} else choose { again = true; } or { hands_over(); ksoftirqd_running = true; }",
        "} else choose { again = true; } or { }"),
    one("the loop never goes round", "kernel/s1_coalesce_softirq.dfr", "cover next_pass",
        "softirq", "} else choose { again = true; } or { hands_over(); ksoftirqd_running = true; }",
        "} else ksoftirqd_running = true;", "4.9"),
    one("nine passes", "kernel/s2_self_reschedule_hardirq.dfr", "cover ten_then_ksoftirqd",
        "softirq", "if (softirq_restarts == 9)", "if (softirq_restarts == 8)", "4.9"),
    removed("a raise in process context wakes nobody", "kernel/s2_self_reschedule_process.dfr",
            "cover all_in_ksoftirqd", "softirq", "if (!in_interrupt()) ksoftirqd_running = true;"),
    one("no ksoftirqd", "kernel/s9_gated_vector.dfr", "cover in_the_end", "softirq",
        "thread ksoftirqd on each cpu {\n    while (true) {", "thread ksoftirqd on each cpu {\n    while (false) {"),
    one("ksoftirqd never sleeps", "kernel/s9_woken_for_nothing.dfr", "cover found_nothing", "softirq",
        "} else ksoftirqd_running = false;", "}"),
    one("no gate in 4.9", "kernel/s2_gate.dfr", "invariant only_there", "softirq",
        "when (ksoftirqd_gate == any) return ksoftirqd_running;", "", "4.9"),
    one("no gate in 6.1", "kernel/s9_gated_vector.dfr", "missing DF701", "softirq",
        "return ksoftirqd_running && !softirq_pending[HI_SOFTIRQ]", "return false && !softirq_pending[HI_SOFTIRQ]"),
    one("the gate of 6.1 stops tasklets", "kernel/s9_woken_for_nothing.dfr", "DF701", "softirq",
        " && !softirq_pending[TASKLET_SOFTIRQ];", ";"),
    one("ksoftirqd's handlers may sleep", "kernel/s10_msleep.dfr", "missing DF101", "legality",
        "situation softirq (this_level == SOFTIRQ)", "situation softirq (false)"),
)  # fmt: skip

CONTEXTS = (
    Fault("local_bh_disable does nothing", "kernel/s1_coalesce_bh_off.dfr", ("DF701",), (
        Edit("context", "{ softirq_count++; }", "{ }"),
        Edit("context", "check DF103 (softirq_count > 0)", "check DF103 (true)"),
        Edit("context", "        softirq_count--;\n", ""))),
    one("BH off is not in_interrupt", "kernel/s9_bh_off.dfr", "DF701", "context",
        "return this_level != TASK || softirq_count > 0;", "return this_level != TASK;"),
    one("irq exit inside a softirq starts another", "kernel/s9_hardirq_in_softirq.dfr", "DF204", "irq",
        "if (!softirq_frame_active() && !task", "if (!task"),
    one("irq exit with BH off starts a softirq", "kernel/s9_hardirq_bh_off.dfr", "DF701", "irq",
        " && !task_softirq_count() && softirq_may_run())", " && softirq_may_run())"),
    one("irq exit starts no softirq", "kernel/s9_hardirq.dfr", "DF701", "irq",
        "if (!softirq_frame_active() && !task_softirq_count() && softirq_may_run()) start_softirq_frame();", ";"),
    removed("local_bh_enable runs no softirqs", "kernel/s9_bh_off.dfr", "DF701", "context",
            "if (!in_interrupt() && softirq_may_run()) start_softirq_frame();"),
    one("local_irq_save leaves interrupts on", "kernel/s9_irqs_off.dfr", "DF701", "context",
        "flags = irqs_off; irqs_off = true;", "flags = irqs_off;"),
    one("free_irq does not wait", "free_irq_waits.dfr", "DF301", "irq",
        "await (!line.inprogress && !irq_thread_active(line)) else", "await (true) else"),
    removed("free_irq frees nothing", "free_irq_waits.dfr", "DF301", "irq", "line.requested = false;"),
    one("no DF101 with preemption off", "kernel/s10_preempt_off.dfr", "missing DF101", "legality",
        "situation preempt_off (preempt_count > 0)", "situation preempt_off (false)"),
    one("no DF101 with BH off", "kernel/s10_bh_off.dfr", "missing DF101", "legality",
        "situation bh_off (softirq_count > 0)", "situation bh_off (false)"),
    one("no DF101 with interrupts off", "kernel/s10_irqs_off.dfr", "missing DF101", "legality",
        "situation irqs_masked (this_level != HARDIRQ && irqs_off)", "situation irqs_masked (false)"),
    one("GFP_KERNEL may not sleep", "kernel/s10_kmalloc_in_tasklet.dfr", "missing DF101", "memory",
        "return flags == GFP_KERNEL ||", "return"),
)  # fmt: skip

LOCKS = (
    Fault("spin_lock leaves preemption on", "one_lock_one_cpu.dfr", ("DF401",), (
        Edit("lock", "    preempt_count++;\n", ""),
        Edit("lock", "check DF103 (preempt_count > 0)", "check DF103 (true)"),
        Edit("lock", "    preempt_count--;\n", ""))),
    Fault("no DF101 under a spinlock", "kernel/s10_under_spinlock.dfr", ("missing DF101",), (
        Edit("lock", "    preempt_count++;\n", ""),
        Edit("lock", "check DF103 (preempt_count > 0)", "check DF103 (true)"),
        Edit("lock", "    preempt_count--;\n", ""))),
    one("a spinlock is taken although it is held", "mutual_exclusion.dfr", "invariant one_spins", "lock",
        "if (l.owner != NONE) return false;", ";"),
    one("who has waited takes it although it is held", "mutual_exclusion.dfr", "invariant one_spins", "lock",
        "await (l.owner == NONE)", "await (true)"),
    one("a mutex is taken although it is held", "mutual_exclusion.dfr", "invariant one_sleeps", "lock",
        "await (m.owner == NONE)", "await (true)"),
    one("spin_unlock does not look at the owner", "unlock_by_another.dfr", "missing DF403", "lock",
        'check DF403 (l.owner == this_context) "is', 'check DF403 (true) "is'),
    one("spin_lock_irqsave leaves interrupts on", "lock_and_irq.dfr", "DF401", "lock",
        "flags = irqs_off; irqs_off = true; taken", "flags = irqs_off; taken"),
    one("spin_lock_bh leaves bottom halves on", "kernel/s9_spin_lock_bh.dfr", "DF401", "lock",
        "atomic { softirq_count++; taken", "atomic { taken"),
    one("spin_unlock_bh does not free the lock first", "kernel/s9_spin_lock_bh.dfr", "DF401", "lock",
        "    atomic { spin_release(l); }\n    local_bh_enable();",
        "    local_bh_enable();\n    atomic { spin_release(l); }"),
)  # fmt: skip

MEMORY = (
    one("freeing twice is no fault", "freed_twice.dfr", "missing DF302", "memory",
        "check DF302 (!freed(o))", "check DF302 (true)"),
    one("freeing what is scheduled is no fault", "freed_while_scheduled.dfr", "missing DF303", "memory",
        "check DF303 (!allocated(o) || !t.SCHED)", "check DF303 (true)"),
    one("freeing what runs is no fault", "book/tasklet_frees_itself.dfr", "missing DF303", "memory",
        "check DF303 (!allocated(o) || !t.running)", "check DF303 (true)"),
    removed("kfree frees nothing", "book/tasklet_freed_after_kill.dfr", "DF306", "memory",
            "if (allocated(o)) release(o);"),
    one("a module may go with a tasklet scheduled", "gone_while_scheduled.dfr", "missing DF304", "module",
        "check DF304 (!live(t) || !t.SCHED)", "check DF304 (true)"),
    one("threads start before the module is live", "threads_after_init.dfr", "DF305", "module",
        "bool thread_may_start() { return module_state == MODULE_LIVE; }",
        "bool thread_may_start() { return true; }"),
    one("exit does not wait for threads", "threads_after_init.dfr", "DF301", "module",
        "await (!threads_active());", "await (true);"),
)  # fmt: skip

MACHINE = (
    one("softirqs run over a thread that has BH off", "kernel/s1_coalesce_bh_off.dfr", "DF701", "machine",
        'disj(op("lt", FALSE, Var(f"{t.name}.softirq_count")), Var(f"{t.name}.irqs_off"))',
        'Var(f"{t.name}.irqs_off")'),
    one("softirqs run over a thread that has interrupts off", "kernel/s9_irqs_off.dfr", "DF701", "machine",
        'disj(op("lt", FALSE, Var(f"{t.name}.softirq_count")), Var(f"{t.name}.irqs_off"))',
        'op("lt", FALSE, Var(f"{t.name}.softirq_count"))'),
    one("softirqs run on beside a hardirq", "kernel/s9_hardirq.dfr", "DF701", "machine",
        'context.enabled = self.idle("hardirq", context.cpu.value)', "context.enabled = TRUE"),
    one("threads run on beside a softirq", "kernel/s9_bh_off.dfr", "DF701", "machine",
        'free = conj(self.idle("hardirq", cpu), self.idle("softirq", cpu), *others)\n            on_cpu',
        'free = conj(self.idle("hardirq", cpu), *others)\n            on_cpu'),
    one("who holds a spinlock is preempted", "one_lock_one_cpu.dfr", "DF401", "machine",
        'op("lt", FALSE, Var(f"{t.name}.preempt_count")), op(', "op("),
    one("interrupts hit a thread that has them off", "lock_and_irq.dfr", "DF401", "machine",
        'below = [conj(there, Var(f"{t.name}.irqs_off"))', "below = [conj(there, FALSE)"),
    one("a running interrupt handler is not known to run", "free_irq_waits.dfr", "DF301", "machine",
        '{running.variable: TRUE}', "{}"),
    one("an interrupt may come once more", "raised_meanwhile.dfr", "DF704", "machine",
        "Variable(left, 0, d.times, d.times,", "Variable(left, 0, d.times + 1, d.times + 1,"),
)  # fmt: skip

WORKS = (
    Fault("PENDING of a work cleared after its function", "kernel/s6_queue_while_running.dfr", ("DF701",), (
        Edit("workqueue_workers", "w.PENDING = false;\n        keep_cpu(true);", "keep_cpu(true);"),
        Edit("workqueue_workers", "work_ends(w, p);\n            activate_next(q, p);",
             "work_ends(w, p);\n w.PENDING = false;\n activate_next(q, p);"))),
    one("the kernel touches a work after its function", "kernel/s11_dedicated_queue.dfr", "DF301", "workqueue_workers",
        "work_ends(w, p);\n            activate_next(q, p);",
        "work_ends(w, p);\n w.PENDING = false;\n activate_next(q, p);"),
    one("a work is queued where it is asked for although it runs elsewhere", "kernel/s6_non_reentrant.dfr", "DF203",
        "workqueue", "if (there >= 0) p = there;", ";"),
    one("a work that runs is not moved behind itself", "behind_itself.dfr", "DF501", "workqueue_workers",
        "await (collides(p) && pool_lets_start(p));", "await (false);"),
    removed("what is moved behind itself is lost", "behind_itself.dfr", "cover twice", "workqueue_workers",
            "w.scheduled[p] = true;"),
    one("no DF203", "kernel/s6_other_queue.dfr", "missing DF203", "workqueue_workers",
        "check DF203 (!executing(w))", "check DF203 (true)"),
    one("PENDING not tested on queueing", "kernel/s6_coalesce.dfr", "DF202", "workqueue",
        "if (test_and_set(w.PENDING)) was = true;\n"
        "        else if (w.disabled > 0) { w.PENDING = false; was = true; }\n"
        "        else { flags", "w.PENDING = true;\n        if (w.disabled > 0) { w.PENDING = false; was = true; }\n"
        "        else { flags"),
    one("schedule_work_on forgets where", "kernel/s6_where.dfr", "invariant as_told", "workqueue",
        "return queue_on(system_wq, w, cpu);", "return queue_on(system_wq, w, this_cpu);"),
    one("high priority in the normal pool", "kernel/s6_highpri.dfr", "cover high_first", "workqueue",
        "else if (q.highpri) p = c + HIGHPRI_POOL;", ";"),
    one("a delayed work is queued at once", "kernel/s7_flush_armed_timer.dfr", "cover not_waited", "workqueue_delayed",
        "else { d.armed = c + 1; d.target = q; }\n    }\n    return !was;",
        "else enqueue(q, d.work, c);\n    }\n    return !was;"),
    one("a second delay counts", "kernel/s6_delayed_twice.dfr", "DF701", "workqueue_delayed",
        "if (test_and_set(d.work.PENDING)) was = true;\n        else if (d.work",
        "d.work.PENDING = true;\n        if (d.work"),
    Fault("who sleeps blocks the pool", "kernel/s6_first_sleeps.dfr", ("DF501",), (
        Edit("sleep", "nr_running[this_pool]--;", ";"), Edit("sleep", "nr_running[this_pool]++;", ";"))),
    one("who spins does not block the pool", "kernel/s6_first_spins_politely.dfr", "invariant serial",
        "workqueue_workers", "return nr_running[p] == 0;", "return true;"),
    one("a work of a CPU-intensive queue is counted", "kernel/wq_cpu_intensive.dfr", "cover both",
        "workqueue_workers", "return !q.cpu_intensive;", "return true;"),
    one("who was not counted is taken off when it sleeps", "kernel/wq_cpu_intensive.dfr", "DF704",
        "sleep", "return counted(my_queue);", "return true;"),
    removed("who spins blocks the pool in 6.12 too", "kernel/s6_first_spins_politely.dfr", "missing DF702",
            "workqueue_workers", "when (cpu_intensive == automatic) return true;", "6.12"),
    one("workers are preempted although preemption is voluntary", "kernel/s6_first_spins.dfr", "invariant serial",
        "workqueue_workers", "{ when (preempt == voluntary) keeps_cpu = keeps; }", "{ }", "6.12"),
    one("max_active does not limit an ordered queue", "kernel/s7_ordered.dfr", "invariant one", "workqueue",
        "q.nr_active[p] < q.max_active", "q.nr_active[p] < 15"),
    one("max_active does not limit a per-CPU queue", "kernel/s7_per_cpu_max_2.dfr", "invariant two", "workqueue",
        "q.nr_active[p] < q.max_active", "q.nr_active[p] < 15"),
    one("what max_active holds back is forgotten", "kernel/s7_single_thread.dfr", "DF402", "workqueue",
        "push_back(worklist[p], next);", ";"),
    Fault("the queue's thread in old kernels takes a work while it has another", "kernel/s6_first_sleeps_a_while.dfr",
          ("invariant in_turn",), (
        Edit("workqueue_workers", "first(q.worklist[p], w) && !q.busy[p]", "first(q.worklist[p], w)"),
        Edit("workqueue_workers", "first(k.worklist[p], w) && !k.busy[p]", "first(k.worklist[p], w)")),
          "2.6.20"),
    one("a queue of one thread has one on each CPU", "kernel/s6_single_thread_alone.dfr", "DF203", "workqueue",
        "if (q.unbound) push_back(q.worklist[UNBOUND_POOL], w);", "if (false) ;", "2.6.20"),
    one("flush_work ignores a queued work", "kernel/s6_coalesce.dfr", "DF701", "workqueue_flush",
        "if (linked(w)) {\n            w.flush_queued", "if (false) {\n            w.flush_queued"),
    one("flush_work ignores a running work", "kernel/s6_coalesce.dfr", "DF701", "workqueue_flush",
        "} else if (executing(w)) {", "} else if (false) {"),
    one("flush_workqueue ignores queued works", "kernel/s7_single_thread.dfr", "DF701", "workqueue_flush",
        "w.flush_queued[this_context] = queued_on(q, w);", "w.flush_queued[this_context] = false;"),
    one("flush_workqueue ignores running works", "kernel/s7_single_thread.dfr", "DF701", "workqueue_flush",
        "flusher(this_context, p)] = w.current[p] == q;", "flusher(this_context, p)] = false;"),
    one("flush_workqueue waits for what is queued later", "kernel/s7_flush_self_requeue.dfr", "cover in_run_2",
        "workqueue_flush", 'await (!flushing_any()) else', 'await (!in_flight(q)) else'),
    one("cancel does not wait for the running function", "cancelled.dfr", "DF701", "workqueue_flush",
        'await (!executing(w)) else DF402 "waits', 'await (true) else DF402 "waits'),
    one("cancel gives PENDING back before it waits", "cancelled.dfr", "DF701", "workqueue_flush",
        "when (cancel == hold_PENDING) { w.PENDING = true; w.canceling = true; }\n        else { w.",
        "when (cancel == hold_PENDING) w.PENDING = false;\n"
        "        else { w."),
    Fault("cancel holds no disable count", "cancelled.dfr", ("DF701",), (
        Edit("workqueue_flush", "w.canceling = true; }\n        else { w.PENDING = false; w.disabled++; }",
             "w.canceling = true; }\n        else { w.PENDING = false; }"),
        Edit("workqueue_flush", "else w.disabled--;  ", "else ;  ")), "6.12"),
    one("cancel_delayed_work_sync leaves the timer armed", "cancelled_timer.dfr", "DF701", "workqueue_delayed",
        "if (d.armed > 0) d.armed = 0;\n        else unlink_work", "if (d.armed == 0) unlink_work"),
    one("destroy does not drain", "kernel/s7_destroy_runs_queued.dfr", "DF701", "workqueue_flush",
        'await (!in_flight(q)) else DF402 "destroy', 'await (true) else DF402 "destroy'),
    one("destroy does not flush in old kernels", "kernel/s7_destroy_runs_queued.dfr", "DF205", "workqueue_flush",
        "flush_workqueue(q);                 // once", ";  // once", "2.6.20"),
    one("who flushes its own queue in 2.6.20 does not run the rest by hand", "kernel/s7_flush_own_queue.dfr", "DF701",
        "workqueue_flush", "if (my_queue == q) run_by_hand(q, this_pool);", "{ }", "2.6.20"),
    one("a queue's own work flushes it in 6.1", "flushed_by_itself.dfr", "missing DF402", "workqueue_flush",
        "when (own_flush == by_hand) if (this_pool >= 0) if (my_queue == q) but",
        "if (this_pool >= 0) if (my_queue == q) but"),
    one("drain does not wait", "kernel/s7_drain_self_requeue.dfr", "DF701", "workqueue_flush",
        'await (!in_flight(q)) else DF402 "drain', 'await (true) else DF402 "drain'),
    one("a queue that is drained refuses its own works", "kernel/s7_drain_self_requeue.dfr", "DF205", "workqueue",
        "return this_level == TASK && my_queue == q;", "return false;"),
    one("a queue that is drained takes works from outside", "kernel/s7_queue_during_drain_goes_on.dfr", "cover lost",
        "workqueue", "if (q.state == WQ_LIVE || is_chained(q)) insert", "insert"),
    one("no DF205 while a queue is drained", "kernel/s7_queue_during_drain.dfr", "missing DF205", "workqueue",
        "check DF205 (q.state != WQ_DRAINING || is_chained(q))", "check DF205 (true)"),
    one("wake_up wakes nobody", "kernel/s6_first_sleeps.dfr", "DF501", "waitqueue",
        "q.woken[c] = q.woken[c] || q.queued[c];", ";"),
    one("who is woken does not look again", "woken_for_nothing.dfr", "DF701", "waitqueue",
        'else DF501 "nobody will wake it with the condition true";\n        switch_in();',
        'else DF501 "nobody will wake it with the condition true";\n        switch_in();\n        break;'),
    one("the condition is not tested once linked", "kernel/s6_first_sleeps.dfr", "DF501", "waitqueue",
        "if (holds) break;\n        switch_out();\n        // §5.6", "switch_out();\n        // §5.6"),
    one("freeing a pending work is no fault", "freed_while_pending.dfr", "missing DF303", "memory",
        "check DF303 (!allocated(o) || !w.PENDING)", "check DF303 (true)"),
    one("freeing a head with a waiter is no fault", "kernel/s11_shared_queue_waiter.dfr", "missing DF303", "memory",
        "check DF303 (!allocated(o) || !has_waiter(q))", "check DF303 (true)"),
    Fault("a module may go with a work pending or running", "gone_while_pending.dfr", ("missing DF304",), (
        Edit("module", "check DF304 (!live(w) || !w.PENDING)", "check DF304 (true)"),
        Edit("module", "check DF304 (!executing(w))", "check DF304 (true)"))),
)  # fmt: skip

FAULTS = (*TASKLETS, *SOFTIRQS, *CONTEXTS, *LOCKS, *MEMORY, *MACHINE, *WORKS)

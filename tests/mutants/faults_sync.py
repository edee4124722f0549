"""As `faults`, for atomic variables, completions and what else threads synchronise with."""

from __future__ import annotations

from tests.mutants.faults import Edit, Fault, one, removed

ATOMICS = (
    one("dec_and_test tells of the value before", "kernel/atomic_operations.dfr", "invariant one_last", "atomic",
        "bool atomic_dec_and_test(out int v) { atomic { v--; return v == 0; } }",
        "bool atomic_dec_and_test(out int v) { atomic { v--; return v <= 1; } }"),
    one("inc_not_zero revives a count of zero", "kernel/atomic_operations.dfr", "cover owner_was_first", "atomic",
        "bool atomic_inc_not_zero(out int v) { atomic { if (v == 0) return false; v++;",
        "bool atomic_inc_not_zero(out int v) { atomic { v++;"),
    one("test_and_set_bit of a word does not set", "kernel/atomic_operations.dfr", "cover all_bits", "atomic",
        "bool test_and_set_bit(int nr, out int word) {\n    atomic { if ((word >> nr & 1) == 1) return true; word |=",
        "bool test_and_set_bit(int nr, out int word) {\n    atomic { if ((word >> nr & 1) == 1) return true; nr |="),
    one("xchg of an atomic returns what it wrote", "kernel/atomic_values.dfr", "DF701", "atomic",
        "int atomic_xchg(out int v, int to) { atomic { int old = v; v = to; return old; } }",
        "int atomic_xchg(out int v, int to) { atomic { int old = v; v = to; return v; } }"),
    one("cmpxchg of an atomic does not compare", "kernel/atomic_values.dfr", "DF701", "atomic",
        "if (v == old) v = to; return was;", "v = to; return was;"),
    one("the last put of a reference is not told", "kernel/refcount_last_put.dfr", "cover by_either", "atomic",
        'check DF301 (r > 0) "refcount_t: underflow; use-after-free";\n        r--;\n        return r == 0;',
        'check DF301 (r > 0) "refcount_t: underflow; use-after-free";\n        r--;\n        return false;'),
    one("every put releases", "kernel/kref_release.dfr", "invariant once", "atomic",
        "last = k.refs == 0;", "last = true;"),
    one("no put releases", "kernel/kref_release.dfr", "cover gone", "atomic", "if (last) k.release(k);", ";"),
)  # fmt: skip

COMPLETIONS = (
    one("a completion that comes before the wait is lost", "kernel/completion_counts.dfr", "DF701", "completion",
        "if (c.done < 6) c.done++;", ";"),
    one("completions are not counted", "kernel/completion_counts.dfr", "DF701", "completion",
        "if (c.done < 6) c.done++;", "if (c.done < 1) c.done++;"),
    removed("a wait takes nothing", "kernel/completion_counts.dfr", "DF701", "completion",
            "    else if (c.done < 6) c.done--;"),
    one("complete_all is for one", "kernel/completion_counts.dfr", "DF501", "completion",
        "c.done = 7;", "c.done = 1;"),
    one("reinit_completion does nothing", "kernel/completion_lost_by_reinit.dfr", "missing DF501", "completion",
        "re-initialised before it was initialised\";\n    c.done = 0;", "re-initialised before it was initialised\";"),
    one("wait_for_completion does not wait", "kernel/completion_lost_by_reinit.dfr", "missing DF501", "completion",
        "await (c.done > 0)", "await (true)"),
    one("a wait with a timeout says 0 although it was completed", "kernel/completion_timeout.dfr", "cover in_time",
        "completion", "completion_taken(c); result = 1;", "completion_taken(c);"),
    one("six and more are six", "kernel/completion_many.dfr", "cover more", "completion",
        "choose { c.done = 5; } or { }", "c.done = 5;"),
)  # fmt: skip

RW = (
    one("a writer comes in beside a reader", "kernel/rwlock_readers_and_writer.dfr", "DF701", "rwlock",
        "if (l.writer != NONE || has_reader(l)) return false;", "if (l.writer != NONE) return false;"),
    one("a writer that waited comes in beside a reader", "kernel/rwlock_readers_and_writer.dfr", "DF701", "rwlock",
        "await (l.writer == NONE && !has_reader(l))", "await (l.writer == NONE)"),
    one("a reader comes in beside a writer", "kernel/rwlock_readers_and_writer.dfr", "DF701", "rwlock",
        "    if (l.writer != NONE) return false;\n    l.readers[this_context]++;", "    l.readers[this_context]++;"),
    Fault("one reader at a time", "kernel/rwlock_readers_and_writer.dfr", ("cover together",), (
        Edit("rwlock", "    if (l.writer != NONE) return false;\n    l.readers[this_context]++;",
             "    if (l.writer != NONE || has_reader(l)) return false;\n    l.readers[this_context]++;"),
        Edit("rwlock", "await (l.writer == NONE) else", "await (l.writer == NONE && !has_reader(l)) else"))),
    one("write_trylock does not look for readers", "kernel/rwlock_readers_and_writer.dfr", "DF701", "rwlock",
        "if (l.writer == NONE && !has_reader(l)) { l.writer", "if (l.writer == NONE) { l.writer"),
    one("no DF401 for a reader that was interrupted", "kernel/rwlock_reader_interrupted.dfr", "missing DF401", "rwlock",
        "check DF401 (!has_reader_here(l))", "check DF401 (true)"),
    one("down_write does not wait for readers", "kernel/rwsem_readers_and_writer.dfr", "DF701", "rwlock",
        "await (s.writer == NONE && !has_reader(s))", "await (s.writer == NONE)"),
    one("downgrade_write keeps the others out", "kernel/rwsem_readers_and_writer.dfr", "cover beside", "rwlock",
        "atomic { s.writer = NONE; s.readers[this_context]++; }", "s.readers[this_context]++;"),
    one("down_trylock says 1 when it took it", "kernel/semaphore_counts.dfr", "DF701", "semaphore",
        "{ s.count--; failed = 0; }", "{ s.count--; }"),
    removed("up does nothing", "kernel/semaphore_counts.dfr", "cover after_the_interrupt", "semaphore", "s.count++;"),
    one("mutex_trylock takes what is held", "kernel/trylocks.dfr", "DF701", "lock",
        "if (m.owner == NONE) { m.owner = this_context; taken = true; }\n    }\n    return taken;",
        "m.owner = this_context; taken = true;\n    }\n    return taken;"),
    one("spin_trylock takes what is held", "kernel/trylocks.dfr", "DF701", "lock",
        "bool free = l.owner == NONE;", "bool free = true;"),
)  # fmt: skip

RCU = (
    one("synchronize_rcu does not wait", "kernel/rcu_grace_period.dfr", "DF301", "rcu",
        "while (rcu_waits()) atomic {", "while (false) atomic {"),
    one("a callback does not wait for readers", "kernel/rcu_callback.dfr", "DF301", "rcu",
        "foreach (context c) if (h.old[c]) return false;", ";"),
    one("rcu_barrier does not wait", "kernel/rcu_callback.dfr", "DF701", "rcu",
        "await (!rcu_awaits())", "await (true)"),
    one("a reader ends and nobody knows", "kernel/rcu_callback.dfr", "DF402", "rcu",
        "foreach (rcu_head h) h.old[this_context] = false;", ";"),
    one("no DF304 for a callback", "kernel/rcu_callback_left.dfr", "missing DF304", "module",
        "check DF304 (!h.queued || h.frees)", "check DF304 (true)"),
    one("kfree_rcu frees nothing", "kernel/rcu_kfree_rcu.dfr", "cover freed_later", "rcu",
        "if (x == h) kfree(o);", ";"),
    one("RCU readers may sleep", "rcu_reader_sleeps.dfr", "missing DF101", "legality",
        "situation rcu_reader (rcu_nesting > 0)", "situation rcu_reader (false)"),
)  # fmt: skip

DISABLING = (
    one("disable_work lets others queue", "kernel/work_disabled.dfr", "DF701", "workqueue",
        "else if (w.disabled > 0) { w.PENDING = false; was = true; }", "", "6.12"),
    one("mod_delayed_work arms what is disabled", "kernel/work_disabled.dfr", "DF701", "workqueue_delayed",
        "if (d.work.disabled > 0) ;", "if (false) ;", "6.12"),
    one("disable_work_sync does not wait", "kernel/work_disabled.dfr", "DF701", "workqueue_disable",
        "bool was = disable_work(w);\n    wait_until_idle(w);", "bool was = disable_work(w);", "6.12"),
    one("enabling is not counted", "kernel/work_disabled.dfr", "DF701", "workqueue_disable",
        "w.disabled--;\n        enabled", "w.disabled = 0;\n        enabled", "6.12"),
    one("mod_delayed_work waits for who cancels", "kernel/work_modified_while_cancelled.dfr", "DF402",
        "workqueue_delayed", "if (d.work.canceling) was = true; ", "if (false) was = true; "),
    one("tasklet_disable_in_atomic does not wait", "kernel/tasklet_disabled_in_atomic.dfr", "DF701", "tasklet",
        'await (!t.RUN) else DF402 "spins for ever', 'await (true) else DF402 "spins for ever'),
)  # fmt: skip

TASKS = (
    removed("kthread_stop sets no flag", "kernel/kthread_stopped.dfr", "DF402", "kthread", "t.should_stop = true;"),
    one("kthread_stop does not wake", "kernel/kthread_stopped.dfr", "DF402", "kthread",
        "t.should_stop = true;\n        rouse(t);", "t.should_stop = true;"),
    one("kthread_stop wakes nobody who waits for an event", "kernel/kthread_waits_for_event.dfr", "DF402", "waitqueue",
        "when (task_states == used) await (!sleeping[this_context]) else",
        "when (task_states == used) await (q.woken[this_context]) else"),
    one("kthread_stop does not wait", "kernel/kthread_stopped.dfr", "DF701", "kthread",
        "await (t.done) else", "await (true) else"),
    one("a thread starts without being told to", "kthread_created.dfr", "DF701", "kthread",
        "return t.by_call ? t.started : thread_may_start();", "return thread_may_start();"),
    one("what was stopped before it ran runs", "kthread_created.dfr", "cover never_ran", "kthread",
        "if (!t.should_stop) thread_body();", "thread_body();"),
    one("wake_up_process wakes nobody", "kthread_woken.dfr", "DF501", "kthread",
        "a task that is gone\";\n        rouse(t);", "a task that is gone\";"),
    one("a thread that has ended can be woken", "patterns/work-wakes-stopped-thread-broken.dfr", "missing DF301",
        "kthread", "check DF301 (!t.by_call || !task_gone(t))", "check DF301 (true)"),
    one("kthread_stop has no reference of its own", "kthread_woken_while_stopped.dfr", "DF301", "kthread",
        "t.done && !t.held && !t.stopping", "t.done && !t.held"),
    one("wake_up wakes nobody who waits by hand", "kernel/waitqueue_by_hand.dfr", "DF501", "waitqueue",
        "sleeping[c] = sleeping[c] && !q.queued[c];", ";"),
    one("schedule does not sleep", "kernel/waitqueue_by_hand_late.dfr", "missing DF501", "kthread",
        "await (!sleeping[this_context]) else", "await (true) else"),
    one("no DF304 for a thread", "kernel/kthread_left.dfr", "missing DF304", "module",
        "check DF304 (!t.by_call || !t.created || t.done)", "check DF304 (true)"),
)  # fmt: skip


COUNTED = (
    one("the last one does not take the spinlock", "kernel/count_and_lock.dfr", "DF701", "lock",
        "    spin_lock(l);\n    if (atomic_dec_and_test(v)) return true;",
        "    if (atomic_dec_and_test(v)) return true;"),
    one("who is not the last keeps the spinlock", "kernel/count_and_lock.dfr", "DF701", "lock",
        "    if (atomic_add_unless(v, -1, 1)) return false;\n    spin_lock(l);",
        "    if (atomic_add_unless(v, -1, 1)) return true;\n    spin_lock(l);"),
    one("the last one does not take the mutex", "kernel/count_and_lock.dfr", "DF701", "lock",
        "    mutex_lock(m);\n    if (refcount_dec_and_test(r)) return true;",
        "    if (refcount_dec_and_test(r)) return true;"),
    one("two can be the last", "kernel/count_and_lock.dfr", "DF701", "lock",
        "    if (atomic_add_unless(r, -1, 1)) return false;\n    mutex_lock(m);",
        "    if (atomic_add_unless(r, -1, 1)) return true;\n    mutex_lock(m);"),
)  # fmt: skip

SYNC = (*ATOMICS, *COMPLETIONS, *RW, *RCU, *DISABLING, *TASKS, *COUNTED)

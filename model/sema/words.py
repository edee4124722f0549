"""The words that no file declares: those of the machine, with their signatures, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "bool", "number", "context", "object", "heap", "list", "place", "flag", "vector", "irq", "index", "any", "same"
]  # fmt: skip
"""What a word takes: ``object`` is any object, ``heap`` an instance of a struct, ``place`` a variable, ``flag`` a
variable that is a bool, ``index`` a context as the number that a loop over contexts gives it, ``any`` a variable of
any type, ``same`` a value that the first argument can hold."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the machine. ``result`` is empty for none, ``element`` for an object of the list's type, ``same`` for
    what the first argument holds."""

    takes: tuple[Kind, ...] = ()
    result: Literal["", "bool", "number", "element", "same", "object"] = ""


MACHINE: dict[str, Word] = {
    "softirq_frame_active": Word(result="bool"),
    "task_softirq_count": Word(result="bool"),
    "start_softirq_frame": Word(),
    "explicit_irq": Word(("irq",), "bool"),
    "threads_active": Word(result="bool"),
    "on_this_cpu": Word(("context",), "bool"),
    "note_order": Word(("bool", "object", "object")),
    "allocated": Word(("heap",), "bool"),
    "freed": Word(("heap",), "bool"),
    "allocate": Word(("heap", "bool")),
    "release": Word(("heap",)),
    "live": Word(("object",), "bool"),
    "contains": Word(("list", "object"), "bool"),
    "push_back": Word(("list", "object")),
    "push_front": Word(("list", "object")),
    "pop_front": Word(("list",), "element"),
    "move_all": Word(("list", "list")),
    "empty": Word(("list",), "bool"),
    "listed": Word(("object",), "number"),
    "owned": Word(("any",), "bool"),
    "token": Word(("flag", "object"), "bool"),
    "first": Word(("list", "object"), "bool"),
    "remove": Word(("list", "object")),
    "flusher": Word(("index", "number"), "number"),
    "test_and_set": Word(("flag",), "bool"),
    "test_and_clear": Word(("flag",), "bool"),
    "count_up": Word(("place",)),
    "READ_ONCE": Word(("any",), "same"),
    "WRITE_ONCE": Word(("any", "same")),
    "xchg": Word(("any", "same"), "same"),
    "cmpxchg": Word(("any", "same", "same"), "same"),
    "in_turn": Word(),
    "hands_over": Word(),
    "at_will": Word(),
    "elsewhere": Word(),
    "asserted": Word(("irq",), "bool"),
    "step": Word(),
    "migrate": Word(),
    "use": Word(("object",)),
    "container_of": Word(("object", "any", "any")),
    "fresh": Word(("heap",), "object"),
    "on_stack": Word(("object",), "bool"),
    "thread_body": Word(),
    "module_init": Word(result="number"),
    "module_exit": Word(),
    "device_probe": Word(result="number"),
    "device_remove": Word(),
    "device_open": Word(result="number"),
    "device_close": Word(),
    "driver_softirq": Word(("vector",)),
}
"""Every word of the machine that the kernel model may call, but for those that print."""

_LOUDNESS = ("emerg", "alert", "crit", "err", "warn", "warning", "notice", "info", "dbg", "debug", "cont")
QUIET = frozenset({"printk", "printk_once", "printk_ratelimited", "trace_printk", "dump_stack"}) | {
    f"{who}_{how}{when}"
    for who in ("pr", "dev", "netdev", "netif")
    for how in _LOUDNESS
    for when in ("", "_once", "_ratelimited")
}
"""Output: evaluated for its accesses, otherwise nothing."""

PUBLIC = frozenset({
    "allocated", "container_of", "freed", "use", "test_and_set", "test_and_clear", "READ_ONCE", "WRITE_ONCE",
    "xchg", "cmpxchg",
})  # fmt: skip
"""Words that a driver's spec may use too: observers of memory, and the kernel's atomic operations on any type."""

MARKED = frozenset({"READ_ONCE", "WRITE_ONCE", "xchg", "cmpxchg", "test_and_set", "test_and_clear"})
"""Words whose access to their first argument is no data race (DF601), as little as one in the kernel model itself."""

ACTING = frozenset({
    "test_and_set", "test_and_clear", "push_back", "push_front", "pop_front", "move_all", "remove", "WRITE_ONCE",
    "use", "xchg", "cmpxchg",
})  # fmt: skip
"""Words that are made within the caller's step but change the state."""

CONTEXTUAL = frozenset({"softirq_frame_active", "task_softirq_count", "start_softirq_frame", "on_this_cpu"})
"""Words whose answer depends on the CPU that asks."""

HERE = {
    "this_cpu": "ask `smp_processor_id()`",
    "this_level": "ask `in_interrupt()`, `in_hardirq()` or `in_task()`",
    "this_context": "",
    "this_pool": "",
    "NONE": "",
}
"""Names that stand for the context that executes, with what a driver asks instead."""

RESERVED_TYPES = frozenset({"resource", "object", "context", "function", "counter", "condition", "cpu", "pool"})
"""Types that only the kernel model can declare something with."""

INTERNAL = frozenset({
    "raise_irqoff", "softirq_any_pending", "ksoftirqd_gated", "softirq_may_run", "softirq_action", "softirq_frame",
    "leave_context", "irq_may_fire", "hardirq_frame", "spin_trylock_step", "spin_wait", "spin_release",
    "thread_may_start", "irqs_may_fire", "thread_frame", "module_frame", "tasklet_append",
    "tasklet_action_common", "switch_out", "switch_in", "has_waiter", "link_waiter", "unlink_waiter",
    "kthread_may_start", "kthread_frame", "rouse", "task_gone",
    "executing", "linked", "counted", "makes_room", "wq_start", "is_chained", "activate_next", "insert_work",
    "nonreentrant", "enqueue",
    "queue_on", "queue_delayed", "timer_expires", "work_starts", "work_ends", "pool_lets_start", "worker",
    "collisions", "collides", "cwq_thread", "cwq_next", "flushing", "flushing_any", "sleep_until_flushed",
    "arm_timer", "arm_check", "add_check", "delete_check", "run_timers", "may_expire_here", "timer_sync_check",
    "rcu_waits", "rcu_some_done", "grace_period_over", "rcu_enqueue", "rcu_due", "rcu_do_batch", "rcu_free",
    "rcu_awaits",
    "rcu_will_free", "spin_take", "has_reader", "has_reader_here", "read_try", "read_wait", "read_release",
    "write_try", "write_wait",
    "write_release", "down_may_end", "may_be_preempted", "gfp_may_sleep", "reclaim", "completion_taken", "wait_may_end",
    "queued_on", "unlink_work", "wait_until_idle", "grab_delayed", "keep_cpu", "in_flight", "quiet",
    "run_by_hand", "comes_up_in_itself", "but_not_here",
    "kick_bh_pool", "bh_kicked", "bh_take_kicks", "bh_worker", "cancelled_busily",
    "start_frame", "memory_ends", "leave_frame", "start_elsewhere",
    "still_asserted", "storms", "stranded",
    "device_frame", "devres_release_all", "devres_release",
    "hrtimer_prepare", "hrtimer_taken", "hrtimer_rearm", "hrtimer_frame", "soft_timer_expires", "run_hrtimers",
    "irq_thread_active", "wake_irq_thread", "irq_thread_frame",
})  # fmt: skip
"""Functions of the kernel model that are parts of others, not calls that a driver makes."""

KERNELS_OBJECTS = frozenset({
    "DEFINE_SYSTEM_WORKQUEUE", "DEFINE_SYSTEM_UNBOUND_WORKQUEUE", "DEFINE_SYSTEM_HIGHPRI_WORKQUEUE",
    "DEFINE_SYSTEM_BH_WORKQUEUE", "DEFINE_SYSTEM_BH_HIGHPRI_WORKQUEUE", "DEFINE_FAILED_KTHREAD",
})  # fmt: skip
"""Declarations of objects that exist when a driver is loaded; a driver's own begins as its type says."""

ENTRIES = frozenset({
    "hardirq_frame", "softirq_frame", "module_frame", "thread_frame", "irq_may_fire", "irqs_may_fire",
    "softirq_may_run", "thread_may_start", "start_elsewhere", "start_frame", "timer_expires", "module_state",
    "hrtimer_frame", "irq_thread_frame", "soft_timer_expires", "MODULE_LIVE", "irqs_off",
    "softirq_count", "preempt_count", "keeps_cpu", "TASK", "SOFTIRQ", "HARDIRQ", "level", "quiet", "stranded", "storms",
})  # fmt: skip
"""Names of the kernel model by which the compiler enters it or looks at it: a driver must not have them too."""

INNER_ENUMS = frozenset({"level", "module_state", "wq_state"})
"""Enums of the kernel model that no driver has to do with."""

UNINITIALISED = frozenset({"waitqueue"})
"""Types whose plain declaration (`wait_queue_head_t q;`) leaves the object as C does, to be initialised by a call."""

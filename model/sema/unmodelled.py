"""What kernel C has and this version of the language or of the kernel model has not, with what to write instead.

A name that the kernel model learns later needs no change here: what is declared is found first.
"""

from __future__ import annotations

_OBJECT = "name the object itself: every object here is declared and has a name"
_STEP = "write `atomic { n++; }` on an `int<..>` with a range"
_WAIT = "write `await (condition);`"

_CALLS = """
PREPARE_WORK kthread_park kthread_unpark kthread_bind kthread_queue_work kthread_init_work kthread_flush_work
queue_rcu_work wait_event_lock_irq wait_event_cmd add_wait_queue remove_wait_queue read_seqbegin read_seqretry
write_seqlock write_sequnlock local_lock local_unlock request_any_context_irq irq_set_affinity irq_work_queue
irq_work_sync init_irq_work tasklet_kill_immediate tasklet_enable_hi smp_call_function smp_call_function_single
on_each_cpu napi_schedule napi_complete napi_complete_done napi_disable napi_enable netif_napi_add netif_napi_del
signal_pending need_resched yield migrate_disable migrate_enable get_cpu put_cpu preempt_enable_no_resched stop_machine
cpus_read_lock cpus_read_unlock vmalloc vfree kvmalloc kvfree kvzalloc kcalloc krealloc kmem_cache_alloc kmem_cache_free
kmem_cache_create alloc_pages free_pages __get_free_pages memcpy copy_to_user copy_from_user get_user put_user
try_module_get module_put list_add list_add_tail list_del list_del_init list_empty INIT_LIST_HEAD kfifo_in kfifo_out
rtnl_lock rtnl_unlock
"""

_HELP: dict[str, str] = {
    **dict.fromkeys(_CALLS.split(), ""),
    **dict.fromkeys(("wait_event_lock_irq", "wait_event_cmd", "add_wait_queue", "remove_wait_queue"), _WAIT),
    **dict.fromkeys(("rtnl_lock", "rtnl_unlock"), "declare a mutex for it: `DEFINE_MUTEX(rtnl);`"),
    **dict.fromkeys(("signal_pending", "need_resched"), "write `any()`: it may be so each time that somebody looks"),
    **dict.fromkeys(("vmalloc", "kvmalloc", "krealloc", "kmem_cache_alloc"), "write `kmalloc(sizeof(*p), GFP_KERNEL)`"),
    **dict.fromkeys(("kvzalloc", "kcalloc"), "write `kzalloc(sizeof(*p), GFP_KERNEL)`"),
    **dict.fromkeys(("vfree", "kvfree", "kmem_cache_free"), "write `kfree(p)`"),
    "open_softirq": "declare the handler: `softirq NET_RX { ... }`",
    "memset": "use `kzalloc`, or assign the members",
    **dict.fromkeys(("list_entry", "netdev_priv", "platform_get_drvdata", "dev_get_drvdata"), _OBJECT),
    **dict.fromkeys(("BUG", "WARN", "panic"), "write `assert(false);`"),
}  # fmt: skip

_PREFIXES = {
    "rcu_": "", "call_rcu": "", "synchronize_": "", "srcu_": "", "atomic_": _STEP, "atomic64_": _STEP,
    "refcount_": _STEP, "kthread_": "", "hrtimer_": "", "list_": "", "hlist_": "", "wait_event": _WAIT,
    "wake_up": "", "netif_": "", "napi_": "", "skb_": "", "pm_runtime_": "", "this_cpu_": "", "per_cpu": "", "irq_": "",
}  # fmt: skip

MODELLED = "what may be called is listed in the language's documentation, under Calls"

_VALUES = {
    "current": "there is no task structure here",
    "__GFP_ZERO": "use `kzalloc`",
    **dict.fromkeys(("GFP_DMA", "GFP_NOFS", "GFP_USER", "__GFP_NOWARN"), "use GFP_KERNEL, GFP_ATOMIC or GFP_NOWAIT"),
}

_MACROS = {
    **dict.fromkeys(("MODULE_PARM_DESC", "MODULE_DEVICE_TABLE", "module_param"),
                    "leave it out: it says nothing about deferred code"),
    **dict.fromkeys(("module_platform_driver", "module_pci_driver", "module_usb_driver"),
                    "write `device pdev { probe { ... } remove { ... } }`"),
    **dict.fromkeys(("DEFINE_SEQLOCK", "LIST_HEAD", "DEFINE_PER_CPU", "DEFINE_KFIFO", "DEFINE_IDA", "DEFINE_IDR"), ""),
}  # fmt: skip

_TYPES = {
    **dict.fromkeys(("seqlock_t", "irq_work", "napi_struct", "list_head", "hlist_head", "hlist_node"), ""),
    **dict.fromkeys(("float", "double"), "give the range: `int<0..7>`; a local variable may be an `int`"),
}  # fmt: skip


def call_help(name: str) -> str | None:
    """What to write instead of a call that kernel C has and the model has not; ``None`` for any other name."""
    if name in _HELP:
        return _HELP[name] or MODELLED
    return next((help or MODELLED for prefix, help in _PREFIXES.items() if name.startswith(prefix)), None)


def calls() -> tuple[str, ...]:
    """The names of calls that are known to be missing, for near misses."""
    return tuple(_HELP)


def value_help(name: str) -> str | None:
    """As ``call_help``, for a constant or variable."""
    return _VALUES.get(name)


def macro_help(name: str) -> str | None:
    """As ``call_help``, for a macro at the top level."""
    help = _MACROS.get(name)
    return (help or MODELLED) if help is not None else None


def type_help(name: str) -> str | None:
    """As ``call_help``, for a type."""
    help = _TYPES.get(name)
    return (help or MODELLED) if help is not None else None

"""What kernel C has and this version of the language or of the kernel model has not, with what to write instead.

A name that the kernel model learns later needs no change here: what is declared is found first.
"""

from __future__ import annotations

_WAIT = "write `await (condition);`"
_FLAG = "keep a `bool` and write `await (flag);` where it is waited for"
_STEP = "write `atomic { n++; }` on an `int<..>` with a range"
_BIT = "keep a `bool` and use `test_and_set(flag)`, `test_and_clear(flag)` or a plain assignment"
_OBJECT = "name the object itself: every object here is declared and has a name"
_ASSERT = "write `assert(!(condition));`"

_WORK = """
INIT_WORK INIT_DELAYED_WORK INIT_WORK_ONSTACK PREPARE_WORK schedule_work schedule_work_on queue_work
queue_work_on schedule_delayed_work schedule_delayed_work_on queue_delayed_work queue_delayed_work_on
mod_delayed_work flush_work flush_delayed_work flush_workqueue flush_scheduled_work drain_workqueue cancel_work
cancel_work_sync cancel_delayed_work cancel_delayed_work_sync alloc_workqueue alloc_ordered_workqueue
create_workqueue create_singlethread_workqueue destroy_workqueue work_pending delayed_work_pending disable_work
disable_work_sync enable_work
"""
_TIMER = """
timer_setup setup_timer init_timer add_timer add_timer_on mod_timer del_timer del_timer_sync timer_delete
timer_delete_sync timer_shutdown timer_shutdown_sync timer_pending try_to_del_timer_sync hrtimer_init
hrtimer_setup hrtimer_start hrtimer_cancel hrtimer_try_to_cancel hrtimer_forward hrtimer_forward_now
hrtimer_restart
"""
_QUEUE = """
init_waitqueue_head wait_event wait_event_interruptible wait_event_timeout wait_event_interruptible_timeout
wait_event_killable wait_event_lock_irq prepare_to_wait finish_wait add_wait_queue remove_wait_queue
schedule_timeout schedule_timeout_interruptible schedule_timeout_uninterruptible msleep_interruptible
"""
_WAKE = """
wake_up wake_up_all wake_up_interruptible wake_up_interruptible_all wake_up_process init_completion
reinit_completion complete complete_all wait_for_completion wait_for_completion_timeout
wait_for_completion_interruptible completion_done
"""
_LOCKS = """
spin_trylock spin_trylock_bh spin_trylock_irq spin_trylock_irqsave spin_is_locked raw_spin_lock raw_spin_unlock
raw_spin_lock_irq raw_spin_unlock_irq raw_spin_lock_irqsave raw_spin_unlock_irqrestore raw_spin_lock_init
mutex_trylock mutex_lock_interruptible mutex_lock_killable mutex_is_locked down up down_interruptible
down_trylock sema_init down_read up_read down_write up_write init_rwsem read_lock read_unlock write_lock
write_unlock read_lock_bh read_unlock_bh write_lock_bh write_unlock_bh read_lock_irqsave read_unlock_irqrestore
write_lock_irqsave write_unlock_irqrestore rwlock_init read_seqbegin read_seqretry write_seqlock write_sequnlock
lockdep_assert_held assert_spin_locked local_lock local_unlock
"""
_IRQS = """
request_threaded_irq request_any_context_irq devm_request_irq devm_request_threaded_irq devm_free_irq
disable_irq disable_irq_nosync enable_irq synchronize_irq synchronize_hardirq irq_set_affinity irq_work_queue
irq_work_sync init_irq_work open_softirq tasklet_unlock_wait tasklet_unlock_spin_wait tasklet_kill_immediate
tasklet_disable_in_atomic tasklet_enable_hi smp_call_function smp_call_function_single on_each_cpu napi_schedule
napi_complete napi_complete_done napi_disable napi_enable netif_napi_add netif_napi_del
"""
_TASKS = """
kthread_run kthread_create kthread_stop kthread_should_stop kthread_park kthread_bind kthread_queue_work
kthread_init_work kthread_flush_work signal_pending need_resched yield set_current_state __set_current_state
migrate_disable migrate_enable get_cpu put_cpu preempt_enable_no_resched stop_machine cpus_read_lock
cpus_read_unlock
"""
_MEMORY = """
vmalloc vfree kvmalloc kvfree kvzalloc kcalloc krealloc kfree_rcu kfree_sensitive kmem_cache_alloc
kmem_cache_free kmem_cache_create devm_kmalloc devm_kzalloc alloc_pages free_pages __get_free_pages memset
memcpy copy_to_user copy_from_user get_user put_user kref_init kref_get kref_put refcount_set refcount_inc
refcount_dec_and_test try_module_get module_put
"""
_LISTS = "list_add list_add_tail list_del list_del_init list_empty INIT_LIST_HEAD kfifo_in kfifo_out"
_BARRIERS = """
smp_mb smp_rmb smp_wmb smp_store_release smp_load_acquire mb rmb wmb barrier READ_ONCE WRITE_ONCE cmpxchg xchg
"""

_HELP: dict[str, str] = {
    **dict.fromkeys(_WORK.split(), ""), **dict.fromkeys(_TIMER.split(), ""), **dict.fromkeys(_LOCKS.split(), ""),
    **dict.fromkeys(_IRQS.split(), ""), **dict.fromkeys(_TASKS.split(), ""), **dict.fromkeys(_MEMORY.split(), ""),
    **dict.fromkeys(_LISTS.split(), ""), **dict.fromkeys(_QUEUE.split(), _WAIT), **dict.fromkeys(_WAKE.split(), _FLAG),
    **dict.fromkeys(_BARRIERS.split(), "memory is sequentially consistent here: leave it out, or write a plain access"),
    "kthread_run": "declare it: `thread NAME { ... }`",
    "kthread_create": "declare it: `thread NAME { ... }`",
    "open_softirq": "declare the handler: `softirq NET_RX { ... }`",
    "memset": "use `kzalloc`, or assign the members",
    **dict.fromkeys(("test_and_set_bit", "test_and_clear_bit", "set_bit", "clear_bit", "test_bit", "change_bit",
                     "test_and_change_bit", "__set_bit", "__clear_bit"), _BIT),
    **dict.fromkeys(("container_of", "from_tasklet", "from_timer", "from_work", "list_entry", "netdev_priv",
                     "platform_get_drvdata", "dev_get_drvdata", "to_delayed_work"), _OBJECT),
    **dict.fromkeys(("BUG_ON", "WARN_ON", "WARN_ON_ONCE", "VM_BUG_ON"), _ASSERT),
    **dict.fromkeys(("BUG", "WARN", "panic"), "write `assert(false);`"),
    "sizeof": "`kmalloc` takes the object itself: `kmalloc(dev, GFP_KERNEL)`",
}  # fmt: skip

_PREFIXES = {
    "rcu_": "", "call_rcu": "", "synchronize_": "", "srcu_": "", "atomic_": _STEP, "atomic64_": _STEP,
    "refcount_": _STEP, "kthread_": "", "hrtimer_": "", "list_": "", "hlist_": "", "wait_event": _WAIT,
    "wake_up": _FLAG, "netif_": "", "napi_": "", "skb_": "", "pm_runtime_": "",
    "this_cpu_": "", "per_cpu": "", "irq_": "",
}  # fmt: skip

MODELLED = "this version models interrupts, softirqs, tasklets, works, wait queues, locks, kmalloc and a module's life"

_VALUES = {
    **dict.fromkeys(("jiffies", "HZ"), "time is not measured here: leave it out"),
    "current": "there is no task structure here",
    **dict.fromkeys(("__GFP_ZERO",), "use `kzalloc`"),
    **dict.fromkeys(("GFP_DMA", "GFP_NOFS", "GFP_USER", "__GFP_NOWARN"), "use GFP_KERNEL, GFP_ATOMIC or GFP_NOWAIT"),
}

_MACROS = {
    **dict.fromkeys(("module_init", "module_exit"), "write `module { init { ... } exit { ... } }`"),
    **dict.fromkeys(
        ("MODULE_LICENSE", "MODULE_AUTHOR", "MODULE_DESCRIPTION", "MODULE_VERSION", "MODULE_ALIAS", "MODULE_PARM_DESC",
         "MODULE_DEVICE_TABLE", "EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL", "module_param"),
        "leave it out: it says nothing about deferred code"),
    **dict.fromkeys(("module_platform_driver", "module_pci_driver", "module_usb_driver"),
                    "write `module { init { ... } exit { ... } }`"),
    **dict.fromkeys(("DECLARE_WORK", "DECLARE_DELAYED_WORK", "DEFINE_TIMER", "DEFINE_RWLOCK", "DEFINE_SEMAPHORE",
                     "DECLARE_RWSEM", "DEFINE_SEQLOCK", "DEFINE_MUTEX", "DEFINE_RAW_SPINLOCK", "LIST_HEAD",
                     "DEFINE_PER_CPU", "DEFINE_KFIFO", "ATOMIC_INIT", "DEFINE_IDA", "DEFINE_IDR"), ""),
    "DECLARE_WAIT_QUEUE_HEAD": _WAIT, "DECLARE_COMPLETION": _FLAG,
}  # fmt: skip

_TYPES = {
    **dict.fromkeys(("work_struct", "delayed_work", "workqueue_struct", "timer_list", "hrtimer", "semaphore",
                     "rwlock_t", "rw_semaphore", "seqlock_t", "irq_work", "napi_struct", "list_head", "kref",
                     "work", "timer", "workqueue", "rcu_head"), ""),
    **dict.fromkeys(("wait_queue_head_t", "wait_queue_head", "waitqueue"), _WAIT),
    "completion": _FLAG,
    **dict.fromkeys(("atomic_t", "atomic64_t", "refcount_t"),
                    "declare an `int<..>` with a range and change it in `atomic { }`"),
    **dict.fromkeys(("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "size_t", "ssize_t", "uint8_t", "uint16_t",
                     "uint32_t", "int8_t", "int16_t", "int32_t", "gfp_t", "float", "double"),
                    "give the range: `int<0..7>`; a local variable may be an `int`"),
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

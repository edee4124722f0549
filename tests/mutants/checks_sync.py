"""As `checks`, for atomic variables, completions and what else threads synchronise with."""

from __future__ import annotations

KREF_HEAP = "struct thing { struct kref k; } o; void keep(struct kref *k) { } "
RCU_HEAP = "struct thing { struct rcu_head rcu; } o; void late(struct rcu_head *h) { } "
WORK_HEAP = "struct thing { struct work_struct w; struct delayed_work d; } o; "
WORKER = "thread w on cpu 0 { } "
LOCK_HEAP = (
    "struct thing { spinlock_t lock; struct mutex mx; rwlock_t rw; struct rw_semaphore rs; struct semaphore sem; } o; "
)


def thread(body: str) -> str:
    """A spec's only thread."""
    return f"thread p on cpu 0 {{ {body} }}"


def kref(body: str) -> str:
    """A thread with a fresh heap object that a kref lies in."""
    return KREF_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def held(body: str) -> str:
    """A thread with a fresh heap object that locks lie in."""
    return LOCK_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def done(body: str) -> str:
    """A thread with a fresh heap object that a completion lies in."""
    return "struct thing { struct completion c; } o; " + thread(f"kmalloc(o, GFP_KERNEL); {body}")


SYNC_CHECKS: tuple[tuple[str, str, str], ...] = (
    ("context", "returns inside an RCU read-side critical section", thread("rcu_read_lock();")),
    ("context", "is still held by a thread that returns", "DECLARE_RWSEM(s); " + thread("down_write(&s);")),
    ("context", "is still held for reading by a thread that returns", "DECLARE_RWSEM(s); " + thread("down_read(&s);")),
    ("lock", "mutex_destroy of a mutex that is held: DEBUG_LOCKS_WARN_ON(mutex_is_locked(lock))",
        "DEFINE_MUTEX(mx); " + thread("mutex_lock(&mx); mutex_destroy(&mx);")),
    ("lock", "lockdep_assert_held: the lock is not held here",
        "DEFINE_SPINLOCK(lock); " + thread("lockdep_assert_held(&lock);")),
    ("lock", "lockdep_assert_held: the lock is not held here",
        "DEFINE_MUTEX(mx); " + thread("lockdep_assert_held(&mx);")),
    ("lock", "assert_spin_locked: the lock is not held",
        "DEFINE_SPINLOCK(lock); " + thread("assert_spin_locked(&lock);")),
    ("lock", "is taken before it was initialised", held("spin_trylock(&o.lock);")),
    ("lock", "is taken before it was initialised", held("mutex_trylock(&o.mx);")),
    ("rwlock", "is taken before it was initialised", held("read_lock(&o.rw);")),
    ("rwlock", "is taken before it was initialised", held("write_lock(&o.rw);")),
    ("rwlock", "is taken before it was initialised", held("read_trylock(&o.rw);")),
    ("rwlock", "is taken before it was initialised", held("write_trylock(&o.rw);")),
    ("rwlock", "is taken before it was initialised", held("down_read(&o.rs);")),
    ("rwlock", "is taken before it was initialised", held("down_write(&o.rs);")),
    ("rwlock", "is taken before it was initialised", held("down_read_trylock(&o.rs);")),
    ("rwlock", "is taken before it was initialised", held("down_write_trylock(&o.rs);")),
    ("rwlock", "spins on a lock that is held by itself or by what it interrupted on this CPU",
        "DEFINE_RWLOCK(l); " + thread("write_lock(&l); read_lock(&l);")),
    ("rwlock", "spins on a lock that is held by itself or by what it interrupted on this CPU",
        "DEFINE_RWLOCK(l); " + thread("write_lock(&l); write_lock(&l);")),
    ("rwlock", "spins on a lock that is held for reading by itself or by what it interrupted on this CPU",
        "DEFINE_RWLOCK(l); " + thread("read_lock(&l); write_lock(&l);")),
    ("rwlock", "is unlocked by a context that does not hold it",
        "DEFINE_RWLOCK(l); " + thread("preempt_disable(); read_unlock(&l);")),
    ("rwlock", "is unlocked by a context that does not hold it",
        "DEFINE_RWLOCK(l); " + thread("preempt_disable(); write_unlock(&l);")),
    ("rwlock", "is unlocked by a context that does not hold it", "DECLARE_RWSEM(s); " + thread("up_read(&s);")),
    ("rwlock", "is unlocked by a context that does not hold it", "DECLARE_RWSEM(s); " + thread("up_write(&s);")),
    ("rwlock", "is unlocked by a context that does not hold it", "DECLARE_RWSEM(s); " + thread("downgrade_write(&s);")),
    ("rwlock", "is unlocked after preemption was enabled under it",
        "DEFINE_RWLOCK(l); " + thread("read_lock(&l); preempt_enable(); read_unlock(&l);")),
    ("rwlock", "is unlocked after preemption was enabled under it",
        "DEFINE_RWLOCK(l); " + thread("write_lock(&l); preempt_enable(); write_unlock(&l);")),
    ("semaphore", "is taken before it was initialised", held("down(&o.sem);")),
    ("semaphore", "is taken before it was initialised", held("down_timeout(&o.sem, HZ);")),
    ("semaphore", "is taken before it was initialised", held("down_trylock(&o.sem);")),
    ("semaphore", "is upped before it was initialised", held("up(&o.sem);")),
    ("memory", "is held while the memory that it lies in is freed",
        held("rwlock_init(&o.rw); read_lock(&o.rw); kfree(o);")),
    ("memory", "is held while the memory that it lies in is freed",
        held("init_rwsem(&o.rs); down_write(&o.rs); kfree(o);")),
    ("memory", "waits for its grace period while the memory that it lies in is freed",
        RCU_HEAP + thread("kmalloc(o, GFP_KERNEL); call_rcu(&o.rcu, late); kfree(o);")),
    ("module", "RCU callback is still due when the module is gone",
        RCU_HEAP + "module { init { kmalloc(o, GFP_KERNEL); } exit { call_rcu(&o.rcu, late); } }"),
    ("workqueue_disable", "is disabled before it was initialised",
        'kernel "6.12"; ' + WORK_HEAP + thread("kmalloc(o, GFP_KERNEL); disable_work(&o.w);")),
    ("workqueue_disable", "is disabled before it was initialised",
        'kernel "6.12"; ' + WORK_HEAP + thread("kmalloc(o, GFP_KERNEL); disable_delayed_work(&o.d);")),
    ("workqueue_disable", "is enabled more often than it was disabled: work disable count underflowed",
        'kernel "6.12"; void late(void) { } DECLARE_WORK(w, late); ' + thread("enable_work(&w);")),
    ("kthread", "is created again: a thread of the model runs once, and each call in the text has one",
        WORKER + thread("kthread_create(w); kthread_create(w);")),
    ("kthread", "is created again: a thread of the model runs once, and each call in the text has one",
        WORKER + thread("kthread_run(w); kthread_run(w);")),
    ("kthread", "is stopped but was never created",
        "bool no; " + WORKER + thread("if (no) kthread_run(w); kthread_stop(w);")),
    ("kthread", "has ended by itself: kthread_stop looks at a task that is gone",
        WORKER + thread("kthread_run(w); msleep(1); kthread_stop(w);")),
    ("kthread", "is woken but was never created",
        "bool no; " + WORKER + thread("if (no) kthread_run(w); wake_up_process(w);")),
    ("kthread", "has ended: wake_up_process looks at a task that is gone",
        WORKER + thread("kthread_run(w); kthread_stop(w); wake_up_process(w);")),
    ("module", "is a thread that still runs when the module is gone",
        "thread w { while (!kthread_should_stop()) msleep(1); } module { init { kthread_run(w); } }"),
    ("waitqueue", "is waited on before it was initialised",
        "struct thing { wait_queue_head_t q; } o; "
        + thread("DEFINE_WAIT(wait); kmalloc(o, GFP_KERNEL); prepare_to_wait(&o.q, &wait, TASK_INTERRUPTIBLE);")),
    ("rcu", "is queued twice: call_rcu before the callback has run",
        RCU_HEAP + thread("kmalloc(o, GFP_KERNEL); call_rcu(&o.rcu, late); call_rcu(&o.rcu, late);")),
    ("rcu", "rcu_read_unlock without rcu_read_lock", thread("rcu_read_unlock();")),
    ("atomic", "refcount_t: addition on 0; use-after-free", "refcount_t r; " + thread("refcount_inc(&r);")),
    ("atomic", "refcount_t: addition on 0; use-after-free", "refcount_t r; " + thread("refcount_add(2, &r);")),
    ("atomic", "refcount_t: addition on 0; use-after-free",
        kref("kref_init(&o.k); kref_put(&o.k, keep); kref_get(&o.k);")),
    ("atomic", "refcount_t: decrement hit 0; leaking memory",
        "refcount_t r = REFCOUNT_INIT(1); " + thread("refcount_dec(&r);")),
    ("atomic", "refcount_t: underflow; use-after-free", "refcount_t r; " + thread("refcount_dec_and_test(&r);")),
    ("atomic", "refcount_t: underflow; use-after-free", "refcount_t r; " + thread("refcount_sub_and_test(1, &r);")),
    ("atomic", "refcount_t: underflow; use-after-free",
        kref("kref_init(&o.k); kref_put(&o.k, keep); kref_put(&o.k, keep);")),
    ("atomic", "is taken before it was initialised", kref("kref_get(&o.k);")),
    ("atomic", "is taken before it was initialised",
        kref("kref_get_unless_zero(&o.k);")),
    ("atomic", "is put before it was initialised",
        kref("kref_put(&o.k, keep);")),
    ("completion", "is re-initialised before it was initialised", done("reinit_completion(&o.c);")),
    ("completion", "is completed before it was initialised", done("complete(&o.c);")),
    ("completion", "is completed before it was initialised", done("complete_all(&o.c);")),
    ("completion", "is waited for before it was initialised", done("wait_for_completion(&o.c);")),
    ("completion", "is waited for before it was initialised", done("wait_for_completion_timeout(&o.c, HZ);")),
    ("completion", "is waited for before it was initialised", done("try_wait_for_completion(&o.c);")),
)  # fmt: skip

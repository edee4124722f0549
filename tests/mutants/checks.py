"""For each `check` of the kernel model, a spec that breaks it: the smallest one that there is.

A row is the file, the check's message, and the spec's text; where a message stands in a file more than once, rows come
in the order of the checks. One CPU and 6.1, unless the spec says otherwise.
"""

from __future__ import annotations

HEAP = "struct thing { spinlock_t lock; struct mutex mx; tasklet_struct t; } o; void work(void) { } "
LOCK = "DEFINE_SPINLOCK(lock); "
MUTEX = "DEFINE_MUTEX(mx); "
TASKLET = "tasklet t { } "
WORK = "void work(void) { } DECLARE_WORK(w, work); "
QUEUE = "struct workqueue_struct wq; " + WORK
WORK_HEAP = "struct thing { struct work_struct w; struct delayed_work d; } o; void work(void) { } "
TIMER = "timer tm { } "
TIMER_HEAP = "struct thing { struct timer_list tm; } o; void f(struct timer_list *t) { } "
HRTIMER_HEAP = (
    "struct thing { struct hrtimer tm; } o; enum hrtimer_restart f(struct hrtimer *t) { return HRTIMER_NORESTART; } "
)
SETUP = "hrtimer_setup(&o.tm, f, CLOCK_MONOTONIC, HRTIMER_MODE_REL);"
WAIT_HEAP = "struct thing { wait_queue_head_t q; } o; bool flag; bool ready; "


def thread(body: str) -> str:
    """A spec's only thread."""
    return f"thread p on cpu 0 {{ {body} }}"


def irq(body: str) -> str:
    """A spec's only interrupt."""
    return f"irq nic on cpu 0 times 1 {{ {body} }}"


def heap(body: str) -> str:
    """A thread with a fresh heap object."""
    return HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def work_heap(body: str) -> str:
    """A thread with a fresh heap object that works lie in."""
    return WORK_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def hrtimer_heap(body: str) -> str:
    """A thread with a fresh heap object that an hrtimer lies in."""
    return HRTIMER_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def timer_heap(body: str) -> str:
    """A thread with a fresh heap object that a timer lies in."""
    return TIMER_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def two_of_one(allocator: str) -> str:
    """A thread that allocates two objects through pointers, where there is one."""
    new = f"{allocator}(sizeof(*a), GFP_KERNEL)"
    return "struct thing { bool b; } o; " + thread(f"struct thing *a, *b; a = {new}; b = {new};")


def two_managed(allocator: str) -> str:
    """As ``two_of_one``, where a device holds them."""
    new = f"devm_{allocator}(&pdev, sizeof(*a), GFP_KERNEL)"
    return f"struct thing {{ bool b; }} o; struct thing *a, *b; device pdev {{ probe {{ a = {new}; b = {new}; }} }}"


CHECKS: tuple[tuple[str, str, str], ...] = (
    ("context", "returns with preemption disabled or a spinlock held", thread("preempt_disable();")),
    ("context", "returns with bottom halves disabled", thread("local_bh_disable();")),
    ("context", "returns with the wrong interrupt state", thread("local_irq_disable();")),
    ("context", "is still held by a handler or thread that returns", MUTEX + thread("mutex_lock(&mx);")),
    ("context", "preempt_enable without preempt_disable", thread("preempt_enable();")),
    ("context", "local_bh_enable without local_bh_disable", thread("local_bh_enable();")),
    ("irq", "Threaded irq requested with handler=NULL and !ONESHOT",
        "irq nic thread { } " + thread("request_threaded_irq(&nic);")),
    ("device", "every instance of the struct is allocated: the spec must declare more of them", two_managed("kmalloc")),
    ("device", "every instance of the struct is allocated: the spec must declare more of them", two_managed("kzalloc")),
    ("irq", "is requested again while it has its handler: declare a line for each, `irq first; irq second;`",
        "irqreturn_t h(int irq, void *d) { return IRQ_HANDLED; } "
        + thread('for (int<0..2> i = 0; i < 2; i++) request_irq(5, h, 0, "x", NULL);')),
    ("irq", "is freed but not requested: Trying to free already-free IRQ",
        "irq nic { } " + thread("request_irq(&nic); free_irq(&nic); free_irq(&nic);")),
    ("irq", "is enabled more often than it was disabled: Unbalanced enable for IRQ", irq("enable_irq(&nic);")),
    ("lock", "is taken before it was initialised", heap("spin_lock(&o.lock);")),
    ("lock", "is taken before it was initialised", heap("mutex_lock(&o.mx);")),
    ("lock", "spins on a lock that is held by itself or by what it interrupted on this CPU",
        LOCK + thread("spin_lock(&lock); spin_lock(&lock);")),
    ("lock", "is unlocked but not held", LOCK + thread("preempt_disable(); spin_unlock(&lock);")),
    ("lock", "is unlocked but not held", MUTEX + thread("mutex_unlock(&mx);")),
    ("lock", "is unlocked by a context that does not hold it",
        "cpus 2; " + LOCK + "bool taken; thread q on cpu 1 { spin_lock(&lock); taken = true; while (true) udelay(1); } "
        + thread("await (taken); preempt_disable(); spin_unlock(&lock);")),
    ("lock", "is unlocked by a context that does not hold it",
        MUTEX + "bool taken; thread q on cpu 0 { mutex_lock(&mx); taken = true; while (true) msleep(1); } "
        + thread("await (taken); mutex_unlock(&mx);")),
    ("lock", "is unlocked after preemption was enabled under it",
        LOCK + thread("spin_lock(&lock); preempt_enable(); spin_unlock(&lock);")),
    ("memory", "is allocated again while the first one was never freed", heap("kmalloc(o, GFP_KERNEL);")),
    ("memory", "is allocated again while the first one was never freed", heap("kzalloc(o, GFP_KERNEL);")),
    ("memory", "every instance of the struct is allocated: the spec must declare more of them", two_of_one("kmalloc")),
    ("memory", "every instance of the struct is allocated: the spec must declare more of them", two_of_one("kzalloc")),
    ("memory", "is freed but was never allocated: it is static, or lies on the stack",
        "struct thing { bool b; }; " + thread("struct thing o; kfree(&o);")),
    ("memory", "is freed twice", heap("kfree(o); kfree(o);")),
    ("memory", "is scheduled while the memory that it lies in is freed",
        heap("tasklet_setup(&o.t, work); local_bh_disable(); tasklet_schedule(&o.t); kfree(o);")),
    ("memory", "is running while the memory that it lies in is freed",
        "struct thing { tasklet_struct t; } o; void work(void) { kfree(o); } "
        + thread("kmalloc(o, GFP_KERNEL); tasklet_setup(&o.t, work); tasklet_schedule(&o.t);")),
    ("memory", "is held while the memory that it lies in is freed",
        heap("spin_lock_init(&o.lock); spin_lock(&o.lock); kfree(o);")),
    ("memory", "is held while the memory that it lies in is freed",
        heap("mutex_init(&o.mx); mutex_lock(&o.mx); kfree(o);")),
    ("module", "is still scheduled when the module is gone", TASKLET + "module { init { tasklet_schedule(&t); } }"),
    ("module", "is still running when the module is gone",
        "cpus 2; " + TASKLET + irq("tasklet_schedule(&t);") + " module { init { } }"),  # on CPU 0, the module on CPU 1
    ("module", "interrupt handler is still requested when the module is gone",
        irq("") + " module { init { request_irq(&nic); } }"),
    ("module", "is never freed: the module is gone and it is still allocated",
        HEAP + "module { init { kmalloc(o, GFP_KERNEL); } }"),
    ("softirq", "__raise_softirq_irqoff with interrupts on", thread("__raise_softirq_irqoff(NET_RX_SOFTIRQ);")),
    ("softirq", "raise_softirq_irqoff with interrupts on", thread("raise_softirq_irqoff(NET_RX_SOFTIRQ);")),
    ("tasklet", "re-initialised while it is scheduled or running",
        "void work(void) { } DECLARE_TASKLET(t, work); "
        + thread("local_bh_disable(); tasklet_schedule(&t); tasklet_setup(&t, work); local_bh_enable();")),
    ("tasklet", "is put on a list that it is on already",  # re-initialised, so that it does not know that it is on it
        'allow DF207 "to see what comes of it"; void work(void) { } DECLARE_TASKLET(t, work); '
        + thread("local_bh_disable(); tasklet_schedule(&t); tasklet_setup(&t, work); tasklet_schedule(&t);")),
    ("tasklet", "is scheduled before it was initialised", heap("tasklet_schedule(&o.t);")),
    ("tasklet", "is scheduled before it was initialised", heap("tasklet_hi_schedule(&o.t);")),
    ("tasklet", "tasklet SCHED state not set: re-initialised while it was scheduled",
        'allow DF207 "to see what comes of it"; void work(void) { } DECLARE_TASKLET(t, work); '
        + thread("local_bh_disable(); tasklet_schedule(&t); tasklet_setup(&t, work); local_bh_enable();")),
    ("tasklet", "runs on two CPUs at once",  # re-initialised while it runs, so that RUN is lost
        'allow DF207 "to see what comes of it"; cpus 2; void work(void) { } DECLARE_TASKLET(t, work); '
        "irq nic times 2 { tasklet_schedule(&t); } thread p { tasklet_setup(&t, work); }"),
    ("tasklet", "is killed before it was initialised", heap("tasklet_kill(&o.t);")),
    ("tasklet", "is disabled before it was initialised", heap("tasklet_disable_nosync(&o.t);")),
    ("tasklet", "is enabled more often than it was disabled", TASKLET + thread("tasklet_enable(&t);")),
    ("memory", "is pending while the memory that it lies in is freed",
        work_heap("INIT_WORK(&o.w, work); schedule_work(&o.w); kfree(o);")),
    ("memory", "has a waiter while the memory that it lies in is freed",
        WAIT_HEAP + "thread q on cpu 0 { await (ready); kfree(o); } "
        + thread("kmalloc(o, GFP_KERNEL); init_waitqueue_head(&o.q); ready = true; wait_event(o.q, flag);")),
    ("module", "is still pending when the module is gone", WORK + "module { init { schedule_work(&w); } }"),
    ("module", "is still running when the module is gone", WORK + "module { init { schedule_work(&w); } }"),
    ("waitqueue", "is re-initialised while somebody waits on it",
        "DECLARE_WAIT_QUEUE_HEAD(q); bool flag; thread waiter on cpu 0 { wait_event(q, flag); } "
        + thread("init_waitqueue_head(&q);")),
    ("waitqueue", "is waited on before it was initialised",
        WAIT_HEAP + thread("kmalloc(o, GFP_KERNEL); wait_event(o.q, flag);")),
    ("waitqueue", "is woken before it was initialised", WAIT_HEAP + thread("kmalloc(o, GFP_KERNEL); wake_up(&o.q);")),
    ("workqueue", "is re-initialised while it is pending or running",
        WORK + thread("schedule_work(&w); INIT_WORK(&w, work);")),
    ("memory", "is armed while the memory that it lies in is freed",
        timer_heap("timer_setup(&o.tm, f, 0); mod_timer(&o.tm, jiffies); kfree(o);")),
    ("module", "is still armed when the module is gone", TIMER + "module { init { add_timer(&tm); } }"),
    ("module", "is still running when the module is gone",
        "cpus 2; timer tm { while (true) cpu_relax(); } module { init { add_timer(&tm); } exit { del_timer(&tm); } }"),
    ("memory", "is armed while the memory that it lies in is freed",
        hrtimer_heap(f"{SETUP} hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL); kfree(o);")),
    ("module", "is still armed when the module is gone", HRTIMER_HEAP + 'allow DF306 "not what is asked for"; '
        + f"module {{ init {{ kmalloc(o, GFP_KERNEL); {SETUP} hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL); }} }}"),
    ("module", "is still running when the module is gone",
        "cpus 2; struct thing { struct hrtimer tm; } o; "
        "enum hrtimer_restart f(struct hrtimer *t) { while (true) cpu_relax(); return HRTIMER_NORESTART; } "
        'allow DF306 "not what is asked for"; module { '
        f"init {{ kmalloc(o, GFP_KERNEL); {SETUP} hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL); }} "
        "exit { hrtimer_try_to_cancel(&o.tm); } }"),
    ("hrtimer", "is re-initialised while it is armed or its function runs",
        hrtimer_heap(f"{SETUP} hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL); {SETUP}")),
    ("hrtimer", "is started before it was initialised", hrtimer_heap("hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL);")),
    ("hrtimer", "is moved forward before it was initialised", hrtimer_heap("hrtimer_forward_now(&o.tm, 1);")),
    ("hrtimer", "is cancelled before it was initialised", hrtimer_heap("hrtimer_try_to_cancel(&o.tm);")),
    ("hrtimer", "is cancelled before it was initialised", hrtimer_heap("hrtimer_cancel(&o.tm);")),
    ("hrtimer", "is waited for by its own function, or by what interrupted it on this CPU",
        HRTIMER_HEAP.replace("{ return", "{ hrtimer_cancel(&o.tm); return")
        + thread(f"kmalloc(o, GFP_KERNEL); {SETUP} hrtimer_start(&o.tm, 1, HRTIMER_MODE_REL);")),
    ("timer", "is armed before it was initialised", timer_heap("mod_timer(&o.tm, jiffies);")),
    ("timer", "is added while it is armed already", TIMER + thread("add_timer(&tm); add_timer(&tm);")),
    ("timer", "is deleted before it was initialised", timer_heap("timer_delete(&o.tm);")),
    ("timer", "is waited for by its own function, or by what interrupted it on this CPU",
        "timer tm { timer_shutdown_sync(&tm); } " + thread("add_timer(&tm);")),
    ("timer", "is armed while it is destroyed", TIMER + thread("add_timer(&tm); destroy_timer_on_stack(&tm);")),
    ("timer", "is re-initialised while it is armed",
        TIMER + "void f(struct timer_list *t) { } " + thread("add_timer(&tm); timer_setup(&tm, f, 0);")),
    ("timer", "is re-initialised while its function runs",
        "cpus 2; bool on; timer tm { on = true; cpu_relax(); on = false; } void f(struct timer_list *t) { } "
        "thread q on cpu 1 { await (on); timer_setup(&tm, f, 0); } " + thread("add_timer(&tm);")),
    ("workqueue", "is pending while it is destroyed",
        WORK + thread("preempt_disable(); schedule_work(&w); destroy_work_on_stack(&w); preempt_enable();")),
    ("workqueue", "is put on a list that it is on already",  # re-initialised, so that it does not know that it is on it
        'allow DF207 "to see what comes of it"; ' + WORK
        + thread("preempt_disable(); schedule_work(&w); INIT_WORK(&w, work); schedule_work(&w); preempt_enable();")),
    ("workqueue", "does not exist yet: a work is queued on it", QUEUE + thread("queue_work(&wq, &w);")),
    ("workqueue", "is destroyed: a work is queued on it",
        QUEUE + thread("create_workqueue(wq); destroy_workqueue(&wq); queue_work(&wq, &w);")),
    ("workqueue", "is being drained: the work stays pending for ever and never runs",
        QUEUE + "bool ready; thread q on cpu 0 { await (ready); queue_work(&wq, &w); } "
        + thread("create_workqueue(wq); ready = true; drain_workqueue(&wq);")),
    ("workqueue", "is queued before it was initialised", work_heap("schedule_work(&o.w);")),
    ("workqueue_delayed", "is queued before it was initialised", work_heap("schedule_delayed_work(&o.d, 10);")),
    ("workqueue_delayed", "is queued before it was initialised", work_heap("mod_delayed_work(&system_wq, &o.d, 10);")),
    ("workqueue_workers", "runs twice at once",  # on two queues, whose pools know nothing of each other
        WORK + thread("schedule_work(&w); queue_work(&system_highpri_wq, &w);")),
    ("workqueue_flush", "is flushed before it was initialised", work_heap("flush_work(&o.w);")),
    ("workqueue_flush", "is flushed but does not exist", QUEUE + thread("flush_workqueue(&wq);")),
    ("workqueue_flush", "is cancelled before it was initialised", work_heap("cancel_work_sync(&o.w);")),
    ("workqueue_delayed", "is cancelled before it was initialised", work_heap("cancel_delayed_work_sync(&o.d);")),
    ("workqueue_flush", "runs inside itself",
        'kernel "2.6.20"; struct workqueue_struct wq; bool again; '
        "void work(void) { if (!again) { again = true; queue_work(&wq, &w); flush_workqueue(&wq); } } "
        "DECLARE_WORK(w, work); " + thread("create_workqueue(wq); queue_work(&wq, &w);")),
    ("workqueue", "is made again while the first one was never destroyed",
        QUEUE + thread("create_workqueue(wq); create_workqueue(wq);")),
    ("module", "is never destroyed: the module is gone and its threads are not",
        QUEUE + "module { init { create_workqueue(wq); return 0; } exit { } }"),
    ("workqueue_flush", "is drained but does not exist", QUEUE + thread("drain_workqueue(&wq);")),
    ("workqueue_flush", "is destroyed but does not exist", QUEUE + thread("destroy_workqueue(&wq);")),
    ("workqueue_flush", "is destroyed while a work that was queued after the flush is on it",
        'kernel "2.6.32"; struct workqueue_struct wq; void work(void) { queue_work(&wq, &w); } DECLARE_WORK(w, work); '
        + thread("create_workqueue(wq); queue_work(&wq, &w); destroy_workqueue(&wq);")),
)  # fmt: skip

NEVER: dict[str, str] = {
    "interrupt handler is still running when the module is gone": "free_irq and the end of exit both wait for it; "
    "free_irq_waits.dfr shows what happens when they do not",
}
"""Checks that nothing can break as long as the rest of the model is right, and why."""

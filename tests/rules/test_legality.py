"""The table of what may be called where (`legality.dfr`, semantics §1.5): each row in each situation, to the letter.

For each primitive one spec calls it in a plain thread and in each of the situations of the table, on a line of its own
each. On that line DF101 or DF102 must be broken as the row says, or neither.
"""

from __future__ import annotations

from functools import cache

import pytest
from defercheck.check import Options, check_spec, kernel_model, load, resolve
from defercheck.grammar import tree
from defercheck.grammar.span import Source
from defercheck.sema.legality import Legality, table
from defercheck.sema.since import missing

RULES = frozenset({"DF101", "DF102"})

DECLARATIONS = """
spinlock_t lock;
struct mutex mx;
bool flag;
unsigned long saved;
DECLARE_WAIT_QUEUE_HEAD(head);
DECLARE_COMPLETION(done);
struct thing { int<0..1> x; } o;
struct workqueue_struct queue;
void handler(void) { }
DECLARE_TASKLET(task, handler, 0);
DECLARE_WORK(item, handler);
DECLARE_DELAYED_WORK(later, handler);
DEFINE_TIMER(clock, handler);
struct item { struct rcu_head rcu; } heap;
DEFINE_RWLOCK(rw);
DECLARE_RWSEM(rs);
DEFINE_SEMAPHORE(sem);
struct hrtimer tick;
thread task_w { }
thread task_s { while (!kthread_should_stop()) msleep(1); }
irq line times 1 { }
irq threaded times 1 { return IRQ_WAKE_THREAD; } thread { }
"""

CALLS: dict[str, str] = {
    "might_sleep": "might_sleep();", "schedule": "schedule();", "cond_resched": "cond_resched();",
    "msleep": "msleep(1);", "ssleep": "ssleep(1);", "usleep_range": "usleep_range(1, 2);",
    "wait_event": "wait_event(head, flag);", "wait_event_interruptible": "wait_event_interruptible(head, flag);",
    "wait_event_timeout": "wait_event_timeout(head, flag, HZ);",
    "wait_event_interruptible_timeout": "wait_event_interruptible_timeout(head, flag, HZ);",
    "wait_event_killable": "wait_event_killable(head, flag);",
    "wait_event_idle": "wait_event_idle(head, flag);",
    "kmalloc": "kmalloc(o, GFP_KERNEL);", "kzalloc": "kzalloc(o, GFP_NOIO);",
    "kmalloc_some": "kmalloc_some(o, GFP_KERNEL);", "kzalloc_some": "kzalloc_some(o, GFP_NOIO);", "kfree": "kfree(o);",
    "mutex_lock": "mutex_lock(&mx);", "mutex_unlock": "mutex_unlock(&mx);",
    "alloc_workqueue": 'queue = alloc_workqueue("queue", 0, 1);', "create_workqueue": 'queue = create_workqueue("q");',
    "alloc_ordered_workqueue": 'queue = alloc_ordered_workqueue("queue", 0);',
    "create_singlethread_workqueue": 'queue = create_singlethread_workqueue("queue");',
    "flush_scheduled_work": "flush_scheduled_work();",
    "queue_work": "queue_work(system_wq, &item);", "queue_work_on": "queue_work_on(0, system_wq, &item);",
    "schedule_work_on": "schedule_work_on(0, &item);", "schedule_delayed_work": "schedule_delayed_work(&later, HZ);",
    "queue_delayed_work": "queue_delayed_work(system_wq, &later, HZ);",
    "queue_delayed_work_on": "queue_delayed_work_on(0, system_wq, &later, HZ);",
    "schedule_delayed_work_on": "schedule_delayed_work_on(0, &later, HZ);",
    "mod_delayed_work": "mod_delayed_work(system_wq, &later, HZ);",
    "raise_softirq": "raise_softirq(NET_RX_SOFTIRQ);", "local_irq_enable": "local_irq_enable();",
    "local_bh_disable": "local_bh_disable();", "local_bh_enable": "local_bh_enable();",
    "kthread_run": "kthread_run(task_w);", "kthread_create": "kthread_create(task_w);",
    "kthread_stop": "kthread_stop(task_s);", "wake_up_process": "wake_up_process(task_s);",
    "schedule_timeout": "schedule_timeout(HZ);", "schedule_timeout_interruptible": "schedule_timeout_interruptible(1);",
    "schedule_timeout_uninterruptible": "schedule_timeout_uninterruptible(HZ);",
    "mod_timer": "mod_timer(&clock, HZ);", "spin_trylock_irqsave": "spin_trylock_irqsave(&lock, saved);",
    "call_rcu": "call_rcu(&heap.rcu, handler);", "kfree_rcu": "kfree_rcu(heap, rcu);",
    "mod_timer_pending": "mod_timer_pending(&clock, HZ);",
    "add_timer_on": "add_timer_on(&clock, 0);", "try_to_del_timer_sync": "try_to_del_timer_sync(&clock);",
    "hrtimer_start": "hrtimer_start(&tick, 1, HRTIMER_MODE_REL);", "hrtimer_restart": "hrtimer_restart(&tick);",
    "hrtimer_cancel": "hrtimer_cancel(&tick);", "hrtimer_try_to_cancel": "hrtimer_try_to_cancel(&tick);",
    "devm_kmalloc": "devm_kmalloc(o, &pdev, GFP_KERNEL);", "devm_kzalloc": "devm_kzalloc(o, &pdev, GFP_NOIO);",
    "devm_kfree": "devm_kfree(&pdev, o);", "devm_request_irq": "devm_request_irq(&pdev, &line);",
    "devm_request_threaded_irq": "devm_request_threaded_irq(&pdev, &threaded);",
    "devm_free_irq": "devm_free_irq(&pdev, &line);", "devm_add_action": "devm_add_action(&pdev, handler, NULL);",
    "devm_add_action_or_reset": "devm_add_action_or_reset(&pdev, handler, NULL);",
}  # fmt: skip
"""How a primitive is called, where that does not follow from what it is about."""

ABOUT: tuple[tuple[str, str, str], ...] = (
    ("wait_for_completion", "_timeout", "(&done, HZ);"),
    ("wait_for_completion", "", "(&done);"),
    ("try_wait_for_completion", "", "(&done);"), ("comple", "", "(&done);"), ("reinit_completion", "", "(&done);"),
    ("wake_up", "", "(&head);"), ("tasklet_", "", "(&task);"), ("spin_", "", "(&lock);"),
    ("flush_workqueue", "", "(system_wq);"), ("drain_workqueue", "", "(system_wq);"),
    ("destroy_workqueue", "", "(system_wq);"), ("flush_delayed_work", "", "(&later);"),
    ("cancel_delayed_work", "", "(&later);"), ("flush_work", "", "(&item);"), ("cancel_work", "", "(&item);"),
    ("disable_work", "", "(&item);"), ("enable_work", "", "(&item);"), ("disable_delayed", "", "(&later);"),
    ("enable_delayed", "", "(&later);"),
    ("schedule_work", "", "(&item);"), ("request_threaded_irq", "", "(&threaded);"),
    ("request_irq", "", "(&line);"), ("free_irq", "", "(&line);"),
    ("down_read", "", "(&rs);"), ("down_write", "", "(&rs);"), ("up_", "", "(&rs);"),
    ("down_timeout", "", "(&sem, HZ);"),
    ("down", "", "(&sem);"), ("up", "", "(&sem);"), ("read_", "", "(&rw);"), ("write_", "", "(&rw);"),
    ("mutex_", "", "(&mx);"), ("rcu_", "", "();"), ("synchronize_rcu", "", "();"), ("synchronize_net", "", "();"),
    ("", "irq", "(&line);"), ("disable_irq_nosync", "", "(&line);"), ("", "timer", "(&clock);"),
    ("del_", "_timer_sync", "(&clock);"), ("del_singleshot", "", "(&clock);"),
    ("timer_", "", "(&clock);"),
)  # fmt: skip
"""The arguments of the others: by how the name begins and ends."""

BEFORE = {
    "mutex_unlock": "mutex_lock(&mx);", "spin_unlock_irq": "spin_lock_irq(&lock);",
    "spin_unlock_bh": "spin_lock_bh(&lock);", "local_bh_enable": "local_bh_disable();",
    "read_unlock_irq": "read_lock_irq(&rw);", "write_unlock_irq": "write_lock_irq(&rw);",
    "read_unlock_bh": "read_lock_bh(&rw);", "write_unlock_bh": "write_lock_bh(&rw);",
    "rcu_read_unlock_bh": "rcu_read_lock_bh();", "rcu_read_unlock": "rcu_read_lock();", "up_read": "down_read(&rs);",
    "up_write": "down_write(&rs);", "call_rcu": "kmalloc(heap, GFP_KERNEL);", "kfree_rcu": "kmalloc(heap, GFP_KERNEL);",
    "enable_work": "disable_work(&item);", "enable_delayed_work": "disable_delayed_work(&later);",
    "tasklet_enable": "tasklet_disable_nosync(&task);", "enable_irq": "disable_irq_nosync(&line);",
}  # fmt: skip
"""What must come before the call, where it is legal, for it to make sense."""

THREAD = {
    "none": ("", ""), "preempt_off": ("preempt_disable();", "preempt_enable();"),
    "bh_off": ("local_bh_disable();", "local_bh_enable();"),
    "irqs_masked": ("local_irq_disable();", "local_irq_enable();"),
    "rcu_reader": ("rcu_read_lock();", "rcu_read_unlock();"),
}  # fmt: skip
"""Situations of a thread: how they begin and end."""

ATOMIC_FORMS = {
    "kmalloc": "kmalloc(o, GFP_ATOMIC);", "kzalloc": "kzalloc(o, GFP_NOWAIT);",
    "devm_kmalloc": "devm_kmalloc(o, &pdev, GFP_ATOMIC);", "devm_kzalloc": "devm_kzalloc(o, &pdev, GFP_NOWAIT);",
    "kmalloc_some": "kmalloc_some(o, GFP_ATOMIC);", "kzalloc_some": "kzalloc_some(o, GFP_NOWAIT);",
}  # fmt: skip
"""Calls for which a row with a condition does not hold and another does."""


SEMANTICS = {
    "might_sleep schedule cond_resched msleep ssleep usleep_range": "NNN",
    "wait_event wait_event_interruptible wait_event_timeout": "NNN",
    "wait_event_killable wait_event_idle wait_event_interruptible_timeout": "NNN",
    "wait_for_completion wait_for_completion_io wait_for_completion_timeout wait_for_completion_io_timeout": "NNN",
    "wait_for_completion_interruptible wait_for_completion_interruptible_timeout": "NNN",
    "wait_for_completion_killable wait_for_completion_killable_timeout": "NNN",
    "mutex_lock kmalloc kzalloc kmalloc_some kzalloc_some flush_work flush_delayed_work": "NNN",
    "flush_workqueue flush_scheduled_work": "NNN",
    "drain_workqueue destroy_workqueue alloc_workqueue alloc_ordered_workqueue create_workqueue": "NNN",
    "create_singlethread_workqueue cancel_work_sync cancel_delayed_work_sync request_irq free_irq": "NNN",
    "devm_kmalloc devm_kzalloc devm_request_irq devm_request_threaded_irq devm_free_irq": "NNN",
    "devm_add_action devm_add_action_or_reset": "NNN",
    "request_threaded_irq": "NNN", "timer_delete_sync timer_shutdown_sync": "YYN",
    "del_timer_sync del_singleshot_timer_sync": "YYN",
    "kthread_run kthread_create kthread_stop schedule_timeout schedule_timeout_interruptible": "NNN",
    "schedule_timeout_uninterruptible": "NNN",
    "disable_work_sync disable_delayed_work_sync tasklet_unlock_wait": "NNN",
    "disable_irq synchronize_irq tasklet_disable tasklet_kill": "NNN",
    "mutex_lock_interruptible mutex_lock_killable down down_interruptible down_killable down_timeout": "NNN",
    "down_read down_write synchronize_rcu synchronize_net rcu_barrier": "NNN",
    "mutex_trylock": "YNN", "read_unlock_irq write_unlock_irq spin_trylock_bh": "YYN",
    "read_lock_bh write_lock_bh rcu_read_lock_bh": "YYN", "read_unlock_bh write_unlock_bh rcu_read_unlock_bh": "?YN",
    "mutex_unlock": "YNN", "local_irq_enable spin_unlock_irq local_bh_disable spin_lock_bh": "YYN",
    "local_bh_enable spin_unlock_bh": "?YN",
}  # fmt: skip
"""§1.5 by hand, in its columns A, S and H: N illegal, Y legal, ? legal in some forms of A. What is not here is YYY."""


@cache
def legality() -> Legality:
    return table(kernel_model())


INNER = ("wait_until_idle",)
"""Parts of calls that rows name, for what is known only there: `specs/kernel/bh_cancel_*.dfr` make them."""
NAMES = tuple(
    dict.fromkeys(
        n.text for row in legality().rows for n in row.names if not n.text.endswith("_some") and n.text not in INNER
    )
)
"""All of them but what `kmalloc` of a pointer stands for, whose rows are those of `kmalloc`."""


def of_version(row: tree.LegalDecl) -> bool:
    """Whether a row is for some versions only; for specs with bottom halves is something else."""
    return row.flag is not None and "bh_wq" not in row.flag.span.text


VERSIONED = {n.text for row in legality().rows if of_version(row) for n in row.names}
CASES = [
    (name, version)
    for name in NAMES
    for version in (("2.6.32", "6.1", "6.19") if name in VERSIONED else ("6.12",) if missing(name, "6.1") else ("6.1",))
]


def call(name: str) -> str:
    """A call of a primitive."""
    if name in CALLS:
        return CALLS[name]
    given = next((a for begins, ends, a in ABOUT if name.startswith(begins) and name.endswith(ends)), None)
    assert given is not None, f"say in this test how `{name}` is called"
    return name + given


def stated(name: str, version: str, text: str) -> dict[str, str]:
    """What the table says of a call: the verdict in each situation."""
    flags = resolve(load(Source("flags.dfr", "irq nic { }")), version, Options()).flags
    rows = legality().of(name, flags)
    if len(rows) > 1:  # of two rows with conditions the one for this form: the first is for what may sleep
        rows = rows[1:] if text in ATOMIC_FORMS.values() else rows[:1]
    (row,) = rows
    return {s.name.text: v.text for s, v in zip(legality().situations, row.verdicts, strict=True)}


def spec(text: str, before: str, verdicts: dict[str, str]) -> tuple[str, dict[str, int]]:
    """A spec that makes a call in every situation, and the line on which it does."""
    lines, where = DECLARATIONS.splitlines(), {}
    lines += ["device pdev { }"] if "pdev" in text else []

    def add(situation: str, begins: str, ends: str) -> None:
        legal = verdicts.get(situation, "yes") in ("yes", "risk", "later") and situation != "hardirq"
        lines.extend([before if legal else "", begins, text, ends])
        where[situation] = len(lines) - 1

    lines.append("thread p on cpu 0 { choose { } ")
    for situation, (begins, ends) in THREAD.items():
        lines.append(" or {")
        add(situation, begins, ends)
        lines.append("}")
    lines.extend(["}", "void soft(void) {"])
    add("softirq", "", "")
    lines.extend(["}", "DECLARE_TASKLET(soft_task, soft, 0);", "irq hard times 1 {"])
    add("hardirq", "", "")
    lines.extend(["}", "irq starts times 1 { tasklet_schedule(&soft_task); }"])
    return "\n".join(["cpus 1;", *lines]), {s: n + 1 for s, n in where.items()}


def found(text: str, version: str) -> dict[int, set[str]]:
    """The rules of the table that are broken, by line."""
    result = check_spec(load(Source("legal.dfr", text)), version, Options(only=RULES))
    assert result.exploration.complete
    lines: dict[int, set[str]] = {}
    for claim in (result.system.claim(id) for id in result.exploration.witnesses):
        if claim.code in RULES and claim.span is not None:
            lines.setdefault(claim.span.line, set()).add(claim.code)
    return lines


def check_row(name: str, version: str, text: str) -> None:
    verdicts = {"none": "yes", **stated(name, version, text)}
    source, where = spec(text, BEFORE.get(name, ""), verdicts)
    lines = found(source, version)
    wanted = {"yes": set(), "risk": set(), "later": {"DF101"}}
    assert {s: lines.get(n, set()) for s, n in where.items()} == {
        s: wanted.get(verdicts[s], {verdicts[s]}) for s in where
    }, source


@pytest.mark.parametrize(("name", "version"), CASES, ids=[f"{n}-{v}" for n, v in CASES])
def test_row(name: str, version: str) -> None:
    check_row(name, version, call(name))


@pytest.mark.parametrize("name", ATOMIC_FORMS)
def test_row_of_another_form(name: str) -> None:
    check_row(name, "6.1", ATOMIC_FORMS[name])


def test_the_table_is_that_of_the_semantics() -> None:
    """On 6.1, for the forms that may sleep: so that a slip in a row is found, and not only one in what it does."""
    by_hand = {name: columns for names, columns in SEMANTICS.items() for name in names.split()}
    for name in NAMES:
        verdicts = stated(name, "6.1", call(name))
        letters = {s: "Y" if v in ("yes", "risk") else "N" for s, v in verdicts.items()}
        atomic = {letters[s] for s in ("preempt_off", "bh_off", "irqs_masked", "rcu_reader")}
        row = (atomic.pop() if len(atomic) == 1 else "?") + letters["softirq"] + letters["hardirq"]
        assert row == by_hand.get(name, "YYY"), name


def test_every_situation_is_made() -> None:
    assert {s.name.text for s in legality().situations} == {*THREAD, "softirq", "hardirq"} - {"none"}

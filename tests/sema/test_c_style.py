"""What drivers' C writes without thinking: prototypes, plain `int`, static structs, queues by pointer, module_init."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.formatter import format
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Source, SpecError


def broken(text: str) -> list[str]:
    return [v.code for v in check_spec(load(Source("c.dfr", text)), "6.1").verdicts if v.outcome == "violated"]


POLL = """
static void poll_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(poll, poll_fn);
static int start_poll(struct device *dev, unsigned long flags);
static void poll_fn(struct work_struct *work)
{
    struct delayed_work *d = to_delayed_work(work);

    schedule_delayed_work(d, HZ);
}
module {
    init { schedule_delayed_work(&poll, 0); return 0; }
    exit { cancel_delayed_work_sync(&poll); }
}
"""


def test_to_delayed_work_gives_the_delayed_work() -> None:
    assert broken(POLL) == []
    assert broken(POLL.replace("cancel_delayed_work_sync(&poll);", "")) == ["DF304"]


def test_prototypes_say_nothing_and_stay_where_they_are() -> None:
    formatted = format(parse(POLL))
    assert "static int start_poll(struct device *dev, unsigned long flags);\n" in formatted


def test_an_object_with_a_handler_is_no_prototype() -> None:
    assert broken("void f(struct work_struct *w) { } work w(f); thread t { schedule_work(&w); }") == []


LOCAL = """
DEFINE_MUTEX(m);
bool busy;
int get(void) { if (busy) return -EBUSY; return 2; }
thread a {
    int i, r = 0;
    int locked = mutex_trylock(&m);

    for (i = 0; i < 2; i++)
        r = get();
    assert(r == 2 || r == -EBUSY);
    if (locked)
        mutex_unlock(&m);
}
thread b { busy = true; }
"""


def test_a_local_int_needs_no_range() -> None:
    assert broken(LOCAL) == []
    assert broken(LOCAL.replace("|| r == -EBUSY", "")) == ["DF701"]
    assert broken("int<0..3> x; thread a { int i = 0; while (x < 4) i++; }") == ["DF704"]


STATIC = """
struct chip { struct mutex lock; int<0..3> n; struct chip *next; };
static struct chip chip;
thread a {
    struct chip *c = &chip;

    mutex_init(&c->lock);
    mutex_lock(&chip.lock);
    if (!c->next)
        c->n++;
    mutex_unlock(&c->lock);
}
final zeroed: chip.n == 1;
"""


def test_a_static_struct_is_there_from_the_start() -> None:
    assert broken(STATIC) == []
    assert broken(STATIC.replace("c->n++", "c->n = 2")) == ["DF702"]
    assert broken(STATIC.replace("final", "thread b after a { kfree(&chip); }\nfinal")) == ["DF302"]


def test_a_static_struct_is_not_what_an_allocation_gives() -> None:
    text = STATIC + "thread c { struct chip *d; d = kzalloc(sizeof(*d), GFP_KERNEL); assert(d != &chip); kfree(d); }"
    assert broken(text) == []


def test_a_module_by_its_macros() -> None:
    text = """
    MODULE_LICENSE("GPL");
    void f(struct work_struct *work) { }
    DECLARE_WORK(w, f);
    static int __init enter(void) { schedule_work(&w); return 0; }
    static void __exit leave(void) { cancel_work_sync(&w); }
    module_init(enter);
    module_exit(leave);
    """
    assert broken(text) == []
    assert broken(text.replace("cancel_work_sync(&w);", "")) == ["DF304"]
    with pytest.raises(SpecError, match="takes a function of this spec"):
        broken(text.replace("module_exit(leave)", "module_exit(leaving)"))


QUEUE = """
struct priv { struct workqueue_struct *wq; struct work_struct w; } priv;
static struct workqueue_struct *shared = NULL;
bool up;
void fn(struct work_struct *w) { up = true; }
thread a {
    struct priv *p = kzalloc(sizeof(*p), GFP_KERNEL);

    p->wq = alloc_workqueue("x", 0, 0);
    shared = create_singlethread_workqueue("s");
    INIT_WORK(&p->w, fn);
    queue_work(p->wq, &p->w);
    if (shared) {
        destroy_workqueue(shared);
        shared = NULL;
    }
    destroy_workqueue(p->wq);
    assert(up);
    kfree(p);
}
"""


def test_queues_by_pointer_are_queues() -> None:
    assert broken(QUEUE) == []
    assert broken(QUEUE.replace("    destroy_workqueue(p->wq);\n    assert", "    assert")) == ["DF701"]
    queue = "queue_work(p->wq, &p->w);"
    assert "DF205" in broken(QUEUE.replace(queue, "destroy_workqueue(p->wq); " + queue))


def test_an_ordinary_name_of_the_kernels_is_free() -> None:
    assert broken("bool up; int<0..1> down; thread a { up = true; down = 1; } final f: up && down == 1;") == []


def test_a_timer_may_be_told_when_it_expires() -> None:
    text = """
    struct timer_list t;
    void f(struct timer_list *unused) { }
    thread a { timer_setup(&t, f, 0); t.expires = jiffies + HZ; add_timer(&t); }
    """
    assert broken(text) == []


ON_STACK = """
struct later { struct work_struct work; struct completion done; };
void fn(struct work_struct *work) { complete(&container_of(work, struct later, work)->done); }
thread a {
    struct later l;

    INIT_WORK_ONSTACK(&l.work, fn);
    init_completion(&l.done);
    schedule_work(&l.work);
    wait_for_completion(&l.done);
    flush_work(&l.work);
    destroy_work_on_stack(&l.work);
}
"""


def test_works_on_the_stack() -> None:
    assert broken(ON_STACK) == []
    early = ON_STACK.replace("    wait_for_completion(&l.done);\n    flush_work(&l.work);\n", "")
    assert "DF303" in broken(early)

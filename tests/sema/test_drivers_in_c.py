"""What drivers write as C has it: handlers of interrupts, actions of devices, plain numbers, names for numbers."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.span import Source, SpecError


def broken(text: str, version: str = "6.1") -> list[str]:
    verdicts = check_spec(load(Source("c.dfr", text)), version).verdicts
    return [v.code for v in verdicts if v.outcome == "violated" and v.severity == "error"]


def complaint(text: str) -> str:
    with pytest.raises(SpecError) as found:
        broken(text)
    return "\n".join(f"{d.message} / {d.help}" for d in found.value.diagnostics)


HANDLER = """
struct chip { struct work_struct work; int irq; };
static struct chip chip;
irq nic times 2;
static void work_fn(struct work_struct *w) { }
static irqreturn_t handler(int irq, void *data)
{
    struct chip *c = data;

    schedule_work(&c->work);
    return IRQ_HANDLED;
}
static int enter(void)
{
    INIT_WORK(&chip.work, work_fn);
    return request_irq(nic, handler, IRQF_SHARED, "chip", &chip);
}
static void leave(void)
{
    free_irq(nic, &chip);
    cancel_work_sync(&chip.work);
}
module_init(enter);
module_exit(leave);
"""
UNDECLARED = HANDLER.replace("irq nic times 2;", "").replace("(nic,", "(chip.irq,")


@pytest.mark.parametrize("text", [HANDLER, UNDECLARED], ids=["declared", "undeclared"])
def test_the_handler_of_a_request(text: str) -> None:
    assert broken(text) == []
    late = text.replace("    cancel_work_sync(&chip.work);\n", "")
    assert broken(late) == ["DF304"]
    assert broken(text.replace("    INIT_WORK(&chip.work, work_fn);\n", "")) == ["DF305"]


def test_what_the_handler_is_given_is_the_object_of_that_call() -> None:
    text = """
    struct port { int<0..3> seen; } left, right;
    irq nic times 1;
    irqreturn_t handler(int irq, void *data) { struct port *p = data; p->seen = 1; return IRQ_HANDLED; }
    thread t {
        struct port *p;
        left = kzalloc(GFP_KERNEL);
        right = kzalloc(GFP_KERNEL);
        choose { p = &left; } or { p = &right; }
        if (request_irq(nic, handler, 0, "nic", p)) return;
        kfree(left);
        free_irq(nic, p);
        assert(right->seen < 2);
    }
    cover seen: allocated(right) && right->seen == 1;
    """
    assert broken(text) == ["DF301"]
    assert broken(text.replace("choose { p = &left; } or { p = &right; }", "p = &right;")) == []


def test_the_number_stands_for_the_line() -> None:
    text = HANDLER.replace("schedule_work(&c->work);", "disable_irq_nosync(irq); schedule_work(&c->work);")
    enabling = text.replace("static void work_fn(struct work_struct *w) { }",
                            "static void work_fn(struct work_struct *w) { enable_irq(nic); }")  # fmt: skip
    assert broken(enabling) == []
    assert "DF206" in broken(enabling.replace("disable_irq_nosync(irq);", ""))


def test_threaded_handlers_in_c() -> None:
    text = HANDLER.replace("request_irq(nic, handler,", "request_threaded_irq(nic, NULL, handler,")
    assert broken(text.replace("IRQF_SHARED", "IRQF_ONESHOT")) == []
    assert broken(text) == ["DF102"]
    slow = "static irqreturn_t slow(int irq, void *d) { msleep(1); return IRQ_HANDLED; }\n"
    both = slow + HANDLER.replace("request_irq(nic, handler,", "request_threaded_irq(nic, handler, slow,")
    both = both.replace("return IRQ_HANDLED;\n}", "return IRQ_WAKE_THREAD;\n}")
    assert broken(both) == []
    assert broken(both.replace("return IRQ_WAKE_THREAD;", "msleep(1); return IRQ_WAKE_THREAD;")) == ["DF101"]


def test_a_managed_line_is_freed_before_the_memory() -> None:
    text = """
    struct chip { struct work_struct work; } chip;
    void work_fn(struct work_struct *w) { }
    irqreturn_t handler(int irq, void *data) { struct chip *c = data; schedule_work(&c->work); return IRQ_HANDLED; }
    device pdev {
        probe {
            chip = devm_kzalloc(&pdev, sizeof(*chip), GFP_KERNEL);
            if (!chip) return -ENOMEM;
            return devm_request_irq(&pdev, 5, handler, 0, "chip", &chip);
        }
        remove { }
    }
    """
    ready = text.replace("return devm_request", "INIT_WORK(&chip->work, work_fn);\n            return devm_request")
    assert broken(text) == ["DF305"]
    assert broken(ready) == ["DF303"]
    cancel = "if (devm_work_autocancel(&pdev, &chip->work, work_fn)) return -ENOMEM;\n            return devm_request"
    cancelled = ready.replace("return devm_request", cancel)
    assert broken(cancelled.replace("INIT_WORK(&chip->work, work_fn);", "")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("irq nic times 2;", "irq nic times 2 { }", "gets a second handler"),
        ("int irq, void *data", "void *data", "has 1 parameters"),
        ("nic, handler,", "nic, handle,", "there is no function `handle`"),
        ("nic, handler,", "5, handler,", "`nic` has no handler"),
        ("return request_irq(", 'request_irq(nic, handler, 0, "x", &chip); return request_irq(', "gets two handlers"),
    ],
)
def test_lines_that_are_wrong(old: str, new: str, said: str) -> None:
    assert said in complaint(HANDLER.replace(old, new))


def test_which_line_is_meant() -> None:
    both = 'if (request_irq(chip.first, other, 0, "x", &chip)) return -EIO;\n    return request_irq(chip.irq'
    text = "irqreturn_t other(int irq, void *d) { return IRQ_NONE; }" + UNDECLARED.replace(
        "int irq; }", "int irq, first; }"
    )
    text = text.replace("return request_irq(chip.irq", both)
    assert broken(text.replace("free_irq(chip.irq", "free_irq(chip.first, &chip); free_irq(chip.irq")) == []
    assert "which interrupt line is `chip.work_irq`" in complaint(
        text.replace("free_irq(chip.irq", "free_irq(chip.work_irq")
    )


ACTION = """
struct priv { struct timer_list timer; } priv;
static void fire(struct timer_list *t) { }
static void stop(void *data) { struct priv *p = data; del_timer_sync(&p->timer); }
device pdev {
    probe {
        int ret;

        priv = devm_kzalloc(&pdev, sizeof(*priv), GFP_KERNEL);
        if (!priv)
            return -ENOMEM;
        timer_setup(&priv->timer, fire, 0);
        ret = devm_add_action_or_reset(&pdev, stop, priv);
        if (ret)
            return dev_err_probe(&pdev, ret, "no timer\\n");
        mod_timer(&priv->timer, jiffies + HZ);
        return 0;
    }
}
"""


def test_an_action_is_done_before_what_was_acquired_earlier_goes() -> None:
    text = ACTION
    assert broken(text) == []
    assert broken("option allocation = may_fail;" + text) == []
    assert broken(text.replace("ret = devm_add_action_or_reset(&pdev, stop, priv);", "ret = 0;")) == ["DF303"]
    taken_back = text.replace("return 0;", "devm_remove_action(&pdev, stop, priv); return 0;")
    assert broken(taken_back) == ["DF303"]
    assert broken(text.replace("return 0;", "devm_release_action(&pdev, stop, priv); return 0;")) == []


def test_a_struct_without_instances_has_one_for_each_allocation() -> None:
    text = """
    struct item { bool done; } *first;
    static struct item *second;
    thread t {
        first = kzalloc(sizeof(*first), GFP_KERNEL);
        second = kzalloc(sizeof(struct item), GFP_KERNEL);
        assert(first != second);
        kfree(first);
        second->done = true;
        kfree(second);
    }
    """
    assert broken(text) == []
    assert broken(text.replace("second->done", "first->done")) == ["DF301"]
    new = "p = kzalloc(sizeof(*p), GFP_KERNEL);"
    looped = f"struct item {{ bool done; }} *p; thread t {{ int i; for (i = 0; i < 2; i++) {new} }}"
    assert "DF704" in broken(looped)


def test_plain_numbers_have_the_range_of_local_ones() -> None:
    text = "static unsigned int users; struct dev { int count; u8 mode; }; static struct dev d; thread t { %s }"
    assert broken(text % "users = 4095; d.count = -4095; d.mode = 255;") == []
    assert broken(text % "users--;") == ["DF704"]
    assert broken(text % "d.count = 4000; d.count += 96;") == ["DF704"]


def test_words_of_bits_keep_their_bits() -> None:
    text = """
    enum { RUNNING, STOPPING };
    struct dev { unsigned long flags; };
    static struct dev d;
    thread t { set_bit(STOPPING, &d.flags); assert(test_bit(STOPPING, &d.flags) && !test_bit(RUNNING, &d.flags)); }
    """
    assert broken(text) == []
    assert broken(text.replace("set_bit(STOPPING", "set_bit(RUNNING")) == ["DF701"]


def test_times_are_not_followed() -> None:
    text = """
    struct dev { unsigned long next; ktime_t period; struct hrtimer timer; };
    static struct dev d;
    static enum hrtimer_restart fire(struct hrtimer *t)
    {
        unsigned long deadline = jiffies + 2 * HZ;

        d.next = jiffies + msecs_to_jiffies(20);
        if (time_after(jiffies, deadline))
            return HRTIMER_NORESTART;
        hrtimer_forward_now(t, d.period);
        return HRTIMER_RESTART;
    }
    thread t {
        d.period = ms_to_ktime(10);
        hrtimer_setup(&d.timer, fire, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
        hrtimer_start(&d.timer, d.period, HRTIMER_MODE_REL);
        hrtimer_cancel(&d.timer);
    }
    cover over: runs(d.timer) == 1 && !pending(d.timer) && !running(d.timer);
    """
    assert broken(text) == []
    assert "needs numbers" in complaint(text.replace("time_after(jiffies, deadline)", "deadline > 3"))


def test_names_for_numbers() -> None:
    text = """
    #include <linux/module.h>
    #define TRIES 2             // how often
    #define LIMIT (TRIES + 1)
    int<0..LIMIT> n;
    thread t { int i; for (i = 0; i < TRIES; i++) n++; assert(n == LIMIT - 1); }
    """
    assert broken(text) == []
    assert broken(text.replace("TRIES 2 ", "TRIES 3 ").replace("(TRIES + 1)", "4")) == []
    assert "needs parentheses" in complaint(text.replace("(TRIES + 1)", "TRIES + 1"))
    assert "is defined twice" in complaint(text.replace("LIMIT (TRIES + 1)", "TRIES 3"))
    assert "is defined by itself" in complaint(text.replace("(TRIES + 1)", "(LIMIT + 1)"))


def test_warnings_claim_that_something_is_false() -> None:
    text = "bool bad; irq nic times 1 { bad = %s; } thread t { if (WARN_ON(bad)) return; BUG_ON(bad && bad); }"
    assert broken(text % "false") == []
    assert broken(text % "true") == ["DF701"]


def test_who_ends_with_a_completion_completes_it() -> None:
    text = """
    DECLARE_COMPLETION(done);
    int worker(void *data) { kthread_complete_and_exit(&done, 0); }
    thread t { kthread_run(worker, NULL, "w"); wait_for_completion(&done); }
    """
    assert broken(text) == []
    assert broken(text.replace("kthread_complete_and_exit(&done, 0)", "kthread_exit(0)")) == ["DF501"]


def test_a_completion_on_the_stack() -> None:
    text = """
    struct request { struct completion *done; };
    static struct request request;
    irq nic times 1 { if (request.done) complete(request.done); }
    thread t {
        DECLARE_COMPLETION_ONSTACK(done);

        request.done = &done;
        %s(&done);
        request.done = NULL;
    }
    """
    assert "DF301" in broken(text % "try_wait_for_completion")


@pytest.mark.parametrize("lock", ["lock", "mutex_lock"])
@pytest.mark.parametrize("kind", ["atomic", "refcount"])
def test_the_last_one_takes_the_lock(kind: str, lock: str) -> None:
    count, lock = f"{kind}_dec_and_{lock}", "spin" if lock == "lock" else "mutex"
    declare = "DEFINE_SPINLOCK(l);" if lock == "spin" else "DEFINE_MUTEX(l);"
    text = f"""
    refcount_t<0..2> users = 2;
    bool gone;
    {declare}
    thread a, b {{
        if ({count}(&users, &l)) {{
            assert(!gone);
            gone = true;
            {lock}_unlock(&l);
        }}
    }}
    final last: gone && users == 0 && !{lock}_is_locked(&l);
    """
    assert broken(text) == []
    assert broken(text.replace("users = 2", "users = 1")) != []


def test_a_semaphore_of_one() -> None:
    assert broken("static DEFINE_SEMAPHORE(s, 1); thread t { down(&s); up(&s); }") == []


MANAGED = """
struct touch { struct mutex lock; struct timer_list release; bool pressed; } *touch;
static void released(struct timer_list *t) { struct touch *ts = from_timer(ts, t, release); ts->pressed = false; }
irq line times 2;
static irqreturn_t pressed(int irq, void *d)
{
    struct touch *ts = d;

    mutex_lock(&ts->lock);
    ts->pressed = true;
    mutex_unlock(&ts->lock);
    mod_timer(&ts->release, jiffies + HZ / 10);
    return IRQ_HANDLED;
}
device client {
    probe {
        touch = devm_kzalloc(&client, sizeof(*touch), GFP_KERNEL);
        if (!touch)
            return -ENOMEM;
        mutex_init(&touch->lock);
        timer_setup(&touch->release, released, 0);
        return devm_request_threaded_irq(&client, line, NULL, pressed, IRQF_ONESHOT, "ts", touch);
    }
    remove {
        timer_shutdown_sync(&touch->release);
    }
}
"""


def test_a_pointer_gets_managed_memory() -> None:
    assert broken(MANAGED, "6.12") == []
    assert broken("option allocation = may_fail;" + MANAGED, "6.12") == []
    again = broken(MANAGED.replace("timer_shutdown_sync", "del_timer_sync"), "6.12")
    assert again == ["DF301", "DF303"], "the thread of the interrupt arms it again before devm frees the line"


def test_pointers_to_what_is_not_declared() -> None:
    text = """
    struct port { struct net_device *netdev; u8 *buffer; bool live; };
    static struct port port;
    static void show(struct net_device *netdev, u8 *buffer) { port.live = true; }
    thread t { struct net_device *dev = port.netdev; show(dev, port.buffer); }
    """
    assert broken(text) == []
    assert "no type `struct prot`" in complaint(text.replace("struct net_device *dev", "struct prot *dev"))


DATA = """
struct port { struct tasklet_struct rx; struct timer_list poll; int seen; } left, right;
static void rx(unsigned long data)
{
    struct port *port = (struct port *)data;

    port->seen = 1;
}
static void poll(unsigned long data) { struct port *p = (struct port *)data; p->seen = 2; }
static void ready(struct port *p)
{
    tasklet_init(&p->rx, rx, (unsigned long)p);
    setup_timer(&p->poll, poll, (unsigned long)p);
    tasklet_schedule(&p->rx);
    mod_timer(&p->poll, jiffies + HZ);
}
thread t {
    left = kzalloc(GFP_KERNEL);
    right = kzalloc(GFP_KERNEL);
    ready(&left);
    ready(&right);
    tasklet_kill(&left->rx);
    del_timer_sync(&left->poll);
    assert(left->seen <= 2);
    kfree(left);
}
cover apart: freed(left) && right->seen == 0;
cover both: freed(left) && right->seen == 2;
"""


def test_the_data_of_a_handler_is_the_struct_around_its_object() -> None:
    assert broken(DATA) == []
    assert "DF303" in broken(DATA.replace("    del_timer_sync(&left->poll);\n", ""))


def test_the_data_of_a_handler_is_one_object() -> None:
    text = """
    struct port { int seen; };
    static struct port port;
    static void rx(unsigned long data) { struct port *p = (struct port *)data; p->seen = 1; }
    DECLARE_TASKLET(rx_tasklet, rx, (unsigned long)&port);
    irq nic times 1 { tasklet_schedule(&rx_tasklet); }
    cover seen: port.seen == 1;
    """
    assert broken(text) == []
    two = text.replace("static struct port port;", "static struct port port, other; void init(void) { }")
    two += "thread t { tasklet_init(&rx_tasklet, rx, (unsigned long)&other); }"
    assert "has no value in a handler" in complaint(two)


def test_the_rest_of_a_timeout_is_a_number() -> None:
    text = """
    DECLARE_COMPLETION(done);
    thread t { unsigned long left; left = wait_for_completion_timeout(&done, HZ); if (!left) assert(false); }
    """
    assert broken(text) == ["DF701"]
    assert broken(text.replace("if (!left)", "if (left > 1)")) == []


def test_other_names_of_the_same() -> None:
    text = """
    static DEFINE_RAW_SPINLOCK(raw);
    static DEFINE_MUTEX(outer);
    struct dev { struct work_struct work; struct delayed_work later; };
    static struct dev dev;
    static void fn(struct work_struct *w) { struct dev *d = from_work(d, w, work); assert(d == &dev); fsleep(10); }
    static void later(struct work_struct *w) { }
    thread t {
        unsigned long flags;

        INIT_WORK(&dev.work, fn);
        INIT_DEFERRABLE_WORK(&dev.later, later);
        mutex_lock_nested(&outer, 1);
        raw_spin_lock_irqsave(&raw, flags);
        queue_work(system_dfl_wq, &dev.work);
        raw_spin_unlock_irqrestore(&raw, flags);
        mutex_unlock(&outer);
    }
    cover ran: runs(dev.work) == 1;
    """
    assert broken(text) == []
    assert broken(text.replace("raw_spin_unlock_irqrestore(&raw, flags);", "")) != []


def test_nothing_that_is_modelled_is_said_not_to_be() -> None:
    from defercheck.check import kernel_model
    from defercheck.grammar import tree
    from defercheck.sema import unmodelled

    kinds = (tree.FunctionDecl, tree.DefineDecl, tree.TypeDecl)
    modelled = {i.name.text for f in kernel_model() for i in f.items if isinstance(i, kinds)}
    said = {*unmodelled.calls()} | {n for n in modelled if unmodelled.macro_help(n) or unmodelled.type_help(n)}
    assert not said & modelled


def test_a_request_that_fails_changes_nothing() -> None:
    text = """
    struct port { int seen; } left, right;
    irq nic times 1;
    irqreturn_t handler(int irq, void *data) { struct port *p = data; p->seen = 1; return IRQ_HANDLED; }
    int listen(struct port *p) { return request_irq(nic, handler, 0, "nic", p); }
    thread t {
        left = kzalloc(GFP_KERNEL);
        right = kzalloc(GFP_KERNEL);
        if (listen(&left)) return;
        if (listen(&right)) kfree(right);
        free_irq(nic, &left);
    }
    cover refused: freed(right);
    """
    assert broken(text) == []
    assert "DF704" in broken(text.replace("irq nic times 1;", "").replace("(nic,", "(5,"))


@pytest.mark.parametrize(
    "call",
    ["if (again) {init}", "if (!again) ; else {init}", "for (int i = 0; i < (again ? 1 : 0); i++) {init}",
        "while (again) {init}", "if (again) do {init} while (again);"],
)  # fmt: skip
def test_what_a_call_needs_is_said_where_the_call_is_executed(call: str) -> None:
    text = """
    struct work_struct work;
    bool again = false;
    void port_work(struct work_struct *w) { }
    device dev {
        probe { INIT_WORK(&work, port_work); schedule_work(&work); CALL return 0; }
        remove { cancel_work_sync(&work); }
    }
    """
    init = "devm_work_autocancel(&dev, &work, port_work);"
    assert broken(text.replace("CALL", call.replace("{init}", init))) == []
    assert broken(text.replace("CALL", init)) != []


@pytest.mark.parametrize("condition", ["line > 0 && {call}", "line > 0 ? {call} : 1"])
def test_a_call_that_needs_a_statement_before_it_stands_in_no_condition(condition: str) -> None:
    text = """
    int line = 5;
    irqreturn_t handler(int irq, void *data) { return IRQ_HANDLED; }
    thread t { if (CONDITION) return; free_irq(line, NULL); }
    """
    call = 'request_irq(line, handler, 0, "port", NULL)'
    with pytest.raises(SpecError, match="may not stand in a condition"):
        broken(text.replace("CONDITION", condition.replace("{call}", call)))
    assert broken(text.replace("CONDITION", call)) == []

"""Drivers as they are written in C: what they mean does not depend on how they say it."""

from __future__ import annotations

import pytest

from tests.lower.test_start import found

REQUEST = """
struct r { struct timer_list t; bool x; };
wait_queue_head_t q;
void f(struct timer_list *t) { struct r *r = from_timer(r, t, t); r->x = true; wake_up(&q); }
thread cmd {
    struct r r;
    init_waitqueue_head(&q);
    r.x = false;
    timer_setup_on_stack(&r.t, f, 0);
    mod_timer(&r.t, jiffies + 1);
    %s
}
"""


def test_a_timer_on_the_stack_and_no_other() -> None:
    """§5.1: timer_delete does not wait for the function, timer_delete_sync does."""
    assert "DF301" in found(REQUEST % "timer_delete(&r.t);")
    assert found(REQUEST % "wait_event(q, r.x); timer_delete_sync(&r.t);") == []


@pytest.mark.parametrize("body", ["", "use(w); "])
def test_a_reference_is_put_in_a_handler_that_does_not_look_at_its_parameter(body: str) -> None:
    text = f"""
    struct dev {{ struct work_struct w; struct kref ref; }} x;
    void rel(struct kref *k) {{ kfree(x); }}
    void f(struct work_struct *w) {{ {body}kref_put(&x->ref, rel); }}
    start {{ x = kzalloc(GFP_KERNEL); kref_init(&x->ref); INIT_WORK(&x->w, f); schedule_work(&x->w); }}
    """
    assert found(text) == []
    assert "DF301" in found(text + "thread t { use(x); }")


@pytest.mark.parametrize(
    ("line", "start", "codes"),
    [
        ("irq h exactly 1 { a = true; }", "request_irq(&h);", []),
        ("irq h times 1 { a = true; }", "request_irq(&h);", ["DF702 ok"]),
        ("irq h exactly 1 when (b) { a = true; }", "request_irq(&h); b = true;", []),
        ("irq h exactly 1 when (b) { a = true; }", "request_irq(&h);", ["DF702 ok"]),
        ("irq h exactly 1 { a = true; }", "request_irq(&h); disable_irq(&h);", ["DF702 ok"]),
        ("irq h exactly 2 { a = !a; }", "request_irq(&h);", ["DF702 ok"]),
    ],
)
def test_not_all_is_over_while_a_promised_interrupt_is_to_come(line: str, start: str, codes: list[str]) -> None:
    assert found(f"bool a; bool b; {line} start {{ {start} }} final ok: a;") == codes


def test_sparse_and_typeof() -> None:
    text = """
    struct d { struct work_struct w; int<0..3> a; };
    struct e { int b; };
    static struct d g;
    static struct e __rcu *p;
    void f(struct work_struct *work) { struct d *d = container_of(work, typeof(*d), w); d->a = 1; }
    start { p = kzalloc(sizeof(*p), GFP_KERNEL); INIT_WORK(&g.w, f); schedule_work(&g.w); }
    thread t { struct e *q = rtnl_dereference(p); use(q); }
    """
    assert found(text) == []
    assert found(text + "final never: g.a == 0;") == ["DF702 never"]


@pytest.mark.parametrize("local", ["foo", "foo1", "d"])
def test_a_local_has_the_name_of_its_struct(local: str) -> None:
    """The object that the spec does not name must not take it."""
    text = f"""
    struct foo {{ struct work_struct w; int<0..3> a; }};
    static struct foo *g;
    void f(struct work_struct *w) {{
        struct foo *{local} = container_of(w, struct foo, w);
        {local}->a = 1;
        kfree({local});
    }}
    start {{
        struct foo *foo = kzalloc(sizeof(*foo), GFP_KERNEL);
        INIT_WORK(&foo->w, f);
        schedule_work(&foo->w);
        g = foo;
    }}
    """
    assert found(text) == []
    assert "DF301" in found(text + "thread t { g->a = 2; }")

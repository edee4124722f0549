"""Pointers to declared objects: NULL, aliasing, members through them, allocation, and what handlers are passed."""

from __future__ import annotations

import pytest

from tests.lower.test_start import checked, found

TOP = """
struct node { int<0..3> n; struct node *next; work w(f); } n1, n2;
struct node *p = NULL, *q;
struct node *table[2];
void f(struct work_struct *w) { struct node *x = container_of(w, struct node, w); x->n = 3; }
struct node *same(struct node *x) { return x; }
start { n1 = kzalloc(GFP_KERNEL); n2 = kzalloc(GFP_KERNEL); INIT_WORK(&n1->w); INIT_WORK(&n2->w); }
"""


def rules(body: str, top: str = TOP) -> list[str]:
    return [c for c in found(f"cpus 1; {top} thread t {{ {body} }}") if c < "DF901"]


@pytest.mark.parametrize(
    "body",
    [
        "assert(p == NULL); assert(!p); p = &n1; assert(p); assert(p != NULL && p == &n1 && p != &n2);",
        "p = &n1; q = p; p->n = 2; assert(q->n == 2 && n1.n == 2); p = NULL; assert(q && !p);",
        "p = &n1; p->next = &n2; p->next->n = 1; assert(n2.n == 1); p = p->next; assert(p == &n2 && n1.next == p);",
        "struct node *x = &n1; x = &n2; x->n = 3; assert(n2.n == 3 && n1.n == 0); x = NULL; assert(!x);",
        "q = same(&n2); assert(q == &n2); same(q)->n = 2; assert(n2.n == 2); assert(same(NULL) == NULL);",
        "table[1] = &n2; int<0..1> i = any(0..1); if (table[i]) assert(i == 1 && table[i] == &n2);",
        "bool there = p; assert(!there); p = &n2; there = p; assert(there); there = p != NULL; assert(there);",
        "choose { p = &n1; } or { p = &n2; } p->n = 1; assert(n1.n + n2.n == 1); assert(p == &n1 || n2.n == 1);",
        "p = &n1; schedule_work(&p->w); flush_work(&p->w); assert(n1.n == 3 && n2.n == 0);",
        "p = &n1; p = (p == &n1) ? &n2 : &n1; assert(p == &n2); (*p).n = 1; assert(n2.n == 1);",
        "p = &n1; struct node *old = xchg(&p, NULL); assert(old == &n1 && !p); old = READ_ONCE(p); assert(!old);",
        "kfree(p); p = &n1; kfree(p); assert(freed(n1) && freed(p));",
        "atomic { p = &n2; p->n = 1; assert(p->n == 1); q = p; } assert(q == &n2);",
        "while (p != &n2) p = p ? &n2 : &n1; assert(p == &n2);",
    ],
)
def test_what_holds(body: str) -> None:
    assert rules(body) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("p->n = 1;", "DF305"),
        ("use(p);", "DF305"),
        ("q = p->next;", "DF305"),
        ("schedule_work(&p->w);", "DF305"),
        ("struct node *x = NULL; x->n = 1;", "DF305"),
        ("p = &n1; kfree(p); p->n = 1;", "DF301"),
        ("p = &n1; q = p; kfree(q); use(p);", "DF301"),
        ("p = &n1; kfree(&n1); kfree(p);", "DF302"),
        ("p = &n1; schedule_work(&n1->w); kfree(p);", "DF303"),
        ("p = &n1; assert(p == &n2);", "DF701"),
        ("choose { p = &n1; } or { } p->n = 1;", "DF305"),
        ("p = kmalloc(sizeof(*p), GFP_KERNEL);", "DF704"),
    ],
)
def test_what_is_found(body: str, code: str) -> None:
    assert code in rules(body)


POOL = "struct node { int<0..3> n; } n1, n2; struct node *p, *q; "


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("p = kmalloc(sizeof(*p), GFP_KERNEL); q = kzalloc(sizeof(struct node), GFP_KERNEL); assert(p != q);"
         "p->n = q->n; kfree(p); kfree(q);", []),
        ("p = kmalloc(GFP_KERNEL); kfree(p); p = kmalloc(GFP_KERNEL); assert(p == &n2); kfree(p);", []),
        ("p = kmalloc(GFP_KERNEL); int<0..3> x = p->n; kfree(p);", ["DF305"]),
        ("p = kmalloc(GFP_KERNEL); p = kmalloc(GFP_KERNEL); kfree(p);", []),
        ("struct node *x = kzalloc(sizeof(*x), GFP_KERNEL); assert(x->n == 0); kfree(x); use(x);", ["DF301"]),
        ("p = kmalloc(GFP_KERNEL); q = kmalloc(GFP_KERNEL); p = kmalloc(GFP_KERNEL);", ["DF704"]),
    ],
)  # fmt: skip
def test_allocation_through_pointers(body: str, codes: list[str]) -> None:
    assert rules(body, POOL) == codes


def test_allocation_through_pointers_may_fail() -> None:
    body = "p = kmalloc(sizeof(*p), GFP_KERNEL); %s p->n = 1; kfree(p);"
    top = f"option allocation = may_fail; {POOL}"
    assert rules(body % "", top) == ["DF305"]
    assert rules(body % "if (!p) return;", top) == []


def test_a_handler_knows_whom_it_is_called_for() -> None:
    """One handler of two objects, each of which gets its own."""
    text = "struct s { struct tasklet_struct t; int<0..1> seen; } a, b;"
    text += (
        "void f(struct tasklet_struct *t) { struct s *x = from_tasklet(x, t, t); assert(x->seen == 0); x->seen = 1; }"
    )
    for o in "ab":
        text += f"void set_{o}(void) {{ {o} = kzalloc(GFP_KERNEL); tasklet_setup(&{o}->t, f); "
        text += f"tasklet_schedule(&{o}->t); }}"
    assert found(f"cpus 1; {text} start {{ set_a(); set_b(); }} final both: a.seen == 1 && b.seen == 1;") == []


def test_a_pointer_is_read_before_the_call_that_takes_it() -> None:
    """In between, somebody else may set it to NULL and free the object: that is the bug. One statement is one step."""
    top = "struct s { bool x; } d; struct s *p = &d; start { kzalloc(&d, GFP_KERNEL); } "
    kill = "thread kill { struct s *old = p; p = NULL; kfree(old); } "
    assert found(f"{top}{kill}thread user {{ if (p) use(p); }}") == ["DF305"]
    assert found(f"{top}{kill}thread user {{ struct s *mine = p; if (mine) use(mine); }}") == ["DF301"]
    assert "DF302" in found(f"{top}{kill}thread user {{ if (p) kfree(p); }}")
    assert checked(f"{top}thread user {{ if (p) use(p); }}").status == "holds"


def test_properties_follow_pointers() -> None:
    top = "struct s { int<0..3> n; } d; struct s *p; start { kzalloc(&d, GFP_KERNEL); } thread t { p = &d; d->n = 2; }"
    assert found(f"{top} invariant there: p ==> allocated(p) && p == &d; cover two: p && p->n == 2;") == []
    assert "DF702 never_set" in found(f"{top} invariant never_set: !p;")


HEAP = "struct s { int<0..3> n; } d; struct s *p; thread t { kzalloc(&d, GFP_KERNEL); d->n = 2; p = &d; kfree(&d); }"


@pytest.mark.parametrize(
    ("property", "said"),
    [
        ("invariant x: d.n < 3;", "looks at `d` where that is not allocated"),
        ("invariant x: p->n < 3;", "follows a pointer that is NULL here"),
        ("invariant x: allocated(d) ==> d.n < 3;", ""),
        ("invariant x: p && allocated(p) ==> p->n < 3;", ""),
        ("final x: d.n == 2;", "looks at `d` where that is not allocated"),
        ("final x: freed(d);", ""),
    ],
)
def test_a_property_that_looks_at_what_is_not_there_says_so(property: str, said: str) -> None:
    verdicts = [v for v in checked(f"cpus 1; {HEAP} {property}").verdicts if v.code == "DF702"]
    assert [v.outcome for v in verdicts].count("violated") == (1 if said else 0)
    assert all(said in v.message for v in verdicts if v.outcome == "violated")

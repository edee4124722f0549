"""Objects on the stack: one for each context that executes the function, dead when it returns."""

from __future__ import annotations

import pytest

from tests.lower.test_start import checked, found

TOP = """struct packet { int<0..3> n; work w(f); wait_queue_head_t q; } spare;
void f(struct work_struct *w) { }
struct packet *req;
"""


def rules(text: str) -> list[str]:
    return [c for c in found(f"cpus 1; {TOP} {text}") if c < "DF901"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("void g(void) { struct packet p; p.n = 1; assert(p.n == 1); } thread t { g(); g(); }", []),
        ("void g(void) { struct packet p; req = &p; p.n = 1; } thread t { g(); use(req); }", ["DF301"]),
        ("void g(void) { struct packet p; req = &p; p.n = 1; } thread t { g(); req->n = 2; }", ["DF301"]),
        ("void g(void) { struct packet p; p.n = 1; req = &p; req->n = 2; assert(p.n == 2); } thread t { g(); }", []),
        ("void g(struct packet *x) { x->n = 2; } thread t { struct packet p; g(&p); assert(p.n == 2); }", []),
        ("void g(void) { struct packet p; int<0..3> x = p.n; } thread t { g(); }", ["DF305"]),
        ("int<0..3> g(void) { struct packet p; p.n = 2; if (p.n == 2) return p.n; return 0; }"
         "thread t { assert(g() == 2); }", []),
        ("struct packet *g(void) { struct packet p; return &p; } thread t { struct packet *x = g(); use(x); }",
         ["DF301"]),
        ("void g(void) { struct packet p; INIT_WORK(&p.w, f); schedule_work(&p.w); } thread t { g(); }", ["DF303"]),
        ("void g(void) { struct packet p; INIT_WORK(&p.w, f); schedule_work(&p.w); flush_work(&p.w); }"
         "thread t { g(); }",
         []),
        ("void g(void) { struct packet p; kfree(&p); } thread t { g(); }", ["DF302"]),
        ("thread a { struct packet p; req = &p; req = NULL; } thread b { struct packet *x = req; if (x) use(x); }",
         ["DF301"]),
        ("irq nic times 2 { struct packet p; p.n = 1; assert(p.n == 1); } thread t { struct packet p; p.n = 2; "
         "assert(p.n == 2); }", []),
        ("void g(void) { spinlock_t l; spin_lock_init(&l); spin_lock(&l); spin_unlock(&l); } thread t { g(); }", []),
        ("void g(void) { for (int<0..2> i = 0; i < 2; i++) { struct packet p; p.n = i; } } thread t { g(); }", []),
    ],
)  # fmt: skip
def test_what_is_found(text: str, codes: list[str]) -> None:
    assert rules(text) == codes


def test_each_context_has_its_own() -> None:
    text = f"{TOP} void g(int<0..3> x) {{ struct packet p; p.n = x; assert(p.n == x); }}"
    text += "thread a { g(1); } thread b { g(2); }"
    assert [c for c in found(text) if c < "DF901"] == []


def test_the_message_says_whose_frame_is_gone() -> None:
    text = f"cpus 1; {TOP} void g(void) {{ struct packet p; req = &p; p.n = 1; }} thread t {{ g(); use(req); }}"
    (v,) = [v for v in checked(text).verdicts if v.code == "DF301"]
    assert v.message == ("`p@t:g` is used after the function that declared it has returned: its stack frame is gone")


def test_it_is_no_leak() -> None:
    assert rules("thread t { struct packet p; p.n = 1; await (p.n == 2); }") == ["DF501"]

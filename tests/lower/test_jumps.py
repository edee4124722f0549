"""`goto` and `switch`: where control goes on."""

from __future__ import annotations

import pytest

from tests.lower.test_start import found


def rules(body: str, top: str = "") -> list[str]:
    return [c for c in found(f"cpus 1; int<0..7> n; bool b; enum st {{ IDLE, BUSY, DONE }}; enum st s; {top} "
                             f"thread t {{ {body} }}") if c < "DF901"]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "goto out; n = 1; out: assert(n == 0);",
        "again: n++; if (n < 3) goto again; assert(n == 3);",
        "while (true) { while (true) { n++; if (n == 2) goto out; } } out: assert(n == 2);",
        "for (int<0..3> i = 0; i < 3; i++) { if (i == 1) goto next; n++; next: b = true; } assert(n == 2);",
        "choose { goto a; } or { goto z; } a: n = 1; z: assert(n == 0 || n == 1);",
        "{ { goto inner; } n = 7; inner: n++; } assert(n == 1);",
        "int<0..7> x = 3; if (x == 3) { int<0..7> y = x; n = y; goto done; } n = 7; done: assert(n == 3 && x == 3);",
        "switch (n) { case 1: n = 7; break; case 0: n = 2; break; default: n = 7; } assert(n == 2);",
        "switch (n) { case 0: n++; case 1: n++; break; case 2: n = 7; } assert(n == 2);",
        "switch (s) { case BUSY: n = 7; break; } assert(n == 0);",
        "n = 5; switch (n) { case 1: n = 7; break; default: n = 6; case 2: n--; } assert(n == 5);",
        "while (n < 4) { switch (n) { case 2: n = 4; continue; default: break; } n++; } assert(n == 4);",
        "n = any(0..3); switch (n) { case 0 + 1: b = true; break; case 3: b = true; } assert(b == (n == 1 || n == 3));",
        "switch (n) { case 0: goto out; } n = 7; out: assert(n == 0);",
        "while (n < 5) { atomic { n++; if (n == 2) break; } } assert(n == 2);",
        "while (n < 5) { atomic { n++; if (n == 2) continue; n++; } b = true; } assert(n == 6 && b);",
        "for (int<0..7> i = 0; i < 3; i++) { atomic { if (i == 1) continue; n++; } } assert(n == 2);",
        "do { atomic { n++; if (n == 2) continue; } b = true; } while (n < 2); assert(n == 2 && b);",
        "switch (n) { case 0: atomic { n = 2; break; } case 3: n = 7; } assert(n == 2);",
        "while (true) { while (true) { atomic { n++; break; } } if (n == 2) break; } assert(n == 2);",
    ],
)
def test_what_holds(body: str) -> None:
    assert rules(body) == []
    wrong = body[: body.index("assert(")] + "assert(false);"
    assert rules(wrong) == ["DF701"]


def test_a_goto_that_leads_to_itself_goes_round() -> None:
    assert rules("again: goto again;") == []


def test_goto_stays_in_its_function() -> None:
    top = "int f(int<0..3> x) { if (x == 1) goto fail; return 0; fail: return -ENOMEM; }"
    assert rules("assert(f(1) == -ENOMEM); assert(f(0) == 0);", top) == []


def test_a_switch_on_a_call() -> None:
    top = "int<0..3> f(void) { n = 1; return 2; }"
    assert rules("switch (f()) { case 2: assert(n == 1); b = true; } assert(b);", top) == []

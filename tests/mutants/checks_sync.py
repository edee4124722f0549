"""As `checks`, for atomic variables, completions and what else threads synchronise with."""

from __future__ import annotations

KREF_HEAP = "struct thing { struct kref k; } o; void keep(struct kref *k) { } "


def thread(body: str) -> str:
    """A spec's only thread."""
    return f"thread p on cpu 0 {{ {body} }}"


def kref(body: str) -> str:
    """A thread with a fresh heap object that a kref lies in."""
    return KREF_HEAP + thread(f"kmalloc(o, GFP_KERNEL); {body}")


def done(body: str) -> str:
    """A thread with a fresh heap object that a completion lies in."""
    return "struct thing { struct completion c; } o; " + thread(f"kmalloc(o, GFP_KERNEL); {body}")


SYNC_CHECKS: tuple[tuple[str, str, str], ...] = (
    ("context", "returns inside an RCU read-side critical section", thread("rcu_read_lock();")),
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

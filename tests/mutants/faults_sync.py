"""As `faults`, for atomic variables, completions and what else threads synchronise with."""

from __future__ import annotations

from tests.mutants.faults import one, removed

ATOMICS = (
    one("dec_and_test tells of the value before", "kernel/atomic_operations.dfr", "invariant one_last", "atomic",
        "bool atomic_dec_and_test(out int v) { atomic { v--; return v == 0; } }",
        "bool atomic_dec_and_test(out int v) { atomic { v--; return v <= 1; } }"),
    one("inc_not_zero revives a count of zero", "kernel/atomic_operations.dfr", "cover owner_was_first", "atomic",
        "bool atomic_inc_not_zero(out int v) { atomic { if (v == 0) return false; v++;",
        "bool atomic_inc_not_zero(out int v) { atomic { v++;"),
    one("test_and_set_bit of a word does not set", "kernel/atomic_operations.dfr", "cover all_bits", "atomic",
        "bool test_and_set_bit(int nr, out int word) {\n    atomic { if ((word >> nr & 1) == 1) return true; word |=",
        "bool test_and_set_bit(int nr, out int word) {\n    atomic { if ((word >> nr & 1) == 1) return true; nr |="),
    one("xchg of an atomic returns what it wrote", "kernel/atomic_values.dfr", "DF701", "atomic",
        "int atomic_xchg(out int v, int to) { atomic { int old = v; v = to; return old; } }",
        "int atomic_xchg(out int v, int to) { atomic { int old = v; v = to; return v; } }"),
    one("cmpxchg of an atomic does not compare", "kernel/atomic_values.dfr", "DF701", "atomic",
        "if (v == old) v = to; return was;", "v = to; return was;"),
    one("the last put of a reference is not told", "kernel/refcount_last_put.dfr", "cover by_either", "atomic",
        'check DF301 (r > 0) "refcount_t: underflow; use-after-free";\n        r--;\n        return r == 0;',
        'check DF301 (r > 0) "refcount_t: underflow; use-after-free";\n        r--;\n        return false;'),
    one("every put releases", "kernel/kref_release.dfr", "invariant once", "atomic",
        "last = k.refs == 0;", "last = true;"),
    one("no put releases", "kernel/kref_release.dfr", "cover gone", "atomic", "if (last) k.release(k);", ";"),
)  # fmt: skip

COMPLETIONS = (
    one("a completion that comes before the wait is lost", "kernel/completion_counts.dfr", "DF701", "completion",
        "if (c.done < 6) c.done++;", ";"),
    one("completions are not counted", "kernel/completion_counts.dfr", "DF701", "completion",
        "if (c.done < 6) c.done++;", "if (c.done < 1) c.done++;"),
    removed("a wait takes nothing", "kernel/completion_counts.dfr", "DF701", "completion",
            "    else if (c.done < 6) c.done--;"),
    one("complete_all is for one", "kernel/completion_counts.dfr", "DF501", "completion",
        "c.done = 7;", "c.done = 1;"),
    one("reinit_completion does nothing", "kernel/completion_lost_by_reinit.dfr", "missing DF501", "completion",
        "re-initialised before it was initialised\";\n    c.done = 0;", "re-initialised before it was initialised\";"),
    one("wait_for_completion does not wait", "kernel/completion_lost_by_reinit.dfr", "missing DF501", "completion",
        "await (c.done > 0)", "await (true)"),
    one("a wait with a timeout says 0 although it was completed", "kernel/completion_timeout.dfr", "cover in_time",
        "completion", "completion_taken(c); result = 1;", "completion_taken(c);"),
    one("six and more are six", "kernel/completion_many.dfr", "cover more", "completion",
        "choose { c.done = 5; } or { }", "c.done = 5;"),
)  # fmt: skip

SYNC = (*ATOMICS, *COMPLETIONS)

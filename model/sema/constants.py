"""Constant expressions, names that are built in, and near misses."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Mapping

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.system.expr import OPERATORS

ALIASES = {
    "work_struct": "work",
    "workqueue_struct": "workqueue",
    "wait_queue_head_t": "waitqueue",
    "wait_queue_head": "waitqueue",
    "spinlock_t": "spinlock",
    "rwlock_t": "rwlock",
    "raw_spinlock_t": "spinlock",
    "tasklet_struct": "tasklet",
    "timer_list": "timer",
    "task_struct": "kthread",
}
"""The kernel's C names of types whose model has a shorter name."""

_KERNELS_OWN = {"ERESTARTSYS": 512, "EPROBE_DEFER": 517}
ERRNO: dict[str, int] = {name: number for number, name in errno.errorcode.items()} | _KERNELS_OWN
"""Error numbers, for `return -ENOMEM;`, and some that the kernel keeps to itself."""

NUMBERS = {
    "WORK_BUSY_PENDING": 1, "WORK_BUSY_RUNNING": 2,
    "HZ": 250, "jiffies": 1,
    "TIMER_DEFERRABLE": 1, "TIMER_IRQSAFE": 2, "TIMER_PINNED": 4,
    "CLOCK_REALTIME": 0, "CLOCK_MONOTONIC": 1, "CLOCK_BOOTTIME": 7,
    "HRTIMER_MODE_ABS": 0, "HRTIMER_MODE_REL": 1, "HRTIMER_MODE_PINNED": 2, "HRTIMER_MODE_SOFT": 4,
    "HRTIMER_MODE_HARD": 8, "HRTIMER_MODE_ABS_PINNED": 2, "HRTIMER_MODE_REL_PINNED": 3, "HRTIMER_MODE_ABS_SOFT": 4,
    "HRTIMER_MODE_REL_SOFT": 5, "HRTIMER_MODE_ABS_HARD": 8, "HRTIMER_MODE_REL_HARD": 9,
    "IRQF_TRIGGER_NONE": 0, "IRQF_TRIGGER_RISING": 1, "IRQF_TRIGGER_FALLING": 2, "IRQF_TRIGGER_HIGH": 4,
    "IRQF_TRIGGER_LOW": 8, "IRQF_SHARED": 0x80, "IRQF_PERCPU": 0x400, "IRQF_NOBALANCING": 0x800, "IRQF_ONESHOT": 0x2000,
    "IRQF_NO_SUSPEND": 0x4000, "IRQF_NO_THREAD": 0x10000, "IRQF_COND_SUSPEND": 0x40000, "IRQF_NO_AUTOEN": 0x80000,
    "WQ_BH": 1, "WQ_UNBOUND": 2, "WQ_FREEZABLE": 4, "WQ_MEM_RECLAIM": 8, "WQ_HIGHPRI": 16, "WQ_CPU_INTENSIVE": 32,
    "WQ_SYSFS": 64,
    "WQ_PERCPU": 256,
}  # fmt: skip
"""Numbers of the kernel's headers; only their names matter."""


def pools(cpus: int, bh: bool) -> dict[str, int]:
    """Numbers of the worker pools: a normal one for each CPU, then a high-priority one for each, then the unbound.

    Two more for each CPU, in the same order, execute works in softirq context, if a spec uses them at all (else 0).
    """
    return {"HIGHPRI_POOL": cpus, "UNBOUND_POOL": 2 * cpus, "BH_POOL": 2 * cpus + 1 if bh else 0}


def pool_count(cpus: int, bh: bool) -> int:
    """How many worker pools there are, with those of bottom halves or without."""
    return 4 * cpus + 1 if bh else 2 * cpus + 1


_BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "==": "eq", "!=": "ne", "<": "lt", "<=": "le",
    "&&": "and", "||": "or", "&": "bitand", "|": "bitor", "^": "bitxor", "<<": "shl", ">>": "shr",
}  # fmt: skip


def suggest(name: str, candidates: Iterable[str]) -> str:
    """``did you mean `x`?`` for the nearest candidate; empty when none is near."""
    pool = sorted({c for c in candidates if c and c != name})
    near = difflib.get_close_matches(name, pool, n=1, cutoff=0.6)
    if not near:  # words of the name in another order or with another ending: tasklet_function / tasklet_work
        words = name.split("_")
        near = [c for c in pool if words[0] and len(words[0]) > 3 and c.split("_")[0] == words[0]][:1]
    return f"did you mean `{near[0]}`?" if near else ""


def constant(expr: tree.Expr, names: Mapping[str, int]) -> int:
    """The value of a constant expression. ``SpecError`` when it is not constant."""
    match expr:
        case tree.IntLiteral():
            return expr.value
        case tree.BoolLiteral():
            return int(expr.value)
        case tree.NullLiteral():
            return 0
        case tree.NameExpr() if expr.name in names:
            return names[expr.name]
        case tree.Unary(op="-"):
            return -constant(expr.operand, names)
        case tree.Unary(op="!"):
            return int(not constant(expr.operand, names))
        case tree.Binary() if expr.op in _BINARY:
            return OPERATORS[_BINARY[expr.op]][1](constant(expr.left, names), constant(expr.right, names))
        case tree.Binary(op=">" | ">="):
            left, right = constant(expr.left, names), constant(expr.right, names)
            return int(left > right or (expr.op == ">=" and left == right))
    help = suggest(expr.name, names) if isinstance(expr, tree.NameExpr) else "use numbers and enum constants"
    raise SpecError(Diagnostic("a constant is needed here", expr.span, "not a constant", help))

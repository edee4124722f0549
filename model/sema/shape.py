"""Questions about the form of functions and statements that decide how they are compiled."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.program import Program
from defercheck.sema.walk import walk
from defercheck.sema.words import ACTING, PUBLIC, QUIET

MACHINE = frozenset({
    "softirq_frame_active", "task_softirq_count", "start_softirq_frame", "explicit_irq", "threads_active",
    "on_this_cpu", "note_order", "allocated", "freed", "allocate", "release", "live", "listed", "owned", "token",
    "contains", "push_back", "push_front", "pop_front", "move_all", "empty", "test_and_set", "test_and_clear",
    "count_up", "step", "first", "remove", "flusher", "migrate", "use", "container_of", "fresh", "on_stack",
    "READ_ONCE", "WRITE_ONCE", "xchg", "cmpxchg", "in_turn", "hands_over", "at_will", "elsewhere", "asserted",
}) | QUIET  # fmt: skip
"""Words of the machine that are executed within a step."""

DEVICE = frozenset({"device_probe", "device_remove", "device_open", "device_close"})
"""Words of the machine that stand for the parts of a device."""

INLINED = frozenset({"thread_body", "module_init", "module_exit", "driver_softirq", *DEVICE})
"""Words of the machine that stand for the spec's own bodies."""


def callee_name(e: tree.CallExpr) -> str:
    """The function's name, empty for a call through a member."""
    return e.callee.name if isinstance(e.callee, tree.NameExpr) else ""


def machine_word(e: tree.CallExpr) -> str:
    """The word of the machine that a call stands for; empty where it calls a function.

    A driver may have a function of its own named like a word (`first`, `remove`) that only the kernel model may say.
    """
    name = callee_name(e)
    known = name in PUBLIC or name in QUIET or (e.span.source.kernel and (name in MACHINE or name in INLINED))
    return name if known else ""


def when(condition: tree.Expr, flags: dict[str, str]) -> bool:
    """Decide the condition of a ``when`` from the kernel version's flags."""
    match condition:
        case tree.Binary(op="==" | "!="):
            assert isinstance(condition.left, tree.NameExpr) and isinstance(condition.right, tree.NameExpr)
            return (flags[condition.left.name] == condition.right.name) == (condition.op == "==")
        case tree.Binary(op="&&"):
            return when(condition.left, flags) and when(condition.right, flags)
        case tree.Binary(op="||"):
            return when(condition.left, flags) or when(condition.right, flags)
        case tree.Unary(op="!"):
            return not when(condition.operand, flags)
    raise TypeError(condition)


def operation(f: tree.FunctionDecl) -> bool:
    """Whether a function of the kernel model is one operation on its caller's variable, with a result: part of the
    statement that uses the result, as an instruction is (`atomic_dec_and_test`)."""
    body = f.body.statements
    return (
        f.span.source.kernel
        and any(p.out for p in f.parameters)
        and len(body) == 1
        and isinstance(body[0], tree.Atomic)
        and any(isinstance(n, tree.Return) for n in walk(body))
        and not any(isinstance(n, tree.Await | tree.Choose) for n in walk(body))
    )


class Shapes:
    """Answers for one program, each computed once."""

    def __init__(self, program: Program):
        self.program = program
        self._instant: dict[int, bool] = {}
        self._assigned: dict[int, frozenset[str]] = {}

    def instant(self, f: tree.FunctionDecl) -> bool:
        """Whether a call is evaluated within the calling statement's step: the function only looks, never acts."""
        key = id(f)
        if key not in self._instant:
            self._instant[key] = False  # recursion is reported elsewhere
            self._instant[key] = operation(f) or (
                not any(self._acts(n) for n in walk(f.body)) and any(isinstance(n, tree.Return) for n in walk(f.body))
            )
        return self._instant[key]

    def _acts(self, n: object) -> bool:
        match n:
            case tree.Assign() | tree.IncDec() | tree.Await() | tree.Atomic() | tree.VarDecl() | tree.Choose():
                return True
            case tree.Goto() | tree.Switch():
                return True
            case tree.Check() | tree.Assert() | tree.While() | tree.For() | tree.DoWhile():
                return True
            case tree.CallExpr():
                return not self.instant_call(n)
        return False

    def instant_call(self, e: tree.CallExpr) -> bool:
        """Whether a call is evaluated within the calling statement's step."""
        name = callee_name(e)
        if machine_word(e) in MACHINE:
            return name not in (
                "step",
                "migrate",
                "in_turn",
                "hands_over",
                "at_will",
                "elsewhere",
                "note_order",
                "allocate",
                "release",
                "start_softirq_frame",
                "count_up",
                "remove",
            )
        if machine_word(e) or not name:
            return False
        return all(self.instant(f) for f in self.program.functions.get(name, ()))

    def acts_at_once(self, e: tree.Expr) -> bool:
        """Whether evaluating an expression changes the state within the step that does it."""
        return any(
            machine_word(c) in ACTING or any(operation(f) for f in self.program.functions.get(callee_name(c), ()))
            for c in walk(e)
            if isinstance(c, tree.CallExpr) and self.within_step(c)
        )

    def within_step(self, e: tree.CallExpr) -> bool:
        """Whether a call can be executed as part of one step: a machine word or an instant function."""
        return machine_word(e) in MACHINE or self.instant_call(e)

    def assigned(self, f: tree.FunctionDecl) -> frozenset[str]:
        """Names that the function's body assigns."""
        key = id(f)
        if key not in self._assigned:
            names = set()
            for n in walk(f.body):
                if isinstance(n, tree.Assign | tree.IncDec) and isinstance(n.target, tree.NameExpr):
                    names.add(n.target.name)
            self._assigned[key] = frozenset(names)
        return self._assigned[key]

"""What of a spec was never exercised: DF901 to DF903."""

from __future__ import annotations

from collections.abc import Iterator, Set

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.lower import Lowered
from defercheck.sema.program import Program
from defercheck.sema.walk import walk
from defercheck.verdict import Verdict

_USED_ANYWAY = frozenset({"irq", "irq_thread", "managed_device"})
"""Types of objects that do something of themselves."""
_STEPS = (tree.Assign, tree.IncDec, tree.ExprStatement, tree.Await, tree.Choose, tree.Atomic)
_INNER = (*_STEPS, tree.Assert)


def executed(lowered: Lowered, fired: Set[int]) -> set[tuple[int, int]]:
    """Start and end of everything in the driver that was executed: statements, conditions, calls, assertions."""
    found: set[tuple[int, int]] = set()
    for i in fired:
        t = lowered.system.transitions[i]
        spans = [t.span, *(c.site for c in t.calls), *lowered.evaluated[i]]
        found |= {(s.start, s.end) for s in spans if s is not None and not s.source.kernel}
    return found


def unexercised(program: Program, lowered: Lowered, fired: Set[int]) -> Iterator[Verdict]:
    """Warnings for statements that never run (DF901), assertions never evaluated (DF902), objects never used (DF903).

    Only meaningful when every reachable state was seen.
    """
    done = executed(lowered, fired)
    blind: list[Span] = []
    # calls that the kernel makes of what C names only (`kthread_run(f, ...)`) stand at the function's name
    heads = {i.name.span for i in program.spec.items if isinstance(i, tree.FunctionDecl)}
    why = _ALL_SUCCEED if program.flags.get("allocation") != "may_fail" and _may_fail(program) else ""
    # one step carries out all of an atomic block, under its name alone: what is inside cannot be told apart
    whole = [n.span for n in walk(program.spec.items) if isinstance(n, tree.Atomic) and _touched(n.span, done)]
    inner = [n.span for n in walk(program.spec.items) if isinstance(n, _INNER) and _within(n.span, whole)]
    done |= {(s.start, s.end) for s in inner}
    for node in walk(program.spec.items):
        if isinstance(node, tree.Assert) and not _touched(node.span, done):
            text = " ".join(node.condition.span.text.split())
            yield _warning("DF902", "holds vacuously", f"`assert({text})` is never evaluated", node.span)
        if isinstance(node, tree.ExprStatement) and (_nothing(node.expr, program) or node.span in heads):
            continue
        if isinstance(node, _STEPS) and not _touched(node.span, done) and not _within(node.span, blind):
            blind.append(node.span)
            yield _warning("DF901", "statement never runs", f"no schedule reaches this statement{why}", node.span)
    names = {n.name for n in walk(_bodies(program)) if isinstance(n, tree.NameExpr)}
    fields = {n.name.text for n in walk(_bodies(program)) if isinstance(n, tree.Field)}
    for i in program.instances.values():
        outer = program.instances.get(i.name.rpartition(".")[0])
        if outer is not None and not program.types[outer.type].struct:
            continue  # a part of an object of the kernel's
        used = {i.name, i.name.rsplit(".", 1)[-1]} & (names | fields)
        if i.type not in _USED_ANYWAY and not i.span.source.kernel and not used:
            yield _warning("DF903", "object never used", f"nothing in the spec uses `{i.name}`", i.span, i.name)


_ALL_SUCCEED = " (allocations succeed here; `option allocation = may_fail;` lets them fail)"


def _may_fail(program: Program) -> bool:
    """Whether a spec calls something that fails where allocations may."""
    called = {
        n.callee.name
        for n in walk(_bodies(program))
        if isinstance(n, tree.CallExpr) and isinstance(n.callee, tree.NameExpr)
    }
    bodies = [f.body for name in called for f in program.functions.get(name, ()) if f.span.source.kernel]
    flags = {n.name for b in bodies for w in walk(b) if isinstance(w, tree.When) for n in walk(w.condition)
             if isinstance(n, tree.NameExpr)}  # fmt: skip
    return "allocation" in flags


def _nothing(e: tree.Expr, program: Program) -> bool:
    """Whether a call is of a function that does nothing, such as a barrier, or only looks: no step is its own."""
    if not isinstance(e, tree.CallExpr) or not isinstance(e.callee, tree.NameExpr):
        return False
    called = program.functions.get(e.callee.name, ())
    return bool(called) and all(isinstance(s, tree.Check) for f in called for s in f.body.statements)


def _bodies(program: Program) -> tuple[object, ...]:
    kept = (tree.FunctionDecl, tree.ContextDecl, tree.ModuleDecl, tree.DeviceDecl, tree.StartDecl, tree.PropertyDecl)
    return tuple(i for i in program.spec.items if isinstance(i, kept))


def _touched(span: Span, done: set[tuple[int, int]]) -> bool:
    return any(span.start <= start and end <= span.end for start, end in done)


def _within(span: Span, others: list[Span]) -> bool:
    return any(o.start <= span.start and span.end <= o.end for o in others)


def _warning(code: str, name: str, message: str, span: Span, subject: str = "") -> Verdict:
    return Verdict(code, name, "violated", message, subject, span, severity="warning")

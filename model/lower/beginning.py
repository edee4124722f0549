"""What has happened already when everything begins (``start { }``), and threads that start after others.

``start`` is a context of its own whose end every other context waits for, so nothing of it is seen half done. Where a
statement of it was executed is the environment's choice, statement by statement: a work may have been queued on one
CPU and a timer armed on another.
"""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar import tree
from defercheck.lower.builder import ContextBuilder
from defercheck.sema.program import ContextDef, Program
from defercheck.sema.shape import callee_name
from defercheck.sema.walk import walk
from defercheck.system.expr import TRUE, Expr, Var, conj, equals

FINISHED = 1
"""Location of a driver's thread that has ended."""


def ended(thread: str) -> Expr:
    """Whether a thread of the driver has ended."""
    return equals(Var(f"pc.{thread}"), FINISHED)


def begun(context: ContextBuilder, contexts: list[ContextBuilder]) -> Expr:
    """When a context may run at all: not before ``start`` has ended."""
    first = next((c for c in contexts if c.begins), None)
    if first is None:
        return context.enabled
    return TRUE if context is first else conj(ended(first.name), context.enabled)


def home(d: ContextDef, program: Program) -> tuple[int, ...]:
    """The CPUs on which ``start`` may begin: one of them stands for all unless something tells them apart."""
    if d.cpu is not None:
        return (d.cpu,)
    pinned = any(c.cpu is not None for c in program.contexts if not c.kernel)
    asks = any(
        isinstance(n, tree.CallExpr) and (callee_name(n).endswith("_on") or callee_name(n) == "smp_processor_id")
        for n in walk(program.spec.items)
    )
    return tuple(range(program.cpus)) if pinned or asks else (0,)


def spread(d: ContextDef, program: Program) -> tree.Block:
    """The body of ``start``, each of whose statements may be executed on any CPU."""
    assert d.body is not None
    if d.cpu is not None or program.cpus == 1:
        return d.body
    at = program.functions["start_elsewhere"][0].name.span
    hop = tree.ExprStatement(tree.CallExpr(tree.NameExpr("migrate", at), (), at), at)
    statements: list[tree.Statement] = []
    first = True
    for s in d.body.statements:
        if _depends_on_cpu(s, program, set()):
            statements += [] if first else [hop]
            first = False
        statements.append(s)
    return replace(d.body, statements=tuple(statements))


def _depends_on_cpu(node: object, program: Program, seen: set[str]) -> bool:
    """Whether it makes a difference on which CPU a statement is executed."""
    for n in walk(node):
        match n:
            case tree.NameExpr(name=name):
                g = program.globals.get(name)
                if name == "this_cpu" or (g is not None and g.storage == "percpu"):
                    return True
            case tree.CallExpr():
                called = callee_name(n)
                if called not in seen:
                    seen.add(called)
                    if any(_depends_on_cpu(f.body, program, seen) for f in program.functions.get(called, ())):
                        return True
    return False

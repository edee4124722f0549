"""From a witness to a schedule that people can read, replayed step by step on the system as it was compiled."""

from __future__ import annotations

from defercheck.grammar.span import Span
from defercheck.interpret import Interpreter
from defercheck.system.expr import evaluate
from defercheck.system.result import Witness
from defercheck.system.system import TransitionSystem
from defercheck.verdict import Change, Step, Trace


def expand(witness: Witness, reduced: TransitionSystem) -> tuple[int, ...]:
    """The path of a witness of a reduced system as transitions of the system that was compiled."""
    return tuple(origin for i in witness.path for origin in (reduced.transitions[i].origins or (i,)))


def replay(path: tuple[int, ...], machine: Interpreter) -> Trace:
    """The schedule along a path. ``ValueError`` when the interpreter cannot take it: then an engine or a pass is
    wrong, and nothing that it says may be shown."""
    system = machine.system
    states = machine.replay(path)
    steps = []
    for n, i in enumerate(path):
        t = system.transitions[i]
        context = system.contexts[t.context]
        before = states[n]
        after = states[n + 1] if n + 1 < len(states) else before
        moved = machine.view(after if n + 1 < len(states) else before)
        changes = tuple(
            Change(v.name, v.show(a), v.show(b), v.origin)
            for v, a, b in zip(system.variables, before, after, strict=True)
            if a != b and v.origin != "pc"
        )
        cpu = evaluate(context.cpu, moved)
        steps.append(Step(context.name, context.level, cpu, t.label, t.span, t.calls, t.kernel, changes, t.violates))
    return Trace(tuple(steps))


def driver_site(step: Step) -> Span | None:
    """The statement of the driver that a step belongs to: its own, or the innermost call site outside the kernel."""
    if step.span is not None and not step.kernel:
        return step.span
    return next((c.site for c in reversed(step.calls) if not c.site.source.kernel), None)

"""From a witness to a schedule that people can read, replayed step by step on the system as it was compiled."""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar.span import Span
from defercheck.interpret import INFINITE, Interpreter, closed, replay_lasso
from defercheck.interpret.fair import able
from defercheck.system.expr import evaluate
from defercheck.system.fairness import conditions
from defercheck.system.result import Witness
from defercheck.system.system import Property
from defercheck.verdict import Change, Step, Trace


def shorten(path: tuple[int, ...], machine: Interpreter, claim: Property) -> tuple[int, ...]:
    """The path without steps at the end of a context's part in it that the violation does not need.

    Merging steps makes a context go on to its next visible step at once; people want to see it stop where it may.
    """
    if claim.kind in INFINITE:
        return path
    system = machine.system
    for at in range(len(path) - 2, -1, -1):
        c = system.transitions[path[at]].context
        if any(system.transitions[i].context == c for i in path[at + 1 :]):
            continue
        candidate = path[:at] + path[at + 1 :]
        if _shows(candidate, machine, claim):
            path = candidate
    return path


def _shows(path: tuple[int, ...], machine: Interpreter, claim: Property) -> bool:
    try:
        states = machine.replay(path)
    except ValueError:
        return False
    if claim.kind == "step":
        return machine.system.transitions[path[-1]].violates == claim.id
    return machine.violated(states[-1], claim, machine.enabled(states[-1]))


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


def replay_witness(w: Witness, machine: Interpreter, claim: Property) -> Trace:
    """The schedule of a witness, shortened. ``ValueError`` as for ``replay``, and when its loop does not close, is not
    fair or shows nothing."""
    if w.loop is None:
        return replay(shorten(w.path, machine, claim), machine)
    w = closed(machine, w)
    assert w.loop is not None
    loop = replay_lasso(machine, w, claim)[len(w.path) :]
    owed = [c for c in conditions(machine.system) if any(able(machine, s, c) for s in loop)]
    fair = dict.fromkeys(c.words.partition(" (")[0] for c in owed)
    return replace(replay((*w.path, *w.loop), machine), loop=len(w.path), fair=tuple(fair))


def driver_site(step: Step) -> Span | None:
    """The statement of the driver that a step belongs to: its own, or the innermost call site outside the kernel."""
    if step.span is not None and not step.kernel:
        return step.span
    return next((c.site for c in reversed(step.calls) if not c.site.source.kernel), None)

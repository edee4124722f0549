"""Who runs at each step of a trace, as people say it: ``thread reader``, ``softirq/0: rx``, ``irq nic``."""

from __future__ import annotations

from collections.abc import Sequence

from defercheck.grammar.span import Span
from defercheck.system.system import Level
from defercheck.verdict import Step, Trace

DEPTH: dict[Level, int] = {"thread": 0, "softirq": 1, "hardirq": 2}
"""How far in a level stands: what may interrupt what, on one CPU."""


def titles(trace: Trace) -> tuple[str, ...]:
    """One title a step. What the kernel does before and after a handler is said to be the handler's."""
    coming = _carried(trace.steps, backwards=True)
    gone = _carried(trace.steps, backwards=False)
    return tuple(_title(step, c or g) for step, c, g in zip(trace.steps, coming, gone, strict=True))


def driver_site(step: Step) -> Span | None:
    """The driver statement that a step belongs to: its own, or the innermost call that the driver wrote."""
    if not step.kernel and step.span is not None and not step.span.source.kernel:
        return step.span
    for call in reversed(step.calls):
        if not call.site.source.kernel:
            return call.site
    return None


def handler(step: Step) -> str:
    """The driver's function that the kernel called back, outermost: a tasklet's handler within its softirq."""
    own = [] if step.kernel or step.span is None else [step.span]
    inner = [call.site for call in step.calls[1:]] + own
    for call, site in zip(step.calls, inner, strict=False):
        if call.site.source.kernel and not site.source.kernel:
            return call.function
    return ""


def _carried(steps: Sequence[Step], backwards: bool) -> list[str]:
    """For each step the handler that ran last (``backwards``: that runs next) within the same activation of its frame.

    A frame is over when something on a lower level runs on its CPU; and a step of the driver outside of any call is
    the start of its context.
    """
    running: dict[str, tuple[int, int, str]] = {}
    result = [""] * len(steps)
    for index in reversed(range(len(steps))) if backwards else range(len(steps)):
        step = steps[index]
        depth, starts = DEPTH[step.level], not step.kernel and not step.calls
        running = {k: v for k, v in running.items() if v[0] != step.cpu or v[1] <= depth}
        if starts and not backwards:
            running.pop(step.context, None)
        result[index] = handler(step) or running.get(step.context, (0, 0, ""))[2]
        running[step.context] = (step.cpu, depth, result[index])
        if starts and backwards:
            del running[step.context]
    return result


def _title(step: Step, handler: str) -> str:
    name = step.context
    match step.level:
        case "hardirq":
            return f"irq {handler}" if handler else name
        case "softirq":
            return f"{name}: {handler}" if handler else name
    if name == "module":
        return f"module {handler}".strip()
    return name if name.startswith(("thread", "ksoftirqd")) else f"thread {name}"

"""Why nothing orders two accesses that race: what each side holds when both are about to be made."""

from __future__ import annotations

from defercheck.grammar.span import Span
from defercheck.interpret import Interpreter
from defercheck.system.system import Context, Property


def held(p: Property, path: tuple[int, ...], machine: Interpreter) -> str:
    """``reader holds no lock, irq nic holds `lock```, for the state in which both sides of the race ``p`` stand."""
    values = machine.view(machine.replay(path)[-1])
    said = {}
    for number, context in enumerate(machine.system.contexts):
        span = context.locations[values[context.pc]].span
        if any(place is not None and span is not None and _within(place, span) for place in (p.span, p.also)):
            locks = [
                f"`{v.name.removesuffix('.owner')}`"
                for v in machine.system.variables
                if v.name.endswith(".owner") and values[v.name] == number + 1
            ]
            said[_title(context)] = f"{_title(context)} holds {', '.join(locks) or 'no lock'}"
    return ", ".join(said.values())


def _title(context: Context) -> str:
    return context.name if context.level != "thread" else f"thread {context.name}"


def _within(inner: Span, outer: Span) -> bool:
    return inner.source.name == outer.source.name and outer.start <= inner.start and inner.end <= outer.end

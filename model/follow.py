"""Following a schedule in a system that it may not come from: the same who, what and where, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

from defercheck.interpret import Interpreter
from defercheck.system.expr import evaluate
from defercheck.verdict import Step, Trace

State = tuple[int, ...]
_SHOWN = 6


class ReplayError(ValueError):
    """The schedule cannot be taken. ``step`` is the number, from 1, of the step at which it ends; 0 if unknown."""

    def __init__(self, message: str, step: int = 0):
        super().__init__(message)
        self.step = step


def follow(trace: Trace, machine: Interpreter) -> tuple[int, ...]:
    """A path of the machine's system that does what the trace says: indexes of transitions.

    A step matches when its context, label and CPU are the same and when all that it changed changes alike, as far as
    the system still has the variables. ``ReplayError`` where no path goes on, or where what was broken is not.
    """
    reached: dict[State, tuple[int, ...]] = {machine.system.initial: ()}
    for number, step in enumerate(trace.steps, start=1):
        after: dict[State, tuple[int, ...]] = {}
        why = _Reasons()
        for state, path in reached.items():
            for i in machine.enabled(state):
                t = machine.system.transitions[i]
                goal = state if t.violates else machine.apply(state, t)
                if not _same(step, i, goal, machine):
                    why.possible[f"`{t.label}` by {machine.system.contexts[t.context].name}"] = None
                elif other := _otherwise(step, goal, machine):
                    why.otherwise = why.otherwise or other
                elif _rule(t.violates) == _rule(step.violates):
                    after.setdefault(goal, (*path, i))
                elif step.violates is not None:
                    why.harmless = True
        if not after:
            raise ReplayError(why.told(number, trace), number)
        reached = after
    return next(iter(reached.values()))


@dataclass(slots=True)
class _Reasons:
    """Why a step found no match: what could have been done instead, or what it does differently."""

    possible: dict[str, None] = field(default_factory=dict)
    otherwise: str = ""
    harmless: bool = False

    def told(self, number: int, trace: Trace) -> str:
        step = trace.steps[number - 1]
        what = f"step {number} of {len(trace.steps)}, `{step.label}` by {step.context} on CPU {step.cpu},"
        if self.harmless:
            return f"{what} can be taken, but it does not break {_rule(step.violates)} any more"
        if self.otherwise:
            return f"{what} does something else: {self.otherwise}"
        others = list(self.possible)
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        there = (
            f"what can be done there is {', '.join(others[:_SHOWN])}{more}" if others else "nothing can be done there"
        )
        return f"{what} cannot be taken; {there}"


def _rule(property: str | None) -> str | None:
    """The rule of a property's id; the rest of an id is a place, which moves when a spec is edited."""
    return property.partition(":")[0] if property is not None else None


def _same(step: Step, index: int, after: State, machine: Interpreter) -> bool:
    """Whether a transition is the step's, by who takes it where and what it is called."""
    t = machine.system.transitions[index]
    context = machine.system.contexts[t.context]
    if (context.name, t.label) != (step.context, step.label):
        return False
    return evaluate(context.cpu, machine.view(after)) == step.cpu


def _otherwise(step: Step, after: State, machine: Interpreter) -> str:
    """What comes of it that did not come of the step; empty if all is alike."""
    places = {name: n for n, name in enumerate(machine.names)}
    for change in step.changes:
        n = places.get(change.variable)
        now = change.after if n is None else machine.system.variables[n].show(after[n])
        if now != change.after:
            return f"{change.variable} is {now} then, and was {change.after}"
    return ""

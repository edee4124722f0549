"""Variables that never leave their initial value are replaced by it, and what can then not happen is dropped.

Optimistic: at first every variable is taken for constant, every context is only where it starts, and nothing is
taken to be possible but what follows from that. A transition found possible may show a variable to vary or a location
to be reached, which may make further transitions possible. What is left in the end is an invariant: it holds
initially, and no possible transition leaves it. Each transition is looked at again only when something it reads has
changed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from defercheck.reduce.flow import landings
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Op, Var, op, variables
from defercheck.system.interval import ranges_of
from defercheck.system.system import Transition, TransitionSystem


def drop_constants(system: TransitionSystem) -> TransitionSystem:
    """Replace variables that no possible transition changes, drop transitions that are not possible, and fold.

    Program counters stay variables. The states of the result are those of the given system, without the constants.
    """
    flow = _Flow(system)
    flow.run()
    kept = {v.name for v in system.variables if v.name in flow.owner or v.name not in flow.constants}
    return replace(
        system,
        variables=tuple(v for v in system.variables if v.name in kept),
        contexts=tuple(
            replace(c, cpu=flow.fold(c.cpu), enabled=flow.fold(c.enabled) if flow.runs[n] else FALSE)
            for n, c in enumerate(system.contexts)
        ),
        transitions=tuple(
            replace(
                t,
                guard=flow.fold(t.guard, t),
                updates=tuple((name, flow.fold(e, t)) for name, e in t.updates if name in kept),
            )
            for t, possible in zip(system.transitions, flow.possible, strict=True)
            if possible
        ),
        properties=tuple(replace(p, expr=flow.fold(p.expr)) for p in system.properties),
    )


class _Flow:
    """What may happen, as far as is known."""

    def __init__(self, system: TransitionSystem):
        self.system = system
        self.ranges = ranges_of(system)
        self.owner = {c.pc: n for n, c in enumerate(system.contexts)}
        self.constants: dict[str, Expr] = {v.name: Const(v.init) for v in system.variables}
        self.places = [{system.variable(c.pc).init} for c in system.contexts]
        self.runs = [False] * len(system.contexts)
        self.possible = [False] * len(system.transitions)
        self.at: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.readers: dict[str, list[int]] = defaultdict(list)
        for i, t in enumerate(system.transitions):
            self.at[t.context, t.source].append(i)
            for name in {n for e in (t.guard, *(e for _, e in t.updates)) for n in variables(e)}:
                self.readers[name].append(i)
        self.awaiting: dict[str, list[int]] = defaultdict(list)
        for n, c in enumerate(system.contexts):
            for name in set(variables(c.enabled)):
                self.awaiting[name].append(n)
        self.queue: list[int] = []
        self.queued: set[int] = set()

    def run(self) -> None:
        for n in range(len(self.system.contexts)):
            self._enable(n)
        while self.queue:
            i = self.queue.pop()
            self.queued.discard(i)
            self._look_at(i)

    def fold(self, e: Expr, at: Transition | None = None) -> Expr:
        """The expression with what is known put in; ``at`` is the transition that it belongs to, if any."""
        match e:
            case Const():
                return e
            case Var(name=name):
                if at is not None and self.owner.get(name) == at.context:
                    return Const(at.source)
                return self.constants.get(name, e)
            case Op(op="eq" | "ne", args=(Var(name=name), Const(value=value))) if self._never(name, value):
                return FALSE if e.op == "eq" else TRUE
            case Op(args=args):
                new = tuple(self.fold(a, at) for a in args)
                return e if all(n is a for n, a in zip(new, args, strict=True)) else op(e.op, *new)
        raise TypeError(e)

    def _never(self, name: str, value: int) -> bool:
        context = self.owner.get(name)
        return context is not None and value not in self.places[context]

    def _enable(self, context: int) -> None:
        if not self.runs[context] and self.fold(self.system.contexts[context].enabled) != FALSE:
            self.runs[context] = True
            for location in self.places[context]:
                self._enqueue(self.at[context, location])

    def _enqueue(self, transitions: list[int]) -> None:
        for i in transitions:
            t = self.system.transitions[i]
            if i not in self.queued and self.runs[t.context] and t.source in self.places[t.context]:
                self.queued.add(i)
                self.queue.append(i)

    def _look_at(self, i: int) -> None:
        t = self.system.transitions[i]
        if self.fold(t.guard, t) == FALSE:
            return
        self.possible[i] = True
        if t.target is not None:
            self._reach(t.context, t.target)
        for name, e in t.updates:
            if name in self.owner:
                for location in landings(self.fold(e, t), name, self.ranges):
                    self._reach(self.owner[name], location)
            elif name in self.constants and self.fold(e, t) != self.constants[name]:
                self._vary(name)

    def _reach(self, context: int, location: int) -> None:
        if location not in self.places[context]:
            self.places[context].add(location)
            self._enqueue(self.at[context, location])
            self._vary(self.system.contexts[context].pc)

    def _vary(self, name: str) -> None:
        self.constants.pop(name, None)
        for context in self.awaiting[name]:
            self._enable(context)
        self._enqueue(self.readers[name])

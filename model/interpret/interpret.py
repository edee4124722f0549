"""The shortest code that could be right. Every other engine is tested against it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from defercheck.interpret.fair import Search
from defercheck.system.expr import Expr, evaluate
from defercheck.system.result import Exploration, Limit, Limits, Witness
from defercheck.system.system import Property, Transition, TransitionSystem

State = tuple[int, ...]
INFINITE = ("stuck", "lasting", "eventually", "leadsto")
"""The kinds of properties that speak of infinite schedules."""


class Interpreter:
    """Steps through a system, one state at a time."""

    def __init__(self, system: TransitionSystem):
        self.system = system
        self.names = [v.name for v in system.variables]
        self._at: list[dict[int, list[int]]] = [{} for _ in system.contexts]
        for i, t in enumerate(system.transitions):
            self._at[t.context].setdefault(t.source, []).append(i)

    def view(self, state: State) -> dict[str, int]:
        """The state as a mapping from variable names to values."""
        return dict(zip(self.names, state, strict=True))

    def transition(self, i: int) -> Transition:
        """The transition with that index."""
        return self.system.transitions[i]

    def at(self, context: int, location: int) -> list[int]:
        """Indexes of the transitions of a context from a location."""
        return self._at[context].get(location, [])

    def enabled(self, state: State) -> list[int]:
        """Indexes of the transitions that can be taken in the state, violating steps among them."""
        values = self.view(state)
        found = []
        for context, at in zip(self.system.contexts, self._at, strict=True):
            candidates = at.get(values[context.pc])
            if candidates and evaluate(context.enabled, values):
                found += [i for i in candidates if evaluate(self.system.transitions[i].guard, values)]
        return found

    def can_take(self, state: State, number: int) -> bool:
        """Whether a transition is one of ``enabled``, without looking at the others."""
        t, values = self.system.transitions[number], self.view(state)
        context = self.system.contexts[t.context]
        return bool(values[context.pc] == t.source and evaluate(context.enabled, values) and evaluate(t.guard, values))

    def apply(self, state: State, transition: Transition) -> State:
        """The state after a transition that can be taken. ``ValueError`` when it leaves a variable's range."""
        values = self.view(state)
        after = dict(values)
        for name, e in transition.updates:
            after[name] = evaluate(e, values)
        if transition.target is not None:
            after[self.system.contexts[transition.context].pc] = transition.target
        for v in self.system.variables:
            if not v.lo <= after[v.name] <= v.hi:
                raise ValueError(f"`{transition.label}` sets {v.name} to {after[v.name]}, outside {v.lo}..{v.hi}")
        return tuple(after[n] for n in self.names)

    def violated(self, state: State, p: Property, enabled: list[int]) -> bool:
        """Whether the state itself shows a violation of (for ``cover``: reaches) an ``invariant``, ``terminal``,
        ``step`` or ``cover`` property."""
        if p.kind == "step":
            return any(self.system.transitions[i].violates == p.id for i in enabled)
        if p.kind in INFINITE or (p.kind == "terminal" and enabled):
            return False
        return bool(evaluate(p.expr, self.view(state))) == (p.kind == "cover")

    def replay(self, path: tuple[int, ...]) -> list[State]:
        """The states along a path, the initial one first. ``ValueError`` when a step cannot be taken."""
        states = [self.system.initial]
        for n, i in enumerate(path):
            if not self.can_take(states[-1], i):
                raise ValueError(f"step {n + 1} ({self.system.transitions[i].label}) cannot be taken")
            if self.system.transitions[i].violates is None:
                states.append(self.apply(states[-1], self.system.transitions[i]))
            elif n + 1 < len(path):
                raise ValueError(f"step {n + 1} ends the path, yet more follow")
        return states


def explore(system: TransitionSystem, limits: Limits = Limits(memory=None)) -> Exploration:  # noqa: B008
    """Explore breadth first, all reachable states, in plain Python. Memory limits are not observed here."""
    begun = time.monotonic()
    machine = Interpreter(system)
    parent: dict[State, tuple[State, int] | None] = {system.initial: None}
    depth = {system.initial: 0}
    queue = deque([system.initial])
    successors: dict[State, list[tuple[int, State]]] = {}
    ends = {p.id for p in system.properties if p.kind == "step" and not p.continues}
    broken: set[State] = set()
    fired: set[int] = set()
    witnesses: dict[str, Witness] = {}
    edges, limit = 0, ""

    def path_to(state: State) -> tuple[int, ...]:
        steps = []
        while (link := parent[state]) is not None:
            state, i = link
            steps.append(i)
        return tuple(reversed(steps))

    while queue:
        if limits.states is not None and len(parent) > limits.states:
            limit = "states"
        elif limits.seconds is not None and time.monotonic() - begun > limits.seconds:
            limit = "time"
        if limit:
            break
        state = queue.popleft()
        enabled = machine.enabled(state)
        fired.update(enabled)
        for p in system.properties:
            if p.id not in witnesses and machine.violated(state, p, enabled):
                last = [i for i in enabled if system.transitions[i].violates == p.id][:1] if p.kind == "step" else []
                witnesses[p.id] = Witness(p.id, path_to(state) + tuple(last))
        out = successors[state] = []
        for i in enabled:
            if (violated := system.transitions[i].violates) is not None:
                if violated in ends and system.transitions[i].free not in ("finite", "unbounded"):
                    broken.add(state)
                continue
            after = machine.apply(state, system.transitions[i])
            edges += 1
            out.append((i, after))
            if after not in parent:
                parent[after] = (state, i)
                depth[after] = depth[state] + 1
                queue.append(after)
    if not limit:
        for p, w in _infinite(machine, successors, broken, path_to):
            witnesses[p.id] = Witness(p.id, *w)
    return Exploration(
        complete=not limit,
        limit=_as_limit(limit),
        states=len(parent),
        transitions=edges,
        depth=max(depth.values()),
        fired=frozenset(fired),
        witnesses=witnesses,
        stuck_checked=not limit,
        fair_checked=not limit,
        seconds=time.monotonic() - begun,
    )


def _as_limit(name: str) -> Limit:
    return name  # type: ignore[return-value]


def _infinite(
    machine: Interpreter,
    successors: dict[State, list[tuple[int, State]]],
    broken: set[State],
    path_to: Callable[[State], tuple[int, ...]],
) -> Iterator[tuple[Property, tuple[tuple[int, ...], tuple[int, ...]]]]:
    """The properties of infinite schedules that are violated, each with a path and a loop that show it."""
    if not any(p.kind in INFINITE for p in machine.system.properties):
        return
    search = Search(machine, successors)
    initial = machine.system.initial
    for p in machine.system.properties:

        def holds(s: State, e: Expr) -> bool:
            return bool(evaluate(e, machine.view(s)))

        def fails(s: State, goal: Expr = p.expr) -> bool:
            return not evaluate(goal, machine.view(s))

        found = None
        match p.kind:
            case "stuck" | "lasting":
                if (state := _rescueless(machine, search, p, successors, broken)) is not None:
                    found = search.lasso({state: path_to(state)}, lambda s: True, rescue=True)
                    assert found is not None, "a finite graph of states has an end"
            case "eventually" if fails(initial):
                found = search.lasso({initial: ()}, fails)
            case "leadsto":
                starts = {s: path_to(s) for s in successors if fails(s) and holds(s, p.trigger)}
                found = search.lasso(starts, fails)
        if found is not None:
            yield p, found


def _rescueless(
    machine: Interpreter,
    search: Search,
    p: Property,
    successors: dict[State, list[tuple[int, State]]],
    broken: set[State],
) -> State | None:
    """The first state in which a ``stuck`` property's context waits and no promised step leads on to one that it takes,
    or likewise a ``lasting`` property's condition holds and never ends."""
    before: dict[State, list[State]] = {}
    saved = set(broken)
    for state, out in successors.items():
        for i, after in out:
            if not search.unpromised(i):
                before.setdefault(after, []).append(state)
    if p.kind == "stuck":
        assert p.context is not None
        c, at = p.context, machine.names.index(machine.system.contexts[p.context].pc)
        for s, out in successors.items():
            if any(machine.transition(i).context == c and not search.unpromised(i) for i, _ in out):
                saved.add(s)
        bad = [s for s in successors if s[at] in p.locations]
    else:
        bad = [s for s in successors if evaluate(p.expr, machine.view(s))]
        saved |= set(successors) - set(bad)
    work = list(saved)
    while work:
        for s in before.get(work.pop(), ()):
            if s not in saved:
                saved.add(s)
                work.append(s)
    return next((s for s in bad if s not in saved), None)

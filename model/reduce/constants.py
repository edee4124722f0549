"""Variables that never leave their initial value are replaced by it, and what can then not happen is dropped.

Optimistic: at first every variable is taken to have only its initial value, every context to be only where it starts,
and nothing to be possible but what follows from that. A transition found possible may give a variable a further value
or reach a location, which may make further transitions possible. What is left in the end is an invariant: it holds
initially, and no possible transition leaves it. Each transition is looked at again only when something it reads has
changed. A variable with more than a few values is taken to have any.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from itertools import product

from defercheck.reduce.flow import landings, placed
from defercheck.system.expr import BOOLEAN, FALSE, OPERATORS, TRUE, Const, Expr, Op, Var, op, variables
from defercheck.system.interval import ranges_of
from defercheck.system.system import TransitionSystem

Values = frozenset[int] | None
"""The values that something may have; ``None`` for any."""

MANY = 16
"""Beyond so many values all are possible."""

_BOTH: frozenset[int] = frozenset({0, 1})
_FALSE: frozenset[int] = frozenset({0})
_TRUE: frozenset[int] = frozenset({1})


def drop_constants(system: TransitionSystem) -> TransitionSystem:
    """Replace variables that no possible transition changes, drop transitions that are not possible, and fold.

    Program counters stay variables. The states of the result are those of the given system, without the constants.
    """
    flow = _Flow(system)
    flow.run()
    done: dict[int, Expr] = {}
    enabled = [flow.fold(e, done) if runs else FALSE for e, runs in zip(flow.enabled, flow.runs, strict=True)]
    kept = {v.name for v in system.variables if v.name in flow.owner or flow.constant(v.name) is None}
    return replace(
        system,
        variables=tuple(v for v in system.variables if v.name in kept),
        contexts=tuple(
            replace(c, cpu=flow.fold(c.cpu, done), enabled=e) for c, e in zip(system.contexts, enabled, strict=True)
        ),
        transitions=tuple(
            replace(
                t,
                guard=flow.fold(t.guard, done),
                updates=tuple((name, flow.fold(e, done)) for name, e in t.updates if name in kept),
            )
            for t, possible in zip(flow.transitions, flow.possible, strict=True)
            if possible
        ),
        properties=tuple(
            replace(p, expr=flow.fold(p.expr, done), trigger=flow.fold(p.trigger, done)) for p in system.properties
        ),
        proposals=tuple(replace(p, expr=flow.fold(p.expr, done)) for p in system.proposals),
    )


class _Flow:
    """What may happen, as far as is known.

    Equal expressions are one object here, and what each may be is remembered until something in it changes.
    """

    def __init__(self, system: TransitionSystem):
        self.system = system
        self.ranges = ranges_of(system)
        self.owner = {c.pc: n for n, c in enumerate(system.contexts)}
        self.values: dict[str, Values] = {v.name: None if v.free else frozenset({v.init}) for v in system.variables}
        self.places = [{system.variable(c.pc).init} for c in system.contexts]
        self.runs = [False] * len(system.contexts)
        self.possible = [False] * len(system.transitions)
        self.shared: dict[Expr, Op] = {}
        self.users: dict[int | str, list[Op]] = defaultdict(list)
        self.known: dict[int, Values] = {}
        self.transitions = list(system.transitions)
        self.met: set[int] = set()
        self.enabled = [self._share(c.enabled) for c in system.contexts]
        self.at: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.readers: dict[str, list[int]] = defaultdict(list)
        for i, t in enumerate(system.transitions):
            self.at[t.context, t.source].append(i)
        self.awaiting: dict[str, list[int]] = defaultdict(list)
        for n, c in enumerate(system.contexts):
            for name in variables(c.enabled):
                self.awaiting[name].append(n)
        self.queue: deque[int] = deque()
        self.queued: set[int] = set()

    def _meet(self, i: int) -> None:
        """Make a transition that is looked at for the first time ready for it: its own program counter put in, made
        of shared expressions, and entered where it reads. Most are never looked at."""
        self.met.add(i)
        here = placed(self.transitions[i], self.system.contexts[self.transitions[i].context].pc)
        updates = tuple((name, self._share(e)) for name, e in here.updates)
        t = self.transitions[i] = replace(here, guard=self._share(here.guard), updates=updates)
        for name in variables(t.guard).union(*(variables(e) for _, e in updates)):
            self.readers[name].append(i)

    def _share(self, e: Expr) -> Expr:
        """The one object for all expressions that are equal to this."""
        if not isinstance(e, Op):
            return e
        found = self.shared.get(e)
        if found is None:
            args = tuple(self._share(a) for a in e.args)
            found = e if all(n is a for n, a in zip(args, e.args, strict=True)) else Op(e.op, args)
            self.shared[found] = found
            for a in args:
                if not isinstance(a, Const):
                    self.users[a.name if isinstance(a, Var) else id(a)].append(found)
        return found

    def run(self) -> None:
        for n in range(len(self.system.contexts)):
            self._enable(n)
        while self.queue:
            i = self.queue.popleft()
            self.queued.discard(i)
            self._look_at(i)

    def fold(self, e: Expr, done: dict[int, Expr]) -> Expr:
        """The expression with what is known put in; ``done`` remembers, as long as nothing further gets known."""
        match e:
            case Const():
                return e
            case Var(name=name):
                value = self.constant(name)
                return e if value is None else Const(value)
            case Op(op=name, args=args):
                found = done.get(id(e))
                if found is None:
                    match e:
                        case Op(op="eq" | "ne", args=(Var(name=v), Const(value=n))) if self._never(v, n):
                            found = FALSE if name == "eq" else TRUE
                        case _:
                            new = tuple(self.fold(a, done) for a in args)
                            same = all(n is a for n, a in zip(new, args, strict=True))
                            found = e if same else op(name, *new)
                    done[id(e)] = found
                return found
        raise TypeError(e)

    def constant(self, name: str) -> int | None:
        """The only value that a variable has, if it has only one."""
        values = self.values[name]
        return next(iter(values)) if values is not None and len(values) == 1 and name not in self.owner else None

    def _never(self, name: str, value: int) -> bool:
        context = self.owner.get(name)
        if context is not None:
            return value not in self.places[context]
        values = self.values[name]
        return values is not None and value not in values

    def may_be(self, e: Expr) -> Values:
        """The values that a shared expression may have, as far as is known."""
        if isinstance(e, Const):
            return frozenset((e.value,))
        if isinstance(e, Var):
            context = self.owner.get(e.name)
            if context is None:
                return self.values[e.name]
            return frozenset(self.places[context]) if len(self.places[context]) <= MANY else None
        if id(e) not in self.known:
            self.known[id(e)] = self._operation(e.op, e.args)
        return self.known[id(e)]

    def _operation(self, name: str, args: tuple[Expr, ...]) -> Values:
        if name in ("and", "or"):
            return self._connective(name == "or", args)
        if name == "ite":
            return self._choice(args)
        first = self.may_be(args[0])
        if len(args) == 2 and isinstance(args[1], Const) and name in ("eq", "ne"):
            value, equal = args[1].value, name == "eq"
            if first is None or (value in first and len(first) > 1):
                return _BOTH
            return _TRUE if (value in first) == equal else _FALSE
        return self._apply(name, [first, *(self.may_be(a) for a in args[1:])])

    def _connective(self, settles: bool, args: tuple[Expr, ...]) -> Values:
        """``or`` if true settles it, else ``and``."""
        is_open = False
        for a in args:
            values = self.may_be(a)
            if values is None or len(values) > 1:
                may = values is None or any(values) if settles else values is None or 0 in values
                sure = values is not None and settles and 0 not in values
            else:
                may = sure = bool(next(iter(values))) == settles
            if sure:
                return _TRUE if settles else _FALSE
            is_open = is_open or may
        if is_open:
            return _BOTH
        return _FALSE if settles else _TRUE

    def _choice(self, args: tuple[Expr, ...]) -> Values:
        chosen = self.may_be(args[0])
        found: set[int] = set()
        for branch, taken in ((args[1], chosen is None or any(chosen)), (args[2], chosen is None or 0 in chosen)):
            if taken:
                values = self.may_be(branch)
                if values is None:
                    return None
                found |= values
        return frozenset(found) if len(found) <= MANY else None

    @staticmethod
    def _apply(name: str, arguments: list[Values]) -> Values:
        results: set[int] = set()
        for combination in product(*(a or () for a in arguments)) if all(a is not None for a in arguments) else ():
            results.add(OPERATORS[name][1](*combination))
        if results:
            return frozenset(results) if len(results) <= MANY else None
        return _BOTH if name in BOOLEAN else None

    def _enable(self, context: int) -> None:
        if not self.runs[context] and self.may_be(self.enabled[context]) != _FALSE:
            self.runs[context] = True
            for location in self.places[context]:
                self._enqueue(self.at[context, location])

    def _enqueue(self, transitions: list[int]) -> None:
        for i in transitions:
            t = self.transitions[i]
            if i not in self.queued and self.runs[t.context] and t.source in self.places[t.context]:
                self.queued.add(i)
                self.queue.append(i)

    def _look_at(self, i: int) -> None:
        if i not in self.met:
            self._meet(i)
        t = self.transitions[i]
        if self.may_be(t.guard) == _FALSE:
            return
        self.possible[i] = True
        if t.target is not None:
            self._reach(t.context, t.target)
        for name, e in t.updates:
            if name in self.owner:
                for location in landings(self.fold(e, {}), name, self.ranges):
                    self._reach(self.owner[name], location)
            elif (old := self.values[name]) is not None:
                new = self.may_be(e)
                both = None if new is None or len(old | new) > MANY else old | new
                if both != old:
                    self.values[name] = both
                    self._vary(name)

    def _reach(self, context: int, location: int) -> None:
        if location not in self.places[context]:
            self.places[context].add(location)
            self._enqueue(self.at[context, location])
            self._vary(self.system.contexts[context].pc)

    def _vary(self, name: str) -> None:
        stack = list(self.users[name])
        while stack:
            e = stack.pop()
            if id(e) in self.known:
                del self.known[id(e)]
                stack += self.users[id(e)]
        for context in self.awaiting[name]:
            self._enable(context)
        self._enqueue(self.readers[name])

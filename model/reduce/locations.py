"""Locations that no transition comes to or leaves are dropped, so that program counters need fewer bits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from defercheck.reduce.flow import landings, placed
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Op, Var, op
from defercheck.system.interval import ranges_of
from defercheck.system.system import Property, Transition, TransitionSystem, Variable

COMPARISONS = frozenset({"eq", "ne", "lt", "le"})


def drop_locations(system: TransitionSystem) -> TransitionSystem:
    """Number anew the locations of each context that are used, in their order.

    Used are the initial one, those that a transition comes to or leaves or another context may set, and those that a
    ``stuck`` property names. A program counter that stands anywhere but in a comparison with a constant keeps its
    numbers.
    """
    system = replace(system, transitions=tuple(placed(t, system.contexts[t.context].pc) for t in system.transitions))
    return _Renumbering(system, _kept(system)).renumbered()


@dataclass(frozen=True, slots=True)
class _Renumbering:
    """``kept``: program counter -> its locations that stay, in order; only where some do not."""

    system: TransitionSystem
    kept: dict[str, list[int]]

    def renumbered(self) -> TransitionSystem:
        if not self.kept:
            return self.system
        return replace(
            self.system,
            variables=tuple(self.variable(v) if v.name in self.kept else v for v in self.system.variables),
            contexts=tuple(
                replace(
                    c,
                    cpu=self.expression(c.cpu),
                    enabled=self.expression(c.enabled),
                    locations=tuple(c.locations[n] for n in self.kept.get(c.pc, range(len(c.locations)))),
                    idle=frozenset(self.place(c.pc, n) for n in c.idle if n in self.kept.get(c.pc, c.idle)),
                )
                for c in self.system.contexts
            ),
            transitions=tuple(self.transition(t) for t in self.system.transitions),
            properties=tuple(self.property(p) for p in self.system.properties),
            proposals=tuple(
                replace(p, expr=self.expression(p.expr))
                for p in self.system.proposals
                if self.kept.keys().isdisjoint(_bare(p.expr))
            ),
        )

    def variable(self, v: Variable) -> Variable:
        kept = self.kept[v.name]
        return replace(
            v,
            hi=len(kept) - 1,
            init=self.place(v.name, v.init),
            labels=tuple(v.labels[n] for n in kept) if v.labels else (),
        )

    def place(self, pc: str, location: int) -> int:
        """The new number: how many that are kept come before it."""
        return bisect_left(self.kept[pc], location) if pc in self.kept else location

    def transition(self, t: Transition) -> Transition:
        pc = self.system.contexts[t.context].pc
        return replace(
            t,
            source=self.place(pc, t.source),
            target=None if t.target is None else self.place(pc, t.target),
            guard=self.expression(t.guard),
            updates=tuple((name, self.update(name, e)) for name, e in t.updates),
        )

    def property(self, p: Property) -> Property:
        pc = self.system.contexts[p.context].pc if p.context is not None else ""
        return replace(
            p,
            expr=self.expression(p.expr),
            trigger=self.expression(p.trigger),
            locations=frozenset(self.place(pc, n) for n in p.locations),
        )

    def update(self, name: str, e: Expr) -> Expr:
        match e:
            case Const(value=value) if name in self.kept:
                return Const(self.place(name, value))
            case Op(op="ite", args=(cond, then, other)) if name in self.kept:
                return op("ite", self.expression(cond), self.update(name, then), self.update(name, other))
        return self.expression(e)

    def expression(self, e: Expr) -> Expr:
        match e:
            case Op(op=name, args=(Var(name=pc), Const(value=value))) if pc in self.kept and name in COMPARISONS:
                return self.comparison(name, pc, value)
            case Op(op="eq" | "ne" as name, args=(Const(value=value), Var(name=pc))) if pc in self.kept:
                return self.comparison(name, pc, value)
            case Op(op="lt" | "le" as name, args=(Const(value=value), Var(name=pc))) if pc in self.kept:
                return op("not", self.comparison("le" if name == "lt" else "lt", pc, value))
            case Op(op=name, args=args):
                new = tuple(self.expression(a) for a in args)
                return e if all(n is a for n, a in zip(new, args, strict=True)) else op(name, *new)
        return e

    def comparison(self, name: str, pc: str, value: int) -> Expr:
        here = self.place(pc, value)
        match name:
            case "eq" | "ne" if value not in self.kept[pc]:
                return FALSE if name == "eq" else TRUE
            case "le":
                return op("lt", Var(pc), Const(self.place(pc, value + 1)))
        return op(name, Var(pc), Const(here))


def _kept(system: TransitionSystem) -> dict[str, list[int]]:
    ranges = ranges_of(system)
    used = {c.pc: {system.variable(c.pc).init} for c in system.contexts}
    for t in system.transitions:
        used[system.contexts[t.context].pc] |= {t.source} if t.target is None else {t.source, t.target}
        for name, e in t.updates:
            if name in used:
                used[name] |= landings(e, name, ranges)
    for p in system.properties:
        if p.context is not None:
            used[system.contexts[p.context].pc] |= p.locations
    fixed = set(_fixed(system))
    return {
        c.pc: sorted(used[c.pc]) for c in system.contexts if c.pc not in fixed and len(used[c.pc]) < len(c.locations)
    }


def _fixed(system: TransitionSystem) -> Iterator[str]:
    """Variables that stand anywhere but in a comparison with a constant, or as they are in an update of themselves."""
    for c in system.contexts:
        yield from _bare(c.enabled)
        yield from _bare(c.cpu)
    for p in system.properties:
        yield from _bare(p.expr)
        yield from _bare(p.trigger)
    for t in system.transitions:
        yield from _bare(t.guard)
        for name, e in t.updates:
            yield from _updated(name, e)


def _updated(name: str, e: Expr) -> Iterator[str]:
    match e:
        case Const():
            pass
        case Var() if e.name == name:
            pass
        case Op(op="ite", args=(cond, then, other)):
            yield from _bare(cond)
            yield from _updated(name, then)
            yield from _updated(name, other)
        case _:
            yield name  # computed: its values cannot be numbered anew
            yield from _bare(e)


def _bare(e: Expr) -> Iterator[str]:
    match e:
        case Var(name=name):
            yield name
        case Op(op=name, args=(Var(), Const()) | (Const(), Var())) if name in COMPARISONS:
            pass
        case Op(args=args):
            for a in args:
                yield from _bare(a)

"""The one check that every TransitionSystem must pass, run after every pass that makes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from defercheck.system.expr import OPERATORS, TRUE, Const, Expr, Op, Var, conj, variables
from defercheck.system.interval import Interval, Ranges, assume, bounds, ranges_of
from defercheck.system.system import Context, Property, Transition, TransitionSystem, Variable

KINDS = ("step", "invariant", "terminal", "stuck", "lasting", "eventually", "leadsto", "cover")
FREE = ("", "choice", "finite", "unbounded")

FEW = 8
"""A condition on more variables than that says little about the bounds of one."""


class MalformedSystem(Exception):
    """A system that means nothing: ``complaints`` holds one sentence for each thing that is wrong with it.

    Never a user's mistake: the pass that made the system has a bug (or a dump was edited by hand).
    """

    def __init__(self, complaints: Iterable[str]):
        self.complaints = tuple(complaints)
        super().__init__("; ".join(self.complaints))


def check(system: TransitionSystem) -> None:
    """Check that a system means something; ``MalformedSystem`` with all complaints when it does not.

    An update is complained of when interval analysis shows that it can only leave its variable's range; one that
    merely may is the business of the engines, which stop with an error when it happens.
    """
    shape = [
        *_variables(system.variables),
        *_contexts(system),
        *_properties(system),
        *_transitions(system),
        *_expressions(system),
    ]
    # Intervals mean something only where every name is known and every operator has its arguments.
    complaints = shape or list(_ranges(system))
    if complaints:
        raise MalformedSystem(complaints)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _variables(variables: tuple[Variable, ...]) -> Iterator[str]:
    for name in _repeated(v.name for v in variables):
        yield f"variable {name} is declared more than once"
    for v in variables:
        if not v.lo <= v.init <= v.hi:
            yield f"variable {v.name} starts at {v.init}, outside {v.lo}..{v.hi}"
        if v.boolean and (v.lo < 0 or v.hi > 1):
            yield f"variable {v.name} is boolean but ranges over {v.lo}..{v.hi}"
        if len(v.labels) > v.hi - v.lo + 1:
            yield f"variable {v.name} has {len(v.labels)} labels for {v.hi - v.lo + 1} values"


def _contexts(system: TransitionSystem) -> Iterator[str]:
    declared = {v.name: v for v in system.variables}
    for name in _repeated(c.name for c in system.contexts):
        yield f"context {name} is declared more than once"
    for name in _repeated(c.pc for c in system.contexts):
        yield f"variable {name} is the program counter of more than one context"
    for c in system.contexts:
        pc, last = declared.get(c.pc), len(c.locations) - 1
        if pc is None:
            yield f"context {c.name}: its program counter {c.pc} is not a variable"
        elif (pc.lo, pc.hi) != (0, last):
            yield f"context {c.name}: {c.pc} ranges over {pc.lo}..{pc.hi}, but its locations over 0..{last}"
        for location in sorted(c.idle):
            if not 0 <= location <= last:
                yield f"context {c.name}: idle location {location} is not one of its {last + 1}"


def _properties(system: TransitionSystem) -> Iterator[str]:
    for id in _repeated(p.id for p in system.properties):
        yield f"property {id} is declared more than once"
    for p in system.properties:
        if p.kind not in KINDS:
            yield f"property {p.id}: {p.kind!r} is not a kind of property"
        if p.continues and p.kind != "step":
            yield f"property {p.id} is of kind {p.kind} and cannot have a step that continues"
        if p.trigger != TRUE and p.kind != "leadsto":
            yield f"property {p.id} is of kind {p.kind} and cannot have a trigger"
        if p.kind == "stuck":
            yield from _stuck(p, system.contexts)


def _stuck(p: Property, contexts: tuple[Context, ...]) -> Iterator[str]:
    if p.context is None or not 0 <= p.context < len(contexts):
        yield f"property {p.id} is of kind stuck but names no context"
        return
    if not p.locations:
        yield f"property {p.id} is of kind stuck but names no location"
    for location in sorted(p.locations):
        if not 0 <= location < len(contexts[p.context].locations):
            yield f"property {p.id}: context {contexts[p.context].name} has no location {location}"


def _name(number: int, t: Transition) -> str:
    return f"transition {number} ({t.label})"


def _transitions(system: TransitionSystem) -> Iterator[str]:
    declared = {v.name for v in system.variables}
    kinds = {p.id: p.kind for p in system.properties}
    for n, t in enumerate(system.transitions):
        if not 0 <= t.context < len(system.contexts):
            yield f"{_name(n, t)}: there is no context {t.context}"
            continue
        context = system.contexts[t.context]
        for word, location in (("source", t.source), ("target", t.target)):
            if location is not None and not 0 <= location < len(context.locations):
                yield f"{_name(n, t)}: context {context.name} has no location {location} for a {word}"
        if t.violates is None:
            if t.target is None:
                yield f"{_name(n, t)} has no target and violates nothing"
        else:
            if kinds.get(t.violates) != "step":
                yield f"{_name(n, t)} violates {t.violates}, which is not a step property"
            if t.target is not None or t.updates:
                yield f"{_name(n, t)} violates {t.violates} and yet has a target or updates"
        if t.free not in FREE:
            yield f"{_name(n, t)}: {t.free!r} is not a way to be free"
        elif t.free and t.promise:
            yield f"{_name(n, t)} is promised ({t.promise}) and yet free"
        for name in _repeated(name for name, _ in t.updates):
            yield f"{_name(n, t)} updates {name} more than once"
        for name, _ in t.updates:
            if name not in declared:
                yield f"{_name(n, t)} updates {name}, which is not a variable"
            if name == context.pc:
                yield f"{_name(n, t)} updates its own program counter {name}"


def _owned(system: TransitionSystem) -> Iterator[tuple[str, Expr]]:
    for c in system.contexts:
        yield f"context {c.name}: cpu", c.cpu
        yield f"context {c.name}: enabled", c.enabled
    for p in system.properties:
        yield f"property {p.id}", p.expr
        yield f"property {p.id}: trigger", p.trigger
    for n, t in enumerate(system.transitions):
        yield f"{_name(n, t)}: guard", t.guard
        for name, e in t.updates:
            yield f"{_name(n, t)}: update of {name}", e


def _expressions(system: TransitionSystem) -> Iterator[str]:
    declared = {v.name for v in system.variables}
    fine: set[Expr] = set()
    for where, whole in _owned(system):
        stack = [whole]
        while stack:
            e = stack.pop()
            if e in fine:
                continue
            match e:
                case Const():
                    pass
                case Var(name=name):
                    if name not in declared:
                        yield f"{where} reads {name}, which is not a variable"
                        continue
                case Op(op=name, args=args):
                    if name not in OPERATORS:
                        yield f"{where}: {name} is not an operator"
                        continue
                    if len(args) != OPERATORS[name][0]:
                        yield f"{where}: {name} takes {OPERATORS[name][0]} arguments, not {len(args)}"
                        continue
                    stack.extend(args)
                case _:
                    yield f"{where}: {e!r} is not an expression"
                    continue
            fine.add(e)


def _ranges(system: TransitionSystem) -> Iterator[str]:
    ranges = ranges_of(system)
    everywhere: dict[Expr, Interval] = {}  # the same updates stand in many transitions
    for n, t in enumerate(system.transitions):
        facts = None
        for name, e in t.updates:
            lo, hi = ranges[name]
            if e not in everywhere:
                everywhere[e] = bounds(e, ranges)
            least, greatest = everywhere[e]
            if lo <= least and greatest <= hi:
                continue
            if _may_fit(e, lo, hi, t.guard, ranges):
                continue
            facts = facts if facts is not None else assume(t.guard, ranges)
            if facts is None:
                break  # the guard never holds
            least, greatest = bounds(e, ranges, facts)
            if greatest < lo or hi < least:
                yield f"{_name(n, t)} sets {name} to {least}..{greatest}, outside {lo}..{hi}"


def _may_fit(e: Expr, lo: int, hi: int, guard: Expr, ranges: Ranges) -> bool:
    """Whether a value may lie in a range by what the guard says of its own variables: often all that matters, and
    far less than all that a guard says."""
    own = variables(e)
    parts = guard.args if isinstance(guard, Op) and guard.op == "and" else (guard,)
    facts = assume(conj(*(c for c in parts if own & variables(c) and len(variables(c)) <= FEW)), ranges)
    if facts is None:
        return False
    least, greatest = bounds(e, ranges, facts)
    return lo <= greatest and least <= hi

"""Where contexts can go: their own steps, and the jumps that other contexts make them do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from defercheck.system.expr import Const, Expr, Op, Var, evaluate, substitute, variables
from defercheck.system.interval import Ranges, bounds, ranges_of
from defercheck.system.system import Transition, TransitionSystem


@dataclass(frozen=True, slots=True)
class Jump:
    """A transition of another context that may set a context's program counter.

    ``sources``: locations of the context in which the transition may be possible; ``targets``: values that it may
    set. Both are over-approximations.
    """

    transition: int
    sources: frozenset[int]
    targets: frozenset[int]


def jumps(system: TransitionSystem) -> dict[int, list[Jump]]:
    """Context -> the jumps that others may make it do."""
    ranges = ranges_of(system)
    owner = {c.pc: n for n, c in enumerate(system.contexts)}
    found: dict[int, list[Jump]] = {n: [] for n in range(len(system.contexts))}
    for i, t in enumerate(system.transitions):
        for name, e in t.updates:
            if name in owner:
                context = system.contexts[owner[name]]
                known = [*conjuncts(t.guard), *conjuncts(system.contexts[t.context].enabled)]
                tests = [test for test in known if variables(test) == {name}]
                places = range(len(context.locations))
                sources = frozenset(n for n in places if all(evaluate(test, {name: n}) for test in tests))
                if targets := landings(e, name, ranges):
                    found[owner[name]].append(Jump(i, sources, targets))
    return found


def landings(e: Expr, pc: str, ranges: Ranges) -> frozenset[int]:
    """Values to which an update may set a program counter; leaving it as it is does not count.

    Exact for constants and choices between them, else all that the expression's bounds allow.
    """
    match e:
        case Const(value=value):
            return frozenset((value,))
        case Var(name=name) if name == pc:
            return frozenset()
        case Op(op="ite", args=(_, then, other)):
            return landings(then, pc, ranges) | landings(other, pc, ranges)
    lo, hi = bounds(e, ranges)
    least, greatest = ranges[pc]
    return frozenset(range(max(lo, least), min(hi, greatest) + 1))


def conjuncts(e: Expr) -> Iterator[Expr]:
    """The expressions whose conjunction this is."""
    stack = [e]
    while stack:
        match stack.pop():
            case Op(op="and", args=args):
                stack.extend(args)
            case found:
                yield found


def placed(t: Transition, pc: str) -> Transition:
    """The transition with what it reads of its own context's program counter replaced: that is where it stands."""
    if not any(pc in variables(e) for e in (t.guard, *(e for _, e in t.updates))):
        return t
    here = {pc: Const(t.source)}
    updates = tuple((name, substitute(e, here)) for name, e in t.updates)
    return replace(t, guard=substitute(t.guard, here), updates=updates)

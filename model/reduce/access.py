"""Who reads and who writes which variable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from defercheck.system.expr import Expr, Op, Var, variables
from defercheck.system.system import Transition, TransitionSystem


@dataclass(frozen=True, slots=True)
class Access:
    """``readers`` and ``writers``: variable -> contexts whose transitions read or update it (not counting the moves
    of their own program counters). ``observed``: variables that more than transitions read: what a context needs to
    be enabled, where it runs, what a property says."""

    readers: Mapping[str, frozenset[int]]
    writers: Mapping[str, frozenset[int]]
    observed: frozenset[str]

    def written_elsewhere(self, name: str, context: int) -> bool:
        """Whether a context other than this one updates the variable."""
        return not self.writers[name] <= {context}

    def private(self, name: str, context: int) -> bool:
        """Whether nothing but the transitions of this context has to do with the variable."""
        return name not in self.observed and self.readers[name] <= {context} and self.writers[name] <= {context}


def access(system: TransitionSystem) -> Access:
    """Collect the accesses of a system."""
    readers: dict[str, set[int]] = {v.name: set() for v in system.variables}
    writers: dict[str, set[int]] = {v.name: set() for v in system.variables}
    for t in system.transitions:
        for name in reads(t):
            readers[name].add(t.context)
        for name, _ in t.updates:
            writers[name].add(t.context)
    return Access(
        {name: frozenset(found) for name, found in readers.items()},
        {name: frozenset(found) for name, found in writers.items()},
        frozenset(name for e in observing(system) for name in variables(e)),
    )


def reads(t: Transition) -> set[str]:
    """The variables that a transition's guard and updates read."""
    return set(variables(t.guard)).union(*(variables(e) for _, e in t.updates))


def observing(system: TransitionSystem) -> Iterator[Expr]:
    """The expressions that stand outside of transitions."""
    for c in system.contexts:
        yield c.enabled
        yield c.cpu
    for p in system.properties:
        yield p.expr
        yield p.trigger


def pc_tests(system: TransitionSystem) -> dict[int, tuple[Expr, ...]]:
    """Context -> what others look at of its program counter.

    These are the largest sub-expressions that read nothing else, wherever they stand, but for the guards and updates
    of the context itself. Two locations at which all of them have the same values look the same from outside.
    """
    owner = {c.pc: n for n, c in enumerate(system.contexts)}
    found: dict[int, dict[Expr, None]] = defaultdict(dict)
    for e in observing(system):
        _collect(e, owner, None, found)
    seen: set[tuple[int, Expr]] = set()
    for t in system.transitions:
        for e in (t.guard, *(e for _, e in t.updates)):
            if (t.context, e) not in seen:
                seen.add((t.context, e))
                _collect(e, owner, t.context, found)
    return {n: tuple(found[n]) for n in range(len(system.contexts))}


def _collect(e: Expr, owner: Mapping[str, int], inside: int | None, found: dict[int, dict[Expr, None]]) -> set[str]:
    """Add to ``found`` the largest sub-expressions of ``e`` that read one program counter and nothing else, unless
    that is all of ``e``: then the caller knows better. Returns the variables that ``e`` reads."""
    names = _parts(e, owner, inside, found)
    _keep(e, names, owner, inside, found)
    return names


def _parts(e: Expr, owner: Mapping[str, int], inside: int | None, found: dict[int, dict[Expr, None]]) -> set[str]:
    match e:
        case Var(name=name):
            return {name}
        case Op(args=args):
            parts = [(a, _parts(a, owner, inside, found)) for a in args]
            names = set().union(*(n for _, n in parts))
            if len(names) > 1:
                for a, n in parts:
                    _keep(a, n, owner, inside, found)
            return names
    return set()


def _keep(
    e: Expr, names: set[str], owner: Mapping[str, int], inside: int | None, found: dict[int, dict[Expr, None]]
) -> None:
    if len(names) == 1:
        context = owner.get(next(iter(names)))
        if context is not None and context != inside:
            found[context][e] = None

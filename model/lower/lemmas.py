"""The lemmas of the kernel model: what is expected to hold in every reachable state, offered to provers.

Beside the observers that properties use, a lemma may say who owns what (semantics §8). ``owned(x)``: of all contexts,
just those that stand where they hold ``x`` hold it, and that is one at most. A context takes a flag by setting it where
it was clear (``test_and_set``), a lock by writing its own name into it, and gives it back by clearing it. ``token(x,
o)``: the same, of a flag that goes with an object: who puts the object on a list hands the flag on, who takes it off
has it. ``listed(o)``: how often an object stands on lists.

Where a context holds what, is a matter of its program counter, found here by following its transitions. Places that can
be come to with it and without are left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from defercheck.grammar import tree
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.execute import Executor
from defercheck.lower.values import Env, ObjectValue
from defercheck.lower.words import Words
from defercheck.sema.types import ContextRef
from defercheck.system.expr import (
    FALSE,
    TRUE,
    Const,
    Expr,
    Op,
    Var,
    conj,
    disj,
    equals,
    negate,
    op,
    substitute,
    variables,
)
from defercheck.system.system import Proposal, Transition

MOST = 14
"""Nothing is proposed of a flag that may be in more places than this: each two of them make a lemma."""


def proposals(builder: Builder, words: Words) -> tuple[Proposal, ...]:
    """The kernel model's lemmas for the program that has been compiled, each conjunct by itself."""
    return tuple(p for d in builder.program.lemmas for p in _of(d, builder, words))


def _of(d: tree.PropertyDecl, builder: Builder, words: Words) -> Iterator[Proposal]:
    environments: list[tuple[str, Env]] = [("", {})]
    if d.parameter is not None:
        assert isinstance(d.parameter.type, tree.NamedType)
        found = builder.program.of_type(d.parameter.type.name)
        environments = [(f" {o.name}", {d.parameter.name.text: ObjectValue(o.name)}) for o in found]
    else:  # it may speak of this_cpu, and is meant of each
        environments = [(f" cpu {n}", {"this_cpu": Const(n)}) for n in range(builder.program.cpus)]
    for subject, env in environments:
        looker = Executor(builder, None, LemmaWords(words.contexts))
        ways = looker.scalar(d.expr, Path(env))
        whole = disj(*(conj(q.condition, v) for q, v in ways))
        for e in _conjuncts(whole):
            if e not in (TRUE, FALSE):
                yield Proposal(f"{d.name}{subject}", e, d.span)


def _conjuncts(e: Expr) -> Iterator[Expr]:
    if isinstance(e, Op) and e.op == "and":
        for a in e.args:
            yield from _conjuncts(a)
    else:
        yield e


class LemmaWords(Words):
    """The machine's words with those that only lemmas know."""

    def listed(self, ex: Executor, e: tree.CallExpr, path: Path, o: ObjectValue) -> list:
        number = ex.number(o)
        count: Expr = Const(0)
        for slot in _slots(ex.builder, o):
            count = op("add", count, equals(Var(slot), number))
        return [(path, count)]

    def owned(self, ex: Executor, e: tree.CallExpr, path: Path, place: object) -> list:
        variable = place.variable  # type: ignore[attr-defined]
        if isinstance(ex.builder.variables[variable].labels, tuple) and _names_contexts(ex.builder, variable):
            return [(path, _named_owner(ex.builder, variable))]
        return [(path, _holders(ex.builder, variable, None))]

    def token(self, ex: Executor, e: tree.CallExpr, path: Path, place: object, o: ObjectValue) -> list:
        return [(path, _holders(ex.builder, place.variable, o))]  # type: ignore[attr-defined]


def _names_contexts(builder: Builder, variable: str) -> bool:
    return builder.variables[variable].labels == builder.domain(ContextRef())[2]


def _slots(builder: Builder, o: ObjectValue) -> list[str]:
    """The slots of all lists on which the object can stand."""
    instance = builder.program.instances[o.name]
    labels = ("-", *(i.name for i in builder.program.of_type(instance.type)))
    return [v.name for v in builder.variables.values() if v.labels == labels]


def _holders(builder: Builder, flag: str, o: ObjectValue | None) -> Expr:
    """A flag is set just when one context, or one list, has it; and no two have."""
    sure, open_ones = [], []
    for c in builder.contexts:
        holding, unknown = Holding(builder, c, flag, o).places()
        sure.append(_at(c, holding))
        open_ones.append(_at(c, unknown))
    if o is not None:
        number = builder.program.instances[o.name].number
        sure += [equals(Var(slot), number) for slot in _slots(builder, o)]
    there = [e for e in sure if e != FALSE]
    if len(there) > MOST:
        return TRUE
    said = [negate(conj(a, b)) for a, b in combinations(there, 2)]
    said += [disj(negate(e), Var(flag)) for e in there]
    said.append(disj(negate(Var(flag)), *there, *open_ones))
    return conj(*said)


def _named_owner(builder: Builder, variable: str) -> Expr:
    """A variable names a context just when that context stands where it holds it."""
    said = []
    for c in builder.contexts:
        holding, unknown = Holding(builder, c, variable, None).places()
        named = equals(Var(variable), c.index + 1)
        said.append(disj(negate(_at(c, holding)), named))
        said.append(disj(negate(named), _at(c, holding), _at(c, unknown)))
    return conj(*said)


def _at(c: ContextBuilder, places: list[int]) -> Expr:
    return disj(*(equals(Var(c.pc), n) for n in places))


@dataclass
class Holding:
    """Follows one context through its transitions: where does it hold a variable?"""

    builder: Builder
    context: ContextBuilder
    variable: str
    subject: ObjectValue | None

    def __post_init__(self) -> None:
        self._slots = _slots(self.builder, self.subject) if self.subject is not None else []
        self._relevant = frozenset([self.variable, *self._slots])

    def places(self) -> tuple[list[int], list[int]]:
        """The locations where it certainly does, and those where that depends on the way to them."""
        steps: dict[int, list[tuple[int, bool | None]]] = {}
        for t in self.builder.transitions:
            if t.context == self.context.index and t.violates is None and t.target is not None:
                steps.setdefault(t.source, []).append((t.target, self.effect(t)))
        known: dict[int, set[bool]] = {0: {False}, **{n: {False} for n in self.entries()}}
        todo = list(known)
        while todo:
            at = todo.pop()
            for target, effect in steps.get(at, ()):
                new = known[at] if effect is None else {effect}
                if not new <= known.get(target, set()):
                    known[target] = known.get(target, set()) | new
                    todo.append(target)
        held = sorted(n for n, found in known.items() if found == {True})
        return held, sorted(n for n, found in known.items() if len(found) == 2)

    def entries(self) -> set[int]:
        """Locations to which other contexts send this one."""
        return {
            e.value for t in self.builder.transitions for name, e in t.updates
            if name == self.context.pc and isinstance(e, Const)
        }  # fmt: skip

    def effect(self, t: Transition) -> bool | None:
        """Whether a step takes it, gives it away, or neither."""
        written = {name: e for name, e in t.updates if name in self._relevant}
        if not written:
            return None
        if self.variable in written:
            new = written[self.variable]
            if new == FALSE:
                return False
            if _names_contexts(self.builder, self.variable):
                return new == Const(self.context.index + 1)
            return True if new == TRUE and substitute(t.guard, {self.variable: TRUE}) == FALSE else None
        if self.subject is None:
            return None
        number = self.builder.program.instances[self.subject.name].number
        slots = [s for s in self._slots if s in written]
        if any(_puts(written[s], number) for s in slots):
            return False
        # taken off: the step is only made where the object stands there, and writes the slot
        off = any(substitute(t.guard, {s: Const(0)}) == FALSE and _asks(t.guard, s, number) for s in slots)
        return True if off else None


def _puts(e: Expr, number: int) -> bool:
    """Whether a list slot's new value may be the object by name, not by being moved from another slot."""
    match e:
        case Const(value=value):
            return value == number
        case Op(op="ite", args=(_, then, other)):
            return _puts(then, number) or _puts(other, number)
    return False


def _asks(guard: Expr, slot: str, number: int) -> bool:
    """Whether a guard holds only where the slot has the object."""
    return slot in set(variables(guard)) and all(substitute(guard, {slot: Const(n)}) == FALSE for n in range(number))

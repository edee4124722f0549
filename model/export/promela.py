"""A system for Spin: the same states, the same steps.

Each context is a process that stays at one loop; its program counter is a variable like any other, because other
contexts may set it. The steps at one location stand together under a condition that lets Spin skip them all with one
comparison; an ``atomic`` around them adds no state, since it is only entered when one of them is possible and each is
a single ``d_step``. So a full search without partial-order reduction stores exactly the reachable states.

A violating step has no successor and is left out, unless the model is compiled with ``spin -DCHECK``: then it and the
invariants are assertions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from defercheck.system.expr import FALSE, Const, Expr, Op, Var, conj, disj, equals, negate, substitute, variables
from defercheck.system.interval import hull, ranges_of
from defercheck.system.system import Context, Transition, TransitionSystem, Variable

LARGEST = (1 << 31) - 1
"""Spin computes in C's ``int``. Its least value is left out, as its negation does not fit."""
LARGEST_SHIFT = 30


class NotExpressible(ValueError):
    """The system needs more than a Promela model has: numbers beyond 32 bits, or more than one initial state."""


def to_promela(system: TransitionSystem) -> str:
    """The system as a Promela model. ``NotExpressible`` when its numbers may need more than 32 bits, and when it has
    several initial states.

    Run it with ``spin -a``, ``cc -DSAFETY -DNOREDUCE`` and ``pan -E`` for as many states as ``explore`` finds;
    ``defercheck.export.spin`` does that.
    """
    _check_start(system)
    _check_widths(system)
    return "\n".join(_Writer(system).lines()) + "\n"


def vector_size(system: TransitionSystem) -> int:
    """At most how many bytes Spin needs for one state (its compile-time ``VECTORSZ``)."""
    return sum(_width(v)[1] for v in system.variables) + 16 * len(system.contexts) + 64


def _check_start(system: TransitionSystem) -> None:
    for v in system.variables:
        if v.free:
            text = f"the parameter `{v.name}` starts with any value, and a Promela model has one initial state"
            raise NotExpressible(f"{text}: declare it as a variable with the value that you want")


def _check_widths(system: TransitionSystem) -> None:
    owned: list[tuple[str, list[Expr]]] = [(f"variable {v.name}", [Const(v.lo), Const(v.hi)]) for v in system.variables]
    owned += [(f"context {c.name}", [c.enabled]) for c in system.contexts]
    owned += [(f"`{t.label}`", [t.guard, *(e for _, e in t.updates)]) for t in system.transitions]
    owned += [(f"property {p.id}", [p.expr]) for p in system.properties if p.kind == "invariant"]
    ranges = ranges_of(system)
    seen: set[Expr] = set()  # the same expressions stand in many transitions
    for where, expressions in owned:
        lo, hi = hull([e for e in expressions if e not in seen], ranges)
        seen.update(expressions)
        if lo < -LARGEST or hi > LARGEST:
            raise NotExpressible(f"{where} may need values in {lo}..{hi}; Promela's numbers have 32 bits")


def _width(v: Variable) -> tuple[str, int]:
    """The narrowest type of Promela for a variable, and its bytes."""
    if v.lo >= 0 and v.hi <= 1:
        return "bit", 1
    if v.lo >= 0 and v.hi <= 255:
        return "byte", 1
    return ("short", 2) if v.lo >= -(1 << 15) and v.hi < 1 << 15 else ("int", 4)


def _identifiers(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Readable identifiers, all different. The prefix keeps them apart from the words of Promela, C and Spin."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = prefix + re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
        unique, n = plain, 2
        while unique in taken:
            unique, n = f"{plain}__{n}", n + 1
        taken.add(unique)
        found[name] = unique
    return found


def _comment(text: str) -> str:
    return "/* " + " ".join(text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").split()) + " */"


@dataclass(frozen=True, slots=True)
class _Assignments:
    """Updates in an order in which they can be done one after another, with old values saved where they must be."""

    steps: tuple[tuple[str, Expr], ...]
    saved: int


def _saved(n: int) -> str:
    return f"saved {n}"  # no variable of a system is written: the mangled names of both differ by their prefix


def _in_order(updates: Iterable[tuple[str, Expr]]) -> _Assignments:
    left = {name: e for name, e in updates if e != Var(name)}
    steps: list[tuple[str, Expr]] = []
    saved = 0
    while left:
        ready = next(
            (name for name in left if not any(name in variables(e) for n, e in left.items() if n != name)), None
        )
        if ready is None:
            ready = next(iter(left))
            steps.append((_saved(saved), Var(ready)))
            old = {ready: Var(_saved(saved))}
            left = {n: e if n == ready else substitute(e, old) for n, e in left.items()}
            saved += 1
        steps.append((ready, left.pop(ready)))
    return _Assignments(tuple(steps), saved)


class _Writer:
    def __init__(self, system: TransitionSystem):
        self.system = system
        self.names: Mapping[str, str] = _identifiers((v.name for v in system.variables), "v_")
        self.processes = _identifiers((c.name for c in system.contexts), "p_")
        self.assignments = [self._assignments(t) for t in system.transitions]
        self.temporaries = {_saved(n): f"saved_{n}" for n in range(max((a.saved for a in self.assignments), default=0))}

    def _assignments(self, t: Transition) -> _Assignments:
        own = [] if t.target is None else [(self.system.contexts[t.context].pc, Const(t.target))]
        return _in_order([*t.updates, *(u for u in own if t.target != t.source)])

    def lines(self) -> Iterator[str]:
        yield _comment(f"{self.system.name}, written by defercheck")
        for v in self.system.variables:
            init = f" = {v.init}" if v.init else ""
            yield f"{_width(v)[0]} {self.names[v.name]}{init}; {_comment(f'{v.name}: {v.lo}..{v.hi}')}"
        for name in self.temporaries.values():
            yield f"hidden int {name};"
        places: list[dict[int, list[int]]] = [{} for _ in self.system.contexts]
        for i, t in enumerate(self.system.transitions):
            places[t.context].setdefault(t.source, []).append(i)
        for c, at in zip(self.system.contexts, places, strict=True):
            yield ""
            yield _comment(f"{c.name} ({c.level})")
            yield f"active proctype {self.processes[c.name]}() {{"
            yield "  do"
            for location in sorted(at):
                yield from self._location(c, location, at[location])
            yield "  :: false"
            yield "  od"
            yield "}"
        yield from self._invariants()

    def _location(self, c: Context, location: int, steps: list[int]) -> Iterator[str]:
        transitions = self.system.transitions
        yield f"  {_comment(f'{location}: {c.locations[location].label}')}"
        here = conj(equals(Var(c.pc), location), c.enabled)
        going = [i for i in steps if transitions[i].target is not None]
        some = disj(*(transitions[i].guard for i in going))
        if len(going) == 1:
            yield from self._step(going[0], conj(here, some), "  ")
        elif going and some != FALSE:
            yield f"  :: atomic {{ {self.text(conj(here, some))} -> if"
            for i in going:
                yield from self._step(i, transitions[i].guard, "    ")
            yield "    fi }"
        if len(going) < len(steps):
            yield "#ifdef CHECK"
            for i in steps:
                if transitions[i].violates is not None:
                    yield from self._step(i, conj(here, transitions[i].guard), "  ")
            yield "#endif"

    def _step(self, i: int, guard: Expr, indent: str) -> Iterator[str]:
        t = self.system.transitions[i]
        if t.violates is not None:
            does, says = "assert(false)", f"violates {t.violates}: "
        else:
            written = self.assignments[i].steps
            does, says = "; ".join(f"{self._name(n)} = {self.text(e)}" for n, e in written) or "skip", ""
        place = f" [{t.span!r}]" if t.span else ""
        yield f"{indent}{_comment(f'#{i} {says}{t.label}{place}')}"
        yield f"{indent}:: d_step {{ {self.text(guard)} -> {does} }}"

    def _invariants(self) -> Iterator[str]:
        claims = [p for p in self.system.properties if p.kind == "invariant"]
        if claims:
            yield ""
            yield "#ifdef CHECK"
            yield "active proctype invariants() {"
            yield "  do"
            for p in claims:
                yield f"  {_comment(f'{p.id}: {p.message}')}"
                yield f"  :: d_step {{ {self.text(negate(p.expr))} -> assert(false) }}"
            yield "  od"
            yield "}"
            yield "#endif"

    def _name(self, name: str) -> str:
        return self.temporaries[name] if name in self.temporaries else self.names[name]

    def text(self, e: Expr) -> str:
        match e:
            case Const(value=value):
                return str(value) if value >= 0 else f"({value})"
            case Var(name=name):
                return self._name(name)
            case Op(op=name, args=args):
                return _operator(name, [self.text(a) for a in args], args[-1])
        raise TypeError(e)


_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "and": "&&", "or": "||",
    "bitand": "&", "bitor": "|", "bitxor": "^",
}  # fmt: skip
_GUARDED = {"div": "/", "mod": "%", "shl": "<<", "shr": ">>"}


def _operator(name: str, args: list[str], last: Expr) -> str:
    """An operator in C's terms. What C leaves open (by zero, shifting too far) is decided as ``OPERATORS`` does."""
    plain = isinstance(last, Const) and 0 < last.value <= LARGEST_SHIFT
    match name, args:
        case "not", [a]:
            return f"!({a})"
        case "neg", [a]:
            return f"(0 - {a})"
        case "ite", [cond, then, other]:
            return f"({cond} -> {then} : {other})"
        case (("div" | "mod" | "shl" | "shr"), [a, b]) if plain:
            return f"({a} {_GUARDED[name]} {b})"
        case (("div" | "mod"), [a, b]):
            return f"({b} == 0 -> 0 : {a} {_GUARDED[name]} ({b} == 0 -> 1 : {b}))"
        case "shl", [a, b]:  # any further out, only zero can be shifted without leaving the 32 bits
            return f"({b} >= 0 && {b} <= {LARGEST_SHIFT} -> {a} << ({b} & 31) : 0)"
        case "shr", [a, b]:
            return f"({b} < 0 || {b} > 62 -> 0 : {a} >> ({b} < 0 || {b} > {LARGEST_SHIFT} -> 31 : {b}))"
        case _, [a, b] if name in _INFIX:
            return f"({a} {_INFIX[name]} {b})"
    raise TypeError(f"{name} of {len(args)} arguments")

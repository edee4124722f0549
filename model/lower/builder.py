"""Collects variables, properties, locations and transitions while a spec is being compiled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from defercheck.grammar.span import Span
from defercheck.lower.guard import Guard
from defercheck.lower.owed import promise
from defercheck.lower.races import Access
from defercheck.lower.values import ArrayPlace, Env, ListPlace, Place
from defercheck.sema.program import Program
from defercheck.sema.types import Bool, ContextRef, Enum, Function, Int, Opaque, Ref, Type
from defercheck.system.expr import FALSE, TRUE, Expr, Var, conj
from defercheck.system.interval import bounds
from defercheck.system.system import (
    Call,
    Context,
    Free,
    Level,
    Location,
    Property,
    Transition,
    TransitionSystem,
    Variable,
)


@dataclass
class ContextBuilder:
    """A context that is being compiled. ``cpus`` are those it may run on; one that ``begins`` has ended before any
    other moves."""

    index: int
    name: str
    level: Level
    cpu: Expr
    cpus: tuple[int, ...]
    kernel: bool
    locations: list[Location]
    idle: set[int]
    enabled: Expr = TRUE
    begins: bool = False

    @property
    def promise(self) -> str:
        """What scheduling owes it."""
        return promise(self.name, self.level, self.kernel)

    @property
    def pc(self) -> str:
        """The name of its program counter."""
        return f"pc.{self.name}"


@dataclass
class Builder:
    """The system under construction."""

    program: Program
    disabled: frozenset[str]
    allowed: frozenset[str]
    variables: dict[str, Variable] = field(default_factory=dict)
    contexts: list[ContextBuilder] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    properties: dict[str, Property] = field(default_factory=dict)
    unlooked: set[str] = field(default_factory=set)
    """Variables that hold times or saved flags: of their values only whether they are 0 matters."""
    references: dict[str, str] = field(default_factory=dict)
    """Variables that hold references, with the type of the objects that they name."""
    grown: bool = False
    """Whether an object on the stack was met that the program did not have yet."""
    arrays: dict[str, ArrayPlace] = field(default_factory=dict)
    """Arrays that were made, by name."""
    places: dict[tuple[str, str], Place | ListPlace | ArrayPlace] = field(default_factory=dict)
    """Members whose variables were made, by object and member."""
    evaluated: list[tuple[Span, ...]] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    """Accesses of the driver's variables, where DF601 is to be checked."""
    _ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    _bounds: dict[Expr, tuple[int, int]] = field(default_factory=dict)

    # ---- variables ----

    def scalar(self, name: str, type: Type, initial: int, origin: str) -> str:
        """Declare a variable of a scalar type once; its name."""
        if name not in self.variables:
            lo, hi, labels = self.domain(type)
            self.add(Variable(name, lo, hi, initial, labels, isinstance(type, Bool), origin))  # type: ignore[arg-type]
            if isinstance(type, Opaque):
                self.unlooked.add(name)
        return name

    def add(self, variable: Variable) -> None:
        """Declare a variable."""
        self.variables[variable.name] = variable
        if self._ranges.get(variable.name) not in (None, (variable.lo, variable.hi)):
            self._bounds.clear()
        self._ranges[variable.name] = (variable.lo, variable.hi)

    def domain(self, type: Type) -> tuple[int, int, tuple[str, ...]]:
        """Least value, greatest value and the values' names of a scalar type."""
        match type:
            case Bool():
                return 0, 1, ()
            case Int():
                return type.lo, type.hi, ()
            case Enum():
                return 0, len(type.constants) - 1, type.constants
            case Function():
                return 0, len(self.program.handlers), ("NULL", *self.program.handlers)
            case Ref():
                objects = self.program.of_type(type.element)
                return 0, len(objects), ("NULL", *(o.name for o in objects))
            case ContextRef():
                return 0, len(self.contexts), ("NONE", *(c.name for c in self.contexts))
            case Opaque():  # saved interrupt flags: whether they were off is all that the model keeps
                return 0, 1, ()
        return -(1 << 15), (1 << 15) - 1, ()

    def bounds(self, e: Expr) -> tuple[int, int]:
        """Least and greatest value that an expression may have, from the ranges of its variables."""
        found = self._bounds.get(e)
        if found is None:
            found = self._bounds[e] = bounds(e, self._ranges)
        return found

    # ---- contexts ----

    def context(self, name: str, level: Level, cpu: Expr, cpus: tuple[int, ...], kernel: bool) -> ContextBuilder:
        """Add a context; location 0 is where it is not active (a frame) or not started (a thread)."""
        idle = "not active" if level != "thread" else "not started"
        made = ContextBuilder(len(self.contexts), name, level, cpu, cpus, kernel, [Location(idle)], {0})
        self.contexts.append(made)
        return made

    # ---- properties ----

    def claim(self, p: Property) -> str:
        """Add a property once; its id."""
        self.properties.setdefault(p.id, p)
        return p.id

    def waits(self, context: ContextBuilder, location: int, code: str, message: str, subject: str, span: Span) -> None:
        """Say that the context must not wait at the location for ever."""
        id = f"{code}:{context.name}:{subject}:{span!r}:{message}"
        old = self.properties.get(id)
        locations = (old.locations if old else frozenset()) | {location}
        self.properties[id] = Property(id, code, "stuck", message, subject, TRUE, context.index, locations, span)

    def step(
        self,
        context: ContextBuilder,
        source: int,
        target: int | None,
        guard: Expr,
        updates: dict[str, Expr],
        label: str,
        span: Span | None,
        calls: tuple[Call, ...] = (),
        violates: str | None = None,
        evaluated: tuple[Span, ...] = (),
        promise: str = "",
        free: Free = "",
    ) -> None:
        """Add a transition, unless its guard can never hold. A violating one is owed as little as its kin."""
        if guard == FALSE:
            return
        changed = tuple((name, e) for name, e in updates.items() if e != Var(name))
        kernel = span is not None and span.source.kernel
        self.evaluated.append(evaluated)
        self.transitions.append(
            Transition(context.index, source, target, guard, changed, label, span, calls, kernel, violates, (), promise,
                       free)
        )  # fmt: skip

    def amend(self, first: int, context: int, guard: Expr, updates: dict[str, Expr], promise: str) -> None:
        """Add a condition, assignments and a promise to the steps from location 0 of a context, from the ``first``
        on."""
        for n in range(first, len(self.transitions)):
            t = self.transitions[n]
            if t.context == context and t.source == 0:
                more = tuple(updates.items()) if t.violates is None else ()
                kept = tuple(u for u in t.updates if u[0] not in updates)
                owed = t.promise or ("" if t.free else promise)
                self.transitions[n] = replace(t, guard=conj(guard, t.guard), updates=kept + more, promise=owed)

    def system(self, name: str) -> TransitionSystem:
        """The finished system: program counters first, then variables in order of declaration."""
        pcs = [
            Variable(c.pc, 0, len(c.locations) - 1, 0, tuple(x.label for x in c.locations), origin="pc")
            for c in self.contexts
        ]
        return TransitionSystem(
            name,
            (*pcs, *self.variables.values()),
            tuple(
                Context(
                    c.name, c.level, c.cpu, c.pc, tuple(c.locations), frozenset(c.idle), c.enabled, c.kernel, c.promise
                )
                for c in self.contexts
            ),
            tuple(self.transitions),
            tuple(self.properties.values()),
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """A way for a step to break a rule: the condition under which it does, in terms of the state before the step, and
    the check or expression that says so."""

    condition: Expr
    property: Property
    span: Span


@dataclass
class Path:
    """One way through a step: the condition under which it is taken, what it assigns, what it knows.

    ``store`` holds assigned variables as expressions over the state before the step. ``violations`` is shared by all
    paths of one step, for each carries its own condition; ``result`` is set once the function that is being executed
    has returned. ``promise`` and ``free`` are those of the transition that the path becomes.
    """

    env: Env
    guard: Guard = field(default_factory=Guard)
    store: dict[str, Expr] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    chosen: bool = False
    leaving: str = ""
    result: object = None
    promise: str = ""
    free: Free = ""

    def fork(self, *conditions: Expr) -> Path:
        """A copy, taken under further conditions."""
        return Path(
            self.env,
            self.guard.also(*conditions),
            dict(self.store),
            self.violations,
            self.chosen,
            self.leaving,
            self.result,
            self.promise,
            self.free,
        )

    def bind(self, **values: object) -> Path:
        """The same path with more names bound."""
        self.env = {**self.env, **values}  # type: ignore[dict-item]
        return self

    def read(self, variable: str) -> Expr:
        """The variable's value at this point of the path."""
        return self.store.get(variable) or Var(variable)

    @property
    def condition(self) -> Expr:
        """The whole condition."""
        return self.guard.expr

    @property
    def possible(self) -> bool:
        """Whether the condition is not false in form."""
        return not self.guard.dead

    @property
    def silent(self) -> bool:
        """Whether the path does nothing at all: no condition, no assignment, no check, no choice."""
        return not (self.violations or self.store or self.chosen or self.guard.parts or self.guard.dead)

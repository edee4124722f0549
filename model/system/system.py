"""What a compiled spec is: plain, immutable data, the same for every engine.

A state gives each variable an integer. The program counter of a context is a variable like any other, so that one
context's step can start another (an interrupt's exit starts the softirq frame of its CPU). A transition of context
``c`` may be taken in a state when ``pc(c) == source``, ``c.enabled`` and its guard hold; its updates are evaluated in
the old state and assigned at once, together with ``pc(c) := target``.

A transition with ``violates`` is a violating step: taking it breaks that property and ends the path (it has no
successor state). Everything else that a property can say is a predicate on states, see ``Property``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from defercheck.grammar.span import Span
from defercheck.system.expr import TRUE, Expr

WIDE = 1 << 20
"""A variable with more values than this is not explored by listing states."""

UNREADABLE = ":unreadable"
"""End of the id of a property that says when another looks at what cannot be looked at."""

Level = Literal["thread", "softirq", "hardirq"]

Free = Literal["", "choice", "finite", "unbounded"]
"""Who is free not to take a step, see ``Transition``."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable with values ``lo..hi`` (both included) that starts at ``init``, or, when it is ``free``, at any
    of them: such a system has many initial states, of which ``init`` gives one.

    ``labels`` names the values ``lo, lo+1, ...`` for people (enum constants, objects); empty for numbers and booleans.
    ``origin`` says whose it is: the driver's own, the kernel model's, a program counter, or a ghost that only
    properties look at.
    """

    name: str
    lo: int
    hi: int
    init: int
    labels: tuple[str, ...] = ()
    boolean: bool = False
    origin: Literal["driver", "kernel", "pc", "ghost"] = "driver"
    free: bool = False

    def show(self, value: int) -> str:
        """The value as people write it."""
        if self.labels and 0 <= value - self.lo < len(self.labels):
            return self.labels[value - self.lo]
        if self.boolean:
            return "true" if value else "false"
        return str(value)


@dataclass(frozen=True, slots=True)
class Location:
    """A value of a context's program counter: what stands there to be executed next."""

    label: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Something that executes: a thread, or the softirq or hardirq frame of one CPU.

    ``pc`` is the name of its program-counter variable; location ``i`` of ``locations`` is the value ``i`` of it.
    ``idle`` are the locations in which it is not executing anything (not started, finished, frame not active).
    ``cpu`` is its CPU, an expression because a thread may start on any. ``enabled`` is a common conjunct of the
    guards of all its transitions: whether it is the innermost frame of its CPU and may run at all. A context that
    only spec-internal machinery owns (``ksoftirqd/0``) has ``kernel`` set; it need not ever finish.

    ``promise`` says in words what scheduling owes the context, which is the same for all of them (weak fairness): if
    from some time on one of its steps that are not ``free`` is always possible but for ``enabled``, and ``enabled``
    holds again and again, it takes such a step.
    """

    name: str
    level: Level
    cpu: Expr
    pc: str
    locations: tuple[Location, ...]
    idle: frozenset[int]
    enabled: Expr = TRUE
    kernel: bool = False
    promise: str = "who can go on goes on"


@dataclass(frozen=True, slots=True)
class Call:
    """One level of inlining: the function that was entered and the place that called it."""

    function: str
    site: Span


@dataclass(frozen=True, slots=True)
class Transition:
    """A step of one context (index into ``contexts``).

    ``label`` says in kernel words what the step does; ``span`` is the statement; ``calls`` the chain of calls around
    it, outermost first. ``kernel`` marks steps inside the kernel model, which reports fold. ``origins`` are the
    transitions of the system as compiled (indexes) that the step performs one after another, at once; passes that
    drop, renumber or merge transitions keep it up, so that whatever an engine says of a reduced system can be said
    of the compiled one. Empty before any pass.

    What an infinite schedule owes its steps: a step with a ``promise`` is one that strong fairness holds of: if steps
    of that promise can be taken again and again, one of them is taken again and again; the promise is the sentence that
    reports name. A step that is ``free`` is owed nothing:

    ``finite``
        an event from outside that nobody promises, and that does not go on for ever: the loop of an infinite schedule
        has none, and it rescues nobody who waits;
    ``unbounded``
        the same, but it may go on for ever;
    ``choice``
        somebody may take it at any time or never: nothing that must happen may count on it, yet who waits for it does
        not wait in vain.
    """

    context: int
    source: int
    target: int | None
    guard: Expr
    updates: tuple[tuple[str, Expr], ...]
    label: str
    span: Span | None = None
    calls: tuple[Call, ...] = ()
    kernel: bool = False
    violates: str | None = None
    origins: tuple[int, ...] = ()
    promise: str = ""
    free: Free = ""


@dataclass(frozen=True, slots=True)
class Property:
    """Something that is claimed of all reachable states.

    kind
        ``step``: no transition with ``violates == id`` can be taken;
        ``invariant``: ``expr`` holds in every reachable state;
        ``terminal``: ``expr`` holds in every reachable state in which no transition at all can be taken;
        ``stuck``: never is context ``context`` at one of ``locations`` in a state from which it can never move again
        though everything that is promised happens (no path of steps that are not ``finite`` or ``unbounded`` has a step
        of that context; a path that a violating step may end counts as one on which it could have moved, unless that
        step's property ``continues``);
        ``lasting``: never does ``expr`` hold in a state from which, likewise, no path leads to where it does not;
        ``eventually``: on every infinite schedule that is fair, ``expr`` holds at some time. A schedule on which
        nothing that is owed can happen any more is taken to stay as it is for ever; one that a violating step ends is
        none;
        ``leadsto``: whenever ``trigger`` holds on such a schedule, ``expr`` holds then or later;
        ``cover``: some reachable state satisfies ``expr`` (not a claim of safety: the verdict is reached or not).

    ``also`` is a second place that it speaks of.

    ``code`` is the rule (``DF301``); ``subject`` the object that it speaks of (``my_data.my_tasklet``); ``message``
    one sentence in kernel words. ``hidden`` properties are evidence for derived rules and are not reported.
    ``continues`` marks a ``step`` property whose violating step has a sibling that goes on as though nothing had
    happened (an allowed finding): the path does not end there.
    """

    id: str
    code: str
    kind: Literal["step", "invariant", "terminal", "stuck", "lasting", "eventually", "leadsto", "cover"]
    message: str
    subject: str = ""
    expr: Expr = TRUE
    context: int | None = None
    locations: frozenset[int] = frozenset()
    span: Span | None = None
    hidden: bool = False
    continues: bool = False
    also: Span | None = None
    trigger: Expr = TRUE


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fact that is expected of every reachable state, offered to those who look for proofs. It need not be true, and
    nothing else depends on it."""

    name: str
    expr: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class TransitionSystem:
    """A compiled spec: variables in packing order, contexts, transitions, properties; and, only when they were asked
    for, what is proposed to provers."""

    name: str
    variables: tuple[Variable, ...]
    contexts: tuple[Context, ...]
    transitions: tuple[Transition, ...]
    properties: tuple[Property, ...]
    proposals: tuple[Proposal, ...] = ()

    def variable(self, name: str) -> Variable:
        """The variable of that name; ``KeyError`` when there is none."""
        for v in self.variables:
            if v.name == name:
                return v
        raise KeyError(name)

    def claim(self, id: str) -> Property:
        """The property of that id; ``KeyError`` when there is none."""
        for p in self.properties:
            if p.id == id:
                return p
        raise KeyError(id)

    def given(self, values: Iterable[tuple[str, int]]) -> TransitionSystem:
        """The system with some of its free variables fixed at first."""
        fixed = dict(values)
        return replace(
            self,
            variables=tuple(
                replace(v, init=fixed[v.name], free=False) if v.name in fixed else v for v in self.variables
            ),
        )

    @property
    def symbolic(self) -> bool:
        """Whether its states cannot be listed: some variable is free at first, or has too many values."""
        return any(v.free or v.hi - v.lo >= WIDE for v in self.variables)

    @property
    def initial(self) -> tuple[int, ...]:
        """The initial state, one value a variable."""
        return tuple(v.init for v in self.variables)

"""Accesses: reading and assigning places, with the checks that each access implies."""

from __future__ import annotations

from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.builder import Builder, ContextBuilder, Path, Violation
from defercheck.lower.places import Places
from defercheck.lower.races import Touch
from defercheck.lower.values import NULL, ArrayPlace, ListPlace, ObjectValue, Place, Value, plain
from defercheck.sema.program import Instance
from defercheck.system.expr import FALSE, TRUE, Const, Expr, conj, equals, negate, op
from defercheck.system.system import Property

UNALLOCATED, ALLOCATED, FREED = range(3)
"""States of a heap object."""

Ways = list[tuple[Path, Value]]
"""All ways to evaluate something."""


class Accesses(Places):
    """Reads and assigns in one context (``None``: in no context, for properties)."""

    def __init__(self, builder: Builder, context: ContextBuilder | None):
        super().__init__(builder, context)
        self.sites: list[Span] = []
        self.subjects: list[str] = []
        self.touches: list[Touch] = []
        self.marked = 0

    # ---- reading and assigning ----

    def load(self, v: Value, path: Path, span: Span) -> Ways:
        """Read a place; other values are themselves. A reference is read as an object: one way for each that it may
        name."""
        if isinstance(v, Place):
            self.readable(v, path, span)
        match v:
            case Place() if v.variable in self.builder.references:
                value = path.read(v.variable)
                candidates = [
                    NULL,
                    *(ObjectValue(i.name) for i in self.program.of_type(self.builder.references[v.variable])),
                ]
                forks = [(path.fork(equals(value, self.number(o))), o) for o in candidates]
                return [(p, o) for p, o in forks if p.possible]
            case Place():
                return [(path, path.read(v.variable))] if path.possible else []
            case ObjectValue():
                if not v.name:
                    return [(path, FALSE)]
                instance = self.program.instances[v.name]
                if self.program.types[instance.type].struct:  # a pointer to a heap object, as a truth value
                    return [(path, equals(path.read(instance.name), ALLOCATED))]
                if instance.type == "workqueue":  # a pointer to what a call has made: anything but the first state
                    state = self.place(instance, "state")
                    return [(p, op("ne", plain(v), FALSE)) for p, v in self.load(state, path, span)]
                return [(path, TRUE)]
            case ListPlace() | ArrayPlace():
                raise SpecError(Diagnostic("this is not a value", span, help="use one element"))
        return [(path, v)]

    def readable(self, v: Place, path: Path, span: Span) -> None:
        """Check that a variable has a value, and note that it is read."""
        self.touch(v.variable, False, path, span)
        if v.written:
            unwritten = negate(path.read(v.written))
            self.check(path, negate(unwritten), "DF305", "is read before it was written", v.variable, span)

    def truth(self, v: Value, path: Path, span: Span) -> list[tuple[Path, Expr]]:
        """Read a value as a number; a reference as whether it is not NULL."""
        if isinstance(v, Place) and v.variable in self.builder.references:
            self.readable(v, path, span)
            v = op("ne", path.read(v.variable), FALSE)
            return [(path, v)] if path.possible else []
        return self.load(v, path, span)  # type: ignore[return-value]

    def given(self, v: ObjectValue, path: Path, span: Span) -> list[tuple[Path, Expr]]:
        """Whether a pointer is not NULL. An object that was never allocated is as good as none."""
        if not v.name:
            return [(path, FALSE)]
        instance = self.program.instances[v.name]
        if span.source.kernel or (instance.type != "workqueue" and instance.heap != v.name):
            return [(path, TRUE)]
        if instance.type == "workqueue":
            return self.load(v, path, span)  # type: ignore[return-value]
        return [(path, op("ne", path.read(self.allocation(v.name)), Const(UNALLOCATED)))]

    def assign(self, place: Place, value: Expr, path: Path, span: Span) -> None:
        """Store a value, checking that it fits the variable's range."""
        self.touch(place.variable, True, path, span)
        v = self.builder.variables[place.variable]
        lo, hi = self.builder.bounds(value)
        if place.variable in self.builder.unlooked and (lo < v.lo or hi > v.hi):
            value, lo, hi = FALSE, 0, 0  # a time: only whether interrupts were off is kept
        if lo < v.lo or hi > v.hi:
            inside = conj(op("le", Const(v.lo), value), op("le", value, Const(v.hi)))
            self.check(path, inside, "DF704", f"leaves its range {v.lo}..{v.hi}", place.variable, span, essential=True)
        path.store[place.variable] = value
        if place.written:
            path.store[place.written] = TRUE

    def touch(self, variable: str, write: bool, path: Path, span: Span) -> None:
        """Note an access of a variable of the driver's that others may access too (a local's name has a colon)."""
        if "DF601" in self.builder.disabled or self.context is None or ":" in variable:
            return
        if self.builder.variables[variable].origin == "driver":
            plain = not self.marked and not span.source.kernel
            self.touches.append(Touch(variable, write, plain, path.condition, self.site(span)))

    # ---- checks ----

    def check(
        self, path: Path, ok: Expr, code: str, message: str, subject: str, span: Span, essential: bool = False
    ) -> None:
        """Require a condition: where it fails, the step breaks the rule and the path does not go on.

        A rule that is switched off is not required; one that the spec allows is recorded and the path goes on;
        ``essential`` conditions end the path in any case, since there is nothing meaningful after them.
        """
        allowed = code in self.builder.allowed and not essential
        if code not in self.builder.disabled:
            condition = path.guard.also(negate(ok)).expr
            if condition != FALSE:
                site = self.site(span)
                id = f"{code}:{subject}:{site!r}:{message}"
                p = Property(id, code, "step", message, subject, span=site, continues=allowed)
                path.violations.append(Violation(condition, p, span))
        if essential or (code not in self.builder.disabled and not allowed):
            path.guard = path.guard.also(ok)

    def alive(self, instance: Instance, path: Path, span: Span) -> None:
        """Check that an object's memory may be touched."""
        if instance.heap:
            state = path.read(self.allocation(instance.heap))
            text = "is used after it was freed"
            if self.program.instances[instance.heap].stack:
                text = "is used after the function that declared it has returned: its stack frame is gone"
            self.check(path, op("ne", state, Const(FREED)), "DF301", text, instance.heap, span)
            used = op("ne", state, Const(UNALLOCATED))
            self.check(path, used, "DF305", "is used before it was allocated", instance.heap, span)

    def site(self, span: Span) -> Span:
        """The place in the driver to blame: the innermost call site, or the span itself, that is not the kernel's."""
        for s in (span, *reversed(self.sites)):
            if not s.source.kernel:
                return s
        return span

    def subject(self) -> str:
        """The object that the function being executed is about: its first object parameter, or the context."""
        return next((s for s in reversed(self.subjects) if s), self.context.name if self.context else "")

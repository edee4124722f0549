"""The spec's own properties, and what must not last though everything that is promised happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.lower.beginning import ended
from defercheck.lower.builder import Builder, Path, Violation
from defercheck.lower.execute import Executor
from defercheck.lower.values import ObjectValue, plain
from defercheck.lower.words import Words
from defercheck.sema.program import Program
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Var, conj, disj, equals, negate, op, substitute, variables
from defercheck.system.system import UNREADABLE, Property

SMALL = 16
"""Values of a variable that are tried one by one."""


def claim_properties(builder: Builder, words: Words) -> None:
    """Add every property of the spec to the system under construction. ``SpecError`` for one that does more than
    look."""
    _Properties(builder, words).claim()


@dataclass
class _Properties:
    builder: Builder
    words: Words

    @property
    def program(self) -> Program:
        return self.builder.program

    def claim(self) -> None:
        for n, p in enumerate(self.program.properties, 1):
            if p.kind != "lemma":
                self.one(p, p.name.text if p.name else f"{p.kind} {n}")
        self.never_ends()

    def one(self, p: tree.PropertyDecl, name: str) -> None:
        looker = Executor(self.builder, None, self.words)
        looked = Path({})
        e = self.predicate(looker, p.expr, looked)
        if p.kind in ("invariant", "final"):
            e = disj(e, self.unreadable(p, name, looked.violations))
        text = " ".join(p.expr.span.text.split())
        match p.kind:
            case "eventually":
                says = f"there is a fair schedule on which `{text}` never holds"
                self.builder.claim(Property(f"DF703:{name}", "DF703", "eventually", says, name, e, span=p.span))
            case "leadsto":
                assert p.trigger is not None
                cause = " ".join(p.trigger.span.text.split())
                says = f"there is a fair schedule on which `{cause}` holds and `{text}` does not, then or ever after"
                first = self.predicate(looker, p.trigger)
                self.builder.claim(
                    Property(f"DF703:{name}", "DF703", "leadsto", says, name, e, span=p.span, trigger=first)
                )
                self.vacuous(p, name, f"`{cause}`, on the left side of `~>`, is never true", first)
            case "cover":
                says = f"`{text}` is never reached"
                self.builder.claim(Property(f"cover:{name}", "DF904", "cover", says, name, e, span=p.span))
            case "final":
                quiet = self.quiet()
                says = f"`{text}` does not hold when all is over"
                self.builder.claim(
                    Property(f"DF702:{name}", "DF702", "invariant", says, name, disj(negate(quiet), e), span=p.span)
                )
                says = f"`{text}` is never looked at: something is always pending, running or waiting"
                self.vacuous(p, name, says, quiet)
            case "never":
                says = f"`{text}` holds, which must never be"
                self.builder.claim(Property(f"DF702:{name}", "DF702", "invariant", says, name, negate(e), span=p.span))
            case _:
                says = f"`{text}` does not hold"
                self.builder.claim(Property(f"DF702:{name}", "DF702", "invariant", says, name, e, span=p.span))
                if isinstance(p.expr, tree.Binary) and p.expr.op == "==>":
                    left = disj(*(conj(q.condition, v) for q, v in looker.scalar(p.expr.left, Path({}))))
                    self.vacuous(p, name, f"the left side of `{text}` is never true", left)

    def predicate(self, looker: Executor, e: tree.Expr, looked: Path | None = None) -> Expr:
        """An expression of a property, over the state; what it cannot look at everywhere is noted in ``looked``."""
        ways = looker.scalar(e, looked if looked is not None else Path({}))
        if any(q.chosen or q.store for q, _ in ways):
            raise SpecError(Diagnostic("a property can only look at the state", e.span))
        return disj(*(conj(q.condition, v) for q, v in ways))

    def unreadable(self, p: tree.PropertyDecl, name: str, violations: list[Violation]) -> Expr:
        """When a property looks at what cannot be looked at: a finding of its own, which says what is missing."""
        real = [v for v in violations if v.property.code in ("DF301", "DF305") and self.possible(v.condition)]
        if not real:
            return FALSE
        where = self.quiet() if p.kind == "final" else TRUE
        dead = conj(where, disj(*(v.condition for v in real)))
        subject = real[0].property.subject
        text = " ".join(p.expr.span.text.split())
        if subject == "NULL":
            why = "follows a pointer that is NULL here: say when it is not, `p ==> ...`"
        elif subject in self.program.instances:
            why = f"looks at `{subject}` where that is not allocated: say when it is, `allocated({subject}) ==> ...`"
        else:
            why = f"looks at `{subject}` before anything was written there"
        id = f"DF702:{name}{UNREADABLE}"
        self.builder.claim(Property(id, "DF702", "invariant", f"`{text}` {why}", name, negate(dead), span=p.span))
        return dead

    def possible(self, e: Expr) -> bool:
        """Whether a condition can hold at all, as far as trying the values of one small variable at a time shows."""
        for name in variables(e):
            v = self.builder.variables.get(name)
            if v is not None and v.hi - v.lo < SMALL:
                values = range(v.lo, v.hi + 1)
                if all(substitute(e, {name: Const(n)}) == FALSE for n in values):
                    return False
        return True

    def vacuous(self, p: tree.PropertyDecl, name: str, says: str, reached: Expr) -> None:
        """Say when a property holds for want of a state that it speaks of."""
        self.builder.claim(Property(f"vacuous:{name}", "DF902", "cover", says, name, reached, span=p.span, hidden=True))

    def unstarted(self, thread: str) -> Expr:
        """Whether a thread that some call must start has not been started; others are not waited for like this."""
        instance = self.program.instances.get(thread)
        if instance is None or not dict(instance.initial).get("by_call"):
            return FALSE
        return equals(Var(f"{thread}.started"), 0)

    def quiet(self) -> Expr:
        """Whether all that was set going has come to its end: threads, handlers, and what the kernel model calls so."""
        parts: list[Expr] = []
        for c in self.builder.contexts:
            if c.level != "thread":
                parts.append(equals(Var(c.pc), 0))
            elif not c.kernel:
                parts.append(disj(ended(c.name), self.unstarted(c.name)))
        looker = Executor(self.builder, self.builder.contexts[0], self.words)
        f = self.program.functions["quiet"][0]
        call = tree.CallExpr(tree.NameExpr("quiet", f.span), (), f.span)
        for cpu in range(self.program.cpus):
            ways = looker.inline(f, [], call, Path({"this_cpu": Const(cpu)}))
            parts.append(disj(*(conj(q.condition, v) for q, v in ways)))  # type: ignore[arg-type]
        return conj(*parts, *map(negate, self.owed(looker)))

    def owed(self, looker: Executor) -> Iterator[Expr]:
        """Whether an interrupt is still to come: one that is promised, `exactly 3`, on a line that lets it through."""
        f = self.program.functions["irq_may_fire"][0]
        call = tree.CallExpr(tree.NameExpr("irq_may_fire", f.span), (), f.span)
        for d in self.program.contexts:
            if d.kind == "irq" and d.line.exactly:
                more = op("lt", FALSE, Var(f"{d.name}.times_left"))
                when = TRUE if d.line.when is None else self.predicate(looker, d.line.when)
                for cpu in range(self.program.cpus) if d.cpu is None else (d.cpu,):
                    ways = looker.inline(f, [ObjectValue(d.name)], call, Path({"this_cpu": Const(cpu)}))
                    may = disj(*(conj(q.condition, plain(v)) for q, v in ways))
                    yield conj(more, when, may)

    def never_ends(self) -> None:
        """What the kernel model says must not last though everything that is promised happens."""
        rules = (
            ("DF502", "stranded", "is scheduled, and though all that is promised happens it never runs"),
            ("DF503", "storms", "returns with its line still asserted and is entered again at once, for ever"),
        )
        looker = Executor(self.builder, None, self.words)
        for code, name, says in rules:
            for f in self.program.functions[name] if code not in self.builder.disabled else ():
                type = f.parameters[0].type
                assert isinstance(type, tree.NamedType)
                for i in self.program.of_type(type.name):
                    call = tree.CallExpr(tree.NameExpr(name, f.span), (), f.span)
                    ways = looker.inline(f, [ObjectValue(i.name)], call, Path({}))
                    lasts = disj(*(conj(q.condition, v) for q, v in ways))  # type: ignore[arg-type]
                    if lasts != FALSE:
                        id = f"{code}:{i.name}"
                        self.builder.claim(Property(id, code, "lasting", says, i.name, lasts, span=i.span))

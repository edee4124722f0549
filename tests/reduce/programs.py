"""Random systems of the kind that lowering makes, so that reducing passes find something to do.

Threads run random structured programs over variables of their own and shared ones; interrupts may hit them; their
steps may start a softirq frame, which is a jump of another context's program counter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from defercheck.system.expr import TRUE, Const, Expr, Var, conj, disj, equals, ite, negate, op
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from hypothesis import strategies as st

from tests.systems import BOOLEANS, among, between

SHARED = ("s0", "s1", "s2")
LOCAL = ("a", "b")
TOP = 2
"""Every variable ranges over ``0..TOP``."""


@cache
def _values(names: tuple[str, ...]) -> st.SearchStrategy[Expr]:
    successors = among(*names).map(lambda n: op("mod", op("add", Var(n), Const(1)), Const(TOP + 1)))
    return between(0, TOP).map(Const) | among(*names).map(Var) | successors


@dataclass
class Assembler:
    """Writes the transitions of one context."""

    draw: st.DrawFn
    context: int
    name: str
    softirq: str | None
    victim: str | None = None
    """A context whose variables and program counter this one meddles with."""
    locations: list[str] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    left: int = 8
    """Statements that may still be written."""

    def place(self) -> int:
        self.locations.append(f"{self.name}:{len(self.locations)}")
        return len(self.locations) - 1

    def step(
        self, source: int, target: int | None, guard: Expr = TRUE, *updates: tuple[str, Expr], bad: str = ""
    ) -> None:
        label = f"{self.name}:{source} {', '.join(f'{n} = {e}' for n, e in updates)}"
        promise, free = self.draw(among(*[("", "")] * 8, ("p", ""), ("", "finite"), ("", "unbounded")))
        self.transitions.append(
            Transition(self.context, source, target, guard, updates, label, violates=bad or None, promise=promise,
                       free=free)
        )  # fmt: skip

    def local(self) -> str:
        return f"{self.name}.{self.draw(among(*LOCAL))}"

    def value(self, *names: str) -> Expr:
        return self.draw(_values(names))

    def test(self, *names: str) -> Expr:
        test = equals(Var(self.draw(among(*names))), self.draw(between(0, TOP)))
        return negate(test) if self.draw(BOOLEANS) else test

    def block(self, source: int, depth: int = 0) -> int:
        for _ in range(self.draw(between(1, 4))):
            if self.left > 0:
                self.left -= 1
                source = self.statement(source, depth)
        return source

    def statement(self, source: int, depth: int) -> int:
        kinds: list[Callable[[int, int], int]] = [
            self.local_assignment, self.local_assignment, self.local_assignment, self.shared_assignment, self.load,
            self.load, self.load, self.shared_assignment, self.nothing, self.wait, self.claim, self.start_softirq,
            self.dead_branch,
        ]  # fmt: skip
        if self.victim is not None:
            kinds += [self.meddle, self.meddle]
        if depth < 2:
            kinds += [self.branch, self.branch, self.choice, self.loop]
        return kinds[self.draw(between(0, len(kinds) - 1))](source, depth)

    def local_assignment(self, source: int, depth: int) -> int:
        target = self.place()
        self.step(source, target, TRUE, (self.local(), self.value(self.local(), "fixed")))
        return target

    def load(self, source: int, depth: int) -> int:
        target = self.place()
        self.step(source, target, TRUE, (self.local(), self.value(*SHARED)))
        return target

    def shared_assignment(self, source: int, depth: int) -> int:
        target = self.place()
        name = self.draw(among(*SHARED, "unread", "same"))
        self.step(
            source, target, TRUE, (name, Const(1) if name == "same" else self.value(*SHARED, *[self.local()] * 4))
        )
        return target

    def nothing(self, source: int, depth: int) -> int:
        target = self.place()
        self.step(source, target)
        return target

    def wait(self, source: int, depth: int) -> int:
        target = self.place()
        self.step(source, target, self.test(*SHARED, self.local()))
        return target

    def claim(self, source: int, depth: int) -> int:
        target, test = self.place(), self.test(*SHARED, self.local())
        self.step(source, target, test)
        self.step(source, None, negate(test), bad=self.draw(among("step0", "step1")))
        return target

    def start_softirq(self, source: int, depth: int) -> int:
        target = self.place()
        if self.softirq is None:
            self.step(source, target)
        elif self.draw(BOOLEANS):
            started = ite(equals(Var(self.softirq), 0), Const(1), Var(self.softirq))
            self.step(source, target, TRUE, (self.softirq, started))
        else:
            self.step(source, target, equals(Var(self.softirq), 0), (self.softirq, Const(1)))
        return target

    def meddle(self, source: int, depth: int) -> int:
        target, theirs = self.place(), f"{self.victim}.{self.draw(among(*LOCAL))}"
        place = self.draw(between(1, 2))
        guard, update = self.draw(
            st.sampled_from(
                [
                    (TRUE, (theirs, Const(place % (TOP + 1)))),
                    (TRUE, ("s0", Var(theirs))),
                    (equals(Var(theirs), 0), ("s1", Const(1))),
                    (TRUE, (f"{self.victim}.pc", Const(place))),
                    (equals(Var(f"{self.victim}.pc"), place), (f"{self.victim}.pc", Const(place + 1))),
                    (equals(Var(f"{self.victim}.pc"), place), ("s2", Const(1))),
                ]
            )
        )
        self.step(source, target, guard, update)
        return target

    def dead_branch(self, source: int, depth: int) -> int:
        target, never = self.place(), self.place()
        self.step(source, target, equals(Var("fixed"), 1))
        self.step(source, never, equals(Var("same"), 2))
        self.step(never, target, TRUE, ("fixed", Const(0)))
        return target

    def branch(self, source: int, depth: int) -> int:
        yes, no, test = self.place(), self.place(), self.test(self.local(), *self.draw(among((), SHARED)))
        if self.softirq is not None and self.draw(between(0, 3)) == 0:
            test = equals(Var(self.softirq), 0)
        self.step(source, yes, test)
        self.step(source, no, negate(test))
        return self.join(self.block(yes, depth + 1), self.block(no, depth + 1))

    def choice(self, source: int, depth: int) -> int:
        left, right = self.place(), self.place()
        self.step(source, left)
        self.step(source, right, TRUE, (self.local(), Const(1)))
        return self.join(self.block(left, depth + 1), self.block(right, depth + 1))

    def join(self, *ends: int) -> int:
        target = self.place()
        for end in ends:
            self.step(end, target)
        return target

    def loop(self, source: int, depth: int) -> int:
        head, body, after, test = self.place(), self.place(), self.place(), self.test(self.local(), *SHARED)
        self.step(source, head)
        self.step(head, body, test)
        self.step(head, after, negate(test))
        self.step(self.block(body, depth + 1), head)
        return after


@st.composite
def programs(draw: st.DrawFn) -> TransitionSystem:
    """A well-formed system of one or two threads, perhaps a softirq frame and a hardirq frame over them."""
    threads = [f"t{n}" for n in range(draw(among(1, 2, 2)))]
    softirq, hardirq = draw(BOOLEANS), draw(among(False, False, True))
    names = [*threads, *["softirq"] * softirq, *["hardirq"] * hardirq]
    meddling = len(threads) == 2 and draw(between(0, 2)) == 0
    written = []
    for n, name in enumerate(names):
        frame = name.endswith("irq")
        asm = Assembler(draw, n, name, "softirq.pc" if softirq and name != "softirq" else None, left=3 if frame else 8)
        if name == "t1" and meddling:
            asm.victim = "t0"  # which has at least four locations
        first = asm.place()
        if name == "softirq":
            first = asm.place()
        end = asm.block(first)
        for n, local in enumerate(LOCAL):  # what was computed shows, or no pass could do it any harm
            last, end = end, asm.place()
            asm.step(last, end, TRUE, (SHARED[n], Var(f"{name}.{local}")))
        if frame or draw(BOOLEANS):
            asm.step(end, 0)
        written.append(asm)
    above = {"hardirq": [], "softirq": ["hardirq.pc"] * hardirq}
    usual = ["hardirq.pc"] * hardirq + ["softirq.pc"] * softirq
    contexts = tuple(
        Context(
            asm.name,
            "hardirq" if asm.name == "hardirq" else "softirq" if asm.name == "softirq" else "thread",
            Const(0),
            f"{asm.name}.pc",
            tuple(map(Location, asm.locations)),
            frozenset({0}),
            enabled=conj(*(equals(Var(pc), 0) for pc in above.get(asm.name, usual))),
        )
        for asm in written
    )
    variables = [_counter(c) for c in contexts]
    variables += [Variable(n, 0, TOP, draw(between(0, TOP))) for n in SHARED]
    variables += [Variable(f"{c.name}.{n}", 0, TOP, draw(between(0, TOP))) for c in contexts for n in LOCAL]
    variables += [Variable(n, 0, TOP, 1) for n in ("fixed", "same", "unread")]
    return TransitionSystem(
        "program",
        tuple(draw(st.permutations(variables))),
        contexts,
        tuple(t for asm in written for t in asm.transitions),
        tuple(_claims(draw, contexts)),
    )


def _counter(c: Context) -> Variable:
    return Variable(c.pc, 0, len(c.locations) - 1, 0, labels=tuple(at.label for at in c.locations), origin="pc")


def _claims(draw: st.DrawFn, contexts: tuple[Context, ...]) -> list[Property]:
    claims = [Property(f"step{n}", "T", "step", "", continues=draw(BOOLEANS)) for n in range(2)]
    atoms = [equals(Var(name), n) for name in SHARED for n in range(TOP + 1)]
    atoms += [equals(Var(c.pc), n) for c in contexts for n in (0, len(c.locations) - 1)]
    if draw(BOOLEANS):
        atoms += [op("lt", Var(c.pc), Const(3)) for c in contexts]
    for kind in draw(st.lists(st.sampled_from(["invariant", "cover", "terminal"]), min_size=1, max_size=4)):
        some = draw(st.lists(st.sampled_from(atoms), min_size=1, max_size=3))
        claims.append(
            Property(f"{kind}{len(claims)}", "T", kind, "", expr=negate(conj(*some)) if draw(BOOLEANS) else conj(*some))
        )
    for kind in draw(st.lists(st.sampled_from(["lasting", "eventually", "leadsto"]), max_size=2)):
        some = draw(st.lists(st.sampled_from(atoms), min_size=1, max_size=2))
        trigger = draw(st.sampled_from(atoms)) if kind == "leadsto" else TRUE
        claims.append(Property(f"{kind}{len(claims)}", "T", kind, "", expr=disj(*some), trigger=trigger))
    for n, c in enumerate(contexts):
        for _ in range(draw(between(0, 1))):
            at = draw(st.frozensets(st.integers(0, len(c.locations) - 1), min_size=1))
            claims.append(Property(f"stuck{len(claims)}", "T", "stuck", "", context=n, locations=at))
    return claims


def tidied(system: TransitionSystem) -> TransitionSystem:
    """Any system made well-formed: later updates of a variable win, own program counters move by targets only."""
    transitions = []
    for t in system.transitions:
        updates = (
            () if t.violates else tuple({n: e for n, e in t.updates if n != system.contexts[t.context].pc}.items())
        )
        target = None if t.violates else t.source if t.target is None else t.target
        transitions.append(replace(t, updates=updates, target=target))
    return replace(system, transitions=tuple(transitions))

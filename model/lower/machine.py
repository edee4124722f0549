"""The machine: contexts, execution levels, and how frames start. Semantics §1.1, §2.3 and §9.

On each CPU at most one hardirq frame stands over at most one softirq frame over the threads there, and only the
innermost runs. What the kernel model contributes are four frame variables (`preempt_count`, `softirq_count`,
`irqs_off`, `keeps_cpu`) and four functions (`softirq_frame`, `hardirq_frame`, `thread_frame`, `module_frame`) with
their guards (`softirq_may_run`, `irq_may_fire`, `thread_may_start`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.lower.beginning import begun, ended, home
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.control import ControlFlow
from defercheck.lower.execute import Executor
from defercheck.lower.guard import Guard
from defercheck.lower.lemmas import proposals
from defercheck.lower.owed import RUNS, TICK
from defercheck.lower.priority import give_way
from defercheck.lower.properties import claim_properties
from defercheck.lower.races import claim_races
from defercheck.lower.values import Env, ObjectValue, Place
from defercheck.lower.words import SOFTIRQ_ENTRY, Words
from defercheck.sema.program import ContextDef, Program
from defercheck.sema.shape import Shapes
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Var, conj, disj, equals, negate, op
from defercheck.system.system import Free, Location, TransitionSystem, Variable


@dataclass(frozen=True, slots=True)
class Lowered:
    """A compiled program. ``evaluated`` has, for each transition, the assertions that it evaluates beside its own
    statement (they are made by the step that follows them). ``program`` has the objects on stacks too."""

    system: TransitionSystem
    evaluated: tuple[tuple[Span, ...], ...]
    program: Program


def lower(
    program: Program,
    disabled: frozenset[str] = frozenset(),
    allowed: frozenset[str] = frozenset(),
    propose: bool = False,
) -> Lowered:
    """Compile a program; with ``propose``, the kernel model's lemmas too.

    ``disabled`` rules are not checked at all; ``allowed`` ones are recorded and the path goes on. ``SpecError`` when
    something cannot be compiled (recursion, an unbounded loop in one step, ...).
    """
    program = replace(program, instances=dict(program.instances))
    while True:  # anew, once all objects on the stack are known
        machine = _Machine(program, disabled, allowed)
        lowered = machine.compile(propose)
        if not machine.builder.grown:
            return lowered


class _Machine:
    def __init__(self, program: Program, disabled: frozenset[str], allowed: frozenset[str]):
        self.program = program
        self.builder = Builder(program, disabled, allowed)
        self.words = Words(self.builder.contexts)
        self.shapes = Shapes(program)
        self.cpus = range(program.cpus)

    def compile(self, propose: bool) -> Lowered:
        hard = [self.builder.context(f"hardirq/{c}", "hardirq", Const(c), (c,), True) for c in self.cpus]
        soft = [self.builder.context(f"softirq/{c}", "softirq", Const(c), (c,), True) for c in self.cpus]
        threads = [
            (self.thread(d, c, o), d, o) for d in self.program.contexts for c in self.homes(d) for o in self.subjects(d)
        ]
        for context in self.builder.contexts:
            self.frame_variables(context)
        self.levels()
        for c in self.cpus:
            self.softirq(soft[c], c)
        for c in self.cpus:
            self.hardirq(hard[c], c)
        for context, d, subject in threads:
            self.start(context, d, subject)
        for context in self.builder.contexts:
            context.enabled = begun(context, self.builder.contexts)
        if any(d.priority for _, d, _ in threads):
            atomic = {t.index: self.atomic(t) for t, _, _ in threads}
            give_way(self.builder, {t.index: d.priority for t, d, _ in threads}, atomic)
        claim_races(self.builder, self.builder.accesses)
        claim_properties(self.builder, self.words)
        system = self.builder.system(self.program.spec.source.name)
        if propose:
            system = replace(system, proposals=proposals(self.builder, self.words))
        return Lowered(system, tuple(self.builder.evaluated), self.program)

    @property
    def unpromised(self) -> Free:
        """How an interrupt that nobody promises is free."""
        return "unbounded" if self.program.flags["interrupts"] == "unbounded" else "finite"

    # ---- contexts ----

    def homes(self, d: ContextDef) -> list[int | None]:
        """The CPUs for each of which the declaration makes a thread; ``None`` for one that may start on any."""
        if d.kind not in ("thread", "module", "start", "device"):
            return []
        if d.each_cpu:
            return list(self.cpus)
        if d.parameter is not None:
            return [None if len(self.cpus) > 1 else 0]
        return [d.cpu if d.cpu is not None or len(self.cpus) > 1 else 0]

    def subjects(self, d: ContextDef) -> list[str]:
        """The objects for each of which the declaration makes a thread; one empty name where it does not say so."""
        return [o.name for o in self.program.of_type(d.parameter[0])] if d.parameter is not None else [""]

    def thread(self, d: ContextDef, cpu: int | None, subject: str) -> ContextBuilder:
        name = f"{d.name}/{cpu}" if d.each_cpu else d.name
        name = f"{name}:{subject}" if subject else name
        if cpu is not None:
            context = self.builder.context(name, "thread", Const(cpu), (cpu,), d.kernel)
        else:
            variable = Variable(f"cpu.{name}", 0, len(self.cpus) - 1, 0, origin="kernel")
            self.builder.add(variable)
            context = self.builder.context(name, "thread", Var(variable.name), tuple(self.cpus), d.kernel)
        context.begins = d.kind == "start"
        return context

    def frame_variables(self, context: ContextBuilder) -> None:
        looker = Executor(self.builder, context, self.words)
        env: Env = {}
        for g in self.program.globals.values():
            if g.storage == "frame":
                looker.variable(g.name, Path(env), g.span)

    def atomic(self, t: ContextBuilder) -> Expr:
        """Whether a thread, where it is, keeps other threads off its CPU."""
        return disj(
            op("lt", FALSE, Var(f"{t.name}.preempt_count")), op("lt", FALSE, Var(f"{t.name}.softirq_count")),
            Var(f"{t.name}.irqs_off"),
            Var(f"{t.name}.keeps_cpu"),
        )  # fmt: skip

    def idle(self, kind: str, cpu: int) -> Expr:
        return equals(Var(f"pc.{kind}/{cpu}"), 0)

    def levels(self) -> None:
        """Who may run: only the innermost frame of each CPU, and no thread beside one that cannot be preempted."""
        for context in self.builder.contexts:
            match context.level:
                case "softirq":
                    assert isinstance(context.cpu, Const)
                    context.enabled = self.idle("hardirq", context.cpu.value)
                case "thread":
                    context.enabled = self.thread_enabled(context)

    def thread_enabled(self, context: ContextBuilder) -> Expr:
        on_cpu = []
        for cpu in context.cpus:
            others = [
                negate(conj(there, self.atomic(t))) for t, there in self.words.threads_on(cpu) if t is not context
            ]
            free = conj(self.idle("hardirq", cpu), self.idle("softirq", cpu), *others)
            on_cpu.append(conj(equals(context.cpu, cpu), free) if len(context.cpus) > 1 else free)
        return disj(*on_cpu)

    # ---- frames ----

    def guard(self, function: str, arguments: list[ObjectValue], env: Env) -> Expr:
        """The value of a predicate of the kernel model, as a guard."""
        looker = Executor(self.builder, self.builder.contexts[0], self.words)
        f = self.program.functions[function][0]
        call = tree.CallExpr(tree.NameExpr(function, f.span), (), f.span)
        results = looker.inline(f, list(arguments), call, Path(env))
        return disj(*(conj(p.condition, v) for p, v in results))  # type: ignore[arg-type]

    def softirq(self, context: ContextBuilder, cpu: int) -> None:
        """The softirq frame: started by irq exit, local_bh_enable and ksoftirqd, or here by the ambient interrupt."""
        env: Env = {"this_cpu": Const(cpu), "this_level": self.level("SOFTIRQ"), "this_pool": Const(-1)}
        flow = ControlFlow(self.builder, context, self.shapes, self.words)
        context.locations.append(Location(""))
        flow.enter("softirq_frame", [], env, SOFTIRQ_ENTRY)
        f = self.program.functions["softirq_frame"][0]
        masked = [
            conj(there, disj(op("lt", FALSE, Var(f"{t.name}.softirq_count")), Var(f"{t.name}.irqs_off")))
            for t, there in self.words.threads_on(cpu)
        ]
        open_below = conj(*(negate(m) for m in masked))
        guard = conj(open_below, self.guard("softirq_may_run", [], env))
        text = "an interrupt ends: pending softirqs run"
        comes = f"{TICK} ({context.name})"
        self.builder.step(context, 0, SOFTIRQ_ENTRY, guard, {}, text, f.name.span, promise=comes)
        for d in self.program.of_type("delayed_work"):
            self.timer(context, ObjectValue(d.name), open_below, env, 0, f"the timer of {d.name} expires")
        for t in self.program.of_type("timer"):
            self.timer(context, ObjectValue(t.name), open_below, env, SOFTIRQ_ENTRY, f"the timer {t.name} expires")
        for t in self.program.of_type("hrtimer") if self.program.flags["soft_hrtimers"] == "used" else []:
            text = f"the timer {t.name} expires"
            self.timer(context, ObjectValue(t.name), open_below, env, SOFTIRQ_ENTRY, text, "soft_timer_expires")

    def timer(
        self, context: ContextBuilder, t: ObjectValue, open_below: Expr, env: Env, target: int, text: str,
        function: str = "timer_expires",
    ) -> None:  # fmt: skip
        """The tick finds that an armed timer has expired. A delayed work's function is one step in softirq context
        (§4.5), so it needs no frame; any other's runs in the softirq frame that is started for it (§5.1)."""
        looker = Executor(self.builder, context, self.words)
        here = self.program.instances[t.name].span
        call = tree.CallExpr(tree.NameExpr(function, here), (), here)
        f = looker.overload(call, [t])
        path = Path(env, Guard().also(open_below))
        promise = f"an armed timer expires ({t.name})"
        ways = looker.inline(f, [t], call, path)
        for v in dict.fromkeys(path.violations):
            self.builder.claim(v.property)
            self.builder.step(context, 0, None, v.condition, {}, text, f.name.span, (), v.property.id, promise=promise)
        for p, _ in ways:
            self.builder.step(context, 0, target, p.condition, dict(p.store), text, f.name.span, promise=promise)

    def hardirq(self, context: ContextBuilder, cpu: int) -> None:
        """The hardirq frame: any declared line may fire where interrupts are on, and any hrtimer may expire."""
        flow = ControlFlow(self.builder, context, self.shapes, self.words)
        env: Env = {"this_cpu": Const(cpu), "this_level": self.level("HARDIRQ"), "this_pool": Const(-1)}
        below = [conj(there, Var(f"{t.name}.irqs_off")) for t, there in self.words.threads_on(cpu)]
        off = disj(conj(self.idle("softirq", cpu), disj(*below)), Var(f"softirq/{cpu}.irqs_off"))
        for d in self.program.contexts:
            if d.kind != "irq" or d.cpu not in (None, cpu):
                continue
            line = ObjectValue(d.name)
            entry = flow.enter("hardirq_frame", [line], env)
            guard = conj(negate(off), self.guard("irq_may_fire", [line], env))
            instance = self.program.instances[d.name]
            looker = Executor(self.builder, context, self.words)
            running = looker.place(instance, "inprogress")
            assert isinstance(running, Place)
            updates: dict[str, Expr] = {running.variable: TRUE}
            if d.line.when is not None:
                guard = conj(guard, self.holds(d.line.when))
            if d.times is not None:
                left = f"{d.name}.times_left"
                if left not in self.builder.variables:
                    self.builder.add(Variable(left, 0, d.times, d.times, origin="kernel"))
                guard = conj(guard, op("lt", FALSE, Var(left)))
                updates[left] = op("sub", Var(left), Const(1))
            text = f"interrupt {d.name}"
            if d.line.level or d.line.exactly or d.line.fairly:
                comes = f"interrupt {d.name} comes"
                self.builder.step(context, 0, entry, guard, updates, text, d.span, promise=comes)
            else:
                self.builder.step(context, 0, entry, guard, updates, text, d.span, free=self.unpromised)
        for t in self.program.of_type("hrtimer"):
            entry = flow.enter("hrtimer_frame", [ObjectValue(t.name)], env)
            self.timer(context, ObjectValue(t.name), negate(off), env, entry, f"the timer {t.name} expires")

    def holds(self, e: tree.Expr) -> Expr:
        """The value of a condition on the state that a spec's declaration gives."""
        looker = Executor(self.builder, None, self.words)
        return disj(*(conj(p.condition, v) for p, v in looker.scalar(e, Path({}))))

    def start(self, context: ContextBuilder, d: ContextDef, subject: str) -> None:
        """A thread: on one CPU, or on any, with a copy of its code for each."""
        flow = ControlFlow(self.builder, context, self.shapes, self.words)
        if not d.kernel:
            flow.final = len(context.locations)
            context.locations.append(Location("finished", d.span))
            context.idle.add(flow.final)
        for cpu in home(d, self.program) if d.kind == "start" else context.cpus:
            env: Env = {"this_cpu": Const(cpu), "this_level": self.level("TASK"), "this_pool": self.pool(d, cpu)}
            others = [
                negate(conj(there, self.atomic(t))) for t, there in self.words.threads_on(cpu) if t is not context
            ]
            free = conj(self.idle("hardirq", cpu), self.idle("softirq", cpu), *others)
            updates: dict[str, Expr] = {f"cpu.{context.name}": Const(cpu)} if len(context.cpus) > 1 else {}
            if d.kernel:
                if d.parameter is not None:
                    env[d.parameter[1]] = ObjectValue(subject)
                known = len(self.builder.transitions)
                self.kernel_thread(flow, d, env)
                if len(context.cpus) > 1:
                    promise = f"{context.promise} ({context.name})"
                    self.builder.amend(known, context.index, free, updates, promise)
                continue
            kind = "kthread" if d.kind == "thread" and d.name in self.program.instances else d.kind
            itself = [ObjectValue(d.name)] if kind in ("device", "kthread") else []
            entry = flow.enter(f"{kind}_frame", list(itself), env)
            may = ("kthread_may_start", itself) if kind == "kthread" else ("thread_may_start", [])
            guard = self.guard(*may, env) if kind in ("thread", "device", "kthread") else TRUE
            text = {"module": "insmod", "start": "at the start"}.get(d.kind, f"{context.name} starts")
            guard = conj(guard, free) if len(context.cpus) > 1 else guard
            guard = conj(guard, *(ended(t) for t in d.after))
            # its CPU is part of the guard: that it is free again and again is enough
            promise = f"{RUNS} ({context.name})" if len(context.cpus) > 1 else ""
            self.builder.step(context, 0, entry, guard, updates, text, d.span, promise=promise)
        if len(context.cpus) > 1:  # before it starts, its CPU is not chosen: the guard of each start looks at its own
            context.enabled = disj(equals(Var(context.pc), 0), context.enabled)

    def kernel_thread(self, flow: ControlFlow, d: ContextDef, env: Env) -> int:
        """A thread of the kernel model: its body begins at location 0."""
        assert d.body is not None
        flow.context.idle = set()
        block = d.body
        point = flow.points.seq(block.statements, 0, env, flow.points.end)
        at = flow.location(point, env, (), 0)
        flow.drain()
        return at

    def pool(self, d: ContextDef, cpu: int) -> Const:
        """The worker pool whose works a thread executes, -1 for one that is no worker."""
        pools = {"kworker": cpu, "kworker_highpri": len(self.cpus) + cpu, "kworker_unbound": 2 * len(self.cpus)}
        return Const(pools.get(d.name, -1))

    def level(self, name: str) -> Const:
        return Const(self.program.constants[name][0])

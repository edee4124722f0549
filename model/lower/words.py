"""The machine's own words: what the kernel model may say that is not a function of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.lower.builder import ContextBuilder, Path, Violation
from defercheck.lower.values import NULL, ListPlace, ObjectValue, Place, Value, plain, state_variables
from defercheck.sema.calls import path_of
from defercheck.sema.types import Object
from defercheck.sema.words import MACHINE, MARKED, QUIET
from defercheck.system.expr import FALSE, TRUE, Const, Expr, Var, conj, disj, equals, ite, negate, op
from defercheck.system.system import Property

if TYPE_CHECKING:
    from defercheck.lower.execute import Executor

SOFTIRQ_ENTRY = 1
"""Location of a softirq frame's context at which its body begins."""


class Words:
    """Carries out machine words; knows all contexts."""

    def __init__(self, contexts: list[ContextBuilder]):
        self.contexts = contexts

    def call(self, ex: Executor, name: str, e: tree.CallExpr, path: Path) -> list[tuple[Path, Value]]:
        """All ways to carry out one word within a step."""
        if name in QUIET:
            path.chosen = True
            ways = [path]
            for a in e.arguments:
                ways = [q for p in ways for q, _ in ex.operand(a, p)]
            return [(p, FALSE) for p in ways]
        method = getattr(self, name)
        done: list[tuple[Path, Value]] = []
        if name == "container_of":
            return self.container_of(ex, e, path)
        ways2: list[tuple[Path, list[Value]]] = [(path, [])]
        for kind, a in zip(MACHINE[name].takes, e.arguments, strict=True):
            evaluate = ex.pointed if kind in ("object", "heap") else ex.value
            ways2 = [(q, [*values, v]) for p, values in ways2 for q, v in evaluate(a, p)]
        if name not in MARKED:
            for p, values in ways2:
                done += method(ex, e, p, *values)
            return done
        for p, (place, *others) in ways2:
            loaded: list[tuple[Path, list[Value]]] = [(p, [place])]  # what is written is read plainly
            for v in others:
                loaded = [(r, [*known, x]) for q, known in loaded for r, x in ex.operand_of(v, q, e.span)]
            ex.marked += 1
            for q, values in loaded:
                done += method(ex, e, q, *values)
            ex.marked -= 1
        return done

    # ---- levels ----

    def frame(self, kind: str, path: Path) -> ContextBuilder:
        """The softirq or hardirq frame of the CPU that the path executes on."""
        cpu = path.env["this_cpu"]
        assert isinstance(cpu, Const)
        return next(c for c in self.contexts if c.name == f"{kind}/{cpu.value}")

    def threads_on(self, cpu: int) -> list[tuple[ContextBuilder, Expr]]:
        """The threads that may run on a CPU, each with the condition that it is there."""
        return [
            (c, equals(c.cpu, cpu)) for c in self.contexts if c.level == "thread" and cpu in c.cpus and not c.begins
        ]

    def softirq_frame_active(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        pc = self.frame("softirq", path).pc
        return [(path, op("ne", path.store.get(pc) or Var(pc), FALSE))]

    def task_softirq_count(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        cpu = path.env["this_cpu"]
        assert isinstance(cpu, Const)
        threads = self.threads_on(cpu.value)
        found = [conj(there, op("lt", FALSE, path.read(f"{c.name}.softirq_count"))) for c, there in threads]
        return [(path, disj(*found))]

    def start_softirq_frame(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        pc = self.frame("softirq", path).pc
        idle = equals(path.read(pc), 0)
        ex.check(path, idle, "DF204", "a softirq is started inside a softirq of the same CPU", "", e.span)
        path.store[pc] = Const(SOFTIRQ_ENTRY)
        return [(path, FALSE)] if path.possible else []

    def threads_active(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        # a thread that the module creates holds no reference on it
        created = {i.name for i in ex.program.of_type("kthread") if dict(i.initial)["by_call"]}
        others = [c for c in self.contexts if c.level == "thread" and not c.kernel and c is not ex.context]
        threads = [c for c in others if c.name not in created]
        busy = [conj(*(op("ne", Var(c.pc), Const(n)) for n in sorted(c.idle))) for c in threads]
        return [(path, disj(*busy))]

    def on_this_cpu(self, ex: Executor, e: tree.CallExpr, path: Path, owner: Value) -> list:
        cpu = path.env["this_cpu"]
        assert isinstance(cpu, Const)
        ways = []
        possible = [c for c in self.contexts if cpu.value in c.cpus]
        for p, x in ex.load(owner, path, e.span):
            here = [conj(equals(plain(x), c.index + 1), equals(c.cpu, cpu.value)) for c in possible]
            ways.append((p, disj(*here)))
        return ways

    def explicit_irq(self, ex: Executor, e: tree.CallExpr, path: Path, line: ObjectValue) -> list:
        requested = dict(ex.program.instances[line.name].initial).get("requested", 1)
        return [(path, FALSE if requested else TRUE)]

    def migrate(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """Go on on any CPU: a way for each."""
        assert ex.context is not None
        ways = []
        for cpu in ex.context.cpus:
            p = path.fork().bind(this_cpu=Const(cpu))
            p.chosen = True
            p.store[f"cpu.{ex.context.name}"] = Const(cpu)
            ways.append((p, FALSE))
        return ways

    def step(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        path.chosen = True
        return [(path, FALSE)]

    # ---- what an infinite schedule owes to whom ----

    def in_turn(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """Who can take this step again and again takes it: those that wait form a queue."""
        assert ex.context is not None
        path.promise = f"a lock is granted in turn ({ex.context.name})"
        return [(path, FALSE)]

    def hands_over(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """The environment cannot choose another way for ever."""
        assert ex.context is not None
        path.promise = f"the softirq loop hands over to ksoftirqd in the end ({ex.context.name})"
        return [(path, FALSE)]

    def at_will(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """Somebody takes this step at any time, or never."""
        path.free = "choice"
        return [(path, FALSE)]

    def elsewhere(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """This may happen, and nobody promises that it does."""
        path.free = "unbounded" if ex.program.flags["interrupts"] == "unbounded" else "finite"
        return [(path, FALSE)]

    def asserted(self, ex: Executor, e: tree.CallExpr, path: Path, line: ObjectValue) -> list:
        """Whether a level line's condition holds; false for a line that is none, or that fires a counted number of
        times."""
        d = next(c for c in ex.program.contexts if c.kind == "irq" and c.name == line.name)
        if not d.line.level or d.line.when is None or d.times is not None:
            return [(path, FALSE)]
        return [(path.fork(p.guard.since(path.guard)), v) for p, v in ex.scalar(d.line.when, path)]

    # ---- evidence ----

    def note_order(self, ex: Executor, e: tree.CallExpr, path: Path, held: Value, a: Value, b: Value) -> list:
        """Record that lock ``b`` is taken while ``a`` is held; both orders together are DF404."""
        assert isinstance(a, ObjectValue) and isinstance(b, ObjectValue)
        if a != b and "DF404" not in ex.builder.disabled:
            for p, x in ex.load(held, path, e.span):
                condition = p.guard.also(plain(x)).expr
                if condition != FALSE:
                    id = f"order:{a.name}:{b.name}"
                    text = f"`{b.name}` is taken while `{a.name}` is held"
                    site = ex.site(e.span)
                    claim = Property(id, "DF404", "step", text, b.name, span=site, hidden=True, continues=True)
                    path.violations.append(Violation(condition, claim, site))
        return [(path, FALSE)]

    # ---- memory ----

    def _heap(self, ex: Executor, o: Value, e: tree.CallExpr) -> str:
        instance = ex.program.instances.get(o.name) if isinstance(o, ObjectValue) else None
        if instance is None or not (ex.program.types[instance.type].struct or instance.stack):
            null = isinstance(o, ObjectValue) and not o.name  # a pointer that was never set, on some way to here
            text = "this is NULL" if null else "this is not a heap object"
            raise SpecError(Diagnostic(text, ex.site(e.span), help="name an instance of a struct"))
        return ex.allocation(instance.name)

    def container_of(self, ex: Executor, e: tree.CallExpr, path: Path) -> list:
        """The object that another lies in, a way for each that a pointer may point to."""
        argument = e.arguments[1]
        assert isinstance(argument, tree.TypeArgument)
        type = ex.type(argument.type)
        member = "." + ".".join(path_of(e.arguments[2]))
        ways: list[tuple[Path, Value]] = []
        for p, v in ex.pointed(e.arguments[0], path):
            assert isinstance(v, ObjectValue)
            outer = v.name.removesuffix(member)
            if v.name.endswith(member) and Object(ex.program.instances[outer].type) == type:
                ways.append((p, ObjectValue(outer)))
                continue
            text = f"does not lie in a {type} as its member `{member[1:]}`"
            ex.check(p, FALSE, "DF305", text, v.name or "NULL", e.span, essential=True)
        return ways

    def fresh(self, ex: Executor, e: tree.CallExpr, path: Path, like: Value) -> list:
        """An object of a type that is not allocated: one that never was, else one that was freed; NULL if all are."""
        assert isinstance(like, ObjectValue)
        type = ex.program.instances[like.name].type
        objects = [i.name for i in ex.program.of_type(type) if i.heap and not i.stack]
        ways: list[tuple[Path, Value]] = []
        for state in (0, 2):
            for name in objects:
                p = path.fork(equals(path.read(ex.allocation(name)), state))
                if p.possible:
                    ways.append((p, ObjectValue(name)))
                path = path.fork(op("ne", path.read(ex.allocation(name)), Const(state)))
        return [*ways, (path, NULL)] if path.possible else ways

    def on_stack(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value) -> list:
        found = ex.program.instances[o.name] if isinstance(o, ObjectValue) and o.name else None
        return [(path, TRUE if found is not None and (found.stack or not found.heap) else FALSE)]

    def allocated(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value) -> list:
        if o == NULL:
            return [(path, FALSE)]
        heap = self._heap(ex, o, e)
        assert isinstance(o, ObjectValue)
        return [(path, equals(path.read(heap), 1) if ex.program.instances[o.name].heap else TRUE)]

    def freed(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value) -> list:
        if o == NULL:
            return [(path, FALSE)]
        return [(path, equals(path.read(self._heap(ex, o, e)), 2))]

    def live(self, ex: Executor, e: tree.CallExpr, path: Path, o: ObjectValue) -> list:
        heap = ex.program.instances[o.name].heap
        return [(path, equals(path.read(ex.allocation(heap)), 1) if heap else TRUE)]

    def allocate(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value, zero: Value) -> list:
        """Fresh memory: all members of the object and of what is embedded in it as at the start."""
        if o == NULL:  # nothing is left to allocate, and nobody asked about that
            return []
        heap = self._heap(ex, o, e)
        path.store[heap] = Const(1)
        for i in ex.program.instances.values():
            if i.heap != heap:
                continue
            for m in ex.program.types[i.type].members:
                if isinstance(m.type, Object) or m.shadow:
                    continue
                place = ex.place(i, m.name)
                for variable in state_variables(place):
                    path.store[variable] = Const(ex.builder.variables[variable].init)
                if isinstance(place, Place) and place.written:
                    path.store[place.written] = TRUE if zero == TRUE else FALSE
        return [(path, FALSE)]

    def release(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value) -> list:
        path.store[self._heap(ex, o, e)] = Const(2)
        return [(path, FALSE)]

    def use(self, ex: Executor, e: tree.CallExpr, path: Path, o: Value) -> list:
        """Some access to an object."""
        assert isinstance(o, ObjectValue)
        path.chosen = True  # a step also where nothing can be wrong
        if not o.name:
            ex.check(path, FALSE, "DF305", "NULL pointer dereference", "NULL", e.span, essential=True)
        else:
            ex.alive(ex.program.instances[o.name], path, e.span)
        return [(path, FALSE)] if path.possible else []

    # ---- bits and counters ----

    def _place(self, v: Value, e: tree.CallExpr) -> Place:
        if not isinstance(v, Place):
            raise SpecError(Diagnostic("expected a variable", e.span))
        return v

    def _test_and(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value, to: Const) -> list:
        place = self._place(v, e)
        ways = []
        for p, old in ex.load(place, path, e.span):
            p.store[place.variable] = to
            ways.append((p, old))
        return ways

    def test_and_set(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value) -> list:
        return self._test_and(ex, e, path, v, TRUE)

    def test_and_clear(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value) -> list:
        return self._test_and(ex, e, path, v, FALSE)

    # ---- any variable, in one step ----

    def READ_ONCE(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value) -> list:
        return ex.load(self._place(v, e), path, e.span)

    def WRITE_ONCE(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value, to: Value) -> list:
        return [(p, FALSE) for p in self._store(ex, e, path, v, to)]

    def xchg(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value, to: Value) -> list:
        return [
            (q, old) for p, old in ex.load(self._place(v, e), path, e.span) for q in self._store(ex, e, p, v, to)
        ]  # fmt: skip

    def cmpxchg(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value, wanted: Value, to: Value) -> list:
        done = []
        for p, old in ex.load(self._place(v, e), path, e.span):
            same = Const(old == wanted) if isinstance(old, ObjectValue) else equals(plain(old), plain(wanted))
            if (other := p.fork(negate(same))).possible:
                done.append((other, old))
            if (equal := p.fork(same)).possible:
                done += [(q, old) for q in self._store(ex, e, equal, v, to)]
        return done

    def _store(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value, to: Value) -> list[Path]:
        """Assign a variable of any type; a reference by the number of the object."""
        given = Const(ex.number(to)) if isinstance(to, ObjectValue) else plain(to)
        ex.assign(self._place(v, e), given, path, e.span)
        return [path] if path.possible else []

    def count_up(self, ex: Executor, e: tree.CallExpr, path: Path, v: Value) -> list:
        place = self._place(v, e)
        old, top = path.read(place.variable), ex.builder.variables[place.variable].hi
        path.store[place.variable] = ite(op("lt", old, Const(top)), op("add", old, Const(1)), Const(top))
        return [(path, FALSE)]

    # ---- lists ----

    @staticmethod
    def _nth(ex: Executor, vec: ListPlace, o: ObjectValue) -> int:
        """The number by which a list knows an object: among all that can be on it, from 1."""
        if vec.element != "resource":  # all of one type
            return ex.number(o)
        return 1 + [i.name for i in ex.program.of_type(vec.element)].index(o.name)

    def first(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace, o: ObjectValue) -> list:
        """Whether an object is the first of a list."""
        return [(path, equals(path.read(vec.slots[0]), self._nth(ex, vec, o)))]

    def remove(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace, o: ObjectValue) -> list:
        """Take an object out of a list, wherever it stands in it."""
        number, new = self._nth(ex, vec, o), {}
        gone: Expr = FALSE  # it stood before this slot or in it
        for n, s in enumerate(vec.slots):
            old = path.read(s)
            after = path.read(vec.slots[n + 1]) if n + 1 < len(vec.slots) else FALSE
            gone = disj(gone, equals(old, number))
            new[s] = ite(gone, after, old)
        path.store.update(new)
        return [(path, FALSE)]

    def flusher(self, ex: Executor, e: tree.CallExpr, path: Path, context: Value, pool: Value) -> list:
        """The index of a context and a pool in an array over both."""
        assert isinstance(context, Const) and isinstance(pool, Const)
        return [(path, Const(context.value * ex.pools() + pool.value))]

    def contains(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace, o: ObjectValue) -> list:
        number = self._nth(ex, vec, o)
        return [(path, disj(*(equals(path.read(s), number) for s in vec.slots)))]

    def empty(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace) -> list:
        return [(path, equals(path.read(vec.slots[0]), 0) if vec.slots else TRUE)]

    def push_back(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace, o: ObjectValue) -> list:
        number = Const(self._nth(ex, vec, o))
        before: Expr = TRUE  # the slot before is taken
        new = {}
        for s in vec.slots:
            old = path.read(s)
            free = equals(old, 0)
            new[s] = ite(conj(before, free), number, old)
            before = negate(free)
        path.store.update(new)
        return [(path, FALSE)]

    def push_front(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace, o: ObjectValue) -> list:
        values: list[Expr] = [Const(self._nth(ex, vec, o)), *(path.read(s) for s in vec.slots[:-1])]
        path.store.update(zip(vec.slots, values, strict=True))
        return [(path, FALSE)]

    def pop_front(self, ex: Executor, e: tree.CallExpr, path: Path, vec: ListPlace) -> list:
        """The first object, or NULL: a way for each, since code is specialised for the object."""
        if not vec.slots:
            return [(path, NULL)]
        first = path.read(vec.slots[0])
        ways: list[tuple[Path, Value]] = []
        if (p := path.fork(equals(first, 0))).possible:
            ways.append((p, NULL))
        for n, i in enumerate(ex.program.of_type(vec.element), 1):
            p = path.fork(equals(first, n))
            if p.possible:
                values = [*(path.read(s) for s in vec.slots[1:]), FALSE]
                p.store.update(zip(vec.slots, values, strict=True))
                ways.append((p, ObjectValue(i.name)))
        return ways

    def move_all(self, ex: Executor, e: tree.CallExpr, path: Path, to: ListPlace, source: ListPlace) -> list:
        """Move a whole list to an empty one."""
        for a, b in zip(to.slots, source.slots, strict=True):
            path.store[a] = path.read(b)
            path.store[b] = FALSE
        return [(path, FALSE)]

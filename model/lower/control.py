"""Control flow: from a context's body to locations and transitions, one statement one step.

A location of the compiled context is a point in the program together with everything that is known there at compile
time: the calls around it, the objects and constants that names are bound to. `Point` says where to go on; points are
interned, so that two paths that meet with the same knowledge meet in the same location.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.execute import Executor, Waiting, constant_result
from defercheck.lower.shape import INLINED, Shapes, callee_name, when
from defercheck.lower.values import Env, ObjectValue, Place, Value, env_key
from defercheck.lower.words import Words
from defercheck.sema.declare import walk
from defercheck.sema.types import Int, List, Number, Object, Opaque
from defercheck.system.expr import FALSE, TRUE, Const, Expr, equals, negate, op
from defercheck.system.system import Call, Location

CALL_DEPTH = 64


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """Where execution goes on. ``kind``:

    ``seq``: statement ``index`` of ``statements``; ``loop``: the head of ``node``; ``step``: the third part of a
    ``for``; ``foreach``: round ``index`` of ``node``; ``return``: back in the caller of ``function``, whose bindings
    are ``env``, with the result bound to ``result``; ``end``: the context's body is over.
    """

    kind: str
    parent: Point | None = None
    node: object = None
    statements: tuple[tree.Statement, ...] = ()
    index: int = 0
    names: frozenset[str] = frozenset()
    env: Env = field(default_factory=dict)
    function: str = ""
    subject: str = ""
    site: Span | None = None
    result: str = ""
    values: tuple[Value, ...] = ()


Pending = tuple[tuple[tree.Statement, Point, Env], ...]
"""Checks and assertions that the next step makes before it acts, each with its own bindings."""


class ControlFlow:
    """Compiles the body of one context."""

    def __init__(self, builder: Builder, context: ContextBuilder, shapes: Shapes, words: Words):
        self.builder = builder
        self.program = builder.program
        self.context = context
        self.shapes = shapes
        self.executor = Executor(builder, context, shapes, words)
        self.end = Point("end")
        self._points: dict[tuple, Point] = {}
        self._locations: dict[tuple, int] = {}
        self._sites: dict[str, str] = {}
        self._work: deque[tuple[int, Point, Env, Pending]] = deque()
        self.final = 0

    # ---- entry ----

    def enter(self, function: str, arguments: list[Value], env: Env, location: int | None = None) -> int:
        """Compile a call of a kernel function as the body of the context; the location at which it begins."""
        f = self.program.functions[function][0]
        start = self.executor.callee_env(f, arguments, env)
        subject = next((a.name for a in arguments if isinstance(a, ObjectValue)), "")
        point = self.seq(f.body.statements, 0, start, self.point("return", self.end, f, env=env, function="", subject=subject))
        at = self.location(point, start, (), location)
        self.drain()
        return at

    def drain(self) -> None:
        """Compile every location that was reached so far."""
        while self._work:
            self.emit(*self._work.popleft())

    # ---- points ----

    def point(self, kind: str, parent: Point | None, node: object = None, **rest: object) -> Point:
        """The point with these parts, made once."""
        keys: dict[str, Callable] = {"env": env_key, "statements": lambda block: tuple(id(s) for s in block)}
        parts = {n: keys[n](v) if n in keys else v for n, v in rest.items()}
        key = (kind, id(parent), id(node), *sorted((n, v) for n, v in parts.items() if n != "site"))
        if key not in self._points:
            self._points[key] = Point(kind, parent, node, **rest)  # type: ignore[arg-type]
        return self._points[key]

    def seq(self, statements: tuple[tree.Statement, ...], index: int, env: Env, parent: Point) -> Point:
        return self.point("seq", parent, statements=statements, index=index, names=frozenset(env))

    def location(self, point: Point, env: Env, pending: Pending, at: int | None = None) -> int:
        """The location for a point, after all that needs no step has been done; made when it is new."""
        point, env, pending = self.settle(point, env, pending)
        key = (id(point), env_key(env), tuple((id(s), env_key(e)) for s, _, e in pending))
        if point.kind == "end" and not pending:
            return self.final
        if at is None and key in self._locations:
            return self._locations[key]
        if at is None:
            at = len(self.context.locations)
            self.context.locations.append(Location(""))
        self._locations.setdefault(key, at)
        s = self.statement(point)
        self.context.locations[at] = Location(label(s) if s is not None else "end", s.span if s is not None else None)
        self._work.append((at, point, env, pending))
        return at

    @staticmethod
    def statement(point: Point) -> tree.Statement | None:
        """The statement that a point stands before."""
        if point.kind == "seq" and point.index < len(point.statements):
            return point.statements[point.index]
        return point.node if point.kind in ("loop", "step") else None  # type: ignore[return-value]

    # ---- what needs no step ----

    def settle(self, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending]:
        """Go on as far as is possible without a step: blocks, static conditions, calls, returns."""
        seen: set[tuple] = set()
        while True:
            key = (id(point), env_key(env))
            if key in seen:  # an empty loop: stay there
                return point, env, pending
            seen.add(key)
            after = self.advance(point, env, pending)
            if after is None:
                return point, env, pending
            point, env, pending = after

    def advance(self, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending] | None:
        """One move that needs no step, or ``None`` when the next thing is a step."""
        parent = point.parent
        match point.kind:
            case "end":
                return None
            case "return":
                return self.back(point, None, pending)
            case "foreach":
                if point.index == len(point.values):
                    return self.leave_block(point, env, pending)
                s = point.node
                assert isinstance(s, tree.Foreach) and parent is not None
                again = self.point("foreach", parent, s, index=point.index + 1, values=point.values, names=point.names)
                inner = {**env, s.name.text: point.values[point.index]}
                return self.seq((s.body,), 0, env, again), inner, pending
            case "loop" | "step":
                return self.advance_loop(point, env, pending)
        if point.index == len(point.statements):
            return self.leave_block(point, env, pending)
        return self.advance_statement(point.statements[point.index], point, env, pending)

    def leave_block(self, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending]:
        assert point.parent is not None
        return point.parent, {n: v for n, v in env.items() if n in point.names}, pending

    def following(self, point: Point, env: Env) -> tuple[Point, Env]:
        """The point after the present statement, with the helper bindings of its evaluation forgotten."""
        clean = {n: v for n, v in env.items() if not n.startswith("$")}
        match point.kind:
            case "seq":
                assert point.parent is not None
                after = self.point(
                    "seq", point.parent, statements=point.statements, index=point.index + 1,
                    names=point.names,
                )  # fmt: skip
                return after, clean
            case "step":
                assert point.parent is not None
                return point.parent, clean
        raise AssertionError(point.kind)

    def advance_statement(
        self, s: tree.Statement, point: Point, env: Env, pending: Pending
    ) -> tuple[Point, Env, Pending] | None:
        after, clean = self.following(point, env)
        match s:
            case tree.Empty():
                return after, clean, pending
            case tree.Block():
                return self.seq(s.statements, 0, clean, after), clean, pending
            case tree.When():
                chosen = s.then if when(s.condition, self.program.flags) else s.otherwise
                if chosen is None:
                    return after, clean, pending
                return self.seq((chosen,), 0, clean, after), clean, pending
            case tree.Foreach():
                values = tuple(self.executor.unrolled(s, self.path(point, env)))
                return self.point("foreach", after, s, index=0, values=values, names=frozenset(clean)), clean, pending
            case tree.While() | tree.DoWhile():
                loop = self.point("loop", after, s, names=frozenset(clean))
                return (self.seq((s.body,), 0, clean, loop) if isinstance(s, tree.DoWhile) else loop), clean, pending
            case tree.For():
                loop = self.point("loop", after, s, names=frozenset(clean))
                first = (s.initial,) if s.initial is not None else ()
                # the initial declaration's scope is the whole loop, so it is run as part of the loop's block
                scope = frozenset({*clean, *declared(first)})
                return self.point("seq", loop, statements=first, index=0, names=scope), clean, pending
            case tree.Break() | tree.Continue():
                return self.jump(s, point, clean, pending)
            case tree.Check() | tree.Assert():
                if (call := self.next_call([s.condition], env)) is not None:
                    return self.call(call, point, env, pending)
                if self.holds_plainly(s.condition, point, env):
                    return after, clean, pending
                return after, clean, (*pending, (s, point, env))
            case tree.Return():
                return self.advance_return(s, point, env, pending)
            case tree.If():
                if (call := self.next_call([s.condition], env)) is not None:
                    return self.call(call, point, env, pending)
                c = self.constant(s.condition, point, env)
                if c is None:
                    return None
                body = s.then if c.value else s.otherwise
                return (self.seq((body,), 0, clean, after) if body is not None else after), clean, pending
            case tree.VarDecl():
                calls = [d.initial for d in s.declarators if d.initial is not None]
                if (call := self.next_call(calls, env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
            case tree.Assign():
                if (call := self.next_call([s.value, s.target], env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
            case tree.ExprStatement():
                if isinstance(s.expr, tree.CallExpr) and f"$call{id(s.expr)}" in env:
                    return after, clean, pending
                if (call := self.next_call([s.expr], env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
        return None

    def plain(self, s: tree.Statement, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending] | None:
        """A statement that only binds names at compile time needs no step."""
        paths = self.executor.run(s, self.path(point, env))
        if len(paths) == 1 and paths[0].silent and not paths[0].leaving and not spilled(paths[0].env):
            after, _ = self.following(point, env)
            return after, {n: v for n, v in paths[0].env.items() if not n.startswith("$")}, pending
        return None

    def advance_loop(self, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending] | None:
        s = point.node
        if point.kind == "step":
            assert point.parent is not None and isinstance(s, tree.Assign | tree.IncDec | tree.ExprStatement)
            return self.advance_statement(s, point, env, pending)
        assert isinstance(s, tree.While | tree.DoWhile | tree.For)
        if s.condition is not None:
            if (call := self.next_call([s.condition], env)) is not None:
                return self.call(call, point, env, pending)
            c = self.constant(s.condition, point, env)
            if c is None:
                return None
            if not c.value:
                return self.leave_block(point, env, pending)
        return self.loop_body(point, env), {n: v for n, v in env.items() if not n.startswith("$")}, pending

    def loop_body(self, point: Point, env: Env) -> Point:
        """The body of a loop, after which it comes back to its head."""
        s = point.node
        assert isinstance(s, tree.While | tree.DoWhile | tree.For)
        back = point
        if isinstance(s, tree.For) and s.step is not None:
            back = self.point("step", point, s.step)
        clean = {n: v for n, v in env.items() if not n.startswith("$")}
        return self.seq((s.body,), 0, clean, back)

    def jump(
        self, s: tree.Break | tree.Continue, point: Point, env: Env, pending: Pending
    ) -> tuple[Point, Env, Pending]:
        at: Point | None = point
        names: frozenset[str] = frozenset()
        while at is not None and at.kind not in ("loop", "foreach", "return", "end"):
            if at.kind == "step" and isinstance(s, tree.Continue):
                break
            names = at.names if at.kind == "seq" else names
            at = at.parent
        if at is None or at.kind in ("return", "end"):
            word = "break" if isinstance(s, tree.Break) else "continue"
            raise SpecError(Diagnostic(f"`{word}` outside a loop", s.span, help="use it inside while, do or for"))
        if isinstance(s, tree.Continue):
            return at, {n: v for n, v in env.items() if n in names}, pending
        assert at.parent is not None
        return at.parent, {n: v for n, v in env.items() if n in at.names}, pending

    # ---- calls ----

    def next_call(self, expressions: list[tree.Expr], env: Env) -> tree.CallExpr | None:
        """The next call in order of evaluation that takes steps of its own and was not made yet."""
        for e in expressions:
            for c in calls_in_order(e):
                if f"$call{id(c)}" not in env and not self.shapes.within_step(c):
                    return c
        return None

    def call(self, e: tree.CallExpr, point: Point, env: Env, pending: Pending) -> tuple[Point, Env, Pending] | None:
        """Enter a function, unless evaluating its arguments takes a step."""
        guard = guarding(self.statement(point), e)
        if guard is not None and f"$left{id(guard)}" not in env:
            return None
        ways = self.call_ways(e, self.path(point, env), point)
        if len(ways) == 1 and ways[0][0].silent:
            _, entry, inner = ways[0]
            return entry, inner, pending
        return None

    def call_ways(self, e: tree.CallExpr, path: Path, point: Point) -> list[tuple[Path, Point, Env]]:
        """All ways to enter the called function: a path, the point where its body begins, its bindings."""
        depth, at = 0, point
        while at.parent is not None:
            depth += at.kind == "return"
            at = at.parent
        if depth > CALL_DEPTH:
            raise SpecError(Diagnostic("calls are nested too deeply here", e.span, help="functions cannot recurse"))
        env = path.env
        name = callee_name(e)
        if not name:
            return list(self.indirect(e, path, point))
        if name in INLINED:
            f = self.inlined(name, e, path)
            if f is None:
                bound = {**env, f"$call{id(e)}": FALSE}
                return [(path, point, bound)]
            return [(path, *self.callee(f, [], e, point, env))]
        entered = []
        for p, arguments in self.executor.arguments(e, path):
            f = self.executor.overload(e, arguments)
            kept = [self.argument(f, n, a, p) for n, a in enumerate(arguments[: len(f.parameters)])]
            entered.append((p, *self.callee(f, kept, e, point, p.env)))
        return entered

    def argument(self, f: tree.FunctionDecl, n: int, value: Value, path: Path) -> Value:
        """What a parameter is bound to: constants and objects as they are, other numbers through a variable."""
        p = f.parameters[n]
        kernel = p.name.span.source.kernel
        if p.out or isinstance(value, ObjectValue | Place) or not hasattr(value, "__slots__"):
            return value
        type = self.executor.type(p.type)
        if isinstance(type, Object | List):
            return value
        if isinstance(value, Const) and (kernel or p.name.text not in self.shapes.assigned(f)):
            return value
        if not self.reads(f, p.name.text) or isinstance(type, Opaque):
            return FALSE
        name = f"{self.context.name}:{f.name}.{p.name}"
        if isinstance(type, Number):
            lo, hi = self.builder.bounds(value)  # type: ignore[arg-type]
            type = Int(min(lo, 0), max(hi, 0))
        place = Place(self.builder.scalar(name, type, 0, "driver"))
        self.executor.assign(place, value, path, p.span)  # type: ignore[arg-type]
        return place

    @staticmethod
    def reads(f: tree.FunctionDecl, name: str) -> bool:
        return any(isinstance(n, tree.NameExpr) and n.name == name for n in walk(f.body))

    def callee(
        self, f: tree.FunctionDecl, arguments: list[Value], e: tree.CallExpr, point: Point, env: Env
    ) -> tuple[Point, Env]:
        inner = self.executor.callee_env(f, arguments, env)
        self._sites[f"$call{id(e)}"] = f"{f.name}@{e.span.line}:{e.span.column}"
        subject = next((a.name for a in arguments if isinstance(a, ObjectValue)), "")
        back = self.point(
            "return", point, f, env=env, function=f.name.text, subject=subject, site=e.span, result=f"$call{id(e)}"
        )
        return self.seq(f.body.statements, 0, inner, back), inner

    def inlined(self, name: str, e: tree.CallExpr, path: Path) -> tree.FunctionDecl | None:
        """The spec's own body behind a machine word; ``None`` when it has none."""
        match name:
            case "module_init" | "module_exit":
                return self.program.functions[name.replace("_", " ")][0]
            case "thread_body":
                body = next(c.body for c in self.program.contexts if c.kind == "thread" and c.name == self.context.name)
                assert body is not None
                return self.body(self.context.name, body)
        (_, v), *_ = self.executor.scalar(e.arguments[0], path)
        assert isinstance(v, Const)
        vector = self.program.enums["softirq_vector"].constants[v.value]
        handler = next((c for c in self.program.contexts if c.kind == "softirq" and c.name == vector), None)
        return self.body(vector, handler.body) if handler is not None and handler.body is not None else None

    def body(self, name: str, block: tree.Block) -> tree.FunctionDecl:
        """A context's body as a function."""
        key = ("body", id(block))
        if key not in self._points:
            void = tree.NamedType("void", block.span)
            self._points[key] = tree.FunctionDecl(void, tree.Name(name, block.span), (), block, block.span)  # type: ignore[assignment]
        return self._points[key]  # type: ignore[return-value]

    def indirect(self, e: tree.CallExpr, path: Path, point: Point) -> Iterator[tuple[Path, Point, Env]]:
        """A call through a member: one way for each function that it may hold."""
        assert isinstance(e.callee, tree.Field)
        subject = self.executor.value(e.callee.base, path)[0][1]
        name = subject.name if isinstance(subject, ObjectValue) else ""
        for p, v in self.executor.scalar(e.callee, path):
            self.executor.check(p, op("ne", v, FALSE), "DF305", "has no handler yet", name, e.span, essential=True)
            for n, handler in enumerate(self.program.handlers):
                q = p.fork(equals(v, n + 1))
                if q.possible:
                    f = self.program.functions[handler][0]
                    yield q, *self.callee(f, [FALSE] * len(f.parameters), e, point, q.env)

    # ---- returning ----

    def advance_return(
        self, s: tree.Return, point: Point, env: Env, pending: Pending
    ) -> tuple[Point, Env, Pending] | None:
        if s.value is None:
            return self.back(self.caller(point), None, pending)
        if (call := self.next_call([s.value], env)) is not None:
            return self.call(call, point, env, pending)
        ways = self.executor.operand(s.value, self.path(point, env))
        if len(ways) == 1 and ways[0][0].silent and isinstance(ways[0][1], Const | ObjectValue):
            return self.back(self.caller(point), ways[0][1], pending)
        return None

    @staticmethod
    def caller(point: Point) -> Point:
        """The nearest return point around."""
        at = point
        while at.kind != "return":
            assert at.parent is not None
            at = at.parent
        return at

    def back(self, at: Point, result: Value | None, pending: Pending) -> tuple[Point, Env, Pending]:
        """Go back to the caller with a result known at compile time."""
        assert at.parent is not None
        env = {**at.env, at.result: result if result is not None else FALSE} if at.result else dict(at.env)
        return at.parent, env, pending

    # ---- evaluation at a point ----

    def path(self, point: Point, env: Env) -> Path:
        """A fresh step at a point: the executor knows the calls around it."""
        ex = self.executor
        around = list(reversed(list(self.around(point))))
        ex.sites = [p.site for p in around if p.site is not None]
        ex._functions = [p.function for p in around if p.function]
        ex.subjects = [p.subject for p in around]
        ex.waiting = []
        return Path(env)

    @staticmethod
    def around(point: Point) -> Iterator[Point]:
        """The calls around a point, innermost first."""
        at: Point | None = point
        while at is not None:
            if at.kind == "return":
                yield at
            at = at.parent

    def constant(self, e: tree.Expr, point: Point, env: Env) -> Const | None:
        c = constant_result(self.executor.scalar(e, self.path(point, env)))  # type: ignore[arg-type]
        return c if isinstance(c, Const) else None

    def holds_plainly(self, e: tree.Expr, point: Point, env: Env) -> bool:
        c = self.constant(e, point, env)
        return c is not None and bool(c.value)

    # ---- steps ----

    def emit(self, at: int, point: Point, env: Env, pending: Pending) -> None:
        """Compile the step that a location stands for."""
        start = self.path(point, env)
        for check, where, bindings in pending:
            self.check_first(check, where, bindings, start)
        waiting: list[Waiting] = []
        fresh = self.path(point, env)
        fresh.guard, fresh.violations = start.guard, start.violations
        ways = list(self.ways(point, fresh)) if start.possible else []
        waiting += self.executor.waiting
        s = self.statement(point)
        text = label(s) if s is not None else "return"
        span = place_of(s) if s is not None else (pending[-1][0].span if pending else None)
        calls = tuple(
            Call(p.function, p.site) for p in reversed(list(self.around(point))) if p.function and p.site is not None
        )
        for w in waiting:
            self.builder.waits(self.context, at, w.code, w.message, w.subject, w.span)
        seen = tuple(check.span for check, _, _ in pending if isinstance(check, tree.Assert))
        for v in dict.fromkeys(fresh.violations):
            self.builder.claim(v.property)
            self.builder.step(self.context, at, None, v.condition, {}, text, span, calls, v.property.id, seen)
        for p, after, bindings in ways:
            if p.possible:
                bindings = self.spill(bindings, p)
                target = self.location(after, bindings, ())
                updates = dict(p.store)
                if target == self.final:
                    updates |= self.resets()
                self.builder.step(self.context, at, target, p.condition, updates, text, span, calls, None, seen)

    def check_first(self, s: tree.Statement, where: Point, bindings: Env, start: Path) -> None:
        """Make a check of an earlier statement as part of the step that starts here."""
        at_check = self.path(where, bindings)
        at_check.guard, at_check.violations = start.guard, start.violations
        self.executor.run(s, at_check)
        start.guard = at_check.guard

    def resets(self) -> dict[str, Expr]:
        """A context that ends leaves its frame variables, and its CPU if it had a choice, as at the start."""
        mine = f"{self.context.name}."
        reset: dict[str, Expr] = {
            v.name: Const(v.init) for v in self.builder.variables.values()
            if v.name.startswith(mine) and v.name[len(mine) :] in self.frame_names
        }  # fmt: skip
        if len(self.context.cpus) > 1:
            reset[f"cpu.{self.context.name}"] = FALSE
        return reset

    @property
    def frame_names(self) -> set[str]:
        """Names of the variables that exist once for each context."""
        return {g.name for g in self.program.globals.values() if g.storage == "frame"}

    def spill(self, env: Env, p: Path) -> Env:
        """Names bound to values that are not known at compile time go into state variables."""
        result: Env = {}
        for name, v in env.items():
            if isinstance(v, ObjectValue | Place | Const) or not hasattr(v, "_hash"):
                result[name] = v
                continue
            lo, hi = self.builder.bounds(v)  # type: ignore[arg-type]
            spot = self._sites[name] if name.startswith("$") else name
            place = f"{self.context.name}:{self.executor.function_name()}.{spot}"
            if place in self.builder.variables:
                old = self.builder.variables[place]
                lo, hi = min(lo, old.lo), max(hi, old.hi)
                del self.builder.variables[place]
            self.builder.scalar(place, Int(min(lo, 0), max(hi, 0)), 0, "kernel")
            p.store[place] = v  # type: ignore[assignment]
            result[name] = Place(place)
        return result

    def ways(self, point: Point, path: Path) -> Iterator[tuple[Path, Point, Env]]:
        s = self.statement(point)
        if point.kind == "end" or s is None:
            yield path, self.end if point.kind == "end" else point, path.env
            return
        env = path.env
        expressions = evaluated(s)
        call = self.next_call(expressions, env)
        if call is not None:
            guard = guarding(s, call)
            if guard is not None and f"$left{id(guard)}" not in env:
                yield from self.decide(guard, point, path)
                return
            yield from self.call_ways(call, path, point)
            return
        after, clean = (self.following(point, env) if point.kind != "loop" else (point, env))
        match s:
            case tree.If() | tree.While() | tree.DoWhile() | tree.For():
                yield from self.branches(s, point, path, after)
            case tree.Choose():
                for b in s.branches:
                    p = path.fork()
                    p.chosen = True
                    yield p, self.seq(b.statements, 0, clean, after), clean
            case tree.Return():
                assert s.value is not None
                caller = self.caller(point)
                for p, v in self.executor.operand(s.value, path):
                    back, outer, _ = self.back(caller, v, ())
                    yield p, back, outer
            case _:
                for p in self.executor.run(s, path):
                    if p.leaving == "return":
                        back, outer, _ = self.back(self.caller(point), p.result, ())  # type: ignore[arg-type]
                        yield p, back, outer
                    elif p.leaving:
                        jump = tree.Break(s.span) if p.leaving == "break" else tree.Continue(s.span)
                        to, outer, _ = self.jump(jump, point, p.env, ())
                        yield p, to, outer
                    else:
                        yield p, after, {n: v for n, v in p.env.items() if not n.startswith("$")}

    def branches(
        self, s: tree.If | tree.While | tree.DoWhile | tree.For, point: Point, path: Path, after: Point
    ) -> Iterator[tuple[Path, Point, Env]]:
        """The two ways of a condition."""
        if s.condition is None or self.loops_on_itself(point, path.env):
            path.chosen = True
            yield path, point, path.env
            return
        for p, c in self.executor.scalar(s.condition, path):
            clean = {n: v for n, v in p.env.items() if not n.startswith("$")}
            yes, no = p.fork(c), p.fork(negate(c))
            if isinstance(s, tree.If):
                yield yes, self.seq((s.then,), 0, clean, after), clean
                yield no, (self.seq((s.otherwise,), 0, clean, after) if s.otherwise is not None else after), clean
            else:
                yield yes, self.loop_body(point, clean), clean
                out, outer, _ = self.leave_block(point, clean, ())
                yield no, out, outer

    def loops_on_itself(self, point: Point, env: Env) -> bool:
        """An empty endless loop, at which `settle` stopped."""
        s = point.node
        return (
            point.kind == "loop" and isinstance(s, tree.While | tree.DoWhile | tree.For) and s.condition is not None
            and self.constant(s.condition, point, env) is not None
        )  # fmt: skip

    def decide(self, e: tree.Binary, point: Point, path: Path) -> Iterator[tuple[Path, Point, Env]]:
        """Evaluate the left side of a connective whose right side takes steps."""
        for p, c in self.executor.scalar(e.left, path):
            for value, condition in ((TRUE, c), (FALSE, negate(c))):
                q = p.fork(condition)
                if not q.possible:
                    continue
                q.chosen = True
                bound: Env = {**q.env, f"$left{id(e)}": value}
                settled = value == (TRUE if e.op == "||" else FALSE)
                if settled:  # the right side is not evaluated
                    for c2 in calls_in_order(e.right):
                        bound[f"$call{id(c2)}"] = FALSE
                yield q, point, bound


def spilled(env: Env) -> bool:
    """Whether some name is bound to a value that is not known at compile time."""
    return any(hasattr(v, "_hash") and not isinstance(v, Const) for v in env.values())


def declared(statements: tuple[tree.Statement, ...]) -> set[str]:
    """Names that these statements declare."""
    return {d.name.text for s in statements if isinstance(s, tree.VarDecl) for d in s.declarators}


def evaluated(s: tree.Statement) -> list[tree.Expr]:
    """The expressions that a statement itself evaluates, in order."""
    match s:
        case tree.If() | tree.While() | tree.DoWhile() | tree.Assert() | tree.Check():
            return [s.condition]
        case tree.For():
            return [s.condition] if s.condition is not None else []
        case tree.Assign():
            return [s.value, s.target]
        case tree.ExprStatement():
            return [s.expr]
        case tree.VarDecl():
            return [d.initial for d in s.declarators if d.initial is not None]
        case tree.Return():
            return [s.value] if s.value is not None else []
    return []


def calls_in_order(e: tree.Expr) -> Iterator[tree.CallExpr]:
    """Calls in an expression in order of evaluation, arguments before the call."""
    match e:
        case tree.CallExpr():
            for a in e.arguments:
                yield from calls_in_order(a)
            yield e
        case tree.Unary():
            yield from calls_in_order(e.operand)
        case tree.Binary():
            yield from calls_in_order(e.left)
            yield from calls_in_order(e.right)
        case tree.Conditional():
            yield from calls_in_order(e.condition)
            yield from calls_in_order(e.then)
            yield from calls_in_order(e.otherwise)
        case tree.Field():
            yield from calls_in_order(e.base)
        case tree.Index():
            yield from calls_in_order(e.base)
            yield from calls_in_order(e.index)


def guarding(s: tree.Statement | None, call: tree.CallExpr) -> tree.Binary | None:
    """The outermost ``&&`` or ``||`` of a statement that has the call on its right side."""

    def find(e: tree.Expr) -> tree.Binary | None:
        match e:
            case tree.Binary(op="&&" | "||") if any(c is call for c in calls_in_order(e.right)):
                return e
            case tree.Binary():
                return find(e.left) or find(e.right)
            case tree.Unary():
                return find(e.operand)
        return None

    return next((g for e in (evaluated(s) if s is not None else []) if (g := find(e)) is not None), None)


def place_of(s: tree.Statement) -> Span:
    """The part of a statement that is executed at its location: its condition, where it has one."""
    if isinstance(s, tree.If | tree.While | tree.DoWhile) or (isinstance(s, tree.For) and s.condition is not None):
        assert s.condition is not None
        return s.condition.span
    return s.span


def label(s: tree.Statement) -> str:
    """A statement's own text on one line."""
    text = " ".join(place_of(s).text.split())
    match s:
        case tree.If():
            return f"if ({text})"
        case tree.While() | tree.DoWhile() | tree.For():
            return f"while ({text})"
        case tree.Choose():
            return "choose"
        case tree.Atomic() if len(text) > 60:
            return f"{text[:57]}..."
    return text.rstrip(";")


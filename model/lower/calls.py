"""Calls: how a function, a handler or a spec's own body is entered, and what its parameters are bound to."""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.lower.beginning import spread
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.execute import Executor
from defercheck.lower.frames import RESULT, declares, leaving, local_objects, on_stack
from defercheck.lower.points import Point, Points, around
from defercheck.lower.syntax import calls_in_order
from defercheck.lower.values import NULL, Env, ObjectValue, Place, Value
from defercheck.sema.shape import DEVICE, INLINED, Shapes, callee_name, machine_word
from defercheck.sema.types import Int, List, Number, Object, Opaque
from defercheck.sema.walk import walk
from defercheck.system.expr import FALSE, Const, Op, Var, equals, op

CALL_DEPTH = 64

Entered = tuple[Path, Point, Env]
"""One way to enter a function: what the step does, where the body begins, its bindings."""


class Calls:
    """Enters functions in one context."""

    def __init__(self, builder: Builder, context: ContextBuilder, shapes: Shapes, executor: Executor, points: Points):
        self.builder = builder
        self.program = builder.program
        self.context = context
        self.shapes = shapes
        self.executor = executor
        self.points = points
        self.sites: dict[str, str] = {}
        self._bodies: dict[int, tree.FunctionDecl] = {}
        self._spread: tree.Block | None = None
        self._tails: dict[int, tuple[tree.Statement, ...]] = {}

    def next_call(self, expressions: list[tree.Expr], env: Env) -> tree.CallExpr | None:
        """The next call in order of evaluation that takes steps of its own and was not made yet."""
        for e in expressions:
            for c in calls_in_order(e):
                if f"$call{id(c)}" not in env and not self.shapes.within_step(c):
                    return c
        return None

    def call_ways(self, e: tree.CallExpr, path: Path, point: Point) -> list[Entered]:
        """All ways to enter the called function: a path, the point where its body begins, its bindings."""
        if sum(1 for _ in around(point)) > CALL_DEPTH:
            raise SpecError(Diagnostic("calls are nested too deeply here", e.span, help="functions cannot recurse"))
        env = path.env
        name = callee_name(e)
        if not name:
            return list(self.indirect(e, path, point))
        if machine_word(e) in INLINED:
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
        if p.out or not isinstance(value, Const | Var | Op):
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
            old = self.builder.variables.pop(name, None)  # wide enough for every call of the function
            type = Int(min(lo, old.lo if old else 0), max(hi, old.hi if old else 0))
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
        self.sites[f"$call{id(e)}"] = f"{f.name}@{e.span.line}:{e.span.column}"
        subject = next((a.name for a in arguments if isinstance(a, ObjectValue)), "")
        back = self.points.point(
            "return", point, f, env=env, function=f.name.text, subject=subject, site=e.span, result=f"$call{id(e)}"
        )
        if objects := self.frame(f):
            known = {n: v for n, v in inner.items() if n.startswith("this_")}
            result = not (isinstance(f.result, tree.NamedType) and f.result.name == "void")
            left: Env = {**known, **objects}
            after = self.points.seq(self.tail(f, list(objects), result), 0, left, back)
            back = self.points.point("return", after, f, env=left, function="", result=RESULT)
        return self.points.seq(f.body.statements, 0, inner, back), inner

    def tail(self, f: tree.FunctionDecl, names: list[str], result: bool) -> tuple[tree.Statement, ...]:
        """What a function with objects on its stack does at its end, the same nodes each time."""
        key = id(f)
        if key not in self._tails:
            self._tails[key] = leaving(f, names, result)
        return self._tails[key]

    def frame(self, f: tree.FunctionDecl) -> dict[str, ObjectValue]:
        """The objects on a function's stack, by names that its own cannot have."""
        found: dict[str, ObjectValue] = {}
        for s, d in local_objects(f):
            type = self.executor.type(s.type)
            if declares(s, d, type):
                assert isinstance(type, Object)
                o = on_stack(self.builder, self.context, f.name.text, d, type)
                found[f"frame {o.name}"] = o
        return found

    def inlined(self, name: str, e: tree.CallExpr, path: Path) -> tree.FunctionDecl | None:
        """The spec's own body behind a machine word; ``None`` when it has none."""
        match name:
            case "module_init" | "module_exit":
                return self.program.functions[name.replace("_", " ")][0]
            case _ if name in DEVICE:
                part = f"{self.context.name} {name.removeprefix('device_')}"
                return self.program.functions[part][0] if part in self.program.functions else None
            case "thread_body":
                kind = "start" if self.context.begins else "thread"
                d = next(c for c in self.program.contexts if c.kind == kind and c.name == self.context.name)
                if kind == "start" and self._spread is None:
                    self._spread = spread(d, self.program)
                body = self._spread or d.body
                assert body is not None
                return self.body(self.context.name, body)
        (_, v), *_ = self.executor.scalar(e.arguments[0], path)
        assert isinstance(v, Const)
        vector = self.program.enums["softirq_vector"].constants[v.value]
        handler = next((c for c in self.program.contexts if c.kind == "softirq" and c.name == vector), None)
        return self.body(vector, handler.body) if handler is not None and handler.body is not None else None

    def body(self, name: str, block: tree.Block) -> tree.FunctionDecl:
        """A context's body as a function."""
        if id(block) not in self._bodies:
            void = tree.NamedType("void", block.span)
            self._bodies[id(block)] = tree.FunctionDecl(void, tree.Name(name, block.span), (), block, block.span)
        return self._bodies[id(block)]

    def indirect(self, e: tree.CallExpr, path: Path, point: Point) -> Iterator[Entered]:
        """A call through a member: one way for each function that it may hold."""
        assert isinstance(e.callee, tree.Field)
        subject = self.executor.value(e.callee.base, path)[0][1]
        passed = [v for a in e.arguments for _, v in self.executor.value(a, path)] or [subject]
        name = subject.name if isinstance(subject, ObjectValue) else ""
        type = self.program.instances[name].type if name else ""
        for p, v in self.executor.scalar(e.callee, path):
            self.executor.check(p, op("ne", v, FALSE), "DF305", "has no handler yet", name, e.span, essential=True)
            for n, handler in enumerate(self.program.handlers):
                if type not in self.program.handled.get(handler, {type}):
                    continue
                q = p.fork(equals(v, n + 1))
                if q.possible:
                    f = self.program.functions[handler][0]
                    yield q, *self.callee(f, self.passed(f, passed), e, point, q.env)

    def passed(self, f: tree.FunctionDecl, values: list[Value]) -> list[Value]:
        """What a handler's parameters are bound to: the object that it is called for, where that is what it takes."""
        types = [self.executor.type(p.type) for p in f.parameters]
        nothing: list[Value] = [NULL if isinstance(type, Object) else FALSE for type in types]
        first = values[0] if values else FALSE
        if len(types) != 1 or not isinstance(first, ObjectValue) or not isinstance(types[0], Object):
            return nothing
        return [first] if self.program.instances[first.name].type == types[0].name else nothing

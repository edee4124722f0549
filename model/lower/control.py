"""Control flow: from a context's body to locations and transitions, one statement one step.

A location of the compiled context is a point in the program together with everything that is known there at compile
time: the calls around it, the objects and constants that names are bound to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.calls import Calls, Entered
from defercheck.lower.execute import Executor, Waiting
from defercheck.lower.points import Point, Points, around, back, caller, clean, jump, leave_block, statement
from defercheck.lower.races import Access
from defercheck.lower.settle import Pending, Settler
from defercheck.lower.syntax import calls_in_order, evaluated, guarding, label, place_of
from defercheck.lower.values import Env, ObjectValue, Place, Value, env_key
from defercheck.lower.words import Words
from defercheck.sema.constants import constant
from defercheck.sema.shape import Shapes
from defercheck.sema.types import Int
from defercheck.system.expr import FALSE, TRUE, Const, Expr, equals, negate
from defercheck.system.system import Call, Location


class ControlFlow:
    """Compiles the body of one context."""

    def __init__(self, builder: Builder, context: ContextBuilder, shapes: Shapes, words: Words):
        self.builder = builder
        self.program = builder.program
        self.context = context
        self.executor = Executor(builder, context, words)
        self.points = Points()
        self.calls = Calls(builder, context, shapes, self.executor, self.points)
        self.settler = Settler(builder.program, self.executor, self.points, self.calls)
        self.final = 0
        self._locations: dict[tuple, int] = {}
        self._work: deque[tuple[int, Point, Env, Pending]] = deque()

    def enter(self, function: str, arguments: list[Value], env: Env, location: int | None = None) -> int:
        """Compile a call of a kernel function as the body of the context; the location at which it begins."""
        f = self.program.functions[function][0]
        start = self.executor.callee_env(f, arguments, env)
        subject = next((a.name for a in arguments if isinstance(a, ObjectValue)), "")
        home = self.points.point("return", self.points.end, f, env=env, function="", subject=subject)
        point = self.points.seq(f.body.statements, 0, start, home)
        at = self.location(point, start, (), location)
        self.drain()
        return at

    def drain(self) -> None:
        """Compile every location that was reached so far."""
        while self._work:
            self.emit(*self._work.popleft())

    def location(self, point: Point, env: Env, pending: Pending, at: int | None = None) -> int:
        """The location for a point, after all that needs no step has been done; made when it is new."""
        point, env, pending = self.settler.settle(point, env, pending)
        # where a check was made counts too: two calls of might_sleep that come to one place are two findings
        key = (id(point), env_key(env), tuple((id(s), id(where), env_key(e)) for s, where, e in pending))
        if point.kind == "end" and not pending:
            return self.final
        if at is None and key in self._locations:
            return self._locations[key]
        if at is None:
            at = len(self.context.locations)
            self.context.locations.append(Location(""))
        self._locations.setdefault(key, at)
        s = statement(point)
        self.context.locations[at] = Location(label(s) if s is not None else "end", s.span if s is not None else None)
        self._work.append((at, point, env, pending))
        return at

    def emit(self, at: int, point: Point, env: Env, pending: Pending) -> None:
        """Compile the step that a location stands for."""
        start = self.settler.path(point, env)
        for check, where, bindings in pending:
            self.check_first(check, where, bindings, start)
        waiting: list[Waiting] = []
        self.executor.touches.clear()  # those of assertions are the spec's own looks, not the driver's
        fresh = self.settler.path(point, env)
        fresh.guard, fresh.violations = start.guard, start.violations
        function = self.executor.function_name()  # before what a way leads to is settled, in a function of its own
        ways = list(self.ways(point, fresh)) if start.possible else []
        waiting += self.executor.waiting
        s = statement(point)
        text = label(s) if s is not None else "return"
        span = place_of(s) if s is not None else (pending[-1][0].span if pending else None)
        calls = tuple(
            Call(p.function, p.site) for p in reversed(list(around(point))) if p.function and p.site is not None
        )
        if not isinstance(s, tree.Assert | tree.Await):
            touches = dict.fromkeys(self.executor.touches)
            self.builder.accesses += [Access(self.context.index, at, touch) for touch in touches]
        for w in waiting:
            self.builder.waits(self.context, at, w.code, w.message, w.subject, w.span)
        seen = tuple(check.span for check, _, _ in pending if isinstance(check, tree.Assert))
        for v in dict.fromkeys(fresh.violations):
            self.builder.claim(v.property)
            if v.property.code == "DF701":  # the assertion, not the statement with which it shares the step
                assertion = " ".join(v.span.text.split()).rstrip(";")
                self.builder.step(
                    self.context, at, None, v.condition, {}, assertion, v.span, calls, v.property.id, seen
                )
                continue
            self.builder.step(self.context, at, None, v.condition, {}, text, span, calls, v.property.id, seen)
        for p, after, bindings in ways:
            if p.possible:
                bindings = self.spill(bindings, p, function)
                target = self.location(after, bindings, ())
                updates = dict(p.store)
                if target == self.final:
                    updates |= self.resets()
                self.builder.step(self.context, at, target, p.condition, updates, text, span, calls, None, seen,
                                  p.promise, p.free)  # fmt: skip

    def check_first(self, s: tree.Statement, where: Point, bindings: Env, start: Path) -> None:
        """Make a check of an earlier statement as part of the step that starts here."""
        at_check = self.settler.path(where, bindings)
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

    def spill(self, env: Env, p: Path, function: str) -> Env:
        """Names bound to values that are not known at compile time go into state variables, those of the function
        whose step it is."""
        result: Env = {}
        for name, v in env.items():
            if isinstance(v, ObjectValue | Place | Const) or not hasattr(v, "_hash"):
                result[name] = v
                continue
            lo, hi = self.builder.bounds(v)  # type: ignore[arg-type]
            spot = self.calls.sites[name] if name.startswith("$") else name
            place = f"{self.context.name}:{function}.{spot}"
            if place in self.builder.variables:
                old = self.builder.variables[place]
                lo, hi = min(lo, old.lo), max(hi, old.hi)
                del self.builder.variables[place]
            self.builder.scalar(place, Int(min(lo, 0), max(hi, 0)), 0, "kernel")
            p.store[place] = v  # type: ignore[assignment]
            result[name] = Place(place)
        return result

    def ways(self, point: Point, path: Path) -> Iterator[Entered]:
        s = statement(point)
        if point.kind == "end" or s is None:
            yield path, self.points.end if point.kind == "end" else point, path.env
            return
        env = path.env
        expressions = evaluated(s)
        call = self.calls.next_call(expressions, env)
        if call is not None:
            guard = guarding(s, call, env)
            if guard is not None:
                yield from self.decide(guard, point, path)
                return
            yield from self.calls.call_ways(call, path, point)
            return
        after = self.points.following(point) if point.kind != "loop" else point
        bare = clean(env)
        match s:
            case tree.If() | tree.While() | tree.DoWhile() | tree.For():
                yield from self.branches(s, point, path, after)
            case tree.Label() | tree.Case():  # round and round with nothing in between
                path.chosen = True
                yield path, after, bare
            case tree.Goto():
                path.chosen = True
                to, outer = self.points.labelled(s, point, bare)
                yield path, to, outer
            case tree.Switch():
                yield from self.cases(s, path, after)
            case tree.Choose():
                for b in s.branches:
                    p = path.fork()
                    p.chosen = True
                    yield p, self.points.seq(b.statements, 0, bare, after), bare
            case tree.Return():
                assert s.value is not None
                for p, v in self.executor.operand(s.value, path):
                    to, outer = back(caller(point), v)
                    yield p, to, outer
            case _:
                for p in self.executor.run(s, path):
                    if p.leaving == "return":
                        to, outer = back(caller(point), p.result)  # type: ignore[arg-type]
                        yield p, to, outer
                    elif p.leaving:
                        leaving = tree.Break(s.span) if p.leaving == "break" else tree.Continue(s.span)
                        to, outer = jump(leaving, point, p.env)
                        yield p, to, outer
                    else:
                        yield p, after, clean(p.env)

    def branches(
        self, s: tree.If | tree.While | tree.DoWhile | tree.For, point: Point, path: Path, after: Point
    ) -> Iterator[Entered]:
        """The two ways of a condition."""
        if s.condition is None or self.loops_on_itself(point, path.env):
            path.chosen = True
            yield path, point, path.env
            return
        for p, c in self.executor.scalar(s.condition, path):
            bare = clean(p.env)
            yes, no = p.fork(c), p.fork(negate(c))
            if isinstance(s, tree.If):
                yield yes, self.points.seq((s.then,), 0, bare, after), bare
                yield no, (self.points.seq((s.otherwise,), 0, bare, after) if s.otherwise is not None else after), bare
            else:
                yield yes, self.points.loop_body(point, bare), bare
                out, outer = leave_block(point, bare)
                yield no, out, outer

    def cases(self, s: tree.Switch, path: Path, after: Point) -> Iterator[Entered]:
        """A way for each label of a `switch`, and one behind it where there is no `default`."""
        values = {name: value for name, (value, _) in self.program.constants.items()}
        for p, v in self.executor.scalar(s.value, path):
            bare = clean(p.env)
            behind = self.points.point("switch", after, s, names=frozenset(bare))
            other, default = p.fork(), behind
            for n, case in enumerate(s.body.statements):
                if not isinstance(case, tree.Case):
                    continue
                to = self.points.seq(s.body.statements, n, bare, behind)
                if case.value is None:
                    default = to
                    continue
                same = equals(v, constant(case.value, values))
                other = other.fork(negate(same))
                if (way := p.fork(same)).possible:
                    yield way, to, bare
            if other.possible:
                yield other, default, bare

    def loops_on_itself(self, point: Point, env: Env) -> bool:
        """An empty endless loop, at which `settle` stopped."""
        s = point.node
        return (
            point.kind == "loop" and isinstance(s, tree.While | tree.DoWhile | tree.For) and s.condition is not None
            and self.settler.constant(s.condition, point, env) is not None
        )  # fmt: skip

    def decide(self, e: tree.Binary, point: Point, path: Path) -> Iterator[Entered]:
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

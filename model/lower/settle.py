"""What needs no step: blocks, conditions and loops that are decided at compile time, entering calls, returning."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.lower.builder import Path
from defercheck.lower.calls import Calls
from defercheck.lower.execute import Executor, constant_result
from defercheck.lower.points import Point, Points, around, back, caller, clean, jump, leave_block, statement
from defercheck.lower.syntax import declared, guarding
from defercheck.lower.values import Env, ObjectValue, env_key
from defercheck.sema.program import Program
from defercheck.sema.shape import when
from defercheck.system.expr import Const

Pending = tuple[tuple[tree.Statement, Point, Env], ...]
"""Checks and assertions that the next step makes before it acts, each with its own bindings."""

Move = tuple[Point, Env, Pending]


class Settler:
    """Goes on in one context as far as is possible without a step."""

    def __init__(self, program: Program, executor: Executor, points: Points, calls: Calls):
        self.program = program
        self.executor = executor
        self.points = points
        self.calls = calls

    def settle(self, point: Point, env: Env, pending: Pending) -> Move:
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

    def advance(self, point: Point, env: Env, pending: Pending) -> Move | None:
        """One move that needs no step, or ``None`` when the next thing is a step."""
        parent = point.parent
        match point.kind:
            case "end":
                return None
            case "return":
                return (*back(point, None), pending)
            case "foreach":
                if point.index == len(point.values):
                    return (*leave_block(point, env), pending)
                s = point.node
                assert isinstance(s, tree.Foreach) and parent is not None
                again = self.points.point(
                    "foreach", parent, s, index=point.index + 1, values=point.values, names=point.names
                )
                inner = {**env, s.name.text: point.values[point.index]}
                return self.points.seq((s.body,), 0, env, again), inner, pending
            case "switch":
                return (*leave_block(point, env), pending)
            case "loop" | "step":
                return self.advance_loop(point, env, pending)
        if point.index == len(point.statements):
            return (*leave_block(point, env), pending)
        return self.advance_statement(point.statements[point.index], point, env, pending)

    def advance_statement(self, s: tree.Statement, point: Point, env: Env, pending: Pending) -> Move | None:
        after, bare = self.points.following(point), clean(env)
        match s:
            case tree.Empty() | tree.Label() | tree.Case():
                return after, bare, pending
            case tree.Goto():
                return (*self.points.labelled(s, point, bare), pending)
            case tree.Switch():
                if (call := self.calls.next_call([s.value], env)) is not None:
                    return self.call(call, point, env, pending)
                return None
            case tree.Block():
                return self.points.seq(s.statements, 0, bare, after), bare, pending
            case tree.When():
                chosen = s.then if when(s.condition, self.program.flags) else s.otherwise
                if chosen is None:
                    return after, bare, pending
                return self.points.seq((chosen,), 0, bare, after), bare, pending
            case tree.Foreach():
                values = tuple(self.executor.unrolled(s, self.path(point, env)))
                return (
                    self.points.point("foreach", after, s, index=0, values=values, names=frozenset(bare)),
                    bare,
                    pending,
                )
            case tree.While() | tree.DoWhile():
                loop = self.points.point("loop", after, s, names=frozenset(bare))
                return (
                    (self.points.seq((s.body,), 0, bare, loop) if isinstance(s, tree.DoWhile) else loop),
                    bare,
                    pending,
                )
            case tree.For():
                loop = self.points.point("loop", after, s, names=frozenset(bare))
                first = (s.initial,) if s.initial is not None else ()
                # the initial declaration's scope is the whole loop, so it is run as part of the loop's block
                scope = frozenset({*bare, *declared(first)})
                return self.points.point("seq", loop, statements=first, index=0, names=scope), bare, pending
            case tree.Break() | tree.Continue():
                return (*jump(s, point, bare), pending)
            case tree.Check() | tree.Assert():
                if (call := self.calls.next_call([s.condition], env)) is not None:
                    return self.call(call, point, env, pending)
                if self.calls.shapes.acts_at_once(s.condition):  # a step of its own, which goes on with what it did
                    return None
                # an assertion that cannot fail is still evaluated: only one that no schedule comes to is vacuous
                if isinstance(s, tree.Check) and self.holds_plainly(s.condition, point, env):
                    return after, bare, pending
                return after, bare, (*pending, (s, point, env))
            case tree.Return():
                return self.advance_return(s, point, env, pending)
            case tree.If():
                if (call := self.calls.next_call([s.condition], env)) is not None:
                    return self.call(call, point, env, pending)
                c = self.constant(s.condition, point, env)
                if c is None:
                    return None
                body = s.then if c.value else s.otherwise
                return (self.points.seq((body,), 0, bare, after) if body is not None else after), bare, pending
            case tree.VarDecl():
                calls = [d.initial for d in s.declarators if d.initial is not None]
                if (call := self.calls.next_call(calls, env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
            case tree.Assign():
                if (call := self.calls.next_call([s.value, s.target], env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
            case tree.ExprStatement():
                if isinstance(s.expr, tree.CallExpr) and f"$call{id(s.expr)}" in env:
                    return after, bare, pending
                if (call := self.calls.next_call([s.expr], env)) is not None:
                    return self.call(call, point, env, pending)
                return self.plain(s, point, env, pending)
        return None

    def plain(self, s: tree.Statement, point: Point, env: Env, pending: Pending) -> Move | None:
        """A statement that only binds names at compile time needs no step."""
        paths = self.executor.run(s, self.path(point, env))
        if len(paths) == 1 and paths[0].silent and not paths[0].leaving and not spilled(paths[0].env):
            after = self.points.following(point)
            return after, clean(paths[0].env), pending
        return None

    def advance_loop(self, point: Point, env: Env, pending: Pending) -> Move | None:
        s = point.node
        if point.kind == "step":
            assert point.parent is not None and isinstance(s, tree.Assign | tree.IncDec | tree.ExprStatement)
            return self.advance_statement(s, point, env, pending)
        assert isinstance(s, tree.While | tree.DoWhile | tree.For)
        if s.condition is not None:
            if (call := self.calls.next_call([s.condition], env)) is not None:
                return self.call(call, point, env, pending)
            c = self.constant(s.condition, point, env)
            if c is None:
                return None
            if not c.value:
                return (*leave_block(point, env), pending)
        return self.points.loop_body(point, env), clean(env), pending

    def call(self, e: tree.CallExpr, point: Point, env: Env, pending: Pending) -> Move | None:
        """Enter a function, unless evaluating its arguments takes a step."""
        if guarding(statement(point), e, env) is not None:
            return None
        ways = self.calls.call_ways(e, self.path(point, env), point)
        if len(ways) == 1 and ways[0][0].silent:
            _, entry, inner = ways[0]
            return entry, inner, pending
        return None

    def advance_return(self, s: tree.Return, point: Point, env: Env, pending: Pending) -> Move | None:
        if s.value is None:
            return (*back(caller(point), None), pending)
        if (call := self.calls.next_call([s.value], env)) is not None:
            return self.call(call, point, env, pending)
        ways = self.executor.operand(s.value, self.path(point, env))
        if len(ways) == 1 and ways[0][0].silent and isinstance(ways[0][1], Const | ObjectValue):
            return (*back(caller(point), ways[0][1]), pending)
        return None

    def path(self, point: Point, env: Env) -> Path:
        """A fresh step at a point: the executor knows the calls around it."""
        ex = self.executor
        calls = list(reversed(list(around(point))))
        ex.sites = [p.site for p in calls if p.site is not None]
        ex._functions = [p.function for p in calls if p.function]
        ex.subjects = [p.subject for p in calls]
        ex.waiting = []
        return Path(env)

    def constant(self, e: tree.Expr, point: Point, env: Env) -> Const | None:
        c = constant_result(self.executor.scalar(e, self.path(point, env)))  # type: ignore[arg-type]
        return c if isinstance(c, Const) else None

    def holds_plainly(self, e: tree.Expr, point: Point, env: Env) -> bool:
        c = self.constant(e, point, env)
        return c is not None and bool(c.value)


def spilled(env: Env) -> bool:
    """Whether some name is bound to a value that is not known at compile time."""
    return any(hasattr(v, "_hash") and not isinstance(v, Const) for v in env.values())

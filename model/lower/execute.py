"""Statements executed within one step: the body of ``atomic``, and every single statement.

Executing a statement on a path gives all paths through it. A path that has returned, broken out of or continued a
loop carries that in ``leaving`` until the construct that it leaves is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.accesses import Ways
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.frames import declares, on_stack
from defercheck.lower.inline import Inliner
from defercheck.lower.values import NULL, ListPlace, ObjectValue, Place, Value
from defercheck.lower.words import Words
from defercheck.sema.constants import ALIASES
from defercheck.sema.resolve import LOCAL_INT, resolve_type
from defercheck.sema.shape import Shapes, when
from defercheck.sema.types import Bool, List, Number, Object, Opaque, Type
from defercheck.sema.walk import walk
from defercheck.system.expr import FALSE, Const, Expr, disj, negate, op

_COMPOUND = {"+=": "add", "-=": "sub", "|=": "bitor", "&=": "bitand", "^=": "bitxor"}
LOOP_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait that the step being executed contains."""

    code: str
    message: str
    subject: str
    span: Span


class Executor(Inliner):
    """Executes statements within a step of one context."""

    def __init__(self, builder: Builder, context: ContextBuilder | None, words: Words):
        super().__init__(builder, context, words)
        self.shapes = Shapes(builder.program)
        self.waiting: list[Waiting] = []

    # ---- statements ----

    def run(self, s: tree.Statement, path: Path) -> list[Path]:
        """All paths through a statement."""
        match s:
            case tree.Block():
                return self.block(s.statements, path)
            case tree.Atomic():
                self.marked += 1
                paths = self.run(s.body, path)
                self.marked -= 1
                return paths
            case tree.VarDecl():
                return self.declare_locals(s, path)
            case tree.Assign():
                return self.assignment(s, path)
            case tree.IncDec():
                one = tree.IntLiteral(1, s.span)
                return self.assignment(tree.Assign(s.target, "+=" if s.op == "++" else "-=", one, s.span), path)
            case tree.ExprStatement():
                return [p for p, _ in self.value(s.expr, path)]
            case tree.If():
                return self.branch(s, path)
            case tree.While() | tree.DoWhile() | tree.For():
                return self.loop(s, path)
            case tree.Foreach():
                return self.foreach(s, path)
            case tree.When():
                chosen = s.then if when(s.condition, self.program.flags) else s.otherwise
                return self.run(chosen, path) if chosen is not None else [path]
            case tree.Return():
                return self.returns(s, path)
            case tree.Break():
                path.leaving = "break"
            case tree.Continue():
                path.leaving = "continue"
            case tree.Choose():
                forks = [path.fork() for _ in s.branches]
                for f in forks:
                    f.chosen = True
                return [q for f, b in zip(forks, s.branches, strict=True) for q in self.run(b, f)]
            case tree.Assert():
                return self.assertion(s, path)
            case tree.Check():
                self.rule_check(s, path)
            case tree.Await():
                return self.awaits(s, path)
            case tree.Empty():
                pass
            case _:
                raise TypeError(s)
        return [path] if path.possible else []

    def block(self, statements: tuple[tree.Statement, ...], path: Path) -> list[Path]:
        names = set(path.env)
        paths = [path]
        for s in statements:
            paths = [q for p in paths for q in ([p] if p.leaving else self.run(s, p))]
        for p in paths:
            p.env = {n: v for n, v in p.env.items() if n in names}
        return paths

    def declare_locals(self, s: tree.VarDecl, path: Path) -> list[Path]:
        paths = [path]
        type = self.type(s.type)
        for d in s.declarators:
            if isinstance(type, Object) and declares(s, d, type):
                assert self.context is not None
                o = on_stack(self.builder, self.context, self.function_name(), d, type)
                for p in paths:
                    self.words.allocate(self, tree.CallExpr(tree.NameExpr("", d.span), (), d.span), p, o, FALSE)
                    p.bind(**{d.name.text: o})
                continue
            if isinstance(type, Object):
                if d.initial is None:
                    paths = [p.bind(**{d.name.text: NULL}) for p in paths]
                else:
                    initial = d.initial
                    paths = [q.bind(**{d.name.text: v}) for p in paths for q, v in self.operand(initial, p)]
                continue
            if isinstance(type, List):
                place: Value = self.list_place(f"{self.local_prefix()}.{d.name}", type.element)
                paths = [p.bind(**{d.name.text: place}) for p in paths]
                continue
            if d.name.span.source.kernel:
                start: tree.Expr = d.initial or tree.IntLiteral(0, d.span)
                paths = [q.bind(**{d.name.text: v}) for p in paths for q, v in self.scalar(start, p)]
                continue
            spot = self.local(d.name.text, type)
            paths = [p.bind(**{d.name.text: spot}) for p in paths]
            initial_value = d.initial or tree.IntLiteral(self.builder.variables[spot.variable].init, d.span)
            after = []
            for p in paths:
                for q, v in self.scalar(initial_value, p):
                    self.assign(spot, v, q, d.span)
                    after += [q] if q.possible else []
            paths = after
        return paths

    def local_prefix(self) -> str:
        """Prefix of the names of the present function's local variables: no function is active twice in a context."""
        assert self.context is not None
        return f"{self.context.name}:{self.function_name()}"

    def local(self, name: str, type: Type) -> Place:
        """The state variable of a local variable."""
        opaque = isinstance(type, Opaque)
        type = Bool() if opaque else LOCAL_INT if isinstance(type, Number) else type
        lo, hi, labels = self.builder.domain(type)
        variable = f"{self.local_prefix()}.{name}"
        old = self.builder.variables.get(variable)
        if old is not None and (old.lo, old.hi, old.labels) != (lo, hi, labels):  # a block beside has another `name`
            variable = f"{variable}<{lo}..{hi}>"
        self.builder.scalar(variable, type, 0 if lo <= 0 <= hi else lo, "driver")
        if opaque:
            self.builder.unlooked.add(variable)
        return Place(variable)

    def type(self, t: tree.TypeExpr) -> Type:
        values = {n: v for n, (v, _) in self.program.constants.items()}
        return resolve_type(t, self.program.enums, self.program.types, values, self.program.ghost_limit)

    def assignment(self, s: tree.Assign, path: Path) -> list[Path]:
        done = []
        local = s.target.name if isinstance(s.target, tree.NameExpr) and s.target.name in path.env else ""
        for p, v in self.value(s.value, path):
            bound = p.env[local] if local else None
            if isinstance(bound, ObjectValue):  # a local pointer: where it points is known at compile time
                done += [q.bind(**{local: x}) for q, x in self.operand_of(v, p, s.value.span)]
                continue
            if local and not isinstance(bound, Place):
                for q, x in self.operand_of(v, p, s.value.span):
                    assert not isinstance(bound, ListPlace) and not hasattr(bound, "elements")
                    new = x if s.op == "=" or isinstance(x, ObjectValue) else op(_COMPOUND[s.op], bound, x)  # type: ignore[arg-type]
                    done.append(q.bind(**{local: new}))
                continue
            for q, place in self.value(s.target, p):
                if not isinstance(place, Place):
                    raise SpecError(Diagnostic("this cannot be assigned", s.target.span))
                for r, x in self.assigned(v, place, q, s):
                    if s.op == "=":
                        self.assign(place, x, r, s.span)
                    else:
                        for _, old_value in self.load(place, r, s.target.span):
                            self.assign(place, op(_COMPOUND[s.op], old_value, x), r, s.span)  # type: ignore[arg-type]
                    if r.possible:
                        done.append(r)
        return done

    def assigned(self, v: Value, place: Place, path: Path, s: tree.Assign) -> list[tuple[Path, Expr]]:
        """The value to assign: an object as its number where a pointer is assigned, else as whether it is there."""
        if place.variable in self.builder.references:
            if isinstance(v, Place) and v.variable in self.builder.references:
                self.readable(v, path, s.value.span)
                return [(path, path.read(v.variable))] if path.possible else []
            if isinstance(v, ObjectValue):
                return [(path, Const(self.number(v)))]
        if isinstance(v, ObjectValue) and self.is_pointer(s.value, path):
            return self.given(v, path, s.value.span)
        return self.truth(v, path, s.value.span)

    def branch(self, s: tree.If, path: Path) -> list[Path]:
        done = []
        for p, c in self.scalar(s.condition, path):
            for body, condition in ((s.then, c), (s.otherwise, negate(c))):
                q = p.fork(condition)
                if q.possible:
                    done += self.run(body, q) if body is not None else [q]
        return done

    def loop(self, s: tree.While | tree.DoWhile | tree.For, path: Path) -> list[Path]:
        names = set(path.env)
        active, done, rounds = [path], [], 0
        if isinstance(s, tree.For) and s.initial is not None:
            active = self.run(s.initial, path)
        first = isinstance(s, tree.DoWhile)
        while active:
            rounds += 1
            if rounds > LOOP_LIMIT or len(active) > LOOP_LIMIT:
                help = "take the loop out of the atomic block, or give it a constant bound"
                raise SpecError(Diagnostic("this loop does not end within one step", s.span, help=help))
            bodies: list[Path] = []
            for p in active:
                if first or s.condition is None:
                    bodies.append(p)
                    continue
                for q, c in self.scalar(s.condition, p):
                    bodies += [r for r in [q.fork(c)] if r.possible]
                    done += [r for r in [q.fork(negate(c))] if r.possible]
            first = False
            active = []
            for p in [q for b in bodies for q in self.run(s.body, b)]:
                if p.leaving == "break":
                    p.leaving = ""
                    done.append(p)
                elif p.leaving == "return":
                    done.append(p)
                else:
                    p.leaving = ""
                    active += self.run(s.step, p) if isinstance(s, tree.For) and s.step is not None else [p]
        for p in done:
            p.env = {n: v for n, v in p.env.items() if n in names}
        return done

    def foreach(self, s: tree.Foreach, path: Path) -> list[Path]:
        paths = [path]
        for v in self.unrolled(s, path):
            step = []
            for p in paths:
                if p.leaving in ("return", "break"):
                    step.append(p)
                    continue
                step += self.run(s.body, p.bind(**{s.name.text: v}))
            paths = step
        for p in paths:
            p.env = {n: v for n, v in p.env.items() if n != s.name.text}
            if p.leaving in ("break", "continue"):
                p.leaving = ""
        return paths

    def unrolled(self, s: tree.Foreach, path: Path) -> list[Value]:
        """The values that a ``foreach`` goes through."""
        builtin: dict[str, Sequence[int]] = {"cpu": range(self.program.cpus), "pool": self.used_pools()}
        builtin["context"] = range(1, 1 + len(self.builder.contexts))
        if s.type.name in builtin:
            return [Const(n) for n in builtin[s.type.name]]
        if s.type.name in self.program.enums:
            return [Const(n) for n in range(len(self.program.enums[s.type.name].constants))]
        within = ""
        if s.within is not None:
            base = self.value(s.within, path)[0][1]
            assert isinstance(base, ObjectValue)
            if not base.name:
                return []
            within = base.name
        return [ObjectValue(i.name) for i in self.program.of_type(ALIASES.get(s.type.name, s.type.name), within)]

    def used_pools(self) -> list[int]:
        """The worker pools that the spec can use at all."""
        cpus = self.program.cpus
        highpri = range(cpus, 2 * cpus) if self.program.flags["highpri_wq"] == "used" else ()
        unbound = [2 * cpus] if self.program.flags["unbound_wq"] == "used" else []
        bh = range(2 * cpus + 1, self.pools()) if self.program.flags["bh_wq"] == "used" else ()
        return [*range(cpus), *highpri, *unbound, *bh]

    def returns(self, s: tree.Return, path: Path) -> list[Path]:
        ways: Ways = [(path, None)] if s.value is None else self.operand(s.value, path)  # type: ignore[list-item]
        for p, v in ways:
            p.leaving, p.result = "return", v
        return [p for p, _ in ways]

    def assertion(self, s: tree.Assert, path: Path) -> list[Path]:
        """All paths through an assertion: what its condition does (`assert(atomic_dec_and_test(&n))`) is done."""
        text = s.message or "assertion failed: " + " ".join(s.condition.span.text.split())
        acts = any(isinstance(n, tree.CallExpr) for n in walk(s.condition)) and self.shapes.acts_at_once(s.condition)
        before, done = path.fork(), []
        for p, ok in self.scalar(s.condition, path):
            self.check(p, ok, "DF701", text, "", s.span)
            done += [p] if p.possible else []
        if acts:
            return done
        self.joined(path, before, done)
        return [path] if path.possible else []

    def rule_check(self, s: tree.Check, path: Path) -> None:
        before, done = path.fork(), []
        for p, ok in self.scalar(s.condition, path):
            self.check(p, ok, s.code.text, s.message, self.about(s.condition, p), s.span)
            done += [p] if p.possible else []
        self.joined(path, before, done)

    @staticmethod
    def joined(path: Path, before: Path, ways: list[Path]) -> None:
        """Go on where one of several ways to look at something has led: which one makes no difference."""
        if len(ways) == 1:
            path.guard = ways[0].guard
        else:
            path.guard = before.guard.also(disj(*(p.guard.since(before.guard) for p in ways)))

    def about(self, condition: tree.Expr, path: Path) -> str:
        """The object that a condition speaks of: the one bound last of those that it names."""
        named = {n.name for n in walk(condition) if isinstance(n, tree.NameExpr)}
        bound = [v.name for n, v in path.env.items() if n in named and isinstance(v, ObjectValue) and v.name]
        return bound[-1] if bound else self.subject()

    def awaits(self, s: tree.Await, path: Path) -> list[Path]:
        ways = self.scalar(s.condition, path)
        code = s.code or ("" if s.span.source.kernel else "DF501")
        if code:
            text = s.message or "waits for ever for " + " ".join(s.condition.span.text.split())
            self.waiting.append(Waiting(code, text, self.subject(), self.site(s.span)))
        return [q for p, c in ways for q in [p.fork(c)] if q.possible]


def constant_result(ways: Ways) -> Expr | None:
    """The value if there is exactly one way that does nothing and gives a constant."""
    if len(ways) == 1 and ways[0][0].silent and isinstance(ways[0][1], Const):
        return ways[0][1]
    return None

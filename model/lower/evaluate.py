"""Expressions: from the tree to expressions over the state before a step, with the checks that they imply.

Every method that evaluates returns all ways in which it can go, because an expression may contain a choice or a call
that branches; most have exactly one.
"""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.accesses import Accesses, Ways
from defercheck.lower.builder import Path
from defercheck.lower.values import NULL, ArrayPlace, ObjectValue, Place, Thunk, Value, plain
from defercheck.sema.types import Object
from defercheck.system.expr import FALSE, TRUE, Const, Expr, conj, disj, equals, ite, negate, op

_OPS = {
    "+": "add", "-": "sub", "*": "mul", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", "&": "bitand", "|": "bitor",
    "^": "bitxor", "<<": "shl", ">>": "shr",
}  # fmt: skip


class Evaluator(Accesses):
    """Evaluates expressions in one context (``None``: in no context, for properties)."""

    # ---- values ----

    def value(self, e: tree.Expr, path: Path) -> Ways:
        """All ways to evaluate an expression; objects, lists and arrays come as what they are."""
        match e:
            case tree.NameExpr():  # the most frequent first
                found = self.name(e, path)
                return self.force(found, path) if isinstance(found, Thunk) else [(path, found)]
            case tree.Field():
                return [way for p, base in self.pointed(e.base, path) for way in self.member(e, base, p)]
            case tree.CallExpr():
                bound = path.env.get(f"$call{id(e)}")
                return [(path, bound)] if bound is not None else self.call(e, path)
            case tree.Index():
                return list(self.index(e, path))
            case tree.IntLiteral():
                return [(path, Const(e.value))]
            case tree.BoolLiteral():
                return [(path, TRUE if e.value else FALSE)]
            case tree.NullLiteral():
                return [(path, NULL)]
            case tree.StringLiteral():
                return [(path, FALSE)]
            case tree.Unary(op="&" | "*"):
                return self.value(e.operand, path)
            case tree.SizeOf():
                return [(path, FALSE)]
            case tree.Unary():
                return [(p, self.unary(e, v)) for p, v in self.scalar(e.operand, path)]
            case tree.Binary(op="&&" | "||" | "==>"):
                return self.connective(e, path)
            case tree.Binary(op="==" | "!=") if (ways := self.compare_places(e, path)) is not None:
                return ways
            case tree.Binary():
                return [
                    way for p, a in self.operand(e.left, path) for q, b in self.operand(e.right, p)
                    for way in self.binary(e, a, b, q)
                ]  # fmt: skip
            case tree.Conditional():
                return self.conditional(e, path)
            case tree.AnyExpr():
                return list(self.any(e, path))
        raise TypeError(e)

    def call(self, e: tree.CallExpr, path: Path) -> Ways:
        """All ways to evaluate a call within the step."""
        raise NotImplementedError

    def scalar(self, e: tree.Expr, path: Path) -> list[tuple[Path, Expr]]:
        """All ways to evaluate an expression to a number or truth value, reading what is named."""
        ways: list[tuple[Path, Expr]] = []
        for p, v in self.value(e, path):
            if isinstance(v, ObjectValue) and self.is_pointer(e, p):
                ways += self.given(v, p, e.span)
            else:
                ways += self.truth(v, p, e.span)
        return ways

    def pointed(self, e: tree.Expr, path: Path) -> Ways:
        """All ways to evaluate an expression, a pointer to what it points to."""
        ways: Ways = []
        for p, v in self.value(e, path):
            follows = isinstance(v, Place) and v.variable in self.builder.references
            ways += self.load(v, p, e.span) if follows else [(p, v)]
        return ways

    def is_pointer(self, e: tree.Expr, path: Path) -> bool:
        """Whether an expression is a pointer's value, and not the name of an object itself."""
        while isinstance(e, tree.Unary) and e.op in "&*":
            e = e.operand
        return isinstance(e, tree.CallExpr) or (isinstance(e, tree.NameExpr) and e.name in path.env)

    def force(self, t: Thunk, path: Path) -> Ways:
        """Evaluate an argument that was passed unevaluated."""
        here = path.env
        path.env = t.env
        ways = self.value(t.expr, path)
        for p, _ in ways:
            p.env = here
        return ways

    def compare_places(self, e: tree.Binary, path: Path) -> Ways | None:
        """Compare a reference with an object without looking at which object it is; ``None`` if neither is one."""
        if not any(
            isinstance(x, tree.Field | tree.Index | tree.NameExpr | tree.NullLiteral) for x in (e.left, e.right)
        ):
            return None
        done: Ways = []
        for p, a in self.value(e.left, path.fork()):
            for q, b in self.value(e.right, p):
                place, other = (a, b) if isinstance(a, Place) else (b, a)
                for x in (a, b):
                    if isinstance(x, Place) and x.variable in self.builder.references:
                        self.readable(x, q, e.span)
                if not isinstance(place, Place) or place.variable not in self.builder.references:
                    return None
                if isinstance(other, ObjectValue):
                    value: Expr = Const(self.number(other))
                elif isinstance(other, Place) and other.variable in self.builder.references:
                    value = q.read(other.variable)
                else:
                    return None
                done.append((q, op("eq" if e.op == "==" else "ne", q.read(place.variable), value)))
        return done

    def operand(self, e: tree.Expr, path: Path) -> Ways:
        """As ``scalar``, but objects stay objects, for comparison."""
        return [way for p, v in self.value(e, path) for way in self.operand_of(v, p, e.span)]

    def operand_of(self, v: Value, path: Path, span: Span) -> Ways:
        """As ``operand``, for what an expression was evaluated to."""
        return [(path, v)] if isinstance(v, ObjectValue) else self.load(v, path, span)

    # ---- names and members ----

    def name(self, e: tree.NameExpr, path: Path) -> Value:
        """What a name stands for."""
        name = e.name
        if name in path.env:
            return path.env[name]
        if name in self.program.globals:
            return self.variable(name, path, e.span)
        if name in self.program.instances:
            return ObjectValue(name)
        if name in self.program.constants:
            return Const(self.program.constants[name][0])
        if name in self.program.handlers:
            return Const(1 + self.program.handlers.index(name))
        if name == "NONE":
            return FALSE
        if name == "this_context" and self.context is not None:
            return Const(1 + self.context.index)
        vector = f"{name}_SOFTIRQ"
        if vector in self.program.constants:
            return Const(self.program.constants[vector][0])
        raise SpecError(Diagnostic(f"`{name}` is not known here", e.span))

    def member(self, e: tree.Field, base: Value, path: Path) -> Ways:
        """``base.name``: an embedded object, or the place of a plain member after the checks on its memory."""
        if not isinstance(base, ObjectValue):
            raise SpecError(Diagnostic("only objects have members", e.base.span))
        if not base.name:
            self.check(path, FALSE, "DF305", "NULL pointer dereference", "NULL", e.span, essential=True)
            return []
        instance = self.program.instances[base.name]
        m = self.program.types[instance.type].member(e.name.text)
        if m is None:
            raise SpecError(Diagnostic(f"`{base.name}` has no member `{e.name}`", e.name.span))
        if isinstance(m.type, Object):
            return [(path, ObjectValue(f"{base.name}.{m.name}"))]
        place = self.place(instance, m.name)
        if not m.shadow:
            self.alive(instance, path, e.span)
        return [(path, place)] if path.possible else []

    def index(self, e: tree.Index, path: Path) -> Iterator[tuple[Path, Value]]:
        """``a[i]``: the element's place when the index is constant, else a way for each index."""
        for p, base in self.value(e.base, path):
            if not isinstance(base, ArrayPlace):
                raise SpecError(Diagnostic("this is not an array", e.base.span))
            for q, i in self.scalar(e.index, p):
                size = len(base.elements)
                lo, hi = self.builder.bounds(i)
                if lo < 0 or hi >= size:
                    inside = conj(op("le", Const(0), i), op("lt", i, Const(size)))
                    text = f"index outside 0..{size - 1}"
                    self.check(q, inside, "DF704", text, "", e.span, essential=True)
                if isinstance(i, Const):
                    if 0 <= i.value < size:
                        yield q, base.elements[i.value]
                    continue
                for n in range(size):
                    way = q.fork(equals(i, n))
                    if way.possible:
                        yield way, base.elements[n]

    # ---- operators ----

    @staticmethod
    def unary(e: tree.Unary, v: Expr) -> Expr:
        match e.op:
            case "!":
                return negate(v)
            case "-":
                return op("neg", v)
        return op("sub", op("neg", v), Const(1))  # ~v

    def binary(self, e: tree.Binary, a: Value, b: Value, path: Path) -> Ways:
        if isinstance(a, ObjectValue) or isinstance(b, ObjectValue):
            return self.compare_objects(e, a, b, path)
        x, y = plain(a), plain(b)
        match e.op:
            case ">":
                return [(path, op("lt", y, x))]
            case ">=":
                return [(path, op("le", y, x))]
            case "/" | "%":
                self.check(path, op("ne", y, FALSE), "DF704", "division by zero", "", e.span, essential=True)
                return [(path, op("div" if e.op == "/" else "mod", x, y))] if path.possible else []
        return [(path, op(_OPS[e.op], x, y))]

    def compare_objects(self, e: tree.Binary, a: Value, b: Value, path: Path) -> Ways:
        if e.op not in ("==", "!="):
            raise SpecError(Diagnostic("objects can only be compared with == and !=", e.span))
        if isinstance(a, ObjectValue) and isinstance(b, ObjectValue) and a.name and b.name:
            same: Expr = Const(a.name == b.name)
        else:  # one side is NULL: is the other there?
            x, other = (a, e.left) if b == NULL else (b, e.right)
            pointer = isinstance(x, ObjectValue) and self.is_pointer(other, path)
            loaded = self.given(x, path, e.span) if pointer else self.load(x, path, e.span)  # type: ignore[arg-type]
            same = negate(plain(loaded[0][1]))
        return [(path, same if e.op == "==" else negate(same))]

    def connective(self, e: tree.Binary, path: Path) -> Ways:
        """``&&``, ``||`` and ``==>``, left to right; the right side counts only where the left leaves it open."""
        ways: Ways = []
        known = path.env.get(f"$left{id(e)}")
        lefts = [(path, known)] if known is not None else self.scalar(e.left, path)
        for p, found in lefts:
            left = plain(found)
            open_when = negate(left) if e.op == "||" else left
            settled = TRUE if e.op in ("||", "==>") else FALSE
            if open_when == FALSE:
                ways.append((p, settled))
                continue
            inner = p.fork(open_when)
            results = self.scalar(e.right, inner)
            if len(results) == 1 and results[0][0].store == p.store and not results[0][0].chosen:
                q, right = results[0]
                extra = q.guard.since(inner.guard)
                q.guard = p.guard.also(disj(negate(open_when), extra))
                match e.op:
                    case "&&":
                        value = conj(left, right)
                    case "||":
                        value = disj(left, right)
                    case _:
                        value = disj(negate(left), right)
                ways.append((q, value))
                continue
            if (shut := p.fork(negate(open_when))).possible:
                ways.append((shut, settled))
            ways += [(q, ite(right, TRUE, FALSE)) for q, right in results]
        return ways

    def conditional(self, e: tree.Conditional, path: Path) -> Ways:
        ways: Ways = []
        for p, c in self.scalar(e.condition, path):
            for branch, condition in ((e.then, c), (e.otherwise, negate(c))):
                if (q := p.fork(condition)).possible:
                    ways += self.value(branch, q)
        return ways

    def any(self, e: tree.AnyExpr, path: Path) -> Iterator[tuple[Path, Value]]:
        """The environment's choice: a way for each value."""
        lo, hi = 0, 1
        if e.lo is not None and e.hi is not None:
            (_, low), (_, high) = self.scalar(e.lo, path)[0], self.scalar(e.hi, path)[0]
            if not isinstance(low, Const) or not isinstance(high, Const) or low.value > high.value:
                raise SpecError(Diagnostic("any(lo..hi) needs constants with lo <= hi", e.span))
            lo, hi = low.value, high.value
        for n in range(lo, hi + 1):
            way = path.fork()
            way.chosen = True
            yield way, Const(n)

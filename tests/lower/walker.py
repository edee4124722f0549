"""A direct tree-walking interpreter of sequential programs: what the compiled system must agree with.

It shares nothing with the compiler but the parser.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from defercheck.grammar import tree


class Break(Exception):
    """`break`."""


class Continue(Exception):
    """`continue`."""


class Return(Exception):
    """`return`, with its value."""

    def __init__(self, value: int):
        self.value = value


class OutOfRange(Exception):
    """A variable left its range."""


@dataclass
class Walker:
    """Runs the only thread of a spec; ``globals`` are its variables afterwards."""

    spec: tree.SpecFile
    globals: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    functions: dict[str, tree.FunctionDecl] = field(default_factory=dict)

    def run(self) -> dict[str, int]:
        for i in self.spec.items:
            if isinstance(i, tree.VarDecl):
                self.declare(i, self.globals)
            elif isinstance(i, tree.FunctionDecl):
                self.functions[i.name.text] = i
        (thread,) = [i for i in self.spec.items if isinstance(i, tree.ContextDecl)]
        self.block(thread.body, {})
        return self.globals

    def declare(self, d: tree.VarDecl, scope: dict[str, int]) -> None:
        for x in d.declarators:
            self.ranges[x.name.text] = (
                (d.type.lo.value, d.type.hi.value) if isinstance(d.type, tree.IntType) else (0, 1)  # type: ignore[union-attr]
            )
            scope[x.name.text] = 0
            if x.initial is not None:
                scope[x.name.text] = self.fit(x.name.text, self.value(x.initial, scope))

    def fit(self, name: str, value: int) -> int:
        lo, hi = self.ranges[name]
        if not lo <= value <= hi:
            raise OutOfRange(name)
        return value

    def block(self, b: tree.Block, scope: dict[str, int]) -> None:
        outer = set(scope)
        try:
            for s in b.statements:
                self.statement(s, scope)
        finally:
            for name in set(scope) - outer:
                del scope[name]

    def statement(self, s: tree.Statement, scope: dict[str, int]) -> None:
        match s:
            case tree.Block():
                self.block(s, scope)
            case tree.VarDecl():
                self.declare(s, scope)
            case tree.Assign():
                value = self.value(s.value, scope)
                name = s.target.name  # type: ignore[union-attr]
                if s.op != "=":
                    old = self.value(s.target, scope)
                    value = {"+=": old + value, "-=": old - value, "|=": old | value, "&=": old & value}[s.op]
                self.store(name, value, scope)
            case tree.IncDec():
                old = self.value(s.target, scope)
                self.store(s.target.name, old + (1 if s.op == "++" else -1), scope)  # type: ignore[union-attr]
            case tree.ExprStatement():
                self.value(s.expr, scope)
            case tree.If():
                if self.value(s.condition, scope):
                    self.statement(s.then, scope)
                elif s.otherwise is not None:
                    self.statement(s.otherwise, scope)
            case tree.While():
                while self.value(s.condition, scope):
                    if self.body(s.body, scope):
                        break
            case tree.DoWhile():
                while True:
                    if self.body(s.body, scope) or not self.value(s.condition, scope):
                        break
            case tree.For():
                inner = dict.fromkeys(scope)
                if s.initial is not None:
                    self.statement(s.initial, scope)
                while s.condition is None or self.value(s.condition, scope):
                    if self.body(s.body, scope):
                        break
                    if s.step is not None:
                        self.statement(s.step, scope)
                for name in [n for n in scope if n not in inner]:
                    del scope[name]
            case tree.Break():
                raise Break
            case tree.Continue():
                raise Continue
            case tree.Return():
                raise Return(self.value(s.value, scope) if s.value is not None else 0)
            case tree.Atomic():
                self.block(s.body, scope)
            case tree.Empty():
                pass
            case _:
                raise TypeError(s)

    def body(self, s: tree.Statement, scope: dict[str, int]) -> bool:
        """Run a loop's body; whether it broke out."""
        try:
            self.statement(s, scope)
        except Break:
            return True
        except Continue:
            pass
        return False

    def store(self, name: str, value: int, scope: dict[str, int]) -> None:
        (scope if name in scope else self.globals)[name] = self.fit(name, value)

    def value(self, e: tree.Expr, scope: dict[str, int]) -> int:
        match e:
            case tree.IntLiteral():
                return e.value
            case tree.BoolLiteral():
                return int(e.value)
            case tree.NameExpr():
                return scope[e.name] if e.name in scope else self.globals[e.name]
            case tree.Unary(op="!"):
                return int(not self.value(e.operand, scope))
            case tree.Binary(op="&&"):
                return int(bool(self.value(e.left, scope)) and bool(self.value(e.right, scope)))
            case tree.Binary(op="||"):
                return int(bool(self.value(e.left, scope)) or bool(self.value(e.right, scope)))
            case tree.Binary():
                a, b = self.value(e.left, scope), self.value(e.right, scope)
                table = {
                    "+": a + b, "-": a - b, "*": a * b, "==": int(a == b), "!=": int(a != b), "<": int(a < b),
                    "<=": int(a <= b), ">": int(a > b), ">=": int(a >= b), "%": a % b if b else 0,
                }  # fmt: skip
                return table[e.op]
            case tree.Conditional():
                return self.value(e.then if self.value(e.condition, scope) else e.otherwise, scope)
            case tree.CallExpr():
                f = self.functions[e.callee.name]  # type: ignore[union-attr]
                arguments = [self.value(a, scope) for a in e.arguments]
                inner = {}
                for p, a in zip(f.parameters, arguments, strict=True):
                    self.ranges[p.name.text] = (p.type.lo.value, p.type.hi.value)  # type: ignore[union-attr]
                    inner[p.name.text] = self.fit(p.name.text, a)
                try:
                    self.block(f.body, inner)
                except Return as r:
                    return r.value
                return 0
        raise TypeError(e)

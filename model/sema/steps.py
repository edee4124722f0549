"""Which calls only look, which take several steps, and which depend on the context that asks."""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.sema.constants import ALIASES
from defercheck.sema.program import Program
from defercheck.sema.shape import Shapes, callee_name, machine_word
from defercheck.sema.walk import walk
from defercheck.sema.words import CONTEXTUAL, HERE


class Steps:
    """Answers for one program, each computed once. How calls are compiled (`lower`) decides what the answers are."""

    def __init__(self, program: Program):
        self.program = program
        self.shapes = Shapes(program)
        self._several: dict[str, bool] = {}
        self._contextual: dict[str, bool] = {}

    def looks(self, e: tree.CallExpr) -> bool:
        """Whether a call only looks at the state."""
        return self.shapes.instant_call(e) and not self.shapes.acts_at_once(e)

    def within_step(self, e: tree.CallExpr) -> bool:
        """Whether a call is made as part of the calling statement's step."""
        return self.shapes.within_step(e)

    def several(self, e: tree.CallExpr) -> bool:
        """Whether a call has points at which others can come in between, or waits: what ``atomic`` cannot contain."""
        if word := machine_word(e):
            return word == "step"
        name = callee_name(e)
        if name not in self._several:
            self._several[name] = False  # recursion is reported elsewhere
            self._several[name] = any(self._divided(f) for f in self.program.functions.get(name, ()))
        return self._several[name]

    def _divided(self, f: tree.FunctionDecl) -> bool:
        acts = [s for s in f.body.statements if not isinstance(s, tree.Check | tree.Assert | tree.Empty)]
        inner: object = f.body
        if len(acts) == 1 and isinstance(acts[0], tree.Atomic):  # a single step of its own
            inner = acts[0].body
        for n in walk(inner):
            match n:
                case tree.VarDecl() if self._on_stack(n):
                    return True
                case tree.Atomic() | tree.Await() | tree.Goto() | tree.Switch():
                    return True
                case tree.While() | tree.DoWhile() | tree.For():
                    if not bounded(n):
                        return True
                case tree.CallExpr():
                    if not callee_name(n) or self.several(n):
                        return True
        return False

    def _on_stack(self, s: tree.VarDecl) -> bool:
        """Whether a declaration is one of an object, which dies in a step of its own."""
        named = isinstance(s.type, tree.NamedType) and ALIASES.get(s.type.name, s.type.name) in self.program.types
        return named and not s.span.source.kernel and any(not d.stars for d in s.declarators)

    def contextual(self, e: tree.CallExpr) -> bool:
        """Whether a function's answer depends on the context or CPU that asks."""
        if word := machine_word(e):
            return word in CONTEXTUAL
        name = callee_name(e)
        if name not in self._contextual:
            self._contextual[name] = False
            self._contextual[name] = any(
                self._asks(n) for f in self.program.functions.get(name, ()) for n in walk(f.body)
            )
        return self._contextual[name]

    def _asks(self, n: object) -> bool:
        match n:
            case tree.NameExpr():
                g = self.program.globals.get(n.name)
                return (n.name in HERE and n.name != "NONE") or (g is not None and g.storage in ("percpu", "frame"))
            case tree.CallExpr():
                return self.contextual(n)
        return False

    def conditional_calls(self, e: tree.Expr | None) -> Iterator[tree.CallExpr]:
        """Calls that take steps where the expression may not need them and only a statement can say so.

        Compiling decides a call on the right of ``&&`` and ``||`` step by step, unless the operator lies inside another
        call, an index, or ``? :``.
        """
        if e is not None and any(isinstance(n, tree.CallExpr) for n in walk(e)):
            yield from self._conditional(e, True, False)

    def _conditional(self, e: tree.Expr, decidable: bool, open: bool) -> Iterator[tree.CallExpr]:
        match e:
            case tree.CallExpr():
                if open and not self.within_step(e):
                    yield e
                for a in e.arguments:
                    yield from self._conditional(a, False, open)
            case tree.Binary(op="&&" | "||"):
                yield from self._conditional(e.left, decidable, open)
                yield from self._conditional(e.right, decidable, open or not decidable)
            case tree.Binary():
                yield from self._conditional(e.left, decidable, open)
                yield from self._conditional(e.right, decidable, open or e.op == "==>")
            case tree.Unary():
                yield from self._conditional(e.operand, decidable, open)
            case tree.Conditional():
                yield from self._conditional(e.condition, False, open)
                yield from self._conditional(e.then, False, True)
                yield from self._conditional(e.otherwise, False, True)
            case tree.Index():
                yield from self._conditional(e.base, False, open)
                yield from self._conditional(e.index, False, open)
            case tree.Field():
                yield from self._conditional(e.base, False, open)


def bounded(s: tree.While | tree.DoWhile | tree.For) -> bool:
    """Whether a loop's form shows how often it goes round: ``for (i = 0; i < 3; i++)``, with constants."""
    if not isinstance(s, tree.For) or s.initial is None or s.step is None:
        return False
    match s.initial:
        case tree.VarDecl(declarators=(d,)):
            name, start = d.name.text, d.initial
        case tree.Assign(target=tree.NameExpr(name=name), op="=", value=start):
            pass
        case _:
            return False
    c, step = s.condition, s.step
    return (
        constant_like(start)
        and isinstance(c, tree.Binary) and c.op in ("<", "<=", ">", ">=", "!=")
        and isinstance(c.left, tree.NameExpr) and c.left.name == name and constant_like(c.right)
        and isinstance(step, tree.IncDec | tree.Assign) and isinstance(step.target, tree.NameExpr)
        and step.target.name == name
        and not any(
            isinstance(n, tree.Assign | tree.IncDec) and isinstance(n.target, tree.NameExpr) and n.target.name == name
            for n in walk(s.body)
        )
    )  # fmt: skip


def constant_like(e: tree.Expr | None) -> bool:
    """Whether an expression is made of numbers and upper-case names alone."""
    return e is not None and all(
        n.name.isupper()
        if isinstance(n, tree.NameExpr)
        else not isinstance(n, tree.CallExpr | tree.AnyExpr | tree.Field)
        for n in walk(e)
    )

"""Calls within one step: functions that only look, and those that an atomic block calls, executed in place."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.accesses import Ways
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.evaluate import Evaluator
from defercheck.lower.values import ObjectValue, Place, Value, thunk
from defercheck.lower.words import Words
from defercheck.sema.constants import ALIASES
from defercheck.sema.shape import MACHINE, callee_name, machine_word
from defercheck.system.expr import FALSE, Const, Expr, Op, Var, disj, ite


class Inliner(Evaluator):
    """Executes calls in place, in one context. How statements are executed is its heir's."""

    def __init__(self, builder: Builder, context: ContextBuilder | None, words: Words):
        super().__init__(builder, context)
        self.words = words
        self._functions: list[str] = []

    def block(self, statements: tuple[tree.Statement, ...], path: Path) -> list[Path]:
        """All paths through a block."""
        raise NotImplementedError

    def function_name(self) -> str:
        """The function whose statements are being executed."""
        return self._functions[-1] if self._functions else "main"

    def call(self, e: tree.CallExpr, path: Path) -> Ways:
        name = callee_name(e)
        if machine_word(e) in MACHINE:
            return self.words.call(self, name, e, path)  # type: ignore[arg-type]  # the heir
        if machine_word(e) or not name:
            raise SpecError(Diagnostic("this call cannot be made inside one step", e.span))
        ways: Ways = []
        for p, arguments in self.arguments(e, path):
            f = self.overload(e, arguments)
            ways += self.look(f, arguments, e, p)
        return ways

    def look(self, f: tree.FunctionDecl, arguments: list[Value], e: tree.CallExpr, path: Path) -> Ways:
        """Execute a function within the step; where it only looked, one way with its result as an expression instead
        of a way for each of its returns."""
        before, known = path.fork(), len(path.violations)
        ways = self.inline(f, arguments, e, path)
        path.env, path.leaving, path.result = before.env, before.leaving, before.result
        if len(ways) < 2 or not all(isinstance(v, Const | Var | Op) for _, v in ways):
            return ways
        if any(p.store != before.store or p.chosen != before.chosen for p, _ in ways):
            return ways
        extra = [p.guard.since(before.guard) for p, _ in ways]
        value: Expr = ways[-1][1]  # type: ignore[assignment]
        for condition, (_, v) in zip(reversed(extra[:-1]), reversed(ways[:-1]), strict=True):
            value = ite(condition, v, value)  # type: ignore[arg-type]
        path.guard = before.guard.also(disj(*extra)) if len(path.violations) > known else before.guard
        return [(path, value)]

    def arguments(self, e: tree.CallExpr, path: Path) -> list[tuple[Path, list[Value]]]:
        """Evaluate arguments left to right: objects, lists and ``out`` places as they are, the rest as numbers."""
        declared = self.candidates(e)[0].parameters
        ways: list[tuple[Path, list[Value]]] = [(path, [])]
        for n, a in enumerate(e.arguments):
            by_place = n < len(declared) and declared[n].out
            if n < len(declared) and self.takes(declared[n], "condition"):
                ways = [(p, [*values, thunk(a, p.env)]) for p, values in ways]
                continue
            step: list[tuple[Path, list[Value]]] = []
            for p, values in ways:
                for q, v in self.value(a, p):
                    if isinstance(v, Place) and not by_place:
                        step += [(r, [*values, x]) for r, x in self.load(v, q, a.span)]
                    else:
                        step.append((q, [*values, v]))
            ways = step
        if len(e.arguments) + 1 == len(declared) and self.takes(declared[-1], "function"):
            # INIT_WORK(w): the handler that its declaration names
            ways = [(p, [*values, self.declared_handler(values)]) for p, values in ways]
        return ways

    def declared_handler(self, values: list[Value]) -> Const:
        """The handler that the declaration of the first argument binds."""
        name = values[0].name if values and isinstance(values[0], ObjectValue) else ""
        handler = self.program.instances[name].handler if name else ""
        return Const(1 + self.program.handlers.index(handler) if handler else 0)

    @staticmethod
    def takes(p: tree.Parameter, type: str) -> bool:
        """Whether a parameter has a type, by its name."""
        return isinstance(p.type, tree.NamedType) and p.type.name == type

    def candidates(self, e: tree.CallExpr) -> tuple[tree.FunctionDecl, ...]:
        """The functions that a call can mean by the number of its arguments, or all if there is none of that number."""
        known = self.program.functions[callee_name(e)]
        return tuple(f for f in known if len(f.parameters) == len(e.arguments)) or known

    def overload(self, e: tree.CallExpr, arguments: list[Value]) -> tree.FunctionDecl:
        """The function that a call means: the overload whose first parameter has the first argument's type."""
        candidates = self.candidates(e)
        first = arguments[0] if arguments else None
        if isinstance(first, ObjectValue) and first.name:
            type = self.program.instances[first.name].type
            for f in candidates:
                t = f.parameters[0].type if f.parameters else None
                if isinstance(t, tree.NamedType) and ALIASES.get(t.name, t.name) == type:
                    return f
        return candidates[0]

    def inline(self, f: tree.FunctionDecl, arguments: list[Value], e: tree.CallExpr, path: Path) -> Ways:
        """Execute a function's body within the step."""
        caller = path.env
        path.env = self.callee_env(f, arguments, caller)
        self.enter(f, arguments, e.span)
        paths = self.block(f.body.statements, path)
        self.leave()
        for p in paths:
            p.env = caller
            p.leaving = ""
        return [(p, p.result if p.result is not None else FALSE) for p in paths]  # type: ignore[misc]

    def enter(self, f: tree.FunctionDecl, arguments: list[Value], site: Span) -> None:
        """Note that a function's body is being executed."""
        self.sites.append(site)
        self._functions = [*self._functions, f.name.text]
        self.subjects.append(next((a.name for a in arguments if isinstance(a, ObjectValue)), ""))

    def leave(self) -> None:
        """Note that it is over."""
        self.sites.pop()
        self._functions = self._functions[:-1]
        self.subjects.pop()

    def callee_env(self, f: tree.FunctionDecl, arguments: list[Value], caller: dict[str, Value]) -> dict[str, Value]:
        """The bindings with which a function's body starts."""
        env: dict[str, Value] = {n: v for n, v in caller.items() if n in ("this_cpu", "this_level", "this_pool")}
        for p, a in zip(f.parameters, arguments, strict=False):
            env[p.name.text] = a
        return env

"""Statements: declarations, assignments, control flow, and where each may stand."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.grammar.span import Span, SpecError
from defercheck.sema.calls import Calls
from defercheck.sema.constants import suggest
from defercheck.sema.scope import Local, Scope
from defercheck.sema.shape import callee_name
from defercheck.sema.signatures import belongs, variable_misuse
from defercheck.sema.steps import bounded
from defercheck.sema.typed import Array, Null, Text, Typed, called, kind_of, misfit, shown
from defercheck.sema.types import Bool, Enum, Int, Number, Object, Opaque, Type, Void
from defercheck.sema.walk import walk
from defercheck.sema.words import HERE

_MAY_JUST_RETURN = frozenset({"init", "probe", "open"})
"""Bodies that return 0 where they do not say so."""


class Statements:
    """Checks statements, each in the scope of its block."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.program = calls.program
        self.types = calls.types
        self.complaints = calls.complaints

    def block(self, statements: tuple[tree.Statement, ...], scope: Scope) -> None:
        """A block's statements, in a scope of their own."""
        for s in statements:
            if not scope.frame.atomic:
                self.calls.choices = 1
            self.statement(s, scope)

    def statement(self, s: tree.Statement, scope: Scope) -> None:
        """One statement."""
        match s:
            case tree.Block():
                self.block(s.statements, scope.inner())
            case tree.VarDecl():
                self.declaration(s, scope)
            case tree.Assign():
                self.assignment(s, scope)
            case tree.IncDec():
                self.increment(s, scope)
            case tree.ExprStatement():
                self.effect(s, scope)
            case tree.If():
                self.condition(s.condition, scope)
                self.statement(s.then, scope.inner())
                if s.otherwise is not None:
                    self.statement(s.otherwise, scope.inner())
            case tree.While() | tree.DoWhile() | tree.For():
                self.loop(s, scope)
            case tree.Foreach():
                self.foreach(s, scope)
            case tree.Break() | tree.Continue():
                if not (scope.frame.loop or (scope.frame.switch and isinstance(s, tree.Break))):
                    word = "break" if isinstance(s, tree.Break) else "continue"
                    self.complaints.add(f"`{word}` outside a loop", s.span, "", "it belongs into while, do or for")
            case tree.Return():
                self.returned(s, scope)
            case tree.Switch():
                self.switch(s, scope)
            case tree.Choose():
                for b in s.branches:
                    self.block(b.statements, scope.inner())
            case tree.Assert():
                self.condition(s.condition, scope)
            case tree.Atomic():
                self.calls.choices = 1
                self.block(s.body.statements, scope.inner(atomic=True))
            case tree.Await():
                self.waits(s, scope)
            case tree.Check():
                if self.reserved("`check`", s.span, scope, "write `assert(condition);`"):
                    self.condition(s.condition, scope)
            case tree.When():
                if self.reserved("`when`", s.span, scope, "write `if`"):
                    self.when(s, scope)

    def reserved(self, what: str, span: Span, scope: Scope, help: str = "") -> bool:
        """Complain about a statement of the kernel model in a driver's spec; whether it may stand here."""
        if not scope.frame.kernel:
            word = span.text.split(None, 1)[0].split("(")[0] if span.text else ""
            self.complaints.take(belongs(what, _first(span, len(word)), help))
        return scope.frame.kernel

    def condition(self, e: tree.Expr, scope: Scope) -> None:
        self.calls.condition(e, scope)
        self.unconditional(e, scope)

    def unconditional(self, e: tree.Expr | None, scope: Scope) -> None:
        """Complain about calls that the expression may or may not make, where only statements can tell."""
        if scope.frame.atomic or scope.frame.property:
            return
        for call in self.calls.steps.conditional_calls(e):
            help = "call it in a statement of its own, inside `if`"
            text = f"`{callee_name(call) or call.callee.span.text}` cannot be called here"
            label = "it takes steps, and only some ways through the expression need it"
            self.complaints.add(text, call.span, label, help)

    # ---- declarations ----

    def declaration(self, s: tree.VarDecl, scope: Scope) -> None:
        if s.storage and not scope.frame.kernel:
            self.complaints.take(belongs(f"`{s.storage}`", _first(s.span, len(s.storage))))
        type: Type | None = None
        with self.complaints.collecting():
            type = self.types.resolve(s.type)
        for n, d in enumerate(s.declarators):
            usable: Type | None = type
            kind = "variable"
            if type is not None and d.stars and not scope.frame.kernel and not isinstance(type, Object):
                usable = self.unfollowed(s, d, type)
            elif type is not None and not scope.frame.kernel:
                problem = None if isinstance(type, Number) else variable_misuse(type, d.name.text, s.type)
                if problem is not None:
                    self.complaints.take(problem)
                    usable = None
                elif isinstance(type, Object) and not d.stars:
                    kind = self.on_stack(s, d, type)
            self.shape(d)
            if d.initial is not None:
                if isinstance(usable, Opaque):
                    self.unlooked(d.initial, d.name.text, scope)
                else:
                    self.calls.value(d.initial, usable, scope)
                self.unconditional(d.initial, scope)
                self.order(s, n, scope)
            self.declare(d.name, Local(usable, kind, d.name.span), scope)  # type: ignore[arg-type]

    def shape(self, d: tree.Declarator) -> None:
        """What only declarations at the top level can have."""
        help = "declare it at the top level"
        if d.length is not None:
            self.complaints.add("an array cannot be local", d.span, "", help)
        if d.arguments:
            self.complaints.add(f"`{d.name}` cannot be declared in a function", d.span, "", help)

    def unfollowed(self, s: tree.VarDecl, d: tree.Declarator, type: Type) -> Type | None:
        """A pointer to something that is no object: only `void *` and `char *`, at which nobody looks."""
        if isinstance(type, Void) or s.type.span.text == "char":
            return Opaque()
        help = "use the variable itself; a function that changes its caller's takes `out bool x`"
        self.complaints.add(f"`{d.name}` cannot be a pointer", d.span, f"to {kind_of(type)}", help)
        return None

    def on_stack(self, s: tree.VarDecl, d: tree.Declarator, type: Object) -> str:
        """A local object is one on the stack: dead when its function returns."""
        if type.name == "workqueue" or d.initial is not None:
            text, what = s.type.span.text, "a local object has no initial value"
            help = f"declare a pointer: `{text} *{d.name} = ...;`"
            label = ""
            if type.name == "workqueue":
                what, label = f"the workqueue `{d.name}` cannot be local", "an object on the stack"
                help = f"declare it at the top level, or a pointer: `{text} *{d.name} = ...;`"
            self.complaints.add(what, d.span, label, help)
        return "stack object"

    def order(self, s: tree.VarDecl, n: int, scope: Scope) -> None:
        """Calls of one declaration are made before any of its variables has its value."""
        if n == 0 or scope.frame.atomic or scope.frame.kernel:
            return
        name = s.declarators[n].name
        calls = [c for c in walk(s.declarators[n].initial) if isinstance(c, tree.CallExpr)]
        for c in calls:
            if callee_name(c) in self.program.functions and not self.calls.steps.within_step(c):
                text = f"`{name}` needs a declaration of its own"
                self.complaints.add(text, c.span, "this call takes steps", "write it on a line of its own")

    def declare(self, name: tree.Name, local: Local, scope: Scope) -> None:
        """Make a name known in a block, unless it hides another. As in C, a parameter may hide what is declared outside
        of functions."""
        first = scope.find(name.text)
        p = self.program
        other: Span | None = None
        if first is not None:
            other, what = first.span, "another variable"
        elif name.text in p.globals and not p.globals[name.text].kernel:
            other, what = p.globals[name.text].span, "a variable of the spec"
        elif name.text in p.instances:
            other, what = p.instances[name.text].span, "an object of the spec"
        elif name.text in p.functions and not p.functions[name.text][0].name.span.source.kernel:
            other, what = p.functions[name.text][0].name.span, "a function of the spec"
        elif name.text in HERE:
            self.complaints.add(f"`{name}` belongs to the kernel model", name.span, "choose another name")
        if other is not None and not scope.frame.kernel and (first is not None or "parameter" not in local.kind):
            twice = first is not None and name.text in scope.names
            message = f"`{name}` is declared twice" if twice else f"`{name}` hides {what}"
            self.complaints.add(message, name.span, "", "rename one of them", (("first declared here", other),))
        scope.names[name.text] = local

    # ---- assignments ----

    def target(self, e: tree.Expr, scope: Scope) -> Type | None:
        """Check what is assigned; its type, ``None`` when it is wrong."""
        found = self.calls.typed(e, scope)
        if found.type is None:
            return None
        if found.place:
            assert not isinstance(found.type, Array | Null | Text)
            return found.type
        if found.fixed:
            label, _, help = found.fixed.partition(": ")
            self.complaints.add(f"{called(found)} cannot be assigned", e.span, label, help)
        else:
            self.complaints.add("this cannot be assigned", e.span, "not a variable")
        return None

    def assignment(self, s: tree.Assign, scope: Scope) -> None:
        type = self.target(s.target, scope)
        self.unconditional(s.value, scope)
        if s.op == "=":
            if isinstance(type, Opaque):
                self.unlooked(s.value, s.target.span.text, scope)
            else:
                self.calls.value(s.value, type, scope)
            return
        found = self.calls.typed(s.value, scope)
        if type is None or found.type is None:
            return
        bits = s.op in ("|=", "&=", "^=")
        if isinstance(type, Bool):
            if not bits:
                self.number(s.op, s.target, type)
            elif (problem := misfit(Bool(), found, self.program)) is not None:
                self.complaints.add(problem.message, s.value.span, problem.label, problem.help)
        elif not isinstance(type, Int | Number):
            self.number(s.op, s.target, type)
        elif not isinstance(found.type, Int | Number):
            self.calls.operand(s.op, s.value, found)
        else:
            result = self.calls.arithmetic(tree.Binary(s.op[0], s.target, s.value, s.span), Typed(type), found)
            if (problem := misfit(type, result, self.program)) is not None:
                self.complaints.add(problem.message, s.span, problem.label, problem.help)

    def unlooked(self, e: tree.Expr, name: str, scope: Scope) -> None:
        """A value for an ``unsigned long`` or a time, at which nobody can look afterwards."""
        found = self.calls.typed(e, scope)
        if not isinstance(found.type, Opaque | Bool | Int | Number | None):
            text = f"`{name}` is an `unsigned long`, whose value the model does not follow"
            self.complaints.add(text, e.span, f"this is {shown(found)}")

    def increment(self, s: tree.IncDec, scope: Scope) -> None:
        type = self.target(s.target, scope)
        if type is not None and not isinstance(type, Int | Number):
            self.number(s.op, s.target, type)

    def number(self, op: str, e: tree.Expr, type: Type) -> None:
        """Complain about an operation that needs a number on something else."""
        help = ""
        match type:
            case Bool():
                help = "assign `true` or `false`"
            case Enum(constants=constants):
                help = f"assign one of {', '.join(constants[:6])}"
            case Opaque():
                help = "give the range: `int<0..7>`"
        self.complaints.add(f"`{op}` needs a number", e.span, f"this is {kind_of(type)}", help)

    def effect(self, s: tree.ExprStatement, scope: Scope) -> None:
        """A call for its effect; the parser takes nothing else for a statement."""
        self.calls.typed(s.expr, scope)
        self.unconditional(s.expr, scope)

    # ---- control flow ----

    def loop(self, s: tree.While | tree.DoWhile | tree.For, scope: Scope) -> None:
        inner = scope.inner()
        if isinstance(s, tree.For):
            if s.initial is not None:
                self.statement(s.initial, inner)
            if s.condition is not None:
                self.condition(s.condition, inner)
            if s.step is not None:
                self.statement(s.step, inner)
        else:
            self.condition(s.condition, scope)
        self.statement(s.body, inner.inner(loop=True))
        if scope.frame.atomic and not scope.frame.kernel and not bounded(s):
            help = "write `for (int<0..3> i = 0; i < 3; i++)` with constants, or take the loop out of the block"
            word = "while" if not isinstance(s, tree.For) else "for"
            self.complaints.add("a loop in `atomic` needs a constant bound", _first(s.span, len(word)), "", help)

    def switch(self, s: tree.Switch, scope: Scope) -> None:
        """A `switch` over a number or an enum, whose labels are constants of it."""
        found = self.calls.typed(s.value, scope)
        self.unconditional(s.value, scope)
        if found.type is not None and not isinstance(found.type, Int | Number | Enum | Bool):
            self.complaints.add("`switch` needs a number or an enum", s.value.span, f"this is {kind_of(found.type)}")
        seen: dict[int | None, Span] = {}
        for label in s.body.statements:
            if not isinstance(label, tree.Case):
                continue
            value = None
            if label.value is not None:
                case = self.calls.typed(label.value, scope)
                value = case.value
                if case.type is not None and value is None:
                    self.complaints.add("a `case` needs a constant", label.value.span, f"this is {shown(case)}")
                    continue
                if isinstance(found.type, Enum) and case.type is not None and case.type != found.type:
                    help = f"one of {', '.join(found.type.constants[:6])}"
                    self.complaints.add(f"this is no {found.type}", label.value.span, shown(case), help)
            first = seen.setdefault(value, label.span)
            if first is not label.span:
                text = "`default` comes twice" if value is None else f"{value} comes twice in this `switch`"
                self.complaints.add(text, label.span, "", "remove one of them", (("first here", first),))
        self.block(s.body.statements, scope.inner(switch=True))

    def foreach(self, s: tree.Foreach, scope: Scope) -> None:
        if not self.reserved("`foreach`", s.span, scope, "write a `for` loop, or name the objects"):
            return
        type = self.types.quietly(s.type)
        builtin = isinstance(s.type, tree.NamedType) and s.type.name in ("cpu", "pool", "context")
        if not builtin and not isinstance(type, Enum | Object):
            self.complaints.add("`foreach` goes through objects or an enum's constants", s.type.span)
            type = None
        if s.within is not None:
            self.calls.typed(s.within, scope)
        inner = scope.inner(loop=True)
        self.declare(s.name, Local(type, "loop variable", s.name.span), inner)
        self.statement(s.body, inner)

    def returned(self, s: tree.Return, scope: Scope) -> None:
        result, what = scope.frame.result, scope.frame.what
        if s.value is None:
            if not isinstance(result, Void | None) and what not in _MAY_JUST_RETURN and not what.startswith("the irq "):
                self.complaints.add(f"{what} must return a value here", s.span, f"it returns {kind_of(result)}")
            return
        self.unconditional(s.value, scope)
        if isinstance(result, Void):
            found = self.calls.typed(s.value, scope)
            if found.type is not None:
                help = "write `return;`" + ("" if what.startswith("the ") else ", or declare what it returns")
                self.complaints.add(f"{what} returns nothing", s.value.span, "", help)
            return
        self.calls.value(s.value, result, scope)

    def waits(self, s: tree.Await, scope: Scope) -> None:
        self.calls.condition(s.condition, scope)
        if not scope.frame.kernel:
            for c in walk(s.condition):
                if isinstance(c, tree.CallExpr) and self.calls.steps.several(c):
                    text = f"`{callee_name(c)}` takes several steps and cannot be what `await` waits for"
                    self.complaints.add(text, s.condition.span, "", "await a variable")
        if s.code:
            from defercheck.rules import codes

            if s.code not in codes():
                self.complaints.add(f"there is no rule {s.code}", s.span, "", suggest(s.code, codes()))

    def when(self, s: tree.When, scope: Scope) -> None:
        """The kernel model's own choice between versions: the flags must be known."""
        for n in walk(s.condition):
            if not (isinstance(n, tree.Binary) and n.op in ("==", "!=") and isinstance(n.left, tree.NameExpr)):
                continue
            if n.left.name not in self.program.flags:
                help = suggest(n.left.name, self.program.flags)
                self.complaints.add(f"there is no flag `{n.left.name}`", n.left.span, "", help)
        for branch in (s.then, s.otherwise):
            if branch is not None:
                self.statement(branch, scope.inner())


def _first(span: Span, length: int) -> Span:
    """The first characters of a span, for the keyword of a long statement."""
    length = max(1, min(length, span.end - span.start))
    return Span(span.source, span.start, span.start + length, span.line, span.column, span.line, span.column + length)


__all__ = ["SpecError", "Statements"]

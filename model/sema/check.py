"""Checks the bodies and properties of a resolved spec, so that compiling it meets nothing that is wrong.

Everything that is found is said at once. The parts: `statements` and `expressions` with `calls` look at bodies,
`handlers` and `callgraph` at functions as a whole; `settings` has looked at the items before.
"""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.grammar.span import Source, Span
from defercheck.sema.callgraph import check_calls
from defercheck.sema.calls import Calls, bare
from defercheck.sema.complaints import Complaints
from defercheck.sema.handlers import check_handlers
from defercheck.sema.jumps import check_jumps
from defercheck.sema.names import Names
from defercheck.sema.order import check_order
from defercheck.sema.program import Program
from defercheck.sema.scope import Frame, Local, Scope
from defercheck.sema.signatures import Types, kernel_only
from defercheck.sema.statements import Statements
from defercheck.sema.steps import Steps
from defercheck.sema.types import Object, Opaque, Type, Void
from defercheck.sema.walk import walk


def check(program: Program) -> None:
    """Check a driver's spec. ``SpecError`` with everything that is wrong with it, in the order of its text."""
    checker = _Checker(program)
    checker.runs_something()
    checker.items(program.spec)
    for _, body in _bodies(program.spec):
        check_jumps(body, checker.complaints)
    check_order(program.spec.items, checker.complaints)
    _check_calls(program.spec, checker.complaints)
    check_handlers(program, checker.types, checker.names, checker.complaints)
    checker.complaints.finish()


def check_kernel(program: Program) -> None:
    """Check the kernel model's own files, which may use all its words. ``SpecError`` as for a spec."""
    checker = _Checker(program)
    for f in program.kernel_files:
        checker.items(f)
        _check_calls(f, checker.complaints)
    checker.complaints.finish()


def _check_calls(f: tree.SpecFile, complaints: Complaints) -> None:
    functions = frozenset(i.name.text for i in f.items if isinstance(i, tree.FunctionDecl))
    check_calls(dict(_bodies(f)), functions, complaints)


def _bodies(f: tree.SpecFile) -> Iterator[tuple[str, tree.Block]]:
    """The functions and contexts of a file by name."""
    for item in f.items:
        match item:
            case tree.FunctionDecl() | tree.ContextDecl():
                yield item.name.text, item.body
                if isinstance(item, tree.ContextDecl) and item.line.thread is not None:
                    yield f"{item.name}.thread", item.line.thread
            case tree.StartDecl():
                yield "start", item.body
            case tree.DeviceDecl():
                for word, body in item.parts:
                    yield f"{item.name} {word}", body
            case tree.ModuleDecl():
                if item.init is not None:
                    yield "init", item.init
                if item.exit is not None:
                    yield "exit", item.exit


_RUNS = (tree.ModuleDecl, tree.StartDecl, tree.DeviceDecl)


class _Checker:
    def __init__(self, program: Program):
        self.program = program
        self.complaints = Complaints()
        self.types = Types(program)
        self.names = Names(program, self.types, self.complaints)
        self.calls = Calls(program, self.types, self.names, Steps(program), self.complaints)
        self.statements = Statements(self.calls)

    def runs_something(self) -> None:
        """A spec in which nothing happens is a mistake, not a proof."""
        items = self.program.spec.items
        contexts = [i.kind for i in items if isinstance(i, tree.ContextDecl)]
        if {"irq", "thread"} & set(contexts) or any(isinstance(i, _RUNS) for i in items):
            return
        source = self.program.spec.source
        span = items[-1].span if items else _start(source)
        help = "declare who runs: `irq NAME { ... }`, `thread NAME { ... }` or `module { init { ... } }`"
        what = "the file is empty" if not source.text.strip() else "only declarations"
        self.complaints.add("nothing runs here", _head(span), what, help)

    def items(self, f: tree.SpecFile) -> None:
        kernel = f.source.kernel
        for item in f.items:
            match item:
                case tree.FunctionDecl():
                    self.function(self.whole(item), kernel)
                case tree.ContextDecl():
                    result = self.types.quietly(tree.NamedType("irqreturn_t", item.span))
                    result = result if item.kind == "irq" else Void()
                    frame = Frame(kernel, result=result, what=f"the {item.kind} `{item.name}`")
                    scope = Scope(frame)
                    if item.parameter is not None:
                        self.parameter(item.parameter, scope, kernel)
                    self.statements.block(item.body.statements, scope)
                    if item.line.thread is not None:
                        self.statements.block(item.line.thread.statements, Scope(frame))
                    if item.line.when is not None:
                        looks = Frame(kernel, property=True, what=f"when the irq `{item.name}` fires")
                        self.calls.condition(item.line.when, Scope(looks))
                case tree.ModuleDecl():
                    init = self.types.quietly(tree.NamedType("int", item.span))
                    if item.init is not None:
                        self.body(item.init, Frame(kernel, result=init, what="init"))
                    if item.exit is not None:
                        self.body(item.exit, Frame(kernel, result=Void(), what="the module's `exit`"))
                case tree.DeviceDecl():
                    number = self.types.quietly(tree.NamedType("int", item.span))
                    for word, body in item.parts:
                        result = number if word.text in ("probe", "open") else Void()
                        self.body(body, Frame(kernel, result=result, what=word.text))
                case tree.StartDecl():
                    self.body(item.body, Frame(kernel, result=Void(), what="`start`"))
                case tree.MacroUse() if not kernel:
                    self.ignored_arguments(item)
                case tree.PropertyDecl():
                    what = item.name.text if item.name is not None else str(item.span.start)
                    scope = Scope(Frame(kernel, property=True, what=f"property {what}"))
                    if item.parameter is not None:
                        self.parameter(item.parameter, scope, kernel)
                    self.calls.condition(item.expr, scope)
                    if item.trigger is not None:
                        self.calls.condition(item.trigger, scope)
                case tree.VarDecl():
                    self.initial(item, kernel)
                case tree.StructDecl():
                    for m in item.members:
                        self.initial(m, kernel)

    def whole(self, f: tree.FunctionDecl) -> tree.FunctionDecl:
        """A function with what the table of what may be called where adds to it."""
        return next((g for g in self.program.functions.get(f.name.text, ()) if g.span is f.span), f)

    def ignored_arguments(self, item: tree.MacroUse) -> None:
        """Arguments that mean nothing here, such as the `data` of `DECLARE_TASKLET(t, f, data)`, are known all the
        same."""
        for a in item.arguments[1:]:
            names = {n.name for n in walk(a) if isinstance(n, tree.NameExpr)}
            if not names <= self.program.functions.keys():
                self.calls.typed(bare(a), Scope(Frame(what=f"`{item.name}`")))

    def initial(self, item: tree.VarDecl, kernel: bool) -> None:
        """Initial values: they are constants (`declare` sees to that), but of the right kind?"""
        type = self.types.quietly(item.type)
        for d in item.declarators:
            if d.initial is not None and type is not None and not isinstance(type, Opaque):
                self.calls.value(d.initial, type, Scope(Frame(kernel, property=True, what=d.name.text)))

    def function(self, f: tree.FunctionDecl, kernel: bool) -> None:
        """A function: its signature, its body, and that it returns what it says."""
        result: Type | None = None
        with self.complaints.collecting():
            result = self.types.resolve(f.result)
        scope = Scope(Frame(kernel, result=result, what=f"`{f.name}`"))
        starred = "*" in f.name.span.source.text[f.result.span.end : f.name.span.start]
        if (isinstance(result, Opaque) and not kernel) or (isinstance(result, Object) and not (starred or kernel)):
            help = "return a number, a bool or an enum; name objects where they are used"
            if isinstance(result, Object):
                help = f"return a pointer: `{f.result.span.text} *{f.name}(...)`"
            self.complaints.add(f"`{f.name}` cannot return {f.result.span.text}", f.result.span, "", help)
        for p in f.parameters:
            self.parameter(p, scope, kernel)
        self.statements.block(f.body.statements, scope)
        if not isinstance(result, Void | None) and not any(isinstance(n, tree.Return) for n in walk(f.body)):
            help = f"write `return ...;`, or declare it `void {f.name}`"
            label = f"it is declared to return {f.result.span.text}"
            self.complaints.add(f"`{f.name}` never returns a value", f.name.span, label, help)

    def parameter(self, p: tree.Parameter, scope: Scope, kernel: bool) -> None:
        type: Type | None = None
        with self.complaints.collecting():
            type = self.types.resolve(p.type)
        if isinstance(type, Void):
            type = Opaque()
        if type is not None and not kernel and (problem := kernel_only(type, p.type.span)) is not None:
            self.complaints.take(problem)
            type = None
        self.statements.declare(p.name, Local(type, "out parameter" if p.out else "parameter", p.name.span), scope)

    def body(self, block: tree.Block, frame: Frame) -> None:
        self.statements.block(block.statements, Scope(frame))


def _start(source: Source) -> Span:
    return Span(source, 0, 0, 1, 1, 1, 1)


def _head(span: Span) -> Span:
    """The first line of a span."""
    if span.end_line == span.line:
        return span
    length = len(span.text.splitlines()[0])
    return Span(span.source, span.start, span.start + length, span.line, span.column, span.line, span.column + length)

"""Interrupt handlers as C gives them, `request_irq(irq, handler, flags, name, dev)`, in terms of the spec's lines.

The call's handler becomes that of the line: one that is declared without a handler, `irq nic times 2;`, or, where the
number is no line that is declared, one of its own, named after the handler (`my_handler.irq`). What the call passes is
what the handler gets, and its first parameter, the number, stands for the line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.sema.hoist import Hoisting
from defercheck.sema.walk import bare, rebuilt


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the arguments of a request stand, and how many C's call has."""

    count: int
    line: int
    threaded: bool


REQUESTS = {
    "request_irq": _Form(5, 0, False), "request_threaded_irq": _Form(6, 0, True),
    "devm_request_irq": _Form(6, 1, False), "devm_request_threaded_irq": _Form(7, 1, True),
}  # fmt: skip

NAMING = {"free_irq": (2, 0), "devm_free_irq": (3, 1)} | dict.fromkeys(
    ("disable_irq", "disable_irq_nosync", "enable_irq", "synchronize_irq", "synchronize_hardirq"), (1, 0)
)
"""Other calls that take a line's number: how many arguments C's call has, and which one it is."""


def with_lines(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with the handlers of its lines where it declares them. ``SpecError`` when a line has none, or two."""
    requests = _Requests(spec)
    items = tuple(requests.declared(i) for i in [requests.rewritten(i) for i in spec.items])
    items = tuple(_Naming(requests).rewritten(i) for i in (*items, *requests.items, *requests.undeclared()))
    for i in items:
        if isinstance(i, tree.ContextDecl) and i.line.given:
            help = f"request it with one, `request_irq({i.name}, handler, flags, name, dev)`, or give it a body"
            raise SpecError(Diagnostic(f"the interrupt line `{i.name}` has no handler", i.name.span, "", help))
    same = all(a is b for a, b in zip(items, spec.items, strict=False)) and len(items) == len(spec.items)
    return spec if same else replace(spec, items=items)


class _Requests(Hoisting):
    """Collects what handles which line."""

    def __init__(self, spec: tree.SpecFile):
        super().__init__(spec)
        self.known = {i.name.text: i for i in spec.items if isinstance(i, tree.ContextDecl) and i.kind == "irq"}
        self.lines: dict[str, tuple[tree.Block, tree.Line]] = {}
        self.numbers: dict[str, str] = {}
        """The lines that are declared nowhere, by the text of the number that is requested."""
        self.handles: dict[str, str] = {}
        """The line of each handler."""

    def call(self, call: tree.CallExpr) -> tree.Expr:
        """Note the handler of a request, which keeps only the line and the flags."""
        form = REQUESTS.get(call.callee.name) if isinstance(call.callee, tree.NameExpr) else None
        if form is None or len(call.arguments) != form.count:
            return call
        number, *functions, flags, _, cookie = call.arguments[form.line :]
        handlers = [self.handler(f) for f in functions]
        at = call.span
        first = next((f for f in handlers if f is not None), None)
        if first is None:
            text = "an interrupt that is requested has a handler"
            raise SpecError(Diagnostic(text, functions[0].span, "there is no such function here"))
        line = self.line(number, first)
        if line not in self.known:
            self.before.append(tree.ExprStatement(_asked("one_request", line, number.span), number.span))
        if line in self.lines:
            help = "declare a line of its own for each: `irq other;`"
            raise SpecError(Diagnostic(f"the interrupt line `{line}` gets two handlers", at, "the second", help))
        bodies = [self.body(f, line, cookie) if f is not None else None for f in handlers]
        hard = bodies[0] is not None
        thread = bodies[1] if form.threaded else None
        if not hard:  # the kernel's own handler
            bodies[0] = tree.Block((tree.Return(tree.NameExpr("IRQ_WAKE_THREAD", at), at),), at)
        assert bodies[0] is not None
        said = self.known[line].line if line in self.known else tree.NO_LINE
        self.lines[line] = bodies[0], replace(said, thread=thread, hard=hard, given=False)
        kept = (*call.arguments[: form.line], tree.NameExpr(line, number.span), flags)
        return replace(call, arguments=kept)

    def handler(self, e: tree.Expr) -> tree.FunctionDecl | None:
        """The function that an argument gives; ``None`` for NULL."""
        f = self.function(e)
        if f is None and not isinstance(e, tree.NullLiteral):
            text = f"there is no function `{e.span.text}`"
            raise SpecError(Diagnostic(text, e.span, "the handler of an interrupt, declared in this spec, is needed"))
        return f

    def line(self, number: tree.Expr, handler: tree.FunctionDecl) -> str:
        """The name of the line that a request speaks of."""
        e = bare(number)
        name = e.name if isinstance(e, tree.NameExpr) else ""
        if name in self.known:
            if not self.known[name].line.given:
                note = ("its own is here", self.known[name].name.span)
                help = f"declare the line without one, `irq {name};`, or leave out the call's: `request_irq(&{name})`"
                text = f"the interrupt line `{name}` gets a second handler"
                raise SpecError(Diagnostic(text, number.span, "", help, (note,)))
            return name
        name = f"{handler.name}.irq"
        self.numbers[_number(number)] = name
        return name

    def body(self, f: tree.FunctionDecl, line: str, cookie: tree.Expr) -> tree.Block:
        """The body of a line's handler: a call of the function."""
        at = f.name.span
        if self.handles.setdefault(f.name.text, line) != line:
            text = f"`{f.name}` handles two interrupt lines"
            help = "give each a function of its own, which calls what they have in common"
            raise SpecError(Diagnostic(text, at, help=help))
        if len(f.parameters) != 2:
            text = f"`{f.name}` is the handler of an interrupt and has {len(f.parameters)} parameters"
            raise SpecError(
                Diagnostic(text, at, "the kernel passes two", f"`irqreturn_t {f.name}(int irq, void *dev)`")
            )
        given = (self.kept(cookie, line, f.parameters[1].type),)
        return tree.Block((tree.Return(tree.CallExpr(tree.NameExpr(f.name.text, at), given, at), at),), f.span)

    def keep(self, assignment: tree.Assign, owner: str) -> tree.Statement:
        """A request of a line that has its handler fails, and changes nothing."""
        at = assignment.span
        free = tree.Unary("!", _asked("irq_requested", owner, at), at)
        return tree.Atomic(tree.Block((tree.If(free, assignment, None, at),), at), at)

    def declared(self, item: tree.Item) -> tree.Item:
        """An item with what the requests say of it: a line with its handler, a handler without its number."""
        match item:
            case tree.ContextDecl(kind="irq") if item.name.text in self.lines:
                body, said = self.lines.pop(item.name.text)
                return replace(item, body=body, line=said)
            case tree.FunctionDecl() if item.name.text in self.handles:
                number, line = item.parameters[0].name.text, self.handles[item.name.text]
                return replace(item, parameters=item.parameters[1:], body=_renamed(item.body, number, line))
        return item

    def undeclared(self) -> list[tree.Item]:
        """The lines that the spec does not declare."""
        return [
            tree.ContextDecl("irq", tree.Name(name, body.span), body, body.span, line=said)
            for name, (body, said) in self.lines.items()
        ]


class _Naming(Hoisting):
    """Names the lines in the calls that take a number."""

    def __init__(self, requests: _Requests):
        self.requests = requests
        self.before: list[tree.Statement] = []

    def call(self, call: tree.CallExpr) -> tree.Expr:
        count, at = NAMING.get(call.callee.name, (0, 0)) if isinstance(call.callee, tree.NameExpr) else (0, 0)
        if count == 0 or len(call.arguments) not in (count, at + 1):
            return call
        line = self.line(call.arguments[at])
        kept = (*call.arguments[:at], line)
        same = len(kept) == len(call.arguments) and line is call.arguments[at]
        return call if same else replace(call, arguments=kept)

    def line(self, number: tree.Expr) -> tree.Expr:
        """The line that a number stands for: the one requested with the same text, or the only one."""
        e, numbers = bare(number), self.requests.numbers
        if not numbers or (isinstance(e, tree.NameExpr) and e.name in {*self.requests.known, *numbers.values()}):
            return number
        text = _number(number)
        found = {numbers[text]} if text in numbers else set()
        found = found or {line for key, line in numbers.items() if _last(key) == _last(text)}
        found = found if len(found) == 1 else set(numbers.values())
        if len(found) > 1:
            help = "declare the lines, `irq first; irq second;`, and name them where they are meant"
            raise SpecError(Diagnostic(f"which interrupt line is `{number.span.text}`?", number.span, "", help))
        return tree.NameExpr(found.pop(), number.span)


def _asked(name: str, line: str, at: Span) -> tree.CallExpr:
    return tree.CallExpr(tree.NameExpr(name, at), (tree.NameExpr(line, at),), at)


def _number(e: tree.Expr) -> str:
    return "".join(bare(e).span.text.split())


def _last(number: str) -> str:
    return number.replace("->", ".").rpartition(".")[2]


def _renamed(body: tree.Block, old: str, new: str) -> Any:
    def renamed(node: Any) -> Any:
        if isinstance(node, tree.NameExpr) and node.name == old:
            return replace(node, name=new)
        return rebuilt(node, renamed)

    return renamed(body)


__all__ = ["with_lines"]

"""Prints declarations and statements."""

from __future__ import annotations

from defercheck.grammar.format_expressions import ExpressionPrinter
from defercheck.grammar.format_layout import Break, Pieces
from defercheck.grammar.tree import (
    Assert,
    Assign,
    Atomic,
    Await,
    Block,
    Case,
    Check,
    Choose,
    Continue,
    Declarator,
    DoWhile,
    Empty,
    Expr,
    ExprStatement,
    For,
    Foreach,
    Goto,
    If,
    IncDec,
    Label,
    Name,
    Return,
    Statement,
    Switch,
    VarDecl,
    When,
    While,
)
from defercheck.grammar.tree import (
    Break as BreakStatement,
)


class StatementPrinter(ExpressionPrinter):
    """Adds declarations and statements."""

    # ---- declarations

    def var_decl(self, decl: VarDecl) -> Pieces:
        """A declaration without its semicolon."""
        pieces: Pieces = [self.page.qualifiers(decl.span.start)]
        pieces += [f"{decl.storage} " if decl.storage else "", self.page.qualifiers(decl.type.span.start)]
        pieces += [*self.type(decl.type), " "]
        for n, declarator in enumerate(decl.declarators):
            pieces += [",", Break(0)] if n else []
            pieces += self.declarator(declarator)
        return pieces

    def declared(self, name: Name, stars: str = "") -> str:
        """A declared name, with the stars and qualifiers that C put between it and its type."""
        stars = stars or self.around.get((name.span.start, name.span.end), [""])[0]
        return self.page.inline(name.span.start) + stars + self.page.qualifiers(name.span.start) + name.text

    def declarator(self, declarator: Declarator) -> Pieces:
        """``name``, ``name[length]``, ``name(arguments)``, each but the last perhaps with ``= value``."""
        pieces: Pieces = [self.declared(declarator.name, "*" * declarator.stars)]
        if declarator.length is not None:
            pieces += ["[", *self.expr(declarator.length, 0, 2), "]"]
        if declarator.arguments:
            pieces += ["(", *self.arguments(declarator.arguments, 1), ")"]
        if declarator.initial is not None:
            pieces += [" = ", *self.expr(declarator.initial, 0, 1)]
        return pieces

    # ---- statements

    def simple(self, statement: Statement) -> Pieces:
        """A statement of one line, without its semicolon."""
        match statement:
            case VarDecl():
                return self.var_decl(statement)
            case Assign(target, op, value):
                return [*self.expr(target, 0, 2), f" {op} ", *self.expr(value)]
            case IncDec(target, op):
                return [*self.expr(target), op]
            case ExprStatement(expr):
                return self.expr(expr)
            case BreakStatement():
                return ["break"]
            case Continue():
                return ["continue"]
            case Return(None):
                return ["return"]
            case Return(value):
                assert value is not None
                return ["return ", *self.expr(value)]
            case Goto(label):
                return [f"goto {self.page.inline(label.span.start)}{label.text}"]
            case Assert(condition, message):
                said: Pieces = [",", Break(0), f'"{message}"'] if message else []
                return ["assert(", *self.expr(condition), *said, ")"]
            case Await(condition, code, message):
                return ["await (", *self.expr(condition), ")", f' else {code} "{message}"' if code else ""]
            case Check(code, condition, message):
                name = self.page.inline(code.span.start) + code.text
                return [f"check {name} (", *self.expr(condition), ")", Break(0), f'"{message}"']
            case Empty():
                return [""]
        raise TypeError(statement)

    def statement(self, statement: Statement) -> None:
        """Write a statement; on one line if its author did so and it fits."""
        page = self.page
        start = statement.span.start
        # `--x` becomes `x--`: what stands between goes before
        page.begin(statement.target.span.start if isinstance(statement, IncDec) else start)
        one_line = page.on_one_line(statement.span)
        if one_line and page.try_unit(lambda: self.inline(statement), statement.span.end):
            return
        match statement:
            case Block():
                self.block([], statement)
            case If(condition, then, otherwise) | When(condition, then, otherwise):
                self._branches("if" if isinstance(statement, If) else "when", [], condition, then, otherwise)
            case While(condition, body):
                self._headed(["while (", *self.expr(condition), ")"], condition.span.end, body)
            case For(initial, condition, step, body):
                parts = [part.span.end for part in (initial, condition, step) if part]
                self._headed(self._loop_head(statement), parts[-1] if parts else start, body)
            case Foreach(_, name, within, body):
                self._headed(self._loop_head(statement), (within or name).span.end, body)
            case DoWhile(body, condition):
                self._do_while(statement, body, condition)
            case Choose(branches):
                self.block(["choose "], branches[0], last=False)
                for n, branch in enumerate(branches[1:], 2):
                    self.block(["} or "], branch, last=n == len(branches))
            case Atomic(body):
                self.block(["atomic "], body)
            case Switch(value, body):
                self.block(["switch (", *self.expr(value), ") "], body)
            case Label() | Case():
                self._labelled(statement)
            case _:
                page.unit([*self.simple(statement), ";"], statement.span.end)

    def inline(self, statement: Statement) -> Pieces | None:
        """A statement with its parts on one line; None for those that are never written so."""
        match statement:
            case Block(statements):
                pieces: Pieces = ["{ "]
                for inner in statements:
                    found = self.inline(inner)
                    if found is None:
                        return None
                    pieces += [*found, " "]
                return [*pieces, "}"]
            case If(condition, then, None) | When(condition, then, None):
                word = "if" if isinstance(statement, If) else "when"
                return _joined([f"{word} (", *self.expr(condition), ") "], self.inline(then))
            case While(condition, body):
                return _joined(["while (", *self.expr(condition), ") "], self.inline(body))
            case For() | Foreach():
                return _joined([*self._loop_head(statement), " "], self.inline(statement.body))
            case Atomic(body):
                return _joined(["atomic "], self.inline(body))
            case Choose(branches):
                pieces = []
                for n, branch in enumerate(branches):
                    found = self.inline(branch)
                    if found is None:
                        return None
                    pieces += [" or " if n else "choose ", *found]
                return pieces
            case If() | When() | DoWhile() | Switch() | Label() | Case():
                return None
        return [*self.simple(statement), ";"]

    def _labelled(self, label: Label | Case) -> None:
        """A label on a line of its own, left of the statements that it stands before."""
        match label:
            case Label(name):
                pieces: Pieces = [name.text]
            case Case(None):
                pieces = ["default"]
            case Case(value):
                assert value is not None
                pieces = ["case ", *self.expr(value)]
        outside = max(0, self.page.level - 1)
        inside, self.page.level = self.page.level, outside
        self.page.unit([*pieces, ":"], label.span.end)
        self.page.level = inside

    def _loop_head(self, loop: For | Foreach) -> Pieces:
        match loop:
            case For(initial, condition, step):
                head: Pieces = ["for (", *(self.simple(initial) if initial else []), ";"]
                head += [Break(0), *self.expr(condition)] if condition else []
                head += [";"] + ([Break(0), *self.simple(step)] if step else [])
            case Foreach(type, name, within):
                head = ["foreach (", *self.type(type), f" {self.declared(name)}"]
                head += [" in ", *self.expr(within)] if within else []
        return [*head, ")"]

    def block(self, head: Pieces, block: Block, last: bool = True) -> None:
        """Write a block behind its head; without its closing brace if it is not the last of its statement."""
        page = self.page
        start, end = block.span.start, block.span.end
        if last and page.on_one_line(block.span) and page.try_unit(lambda: _joined(head, self.inline(block)), end):
            return
        if not block.statements and last and not page.has_comments(start, end):
            page.unit([*head, "{ }"], end)
            return
        page.unit([*head, "{"], start + 1)
        page.level += 1
        for statement in block.statements:
            self.statement(statement)
        page.begin(end - 1)
        page.no_blank()
        page.level -= 1
        if last:
            page.unit(["}"], end)

    def _headed(self, head: Pieces, end: int, body: Statement) -> None:
        """A head such as ``while (x)`` and its body, which is a block or stands on its own line, indented."""
        if isinstance(body, Block):
            self.block([*head, " "], body)
            return
        one_line = self.page.on_one_line(body.span, end)
        if one_line and self.page.try_unit(lambda: _joined([*head, " "], self.inline(body)), body.span.end):
            return
        self.page.unit(head, end)
        self._indented(body)

    def _indented(self, body: Statement) -> None:
        self.page.level += 1
        self.statement(body)
        self.page.level -= 1

    def _branches(
        self, word: str, before: Pieces, condition: Expr, then: Statement, otherwise: Statement | None
    ) -> None:
        """``if`` (or ``when``) and its ``else`` branches; ``before`` is the ``} else `` that leads here."""
        head = [*before, f"{word} (", *self.expr(condition), ")"]
        if otherwise is not None and _takes_else(then):
            then = Block((then,), then.span)
        if otherwise is None:
            self._headed(head, condition.span.end, then)
            return
        at = self.page.find("else", then.span.end)
        if isinstance(then, Block):
            self.block([*head, " "], then, last=False)
            leads: Pieces = ["} else"]
        else:
            self._headed(head, condition.span.end, then)
            self.page.begin(at)
            self.page.no_blank()
            leads = ["else"]
        match otherwise:
            case If(c, t, o):
                self._branches("if", [*leads, " "], c, t, o)
            case When(c, t, o):
                self._branches("when", [*leads, " "], c, t, o)
            case _:
                self._headed(leads, at + len("else"), otherwise)

    def _do_while(self, statement: DoWhile, body: Statement, condition: Expr) -> None:
        if isinstance(body, Block):
            self.block(["do "], body, last=False)
            leads = "} while ("
        else:
            self.page.unit(["do"], statement.span.start + len("do"))
            self._indented(body)
            self.page.begin(self.page.find("while", body.span.end))
            self.page.no_blank()
            leads = "while ("
        self.page.unit([leads, *self.expr(condition), ");"], statement.span.end)


def _joined(head: Pieces, body: Pieces | None) -> Pieces | None:
    return None if body is None else [*head, *body]


def _takes_else(statement: Statement) -> bool:
    """Whether an ``else`` after the statement would go to an ``if`` inside it."""
    match statement:
        case If(_, _, otherwise) | When(_, _, otherwise):
            return otherwise is None or _takes_else(otherwise)
        case While(_, body) | For(_, _, _, body) | Foreach(_, _, _, body):
            return _takes_else(body)
    return False

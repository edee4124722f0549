"""The canonical form of a spec: four spaces, braces as the kernel sets them, everything of the author's kept."""

from __future__ import annotations

from collections.abc import Sequence

from defercheck.grammar.format_expressions import number
from defercheck.grammar.format_layout import Break, Page, Pieces, plain
from defercheck.grammar.format_statements import StatementPrinter
from defercheck.grammar.span import Span
from defercheck.grammar.tree import (
    AllowDecl,
    Block,
    ConstantDecl,
    ContextDecl,
    CpusDecl,
    DefineDecl,
    DeviceDecl,
    EnumDecl,
    ExpectDecl,
    FunctionDecl,
    Item,
    KernelDecl,
    LegalDecl,
    MacroUse,
    ModuleDecl,
    Name,
    OptionDecl,
    Parameter,
    PropertyDecl,
    SituationDecl,
    SpecFile,
    StartDecl,
    StringLiteral,
    StructDecl,
    TypeDecl,
    VarDecl,
    VersionDecl,
)


def format(spec: SpecFile) -> str:
    """The text of a spec in canonical style.

    Parsing it gives the same tree (apart from spans) with the same comments, and formatting it again changes nothing.
    Single blank lines stay where the author put them.
    """
    words = [(text, span) for text, span in spec.ignored if span.text == text]
    page = Page(spec.source, list(spec.comments), words)
    printer = _ItemPrinter(page, tuple(entry for entry in spec.ignored if entry not in words))
    for item in spec.items:
        printer.item(item)
    return page.finish()


class _ItemPrinter(StatementPrinter):
    """Adds items."""

    def item(self, item: Item) -> None:
        """Write an item."""
        page = self.page
        page.begin(item.span.start)
        if isinstance(item, VarDecl):
            page.unit([*self.var_decl(item), ";"], item.span.end)
            return
        front: Pieces = [page.qualifiers(item.span.start)]
        end = item.span.end
        match item:
            case FunctionDecl(result, name, parameters, body):
                front += [*self.type(result), f" {self.declared(name)}(", *self._parameters(parameters, body), ") "]
                self.block(front, body)
            case DefineDecl(name, parameters, body):
                front += [f"define {self._name(name)}(", *self._parameters(parameters, body), ") "]
                self.block(front, body)
            case ContextDecl():
                front += self._context_head(item)
                if item.line.given:
                    page.unit([*front[:-1], str(front[-1]).rstrip(), ";"], end)
                elif item.line.hard:
                    self.block(front, item.body, last=item.line.thread is None)
                    front = ["} "]
                if item.line.thread is not None:
                    self.block([*front, "thread "], item.line.thread)
            case ModuleDecl():
                self._module(front, item)
            case DeviceDecl(name, parts, span):
                self._parts([*front, f"device {self._name(name)}"], [(n.text, b) for n, b in parts], span)
            case StartDecl(body, _, cpu):
                on = f"on cpu {number(cpu.value, cpu.span)} " if cpu else ""
                self.block([*front, f"start {on}"], body)
            case StructDecl(name, members):
                self._members([*front, f"struct {self._name(name)} "], members, name, end, item, ";")
            case TypeDecl(name, members):
                self._members([*front, f"type {self._name(name)} "], members, name, end, None, "")
            case ConstantDecl(name, value):
                page.unit([*front, plain([f"#define {self._name(name)} ", *self.expr(value)])], value.span.end)
            case EnumDecl():
                self._enum(front, item)
            case VersionDecl():
                self._version(front, item)
            case _:
                page.unit([*front, *self._setting(item), ";"], end)

    def _setting(self, item: Item) -> Pieces:
        """An item of one line, without its semicolon."""
        match item:
            case KernelDecl(versions):
                return ["kernel ", *self._strings(versions)]
            case CpusDecl(count):
                return [f"cpus {number(count.value, count.span)}"]
            case OptionDecl(name, value):
                if name.text == "preempt":
                    return [f"preempt {self._name(value)}"]
                return [f"option {self._name(name)} = {self._name(value)}"]
            case MacroUse(name, arguments):
                return [f"{self._name(name)}(", *self.arguments(arguments), ")"]
            case PropertyDecl(name=Name() as name, expr=expr, trigger=trigger) if trigger is not None:
                return [f"{self._name(name)}: ", *self.expr(trigger), " ~>", Break(0), *self.expr(expr)]
            case PropertyDecl(kind, name, expr, parameter=None):
                label = f"{self._name(name)}: " if name else ""
                return [f"{kind} {label}", *self.expr(expr)]
            case PropertyDecl(kind, Name() as name, expr, parameter=subject):
                assert subject is not None
                of: Pieces = [" for each ", *self.type(subject.type), f" {self._name(subject.name)}: "]
                return [f"{kind} {self._name(name)}", *of, *self.expr(expr)]
            case ExpectDecl(code, versions):
                on: Pieces = [" on ", *self._strings(versions)] if versions else []
                return [f"expect {self._name(code)}", *on]
            case SituationDecl(name, condition, text):
                return [f"situation {self._name(name)} (", *self.expr(condition), ") ", *self.expr(text)]
            case LegalDecl(names, verdicts, flag, condition, text):
                only: Pieces = [" when (", *self.expr(flag), ")"] if flag is not None else []
                only += [" if (", *self.expr(condition), ")"] if condition is not None else []
                said: Pieces = [" ", *self.expr(text)] if text is not None else []
                return ["legal ", *self._names(names), *only, " (", *self._names(verdicts), ")", *said]
            case AllowDecl(code, reason):
                return [f"allow {self._name(code)}", Break(0), *self.expr(reason)]
        raise TypeError(item)

    def _name(self, name: Name) -> str:
        return self.page.inline(name.span.start) + name.text

    def _names(self, names: Sequence[Name]) -> Pieces:
        pieces: Pieces = []
        for n, name in enumerate(names):
            pieces += [",", Break(0)] if n else []
            pieces.append(self._name(name))
        return pieces

    def _strings(self, strings: tuple[StringLiteral, ...]) -> Pieces:
        return self.arguments(strings)

    def _parameters(self, parameters: tuple[Parameter, ...], body: Block) -> Pieces:
        pieces: Pieces = [] if parameters else [self.page.qualifiers(body.span.start).rstrip()]
        for n, parameter in enumerate(parameters):
            pieces += [",", Break(0)] if n else []
            pieces.append(self.page.qualifiers(parameter.span.start))
            pieces.append("out " if parameter.out else "")
            pieces.append(self.page.qualifiers(parameter.type.span.start))
            pieces += [*self.type(parameter.type), f" {self.declared(parameter.name)}"]
        return pieces

    def _context_head(self, item: ContextDecl) -> Pieces:
        head = f"{item.kind} {', '.join(self._name(name) for name in item.names)} "
        if item.parameter:
            element = "".join(str(piece) for piece in self.type(item.parameter.type))
            head += f"for each {element} {self.declared(item.parameter.name)} "
        if item.cpu:
            head += f"on cpu {number(item.cpu.value, item.cpu.span)} "
        if item.each_cpu:
            head += "on each cpu "
        if item.times:
            head += f"{'exactly' if item.line.exactly else 'times'} {number(item.times.value, item.times.span)} "
        if item.line.fairly:
            head += "fairly "
        if item.after:
            head += f"after {', '.join(self._name(name) for name in item.after)} "
        if item.priority:
            head += f"priority {number(item.priority.value, item.priority.span)} "
        if item.line.level:
            head += "level "
        if item.line.when is not None:
            return [f"{head}when (", *self.expr(item.line.when), ") "]
        return [head]

    def _module(self, front: Pieces, module: ModuleDecl) -> None:
        parts = [(word, body) for word, body in (("init", module.init), ("exit", module.exit)) if body]
        parts.sort(key=lambda part: part[1].span.start)
        self._parts([*front, "module"], parts, module.span)

    def _parts(self, head: Pieces, parts: Sequence[tuple[str, Block]], span: Span) -> None:
        """A head and, in braces, bodies each behind its word."""
        page = self.page
        opens = page.find("{", span.start)
        if not parts and not page.has_comments(span.start, span.end):
            page.unit([*head, " { }"], span.end)
            return
        page.unit([*head, " {"], opens + 1)
        page.level += 1
        reached = opens + 1
        for word, body in parts:
            page.begin(page.find(word, reached))
            self.block([f"{word} "], body)
            reached = body.span.end
        self._close(span.end - 1)
        page.unit(["}"], span.end)

    def _members(
        self, head: Pieces, members: tuple[VarDecl, ...], name: Name, end: int, struct: StructDecl | None, ends: str
    ) -> None:
        page = self.page
        opens = page.find("{", name.span.end)
        closes = page.find("}", members[-1].span.end if members else opens)
        if not members and not page.has_comments(opens, closes):
            page.unit([*head, "{ }", *self._declared(struct), ends], end)
            return
        page.unit([*head, "{"], opens + 1)
        page.level += 1
        for member in members:
            page.begin(member.span.start)
            page.unit([*self.var_decl(member), ";"], member.span.end)
        self._close(closes)
        page.unit(["}", *self._declared(struct), ends], end)

    def _declared(self, struct: StructDecl | None) -> Pieces:
        """What is declared behind a struct, in the order of the text."""
        if struct is None:
            return []
        names = sorted((*struct.instances, *struct.pointers), key=lambda name: name.span.start)
        pieces: Pieces = [" "] if names else []
        for n, name in enumerate(names):
            pieces += [",", Break(0)] if n else []
            pieces.append(("*" if name in struct.pointers else "") + self._name(name))
        return pieces

    def _enum(self, front: Pieces, item: EnumDecl) -> None:
        page, constants, end = self.page, item.constants, item.span.end
        begins = item.name.span if item.name is not None else item.span
        opens = page.find("{", begins.end if item.name is not None else begins.start)
        closes = page.find("}", constants[-1].span.end if constants else opens)
        head = [*front, f"enum {self._name(item.name)} {{" if item.name is not None else "enum {"]
        comments = page.has_comments(begins.start, closes)
        names = self._names(constants) if not comments else []
        if not comments and page.try_unit(lambda: [*head, " ", *names, " };"], end):
            return
        page.unit(head, opens + 1)
        page.level += 1
        if not comments:
            page.begin(constants[0].span.start)
            page.unit(names, constants[-1].span.end, hang=0)
        for n, constant in enumerate(constants if comments else (), 1):
            page.begin(constant.span.start)
            page.unit([constant.text, "" if n == len(constants) else ","], constant.span.end)
        self._close(closes)
        page.unit(["};"], end)

    def _version(self, front: Pieces, version: VersionDecl) -> None:
        page = self.page
        opens = page.find("{", version.name.span.end)
        page.unit([*front, f'version "{version.name.value}" {{'], opens + 1)
        page.level += 1
        for name, value in version.settings:
            page.begin(name.span.start)
            page.unit([f"{name.text} = {self._name(value)};"], value.span.end)
        closes = page.find("}", version.settings[-1][1].span.end if version.settings else opens)
        self._close(closes)
        page.unit(["}"], version.span.end)

    def _close(self, closes: int) -> None:
        """Come to the brace that ends a list of members; the comments before it still belong inside."""
        self.page.begin(closes)
        self.page.no_blank()
        self.page.level -= 1

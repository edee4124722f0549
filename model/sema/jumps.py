"""Jumps within a body: `goto` to a label of a block around it, `case` within its `switch`, and neither in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import suggest
from defercheck.sema.walk import walk

Around = tuple[tuple[tuple[tree.Statement, ...], int], ...]
"""The blocks around a statement, innermost last, each with the place where it stands in it."""


def check_jumps(body: tree.Block, complaints: Complaints) -> None:
    """Complain about the labels and jumps of a body that C or the model does not allow."""
    _Jumps(complaints).body(body)


@dataclass
class _Jumps:
    complaints: Complaints
    labels: dict[str, tree.Label] = field(default_factory=dict)

    def body(self, body: tree.Block) -> None:
        nodes = list(walk(body))
        if not any(isinstance(n, tree.Goto | tree.Label | tree.Switch | tree.Case) for n in nodes):
            return
        for n in nodes:
            if isinstance(n, tree.Label):
                first = self.labels.setdefault(n.name.text, n)
                if first is not n:
                    notes = (("first declared here", first.name.span),)
                    self.complaints.add(f"the label `{n.name}` is declared twice", n.name.span, "", "rename one", notes)
        self.block(body.statements, (), False, False)

    def block(self, statements: tuple[tree.Statement, ...], around: Around, atomic: bool, switch: bool) -> None:
        for n, s in enumerate(statements):
            here = (*around, (statements, n))
            if atomic and isinstance(s, tree.Goto | tree.Switch):
                word = "goto" if isinstance(s, tree.Goto) else "switch"
                self.complaints.add(f"`{word}` in `atomic`", s.span, "the block is one step", "use `if`")
            match s:
                case tree.Goto():
                    self.goto(s, here)
                case tree.Case() if not switch:
                    word = "default" if s.value is None else "case"
                    self.complaints.add(f"`{word}` outside a `switch`", s.span)
                case tree.Switch():
                    self.block(s.body.statements, here, atomic, True)
                case _:
                    for inner in _blocks(s):
                        self.block(inner, here, atomic or isinstance(s, tree.Atomic), False)

    def goto(self, s: tree.Goto, around: Around) -> None:
        name = s.label.text
        for statements, at in reversed(around):
            for n, other in enumerate(statements):
                if isinstance(other, tree.Label) and other.name.text == name:
                    self.skipped(s, statements, at, n)
                    return
        if name in self.labels:
            note = ("it is here", self.labels[name].name.span)
            label = "the label is in a block that does not contain this"
            self.complaints.add(f"`goto {name}` leads into a block", s.label.span, label, "move the label out", (note,))
        else:
            self.complaints.add(f"there is no label `{name}`", s.label.span, "", suggest(name, self.labels))

    def skipped(self, s: tree.Goto, statements: tuple[tree.Statement, ...], at: int, to: int) -> None:
        """A variable that a jump leaves undeclared must not be used behind the label."""
        used = {n.name for other in statements[to:] for n in walk(other) if isinstance(n, tree.NameExpr)}
        for other in statements[at + 1 : to]:
            for d in other.declarators if isinstance(other, tree.VarDecl) else ():
                if d.name.text in used:
                    text = f"`goto {s.label}` jumps over the declaration of `{d.name}`"
                    notes = (("declared here", d.name.span),)
                    self.complaints.add(text, s.span, "", "declare it before the `goto`", notes)


def _blocks(s: tree.Statement) -> Iterator[tuple[tree.Statement, ...]]:
    """The statements inside a statement, block by block."""
    match s:
        case tree.Block():
            yield s.statements
        case tree.Atomic():
            yield s.body.statements
        case tree.Choose():
            for b in s.branches:
                yield b.statements
        case tree.If() | tree.When():
            yield from (_inside(b) for b in (s.then, s.otherwise) if b is not None)
        case tree.While() | tree.DoWhile() | tree.For() | tree.Foreach():
            yield _inside(s.body)


def _inside(s: tree.Statement) -> tuple[tree.Statement, ...]:
    return s.statements if isinstance(s, tree.Block) else (s,)

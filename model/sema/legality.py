"""What may be called where: the rows of the kernel model's table as checks at the entry of the functions they name.

As in the kernel it is the call that is judged, not whether it would block: each check stands before the function's
body, and its message says in which situation the call was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.constants import suggest
from defercheck.sema.shape import when

SLEEPING = "DF101"
OPEN = frozenset({"yes", "risk", "later"})
"""Verdicts of a call that is not forbidden at its entry; ``risk`` for one that may wait for what cannot go on (DF401,
DF402), ``later`` for one that its body complains of (DF101)."""

Functions = dict[str, tuple[tree.FunctionDecl, ...]]


@dataclass(frozen=True, slots=True)
class Legality:
    """The table: its columns, its rows."""

    situations: tuple[tree.SituationDecl, ...]
    rows: tuple[tree.LegalDecl, ...]

    def of(self, name: str, flags: dict[str, str]) -> list[tree.LegalDecl]:
        """The rows of a function in a version."""
        named = (r for r in self.rows if any(n.text == name for n in r.names))
        return [r for r in named if r.flag is None or when(r.flag, flags)]


def table(files: Iterable[tree.SpecFile]) -> Legality:
    """The table that some files of the kernel model hold. ``SpecError`` when a row has not one verdict a column."""
    items = [i for f in files for i in f.items]
    situations = tuple(i for i in items if isinstance(i, tree.SituationDecl))
    rows = tuple(i for i in items if isinstance(i, tree.LegalDecl))
    for row in rows:
        if len(row.verdicts) != len(situations):
            text = f"a row has {len(situations)} verdicts, one for each situation; this one has {len(row.verdicts)}"
            raise SpecError(Diagnostic(text, row.span))
        for v in row.verdicts:
            if v.text not in OPEN and not v.text.startswith("DF1"):
                raise SpecError(Diagnostic(f"`{v}` is no verdict", v.span, help="yes, risk, later, DF101 or DF102"))
    return Legality(situations, rows)


def guarded(functions: Functions, legality: Legality, flags: dict[str, str]) -> Functions:
    """The functions with the checks of their rows before their bodies. ``SpecError`` for a row of no function."""
    for row in legality.rows:
        for n in row.names:
            if n.text not in functions:
                near = suggest(n.text, functions)
                raise SpecError(Diagnostic(f"there is no function `{n}`", n.span, "a row of the table", near))
    named = {n.text for row in legality.rows for n in row.names}
    return {
        name: tuple(_guarded(f, legality, flags) if name in named and f.span.source.kernel else f for f in overloads)
        for name, overloads in functions.items()
    }


def _guarded(f: tree.FunctionDecl, legality: Legality, flags: dict[str, str]) -> tree.FunctionDecl:
    entry = [s for row in legality.of(f.name.text, flags) for s in _entry(f, row, legality, flags)]
    return replace(f, body=replace(f.body, statements=(*entry, *f.body.statements))) if entry else f


def _entry(
    f: tree.FunctionDecl, row: tree.LegalDecl, legality: Legality, flags: dict[str, str]
) -> Iterable[tree.Statement]:
    """The checks of a row, and for what may sleep the point of preemption that comes with it (§1.1)."""
    for s, v in zip(legality.situations, row.verdicts, strict=True):
        if v.text in OPEN:
            continue
        legal: tree.Expr = tree.Unary("!", s.condition, s.condition.span)
        if row.condition is not None:
            legal = tree.Binary("==>", row.condition, legal, row.condition.span)
        said = row.text.value if row.text is not None else f.name.text
        text = f"sleeping function called {s.text.value}" if v.text == SLEEPING else f"{said} {s.text.value}"
        yield tree.Check(v, legal, text, s.span)
    if flags["preempt"] == "voluntary" and any(v.text == SLEEPING for v in row.verdicts):
        name = tree.NameExpr("may_be_preempted", row.span)
        call = tree.ExprStatement(tree.CallExpr(name, (), row.span), row.span)
        yield call if row.condition is None else tree.If(row.condition, call, None, row.span)


__all__ = ["Legality", "guarded", "table"]

"""Which struct a pointer points to, as far as its declaration says: what an allocation needs to know of its target."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.constants import ALIASES, suggest
from defercheck.sema.walk import walk


class Pointers:
    """The pointers of a spec, and those of the body that was entered last."""

    def __init__(self, spec: tree.SpecFile, structs: frozenset[str]):
        self.spec = spec
        self.structs = structs
        self.top = _declared([i for i in spec.items if isinstance(i, tree.VarDecl)])
        self.members = _declared([m for i in spec.items if isinstance(i, tree.StructDecl) for m in i.members])
        members = (m for i in spec.items if isinstance(i, tree.StructDecl) for m in i.members)
        self.own = {d.name.text for m in members for d in m.declarators}
        """The names of all members of the spec's structs."""
        self.names = {n.text for i in spec.items if isinstance(i, tree.StructDecl) for n in i.instances}
        self.names |= {d.name.text for i in spec.items if isinstance(i, tree.VarDecl) for d in i.declarators}
        self.local: dict[str, str] = {}

    def enter(self, item: tree.FunctionDecl | tree.ContextDecl | tree.StartDecl | tree.ModuleDecl) -> None:
        """Look at a body."""
        self.local = _declared([n for n in walk(item) if isinstance(n, tree.VarDecl)])
        if isinstance(item, tree.FunctionDecl):
            self.local |= {p.name.text: p.type.name for p in item.parameters if isinstance(p.type, tree.NamedType)}

    def struct(self, e: tree.Expr) -> str:
        """The struct that an expression points to; empty if it is none that the spec declares."""
        match e:
            case tree.NameExpr(name=name):
                found = self.local.get(name) or self.top.get(name, "")
            case tree.Field(name=name):
                found = self.members.get(name.text, "")
            case tree.Index(base=base):
                return self.struct(base)
            case _:
                return ""
        return found if found in self.structs else ""

    def known(self, size: tree.SizeOf) -> None:
        """``SpecError`` when a size is asked of something that is not declared."""
        for n in walk(size.operand) if size.operand is not None else ():
            if isinstance(n, tree.NameExpr):
                names = {*self.local, *self.top, *self.names, *self.structs, *ALIASES}
                if n.name not in names:
                    raise SpecError(
                        Diagnostic(f"cannot find `{n.name}` here", n.span, "not declared", suggest(n.name, names))
                    )


def _declared(variables: list[tree.VarDecl]) -> dict[str, str]:
    """The names that variables are declared with, and the name of each one's type."""
    return {d.name.text: v.type.name for v in variables if isinstance(v.type, tree.NamedType) for d in v.declarators}

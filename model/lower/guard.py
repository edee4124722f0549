"""The condition of a path: a conjunction that grows, and that knows when it has become false."""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.system.expr import FALSE, Const, Expr, Op, conj, negate


@dataclass(frozen=True, slots=True)
class Guard:
    """A conjunction of conditions, none of which is itself one. ``dead`` when it is false in form."""

    parts: tuple[Expr, ...] = ()
    known: frozenset[Expr] = frozenset()
    dead: bool = False

    def also(self, *conditions: Expr) -> Guard:
        """This and further conditions."""
        added: dict[Expr, None] = {}
        stack = list(reversed(conditions))
        while stack:
            e = stack.pop()
            if isinstance(e, Op) and e.op == "and":
                stack += reversed(e.args)
            elif isinstance(e, Const):
                if not e.value:
                    return Guard(self.parts, self.known, dead=True)
            elif e not in self.known and e not in added:
                opposite = negate(e)
                if opposite in self.known or opposite in added:
                    return Guard(self.parts, self.known, dead=True)
                added[e] = None
        if not added:
            return self
        return Guard((*self.parts, *added), self.known | added.keys(), self.dead)

    def since(self, earlier: Guard) -> Expr:
        """What was added to an earlier form of this guard."""
        return FALSE if self.dead else conj(*self.parts[len(earlier.parts) :])

    @property
    def expr(self) -> Expr:
        """The whole condition."""
        return FALSE if self.dead else conj(*self.parts)

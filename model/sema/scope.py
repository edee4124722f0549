"""Names that are visible at a place in a body."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from defercheck.grammar.span import Span
from defercheck.sema.typed import AnyType
from defercheck.sema.types import Type


@dataclass(frozen=True, slots=True)
class Local:
    """A name that a body declares. ``type`` is ``None`` when its declaration is wrong."""

    type: AnyType | None
    kind: Literal["variable", "parameter", "out parameter", "loop variable", "stack object"]
    span: Span


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a statement or expression.

    ``kernel`` text may use the kernel model's words; ``property`` is true in properties, which no context executes;
    ``result`` is the result of the function (``None`` in properties), ``what`` how messages call it.
    """

    kernel: bool = False
    property: bool = False
    atomic: bool = False
    loop: bool = False
    switch: bool = False
    result: Type | None = None
    what: str = ""


@dataclass
class Scope:
    """The names of a block, within those of the blocks around it."""

    frame: Frame
    outer: Scope | None = None
    names: dict[str, Local] = field(default_factory=dict)

    def find(self, name: str) -> Local | None:
        """What a name stands for, innermost declaration first."""
        at: Scope | None = self
        while at is not None:
            if name in at.names:
                return at.names[name]
            at = at.outer
        return None

    def visible(self) -> list[str]:
        """All names, innermost first."""
        outer = self.outer.visible() if self.outer is not None else []
        return [*self.names, *outer]

    def inner(self, **changes: bool) -> Scope:
        """A block inside; the changes are to its frame."""
        return Scope(replace(self.frame, **changes) if changes else self.frame, self)  # type: ignore[arg-type]

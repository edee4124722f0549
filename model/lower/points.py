"""Points: where execution goes on, with everything that is known there at compile time.

Points are interned, so that two paths that meet with the same knowledge meet in the same location.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.syntax import declared
from defercheck.lower.values import Env, Value, env_key
from defercheck.system.expr import FALSE


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """Where execution goes on. ``kind``:

    ``seq``: statement ``index`` of ``statements``; ``loop``: the head of ``node``; ``step``: the third part of a
    ``for``; ``switch``: behind a ``switch``; ``foreach``: round ``index`` of ``node``; ``return``: back in the caller
    of ``function``, whose bindings are ``env``, with the result bound to ``result``; ``end``: the body is over.
    """

    kind: str
    parent: Point | None = None
    node: object = None
    statements: tuple[tree.Statement, ...] = ()
    index: int = 0
    names: frozenset[str] = frozenset()
    env: Env = field(default_factory=dict)
    function: str = ""
    subject: str = ""
    site: Span | None = None
    result: str = ""
    values: tuple[Value, ...] = ()


def _block_key(statements: tuple[tree.Statement, ...]) -> tuple[int, int]:
    """A key for a block: a node stands in one place, so the first statement and how many there are tell it apart."""
    return (id(statements[0]), len(statements)) if statements else (0, 0)


class Points:
    """Makes the points of one context, each once."""

    def __init__(self) -> None:
        self.end = Point("end")
        self._points: dict[tuple, Point] = {}

    def point(self, kind: str, parent: Point | None, node: object = None, **rest: object) -> Point:
        """The point with these parts, made once."""
        keys: dict[str, Callable] = {"env": env_key, "statements": _block_key}
        parts = {n: keys[n](v) if n in keys else v for n, v in rest.items()}
        key = (kind, id(parent), id(node), *sorted((n, v) for n, v in parts.items() if n != "site"))
        if key not in self._points:
            self._points[key] = Point(kind, parent, node, **rest)  # type: ignore[arg-type]
        return self._points[key]

    def seq(self, statements: tuple[tree.Statement, ...], index: int, env: Env, parent: Point) -> Point:
        return self.point("seq", parent, statements=statements, index=index, names=frozenset(env))

    def following(self, point: Point) -> Point:
        """The point after the statement that a point stands before."""
        assert point.parent is not None
        if point.kind == "step":
            return point.parent
        return self.point("seq", point.parent, statements=point.statements, index=point.index + 1, names=point.names)

    def labelled(self, s: tree.Goto, point: Point, env: Env) -> tuple[Point, Env]:
        """Where a `goto` leads: a label of a block around it."""
        at: Point | None = point
        while at is not None and at.kind not in ("return", "end"):
            for n, other in enumerate(at.statements if at.kind == "seq" else ()):
                if isinstance(other, tree.Label) and other.name.text == s.label.text:
                    known = {*at.names, *declared(at.statements[:n])}
                    to = self.point("seq", at.parent, statements=at.statements, index=n, names=at.names)
                    return to, {name: v for name, v in env.items() if name in known}
            at = at.parent
        raise SpecError(Diagnostic(f"there is no label `{s.label}` here", s.span))

    def loop_body(self, point: Point, env: Env) -> Point:
        """The body of a loop, after which it comes back to its head."""
        s = point.node
        assert isinstance(s, tree.While | tree.DoWhile | tree.For)
        back = point
        if isinstance(s, tree.For) and s.step is not None:
            back = self.point("step", point, s.step)
        return self.seq((s.body,), 0, clean(env), back)


def clean(env: Env) -> Env:
    """The bindings without those that only hold while one statement is evaluated."""
    return {n: v for n, v in env.items() if not n.startswith("$")}


def statement(point: Point) -> tree.Statement | None:
    """The statement that a point stands before."""
    if point.kind == "seq" and point.index < len(point.statements):
        return point.statements[point.index]
    return point.node if point.kind in ("loop", "step") else None  # type: ignore[return-value]


def around(point: Point) -> Iterator[Point]:
    """The calls around a point, innermost first."""
    at: Point | None = point
    while at is not None:
        if at.kind == "return":
            yield at
        at = at.parent


def caller(point: Point) -> Point:
    """The nearest return point around."""
    return next(around(point))


def leave_block(point: Point, env: Env) -> tuple[Point, Env]:
    """Out of a block: names declared in it are forgotten."""
    assert point.parent is not None
    return point.parent, {n: v for n, v in env.items() if n in point.names}


def back(at: Point, result: Value | None) -> tuple[Point, Env]:
    """Back in the caller of a return point, with a result known at compile time (or in a place)."""
    assert at.parent is not None
    env = {**at.env, at.result: result if result is not None else FALSE} if at.result else dict(at.env)
    return at.parent, env


def jump(s: tree.Break | tree.Continue, point: Point, env: Env) -> tuple[Point, Env]:
    """Where `break` and `continue` lead."""
    at: Point | None = point
    names: frozenset[str] = frozenset()
    loops = ("loop", "foreach", "return", "end")
    ends = (*loops, "switch") if isinstance(s, tree.Break) else loops
    while at is not None and at.kind not in ends:
        if at.kind == "step" and isinstance(s, tree.Continue):
            break
        names = at.names if at.kind == "seq" else names
        at = at.parent
    if at is None or at.kind in ("return", "end"):
        word = "break" if isinstance(s, tree.Break) else "continue"
        raise SpecError(Diagnostic(f"`{word}` outside a loop", s.span, help="use it inside while, do or for"))
    if isinstance(s, tree.Continue):
        return at, {n: v for n, v in env.items() if n in names}
    assert at.parent is not None
    return at.parent, {n: v for n, v in env.items() if n in at.names}

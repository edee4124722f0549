"""IR of the predicates on single states: invariants, covers, and what must hold where nothing can move."""

from __future__ import annotations

from defercheck.explore.code import Code, Operand, Writer
from defercheck.explore.control import NEVER, control_at
from defercheck.explore.successors import Plan, load_words
from defercheck.system.expr import Expr, disj, negate
from defercheck.system.system import Property


def watch_ir(p: Plan) -> str:
    """``watch(state)`` is called once for each state, ``terminal(state)`` for each that has no step."""
    steady = [(c, negate(c.expr)) for c in p.system.properties if c.kind == "invariant"]
    covers = [(c, c.expr) for c in p.system.properties if c.kind == "cover"]
    terminal = [(c, negate(c.expr)) for c in p.system.properties if c.kind == "terminal"]

    w = Writer()
    code = _begin(p, w, "watch")
    _record_any(p, w, code, steady)
    for c, e in covers:
        _once(p, w, code, c, e)
    w.do("ret void")
    w.lines.append("}")

    _record_any(p, w, _begin(p, w, "terminal"), terminal)
    w.do("ret void")
    w.lines.append("}")
    return "\n".join(w.lines)


def _begin(p: Plan, w: Writer, name: str) -> Code:
    w.lines.append(f"define internal void @{name}(ptr noalias nocapture readonly %state) #0 {{")
    w.label("entry")
    return Code(w, p.layout, p.ranges, load_words(w, p.layout))


def _record_any(p: Plan, w: Writer, code: Code, claims: list[tuple[Property, Expr]]) -> None:
    """Claims that are expected to hold: one test for all of them together, and only then one for each."""
    if not claims:
        return
    some, after = w.name("some"), w.name("after")
    w.do(f"br i1 {code.truth(disj(*(e for _, e in claims)))}, label %{some}, label %{after}")
    w.label(some)
    each = code.inner()
    now = w.emit(f"load i64, ptr {control_at('current')}")
    now = w.emit(f"trunc i64 {now} to i32")
    for c, e in claims:
        shown = w.emit(f"select i1 {each.truth(e)}, i32 {now}, i32 {NEVER}")
        place, old = _first(p, w, c)
        earlier = w.emit(f"call i32 @llvm.umin.i32(i32 {old}, i32 {shown})")
        w.do(f"store i32 {earlier}, ptr {place}")
    w.do(f"br label %{after}")
    w.label(after)


def _once(p: Plan, w: Writer, code: Code, c: Property, e: Expr) -> None:
    """A claim that is expected to show up: not looked at again once it did."""
    look, found, after = w.name("look"), w.name("found"), w.name("after")
    place, old = _first(p, w, c)
    open_ = w.emit(f"icmp eq i32 {old}, {NEVER}")
    w.do(f"br i1 {open_}, label %{look}, label %{after}")
    w.label(look)
    w.do(f"br i1 {code.inner().truth(e)}, label %{found}, label %{after}")
    w.label(found)
    now = w.emit(f"load i64, ptr {control_at('current')}")
    now = w.emit(f"trunc i64 {now} to i32")
    w.do(f"store i32 {now}, ptr {place}")
    w.do(f"br label %{after}")
    w.label(after)


def _first(p: Plan, w: Writer, c: Property) -> tuple[Operand, Operand]:
    place = w.emit(f"getelementptr i32, ptr @first, i64 {p.slots[c.id]}")
    return place, w.emit(f"load i32, ptr {place}")

"""IR of the successor function: for every context, from a packed state to the packed states after its steps.

``context.K(state, out)`` appends to ``out`` a record for every step that context ``K`` can take in ``state`` and
returns the new end. Of a record it fills the first words, the packed state; the rest is the caller's. It also notes,
in the globals of ``control``, which transitions can be taken and which violating ones were met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from defercheck.explore.code import Code, Operand, Writer, signed
from defercheck.explore.control import control_at
from defercheck.explore.layout import Layout
from defercheck.explore.ranges import Ranges
from defercheck.system.expr import Const, Expr
from defercheck.system.system import Context, Property, Transition, TransitionSystem


@dataclass(frozen=True)
class Plan:
    """What all generated functions agree on.

    ``slots`` gives a property's place in the global ``@first``, which holds for each the index of the first state
    that shows it. ``record`` is the number of words of a record in the buffer of successors.
    """

    system: TransitionSystem
    layout: Layout
    ranges: Ranges
    slots: Mapping[str, int]
    at: tuple[Mapping[int, tuple[int, ...]], ...]
    ends: frozenset[str] = field(default=frozenset())

    @property
    def record(self) -> int:
        """Words of the packed state, then its hash, then the index of its parent."""
        return self.layout.words + 2

    @property
    def promises(self) -> list[Property]:
        """The properties that need the graph of states in any case."""
        return [c for c in self.system.properties if c.kind in ("eventually", "leadsto")]

    @property
    def most(self) -> int:
        """No state has more successors than this."""
        steps = self.system.transitions
        return sum(
            max((sum(steps[i].violates is None for i in group) for group in at.values()), default=0) for at in self.at
        )


def plan(system: TransitionSystem, layout: Layout) -> Plan:
    """Number the properties and sort the transitions by context and place."""
    at: list[dict[int, list[int]]] = [{} for _ in system.contexts]
    for i, t in enumerate(system.transitions):
        pc = layout.fields[system.contexts[t.context].pc]
        if pc.lo <= t.source <= pc.hi:
            at[t.context].setdefault(t.source, []).append(i)
    return Plan(
        system,
        layout,
        Ranges({f.name: (f.lo, f.hi) for f in layout.fields.values()}),
        {p.id: n for n, p in enumerate(system.properties)},
        tuple({source: tuple(group) for source, group in places.items()} for places in at),
        frozenset(p.id for p in system.properties if p.kind == "step" and not p.continues),
    )


def load_words(w: Writer, layout: Layout) -> list[Operand]:
    """Load the words of the state that ``%state`` points to."""
    words = []
    for n in range(layout.words):
        at = w.emit(f"getelementptr i64, ptr %state, i64 {n}")
        words.append(w.emit(f"load i64, ptr {at}"))
    return words


def note_first(w: Writer, slot: int) -> None:
    """Put the current state down as the first that shows a property, unless there is one already."""
    place = w.emit(f"getelementptr i32, ptr @first, i64 {slot}")
    old = w.emit(f"load i32, ptr {place}")
    now = w.emit(f"load i64, ptr {control_at('current')}")
    now = w.emit(f"trunc i64 {now} to i32")
    earlier = w.emit(f"call i32 @llvm.umin.i32(i32 {old}, i32 {now})")
    w.do(f"store i32 {earlier}, ptr {place}")


def context_ir(
    p: Plan,
    index: int,
    name: str = "context",
    only: Callable[[Transition], bool] = lambda t: True,
    tags: Sequence[int] | None = None,
) -> str:
    """The function of one context, ``@NAME.INDEX``: of all its transitions or ``only`` some. With ``tags``, a number
    for each transition of the system, a record's last word is the tag of the step that it was made by."""
    context = p.system.contexts[index]
    at = {
        source: kept
        for source, group in p.at[index].items()
        if (kept := tuple(i for i in group if only(p.system.transitions[i])))
    }
    w = Writer()
    w.lines.append(f"define internal ptr @{name}.{index}(ptr noalias nocapture readonly %state, ptr %out) #0 {{")
    w.label("entry")
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout))
    pc = p.layout.fields[context.pc]
    w.do(f"br i1 {code.truth(context.enabled)}, label %enabled, label %none")
    w.label("enabled")
    place = code.field(context.pc)
    cases = " ".join(f"i64 {signed(source - pc.base if pc.width else 0)}, label %at.{source - pc.lo}" for source in at)
    w.do(f"switch i64 {place}, label %none [{cases}]")
    for source, group in at.items():
        w.label(f"at.{source - pc.lo}")
        here, out = code.inner(), "%out"
        block = f"at.{source - pc.lo}"
        for i in group:
            out, block = _step(p, i, w, here, out, block, None if tags is None else tags[i])
        w.do(f"ret ptr {out}")
    w.label("none")
    w.do("ret ptr %out")
    w.lines.append("}")
    return "\n".join(w.lines)


def _step(p: Plan, i: int, w: Writer, here: Code, out: Operand, block: str, tag: int | None) -> tuple[Operand, str]:
    """One transition, after which the writer stands in a block where the state's next one can be tried."""
    t = p.system.transitions[i]
    guard = here.truth(t.guard)
    if guard == "false":
        return out, block
    take, after = w.name("take"), w.name("next")
    w.do(f"br i1 {guard}, label %{take}, label %{after}")
    w.label(take)
    w.do(f"store i8 1, ptr getelementptr (i8, ptr @fired, i64 {i})")
    if t.violates is not None:
        now = w.emit(f"load i64, ptr {control_at('current')}")
        w.do(f"store i64 {now}, ptr {control_at('violated_at')}")
        if t.violates in p.ends:
            w.do(f"store i64 {now}, ptr {control_at('ended_at')}")
        if t.violates in p.slots:
            note_first(w, p.slots[t.violates])
        w.do(f"br label %{after}")
        w.label(after)
        return out, after
    body = here.inner()
    wrong = _updates(p, t, w, body, out)
    if tag is not None:
        place = w.emit(f"getelementptr i64, ptr {out}, i64 {p.record - 1}")
        w.do(f"store i64 {tag}, ptr {place}")
    end = w.emit(f"getelementptr i64, ptr {out}, i64 {p.record}")
    done = take
    if wrong is not None:
        bad, done = w.name("bad"), w.name("good")
        w.do(f"br i1 {wrong}, label %{bad}, label %{done}")
        w.label(bad)
        w.do(f"store i64 {i + 1}, ptr {control_at('error')}")
        now = w.emit(f"load i64, ptr {control_at('current')}")
        w.do(f"store i64 {now}, ptr {control_at('error_at')}")
        w.do(f"br label %{after}")
        w.label(done)
    w.do(f"br label %{after}")
    w.label(after)
    sources = [f"[ {end}, %{done} ]", f"[ {out}, %{block} ]"]
    if wrong is not None:
        sources.append(f"[ {out}, %{bad} ]")
    return w.emit("phi ptr " + ", ".join(sources)), after


def _updates(p: Plan, t: Transition, w: Writer, code: Code, out: Operand) -> Operand | None:
    """Write the packed successor to ``out``. The result is an ``i1``: whether a value left its range; or None where
    the bounds of the expressions exclude that: never a silent wrap."""
    after: dict[str, Expr] = dict(t.updates)
    context: Context = p.system.contexts[t.context]
    if t.target is not None:
        after[context.pc] = Const(t.target)
    clear, fixed = [0] * p.layout.words, [0] * p.layout.words
    moving: list[list[Operand]] = [[] for _ in range(p.layout.words)]
    wrong: list[Operand] = []
    for name, e in after.items():
        f = p.layout.fields[name]
        stays = p.ranges.stays(e, f.lo, f.hi, t.guard)
        if not stays:
            value, width = code.value(e)
            offset = w.emit(f"sub i{width} {value}, {f.lo}")
            wrong.append(w.emit(f"icmp ugt i{width} {offset}, {f.hi - f.lo}"))
        if not f.width:
            continue
        clear[f.word] |= f.mask
        if isinstance(e, Const):
            fixed[f.word] |= f.bits(e.value) & f.mask
            continue
        field_code = code.integer(e)
        if f.base:
            field_code = w.emit(f"sub i64 {field_code}, {f.base}")
        if not stays:
            field_code = w.emit(f"and i64 {field_code}, {signed((1 << f.width) - 1)}")
        moving[f.word].append(w.emit(f"shl i64 {field_code}, {f.shift}") if f.shift else field_code)
    for n, word in enumerate(code.words):
        if clear[n]:
            word = w.emit(f"and i64 {word}, {signed(~clear[n])}")
        for part in moving[n]:
            word = w.emit(f"or i64 {word}, {part}")
        if fixed[n]:
            word = w.emit(f"or i64 {word}, {signed(fixed[n])}")
        place = w.emit(f"getelementptr i64, ptr {out}, i64 {n}")
        w.do(f"store i64 {word}, ptr {place}")
    result = wrong[0] if wrong else None
    for term in wrong[1:]:
        result = w.emit(f"or i1 {result}, {term}")
    return result

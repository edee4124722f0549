"""IR that writes the graph of states down, for what needs edges: infinite schedules.

The states are all known; their successors are computed once more and looked up. Everything goes to arrays whose
addresses are given: ``number`` notes in each slot of the seen-set the index of its state; ``edges`` the edges, row by
row, each with the *kind* of its step; ``facts`` what holds in each state.

A step's kind is a number for what fairness can tell of it: which conditions it belongs to and how it is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from defercheck.explore.code import Code, Operand, Writer, signed
from defercheck.explore.control import control_at
from defercheck.explore.successors import Plan, context_ir, load_words
from defercheck.explore.table import base_ir
from defercheck.system.expr import Expr
from defercheck.system.fairness import Condition, conditions
from defercheck.system.system import Free

WORD = 64


@dataclass(frozen=True, slots=True)
class Kind:
    """What all steps of a kind have in common: the conditions that they belong to (indexes), and their freedom."""

    owners: tuple[int, ...]
    free: Free


@dataclass(frozen=True)
class Facts:
    """What the graph tells: ``kinds``, ``tags`` (the kind of each transition), ``conditions`` and ``questions``.

    A state has a bit for each condition in ``wishes`` and ``ables`` and one for each question in ``answers``; each of
    these is so many words a state.
    """

    conditions: tuple[Condition, ...]
    kinds: tuple[Kind, ...]
    tags: tuple[int, ...]
    questions: tuple[Expr, ...]

    @property
    def words(self) -> int:
        """Words of ``wishes`` and of ``ables`` for a state."""
        return max(1, -(-len(self.conditions) // WORD))

    @property
    def answer_words(self) -> int:
        """Words of ``answers`` for a state."""
        return max(1, -(-len(self.questions) // WORD))


def facts_of(p: Plan, questions: Sequence[Expr]) -> Facts:
    """Number the conditions and kinds of a system."""
    owed = conditions(p.system)
    of = [Kind(tuple(n for n, c in enumerate(owed) if c.owns(t)), t.free) for t in p.system.transitions]
    kinds = tuple(dict.fromkeys(of))
    numbers = {k: n for n, k in enumerate(kinds)}
    return Facts(owed, kinds, tuple(numbers[k] for k in of), tuple(questions))


def graph_ir(p: Plan, f: Facts, chunk_bits: int, batch: int) -> str:
    """The text of all functions."""
    parts = [base_ir(p, chunk_bits)]
    parts += [context_ir(p, n, "edge", tags=f.tags) for n in range(len(p.system.contexts))]
    masks = [_owed_ir(p, f, n) for n in range(len(p.system.contexts))]
    parts += [text for text, _ in masks]
    parts += [_number_ir(), _edges_ir(p, batch), _facts_ir(p, f, [bits for _, bits in masks])]
    return "\n".join(parts)


def _number_ir() -> str:
    return """
define i64 @number(i64 %from, i64 %to, ptr %numbers, ptr %parents) #0 {
entry:
  %empty = icmp eq i64 %from, %to
  br i1 %empty, label %end, label %each
each:
  %i = phi i64 [ %from, %entry ], [ %i1, %each ]
  %state = call ptr @state_at(i64 %i)
  %hash = call i64 @hash(ptr %state)
  %slot = call i64 @slot_of(ptr %state, i64 %hash)
  %at = getelementptr i32, ptr %numbers, i64 %slot
  %i32 = trunc i64 %i to i32
  store i32 %i32, ptr %at
  %parent_at = call ptr @parent_at(i64 %i)
  %parent = load i32, ptr %parent_at
  %to_parent = getelementptr i32, ptr %parents, i64 %i
  store i32 %parent, ptr %to_parent
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, %to
  br i1 %more, label %each, label %end
end:
  ret i64 0
}
"""


def _edges_ir(p: Plan, batch: int) -> str:
    """``edges(from, to, rows, heads, kinds, numbers)``: states are expanded until the buffer is worth resolving; their
    records lie in it in the order in which they go to the arrays. ``rows[from]`` is there already."""
    record, last = p.record, len(p.system.contexts)
    expand = "\n".join(f"  %out{n + 1} = call ptr @edge.{n}(ptr %state, ptr %out{n})" for n in range(last))
    return f"""
define i64 @edges(i64 %from, i64 %to, ptr %rows, ptr %heads, ptr %kinds, ptr %numbers) #0 {{
entry:
  %buffer = load ptr, ptr {control_at("buffer")}
  br label %collect
collect:
  %i = phi i64 [ %from, %entry ], [ %i, %resolved ], [ %i1, %announced ]
  %out0 = phi ptr [ %buffer, %entry ], [ %buffer, %resolved ], [ %out{last}, %announced ]
  %base_at = getelementptr i64, ptr %rows, i64 %i
  %base = load i64, ptr %base_at
  %used_from = ptrtoint ptr %buffer to i64
  %used_to = ptrtoint ptr %out0 to i64
  %used = sub i64 %used_to, %used_from
  %enough = icmp uge i64 %used, {batch * record * 8}
  %over = icmp eq i64 %i, %to
  %ready = or i1 %enough, %over
  br i1 %ready, label %resolve, label %expand
expand:
  %state = call ptr @state_at(i64 %i)
  store i64 %i, ptr {control_at("current")}
{expand}
  %b = ptrtoint ptr %out0 to i64
  %e = ptrtoint ptr %out{last} to i64
  %bytes = sub i64 %e, %b
  %count = udiv i64 %bytes, {record * 8}
  %next_base = add i64 %base, %count
  %i1 = add i64 %i, 1
  %next_at = getelementptr i64, ptr %rows, i64 %i1
  store i64 %next_base, ptr %next_at
  br label %announce
announce:
  %record = phi ptr [ %out0, %expand ], [ %record1, %one ]
  %done = icmp eq ptr %record, %out{last}
  br i1 %done, label %announced, label %one
one:
  %hash_of = call i64 @announce(ptr %record)
  %record1 = getelementptr i64, ptr %record, i64 {record}
  br label %announce
announced:
  br label %collect
resolve:
  %total = udiv i64 %used, {record * 8}
  %first = sub i64 %base, %total
  br label %look
look:
  %at = phi ptr [ %buffer, %resolve ], [ %at1, %note ]
  %n = phi i64 [ %first, %resolve ], [ %n1, %note ]
  %at_end = icmp eq ptr %at, %out0
  br i1 %at_end, label %resolved, label %note
note:
  %hash_at = getelementptr i64, ptr %at, i64 {record - 2}
  %hash = load i64, ptr %hash_at
  %slot = call i64 @slot_of(ptr %at, i64 %hash)
  %number_at = getelementptr i32, ptr %numbers, i64 %slot
  %number = load i32, ptr %number_at
  %head_at = getelementptr i32, ptr %heads, i64 %n
  store i32 %number, ptr %head_at
  %tag_at = getelementptr i64, ptr %at, i64 {record - 1}
  %tag = load i64, ptr %tag_at
  %tag16 = trunc i64 %tag to i16
  %kind_at = getelementptr i16, ptr %kinds, i64 %n
  store i16 %tag16, ptr %kind_at
  %at1 = getelementptr i64, ptr %at, i64 {record}
  %n1 = add i64 %n, 1
  br label %look
resolved:
  br i1 %over, label %finished, label %collect
finished:
  ret i64 0
}}
"""


def _owed_ir(p: Plan, f: Facts, context: int) -> tuple[str, dict[int, int]]:
    """``owed.K(state)``: for which conditions a step of context K would be possible, as far as its guards say; and
    the bit of each condition, by its index."""
    mine = sorted({n for at in p.at[context].values() for i in at for n in f.kinds[f.tags[i]].owners})
    bits = {n: 1 << at for at, n in enumerate(mine)}
    width = max(1, len(mine))
    w = Writer()
    w.lines.append(f"define internal i{width} @owed.{context}(ptr noalias nocapture readonly %state) #0 {{")
    w.label("entry")
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout))
    name = p.system.contexts[context].pc
    pc = p.layout.fields[name]
    places = {source: [i for i in group if f.kinds[f.tags[i]].owners] for source, group in p.at[context].items()}
    cases = " ".join(
        f"i64 {signed(source - pc.base if pc.width else 0)}, label %at.{source - pc.lo}" for source in places
    )
    w.do(f"switch i64 {code.field(name)}, label %none [{cases}]")
    for source, group in places.items():
        w.label(f"at.{source - pc.lo}")
        here, found = code.inner(), "0"
        for i in group:
            mask = sum(bits[n] for n in f.kinds[f.tags[i]].owners)
            step = w.emit(f"select i1 {here.truth(p.system.transitions[i].guard)}, i{width} {mask}, i{width} 0")
            found = w.emit(f"or i{width} {found}, {step}")
        w.do(f"ret i{width} {found}")
    w.label("none")
    w.do(f"ret i{width} 0")
    w.lines.append("}")
    return "\n".join(w.lines), bits


def _facts_ir(p: Plan, f: Facts, masks: Sequence[Mapping[int, int]]) -> str:
    """``facts(from, to, wishes, ables, answers)``."""
    w = Writer()
    w.lines.append("""
define i64 @facts(i64 %from, i64 %to, ptr %wishes, ptr %ables, ptr %answers) #0 {
entry:
  %empty = icmp eq i64 %from, %to
  br i1 %empty, label %end, label %each
each:
  %i = phi i64 [ %from, %entry ], [ %i1, %next ]
  %state = call ptr @state_at(i64 %i)""")
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout))
    strong = sum(1 << n for n, c in enumerate(f.conditions) if c.context is None)
    wish: list[Operand] = [str(signed(strong >> WORD * k)) for k in range(f.words)]
    able: list[Operand] = ["0"] * f.words
    for context, bits in enumerate(masks):
        if not bits:
            continue
        width = len(bits)
        owed = w.emit(f"call i{width} @owed.{context}(ptr %state)")
        may = code.truth(p.system.contexts[context].enabled)
        for n, bit in bits.items():
            some = w.emit(f"and i{width} {owed}, {bit if width > 1 else 1}")
            truth = w.emit(f"icmp ne i{width} {some}, 0")
            k, place = divmod(n, WORD)
            if f.conditions[n].context is not None:
                wish[k] = _with(w, wish[k], truth, place)
            able[k] = _with(w, able[k], w.emit(f"and i1 {truth}, {may}"), place)
    _store(w, "wishes", wish)
    _store(w, "ables", able)
    answers: list[Operand] = ["0"] * f.answer_words
    for n, e in enumerate(f.questions):
        k, place = divmod(n, WORD)
        answers[k] = _with(w, answers[k], code.truth(e), place)
    _store(w, "answers", answers)
    w.lines.append("""
  br label %next
next:
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, %to
  br i1 %more, label %each, label %end
end:
  ret i64 0
}""")
    return "\n".join(w.lines)


def _with(w: Writer, word: Operand, truth: Operand, place: int) -> Operand:
    bit = w.emit(f"select i1 {truth}, i64 {signed(1 << place)}, i64 0")
    return w.emit(f"or i64 {word}, {bit}")


def _store(w: Writer, array: str, words: list[Operand]) -> None:
    first = w.emit(f"mul i64 %i, {len(words)}")
    for k, word in enumerate(words):
        n = w.emit(f"add i64 {first}, {k}")
        at = w.emit(f"getelementptr i64, ptr %{array}, i64 {n}")
        w.do(f"store i64 {word}, ptr {at}")

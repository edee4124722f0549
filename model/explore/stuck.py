"""IR of the backward analysis behind ``stuck`` and ``lasting`` properties.

From which states may a context still move, though only what is promised happens? From those in which it can (or in
which a violating step may end the path), and from those with a promised successor from which it may: the least
fixpoint. Likewise, from which states may a condition still end? Edges are not stored. Each slot of the seen-set gets
a mark with one bit a context and one a ``lasting`` property; sweeps over the states, last found first because
successors mostly are found later, compute the successors again, look them up and collect their marks, until a sweep
changes nothing. A state whose mark is full is not visited again.
"""

from __future__ import annotations

from defercheck.explore.code import Code, Operand, Writer
from defercheck.explore.control import control_at
from defercheck.explore.successors import Plan, context_ir, load_words, note_first
from defercheck.explore.table import BUCKET
from defercheck.system.expr import Expr, Var, disj, equals
from defercheck.system.system import Property, Transition


def marked(p: Plan) -> list[int | str]:
    """What has a bit in a mark, in the order of the bits: contexts by their index, ``lasting`` properties by id."""
    contexts = sorted({c.context for c in _claims(p) if c.context is not None})
    return [*contexts, *(c.id for c in _claims(p) if c.kind == "lasting")]


def mark_bytes(p: Plan) -> int:
    """The size of a mark: a power of two with a bit for each."""
    size = 1
    while 8 * size < len(marked(p)):
        size *= 2
    return size


def rescues(t: Transition) -> bool:
    """Whether who waits for the step does not wait in vain."""
    return t.free not in ("finite", "unbounded")


def stuck_ir(p: Plan, batch: int) -> str:
    """``survey``, ``sweep`` and ``report``, each over the states ``from..to-1``."""
    partly = [context_ir(p, n, "promised", rescues) for n in sorted(_unpromised(p))]
    return "\n".join((*partly, _lookup_ir(p), _survey_ir(p), _sweep_ir(p, batch), _report_ir(p)))


def _claims(p: Plan) -> list[Property]:
    return [c for c in p.system.properties if c.kind in ("stuck", "lasting")]


def _unpromised(p: Plan) -> set[int]:
    """The contexts with steps that do not count."""
    return {t.context for t in p.system.transitions if not rescues(t)}


def _bit(p: Plan, c: Property) -> int:
    return 1 << marked(p).index(c.id if c.context is None else c.context)


def _waits(p: Plan, c: Property) -> Expr:
    """What must not be for ever."""
    if c.context is None:
        return c.expr
    pc = p.layout.fields[p.system.contexts[c.context].pc]
    return disj(*(equals(Var(pc.name), i) for i in sorted(c.locations)))


def _lookup_ir(p: Plan) -> str:
    mark = f"i{8 * mark_bytes(p)}"
    return f"""
define internal ptr @mark_at(i64 %slot) #1 {{
  %marks = load ptr, ptr {control_at("marks")}
  %at = getelementptr {mark}, ptr %marks, i64 %slot
  ret ptr %at
}}

; The mark of a state that is known to be in the table.
define internal ptr @mark_of(ptr %state, i64 %hash) #1 {{
  %slot = call i64 @slot_of(ptr %state, i64 %hash)
  %at = call ptr @mark_at(i64 %slot)
  ret ptr %at
}}

define internal void @announce_mark(ptr %record) #1 {{
  %hash = call i64 @announce(ptr %record)
  %home = call i64 @home(i64 %hash)
  %slot = mul i64 %home, {BUCKET}
  %mark = call ptr @mark_at(i64 %slot)
  call void @llvm.prefetch.p0(ptr %mark, i32 1, i32 3, i32 1)
  ret void
}}

define internal ptr @done_at(i64 %index) #1 {{
  %done = load ptr, ptr {control_at("done")}
  %n = lshr i64 %index, 3
  %at = getelementptr i8, ptr %done, i64 %n
  ret ptr %at
}}

define internal i8 @done_bit(i64 %index) #1 {{
  %n = and i64 %index, 7
  %shift = trunc i64 %n to i8
  %bit = shl i8 1, %shift
  ret i8 %bit
}}
"""


def _each_state(w: Writer, name: str) -> None:
    """The beginning of a function that does something with each state; ``_end_each`` is its end."""
    w.lines.append(f"""
define i64 @{name}(i64 %from, i64 %to) #0 {{
entry:
  %empty = icmp eq i64 %from, %to
  br i1 %empty, label %end, label %each
each:
  %i = phi i64 [ %from, %entry ], [ %i1, %next ]
  %state = call ptr @state_at(i64 %i)
  store i64 %i, ptr {control_at("current")}""")


def _end_each(w: Writer) -> None:
    w.lines.append("""
  br label %next
next:
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, %to
  br i1 %more, label %each, label %end
end:
  ret i64 0
}""")


def _survey_ir(p: Plan) -> str:
    """What is, in some state, as it must not be for ever: only the bits for these are wanted."""
    mark = f"i{8 * mark_bytes(p)}"
    w = Writer()
    _each_state(w, "survey")
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout))
    total = w.emit(f"load {mark}, ptr @wanted")
    for c in _claims(p):
        bit = w.emit(f"select i1 {code.truth(_waits(p, c))}, {mark} {_bit(p, c)}, {mark} 0")
        total = w.emit(f"or {mark} {total}, {bit}")
    w.do(f"store {mark} {total}, ptr @wanted")
    _end_each(w)
    return "\n".join(w.lines)


def _report_ir(p: Plan) -> str:
    """Note the first state in which each property fails, once the marks are final."""
    mark = f"i{8 * mark_bytes(p)}"
    w = Writer()
    _each_state(w, "report")
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout))
    waits = [(c, code.truth(_waits(p, c))) for c in _claims(p)]
    some = _or(w, [truth for _, truth in waits])
    w.lines.append(f"""
  br i1 {some}, label %undone, label %next
undone:
  %done_at = call ptr @done_at(i64 %i)
  %done_bit = call i8 @done_bit(i64 %i)
  %done_byte = load i8, ptr %done_at
  %done_and = and i8 %done_byte, %done_bit
  %is_done = icmp ne i8 %done_and, 0
  br i1 %is_done, label %next, label %look
look:
  %hash = call i64 @hash(ptr %state)
  %mark_at = call ptr @mark_of(ptr %state, i64 %hash)
  %mark = load {mark}, ptr %mark_at""")
    for c, truth in waits:
        bit = w.emit(f"and {mark} %mark, {_bit(p, c)}")
        cannot = w.emit(f"icmp eq {mark} {bit}, 0")
        shown = w.emit(f"and i1 {truth}, {cannot}")
        note, after = w.name("note"), w.name("after")
        w.do(f"br i1 {shown}, label %{note}, label %{after}")
        w.label(note)
        note_first(w, p.slots[c.id])
        w.do(f"br label %{after}")
        w.label(after)
    _end_each(w)
    return "\n".join(w.lines)


def _or(w: Writer, terms: list[Operand]) -> Operand:
    result = terms[0]
    for term in terms[1:]:
        result = w.emit(f"or i1 {result}, {term}")
    return result


def _sweep_ir(p: Plan, batch: int) -> str:
    """One sweep: states are collected with their successors until the buffer is worth resolving.

    In the buffer a state's record stands behind those of its successors. The last word of a record is 0 for a
    successor and index + 1 for the state itself.
    """
    mark, record = f"i{8 * mark_bytes(p)}", p.record
    w, partly = Writer(), _unpromised(p)
    for n in range(len(p.system.contexts)):
        steps = "promised" if n in partly else "context"
        w.do(f"%out{n + 1} = call ptr @{steps}.{n}(ptr %state, ptr %out{n})")
    last = len(p.system.contexts)
    seeds = "0"
    lasting = [c for c in _claims(p) if c.kind == "lasting"]
    code = Code(w, p.layout, p.ranges, load_words(w, p.layout)) if lasting else None
    for c in lasting:
        assert code is not None
        own = w.emit(f"select i1 {code.truth(c.expr)}, {mark} 0, {mark} {_bit(p, c)}")
        seeds = w.emit(f"or {mark} {seeds}, {own}")
    for context, bit in ((c, 1 << n) for n, c in enumerate(marked(p)) if isinstance(c, int)):
        moved = w.emit(f"icmp ne ptr %out{context}, %out{context + 1}")
        own = w.emit(f"select i1 {moved}, {mark} {bit}, {mark} 0")
        seeds = w.emit(f"or {mark} {seeds}, {own}")
    expand = "\n".join(w.lines)
    return f"""
define i64 @sweep(i64 %from, i64 %to) #0 {{
entry:
  %seeds_of = alloca [{batch} x {mark}]
  %buffer = load ptr, ptr {control_at("buffer")}
  %wanted = load {mark}, ptr @wanted
  br label %collect
collect:
  %i = phi i64 [ %to, %entry ], [ %i, %resolved ], [ %i1, %skip ], [ %i1, %collected ]
  %out0 = phi ptr [ %buffer, %entry ], [ %buffer, %resolved ], [ %out0, %skip ], [ %own_end, %collected ]
  %k = phi i64 [ 0, %entry ], [ 0, %resolved ], [ %k, %skip ], [ %k1, %collected ]
  %used_from = ptrtoint ptr %buffer to i64
  %used_to = ptrtoint ptr %out0 to i64
  %used = sub i64 %used_to, %used_from
  %enough = icmp uge i64 %used, {batch * record * 8}
  %last = icmp eq i64 %i, %from
  %ready = or i1 %enough, %last
  br i1 %ready, label %resolve, label %one
one:
  %i1 = sub i64 %i, 1
  %done_at = call ptr @done_at(i64 %i1)
  %done_bit = call i8 @done_bit(i64 %i1)
  %done_byte = load i8, ptr %done_at
  %done_and = and i8 %done_byte, %done_bit
  %is_done = icmp ne i8 %done_and, 0
  br i1 %is_done, label %skip, label %expand
skip:
  br label %collect
expand:
  %state = call ptr @state_at(i64 %i1)
  store i64 %i1, ptr {control_at("current")}
  store i64 -1, ptr {control_at("ended_at")}
{expand}
  %ended_at = load i64, ptr {control_at("ended_at")}
  %ended = icmp eq i64 %ended_at, %i1
  %seeds = select i1 %ended, {mark} -1, {mark} {seeds}
  %seeds_at = getelementptr {mark}, ptr %seeds_of, i64 %k
  store {mark} %seeds, ptr %seeds_at
  %k1 = add i64 %k, 1
  call void @copy(ptr %state, ptr %out{last})
  %own_end = getelementptr i64, ptr %out{last}, i64 {record}
  br label %announce
announce:
  %record = phi ptr [ %out0, %expand ], [ %record1, %announce ]
  %record1 = getelementptr i64, ptr %record, i64 {record}
  %is_own = icmp eq ptr %record1, %own_end
  %tag = select i1 %is_own, i64 %i, i64 0
  %tag_at = getelementptr i64, ptr %record, i64 {record - 1}
  store i64 %tag, ptr %tag_at
  call void @announce_mark(ptr %record)
  br i1 %is_own, label %collected, label %announce
collected:
  br label %collect
resolve:
  call void @foresee(ptr %buffer, ptr %out0, i64 0)
  br label %resolve_each
resolve_each:
  %at = phi ptr [ %buffer, %resolve ], [ %next, %resolve_next ]
  %sum = phi {mark} [ 0, %resolve ], [ %sum1, %resolve_next ]
  %j = phi i64 [ 0, %resolve ], [ %j1, %resolve_next ]
  %at_end = icmp eq ptr %at, %out0
  br i1 %at_end, label %resolved, label %look
resolved:
  br i1 %last, label %finished, label %collect
finished:
  ret i64 0
look:
  %next = getelementptr i64, ptr %at, i64 {record}
  %hash_at = getelementptr i64, ptr %at, i64 {record - 2}
  %hash = load i64, ptr %hash_at
  %mark_at = call ptr @mark_of(ptr %at, i64 %hash)
  %mark = load {mark}, ptr %mark_at
  %index_at = getelementptr i64, ptr %at, i64 {record - 1}
  %index = load i64, ptr %index_at
  %with = or {mark} %sum, %mark
  %successor = icmp eq i64 %index, 0
  br i1 %successor, label %resolve_next, label %own
own:
  %own_seeds_at = getelementptr {mark}, ptr %seeds_of, i64 %j
  %own_seeds = load {mark}, ptr %own_seeds_at
  %all = or {mark} %with, %own_seeds
  %new = and {mark} %all, %wanted
  %j2 = add i64 %j, 1
  %same = icmp eq {mark} %new, %mark
  br i1 %same, label %resolve_next, label %change
change:
  store {mark} %new, ptr %mark_at
  store i64 1, ptr {control_at("changed")}
  %full = icmp eq {mark} %new, %wanted
  br i1 %full, label %complete, label %resolve_next
complete:
  %state_index = sub i64 %index, 1
  %own_done_at = call ptr @done_at(i64 %state_index)
  %own_done_bit = call i8 @done_bit(i64 %state_index)
  %own_done = load i8, ptr %own_done_at
  %own_done1 = or i8 %own_done, %own_done_bit
  store i8 %own_done1, ptr %own_done_at
  br label %resolve_next
resolve_next:
  %sum1 = phi {mark} [ %with, %look ], [ 0, %own ], [ 0, %change ], [ 0, %complete ]
  %j1 = phi i64 [ %j, %look ], [ %j2, %own ], [ %j2, %change ], [ %j2, %complete ]
  br label %resolve_each
}}
"""

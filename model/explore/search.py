"""IR of the breadth-first search.

The states found lie in chunks, in the order in which they were found: queue, store and parent chain at once. A chunk
holds the packed states and, after them, their parents' 32-bit indexes. The seen-set is an open-addressing table with
linear probing whose slots are the packed states themselves: a look-up touches no other memory, and nothing is lossy.
What a look-up costs is its cache miss. So successors are not looked up one by one: they go to a buffer, the slots of
each are prefetched, and some 64 are looked up together, when most of their slots have arrived.
"""

from __future__ import annotations

from defercheck.explore.control import SHARED_IR, Status, control_at
from defercheck.explore.successors import Plan


def base_ir(p: Plan, chunk_bits: int) -> str:
    """Addresses, hash and probing: what search and backward analysis share."""
    words, tag = p.layout.words, p.layout.tag
    size = words * 8
    mixing = []
    for n in range(words):
        before = "0" if n == 0 else f"%h{n - 1}"
        mixing.append(f"""
  %p{n} = getelementptr i64, ptr %state, i64 {n}
  %w{n} = load i64, ptr %p{n}
  %s{n} = lshr i64 {before}, 32
  %x{n} = xor i64 {before}, %s{n}
  %a{n} = add i64 %x{n}, %w{n}
  %h{n} = mul i64 %a{n}, {_ODD[n % len(_ODD)]}""")
    last = words - 1
    compare = [
        f"""
  %a{n}p = getelementptr i64, ptr %a, i64 {n}
  %b{n}p = getelementptr i64, ptr %b, i64 {n}
  %a{n} = load i64, ptr %a{n}p
  %b{n} = load i64, ptr %b{n}p
  %x{n} = xor i64 %a{n}, %b{n}
  %o{n} = or i64 {f"%o{n - 1}" if n else "0"}, %x{n}"""
        for n in range(words)
    ]
    copy = [
        f"""
  %a{n}p = getelementptr i64, ptr %from, i64 {n}
  %b{n}p = getelementptr i64, ptr %to, i64 {n}
  %a{n} = load i64, ptr %a{n}p
  store i64 %a{n}, ptr %b{n}p"""
        for n in range(words)
    ]
    return f"""
{SHARED_IR}
declare i32 @llvm.umin.i32(i32, i32)
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
attributes #0 = {{ nounwind }}
attributes #1 = {{ nounwind alwaysinline }}

define internal i64 @hash(ptr %state) #1 {{{"".join(mixing)}
  %s = lshr i64 %h{last}, 29
  %x = xor i64 %h{last}, %s
  %h = mul i64 %x, {_ODD[-1]}
  ret i64 %h
}}

define internal i1 @same(ptr %a, ptr %b) #1 {{{"".join(compare)}
  %r = icmp eq i64 %o{last}, 0
  ret i1 %r
}}

define internal void @copy(ptr %from, ptr %to) #1 {{{"".join(copy)}
  ret void
}}

; The first slot to look at: the hash's place in 0..capacity-1, by its high bits.
define internal i64 @home(i64 %hash) #1 {{
  %capacity = load i64, ptr {control_at("capacity")}
  %a = zext i64 %hash to i128
  %b = zext i64 %capacity to i128
  %c = mul nuw i128 %a, %b
  %d = lshr i128 %c, 64
  %slot = trunc i128 %d to i64
  ret i64 %slot
}}

define internal ptr @slot_at(i64 %slot) #1 {{
  %table = load ptr, ptr {control_at("table")}
  %offset = mul i64 %slot, {size}
  %at = getelementptr i8, ptr %table, i64 %offset
  ret ptr %at
}}

define internal i1 @is_empty(ptr %slot) #1 {{
  %at = getelementptr i64, ptr %slot, i64 {tag}
  %w = load i64, ptr %at
  %r = icmp eq i64 %w, 0
  ret i1 %r
}}

define internal i64 @following(i64 %slot) #1 {{
  %capacity = load i64, ptr {control_at("capacity")}
  %n = add i64 %slot, 1
  %wraps = icmp eq i64 %n, %capacity
  %r = select i1 %wraps, i64 0, i64 %n
  ret i64 %r
}}

define internal ptr @chunk_of(i64 %index) #1 {{
  %chunks = load ptr, ptr {control_at("chunks")}
  %n = lshr i64 %index, {chunk_bits}
  %at = getelementptr ptr, ptr %chunks, i64 %n
  %chunk = load ptr, ptr %at
  ret ptr %chunk
}}

define internal ptr @state_at(i64 %index) #1 {{
  %chunk = call ptr @chunk_of(i64 %index)
  %n = and i64 %index, {(1 << chunk_bits) - 1}
  %offset = mul i64 %n, {size}
  %at = getelementptr i8, ptr %chunk, i64 %offset
  ret ptr %at
}}

define internal ptr @parent_at(i64 %index) #1 {{
  %chunk = call ptr @chunk_of(i64 %index)
  %parents = getelementptr i8, ptr %chunk, i64 {size << chunk_bits}
  %n = and i64 %index, {(1 << chunk_bits) - 1}
  %at = getelementptr i32, ptr %parents, i64 %n
  ret ptr %at
}}

; Hash the state of a record, keep the hash in it and fetch its slot.
define internal void @announce(ptr %record) #1 {{
  %hash = call i64 @hash(ptr %record)
  %at = getelementptr i64, ptr %record, i64 {words}
  store i64 %hash, ptr %at
  %home = call i64 @home(i64 %hash)
  %slot = call ptr @slot_at(i64 %home)
  call void @llvm.prefetch.p0(ptr %slot, i32 0, i32 3, i32 1)
  ret void
}}
"""


_ODD = (-7046029254386353131, -4417276706812531889, 6909045637428952499, -4132994306676758123)
"""Odd multipliers (those of well-tested hashes)."""


def search_ir(p: Plan, batch: int) -> str:
    """``search()`` goes on until there is something to say; ``rehash(old, from, to)`` fills a new table."""
    words, record = p.layout.words, p.record
    expansions = "\n".join(
        f"  %out{n + 1} = call ptr @context.{n}(ptr %state, ptr %out{n})" for n in range(len(p.system.contexts))
    )
    end = f"%out{len(p.system.contexts)}"
    return f"""
; Look the pending records up; what is new is appended. Only GROW leaves them where they are.
define internal i64 @flush() #0 {{
entry:
  %count = load i64, ptr {control_at("count")}
  %pending = load i64, ptr {control_at("pending")}
  %room = load i64, ptr {control_at("room")}
  %most = add i64 %count, %pending
  %tight = icmp ugt i64 %most, %room
  br i1 %tight, label %grow, label %begin
grow:
  ret i64 {Status.GROW.value}
begin:
  %buffer = load ptr, ptr {control_at("buffer")}
  %size = mul i64 %pending, {record * 8}
  %end = getelementptr i8, ptr %buffer, i64 %size
  br label %loop
loop:
  %at = phi ptr [ %buffer, %begin ], [ %next, %continue ]
  %n = phi i64 [ %count, %begin ], [ %n2, %continue ]
  %finished = icmp eq ptr %at, %end
  br i1 %finished, label %done, label %look
look:
  %hash_at = getelementptr i64, ptr %at, i64 {words}
  %hash = load i64, ptr %hash_at
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %slot = phi i64 [ %home, %look ], [ %slot2, %further ]
  %place = call ptr @slot_at(i64 %slot)
  %empty = call i1 @is_empty(ptr %place)
  br i1 %empty, label %insert, label %occupied
occupied:
  %same = call i1 @same(ptr %place, ptr %at)
  br i1 %same, label %continue, label %further
further:
  %slot2 = call i64 @following(i64 %slot)
  br label %probe
insert:
  call void @copy(ptr %at, ptr %place)
  %to = call ptr @state_at(i64 %n)
  call void @copy(ptr %at, ptr %to)
  %parent_from = getelementptr i64, ptr %at, i64 {words + 1}
  %parent = load i64, ptr %parent_from
  %parent32 = trunc i64 %parent to i32
  %parent_to = call ptr @parent_at(i64 %n)
  store i32 %parent32, ptr %parent_to
  %n1 = add i64 %n, 1
  br label %continue
continue:
  %n2 = phi i64 [ %n, %occupied ], [ %n1, %insert ]
  %next = getelementptr i64, ptr %at, i64 {record}
  br label %loop
done:
  store i64 %n, ptr {control_at("count")}
  store i64 0, ptr {control_at("pending")}
  %error = load i64, ptr {control_at("error")}
  %wrong = icmp ne i64 %error, 0
  %stop = load i64, ptr {control_at("stop")}
  %full = icmp ugt i64 %n, %stop
  %status = select i1 %full, i64 {Status.FULL.value}, i64 {Status.DONE.value}
  %status2 = select i1 %wrong, i64 {Status.ERROR.value}, i64 %status
  ret i64 %status2
}}

define i64 @search() #0 {{
entry:
  br label %loop
loop:
  %head = load i64, ptr {control_at("head")}
  %level_end = load i64, ptr {control_at("level_end")}
  %pending = load i64, ptr {control_at("pending")}
  %boundary = icmp eq i64 %head, %level_end
  %batch = icmp uge i64 %pending, {batch}
  %must = or i1 %boundary, %batch
  br i1 %must, label %flush, label %pay
flush:
  %status = call i64 @flush()
  %fine = icmp eq i64 %status, {Status.DONE.value}
  br i1 %fine, label %flushed, label %leave
leave:
  ret i64 %status
flushed:
  br i1 %boundary, label %level, label %pay
level:
  %count = load i64, ptr {control_at("count")}
  %last = icmp eq i64 %head, %count
  br i1 %last, label %finished, label %deeper
finished:
  ret i64 {Status.DONE.value}
deeper:
  store i64 %count, ptr {control_at("level_end")}
  %depth = load i64, ptr {control_at("depth")}
  %depth1 = add i64 %depth, 1
  store i64 %depth1, ptr {control_at("depth")}
  br label %pay
pay:
  %budget = load i64, ptr {control_at("budget")}
  %broke = icmp eq i64 %budget, 0
  br i1 %broke, label %pause, label %expand
pause:
  ret i64 {Status.PAUSE.value}
expand:
  %budget1 = sub i64 %budget, 1
  store i64 %budget1, ptr {control_at("budget")}
  %buffer = load ptr, ptr {control_at("buffer")}
  %waiting = load i64, ptr {control_at("pending")}
  %size = mul i64 %waiting, {record * 8}
  %out0 = getelementptr i8, ptr %buffer, i64 %size
  %state = call ptr @state_at(i64 %head)
  store i64 %head, ptr {control_at("current")}
  call void @watch(ptr %state)
{expansions}
  %none = icmp eq ptr {end}, %out0
  br i1 %none, label %nothing, label %announce
nothing:
  %violated_at = load i64, ptr {control_at("violated_at")}
  %violated = icmp eq i64 %violated_at, %head
  br i1 %violated, label %next, label %terminal
terminal:
  call void @terminal(ptr %state)
  br label %next
announce:
  %record = phi ptr [ %out0, %expand ], [ %record1, %announce ]
  %parent = getelementptr i64, ptr %record, i64 {words + 1}
  store i64 %head, ptr %parent
  call void @announce(ptr %record)
  %record1 = getelementptr i64, ptr %record, i64 {record}
  %more = icmp ne ptr %record1, {end}
  br i1 %more, label %announce, label %counted
counted:
  %from = ptrtoint ptr %out0 to i64
  %to = ptrtoint ptr {end} to i64
  %bytes = sub i64 %to, %from
  %n = udiv exact i64 %bytes, {record * 8}
  %pending1 = add i64 %waiting, %n
  store i64 %pending1, ptr {control_at("pending")}
  %edges = load i64, ptr {control_at("edges")}
  %edges1 = add i64 %edges, %n
  store i64 %edges1, ptr {control_at("edges")}
  br label %next
next:
  %head1 = add i64 %head, 1
  store i64 %head1, ptr {control_at("head")}
  br label %loop
}}

; Put the states of slots from..to-1 of another table into this one. They are all different, so the first free slot is
; right. A slot's home grows with the hash, so a table is read and written almost in order: no cache misses.
define i64 @rehash(ptr %old, i64 %from, i64 %to) #0 {{
entry:
  br label %loop
loop:
  %i = phi i64 [ %from, %entry ], [ %i1, %next ]
  %done = icmp eq i64 %i, %to
  br i1 %done, label %end, label %look
end:
  ret i64 0
look:
  %offset = mul i64 %i, {words * 8}
  %state = getelementptr i8, ptr %old, i64 %offset
  %free = call i1 @is_empty(ptr %state)
  br i1 %free, label %next, label %move
move:
  %hash = call i64 @hash(ptr %state)
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %slot = phi i64 [ %home, %move ], [ %slot2, %further ]
  %place = call ptr @slot_at(i64 %slot)
  %empty = call i1 @is_empty(ptr %place)
  br i1 %empty, label %found, label %further
further:
  %slot2 = call i64 @following(i64 %slot)
  br label %probe
found:
  call void @copy(ptr %state, ptr %place)
  br label %next
next:
  %i1 = add i64 %i, 1
  br label %loop
}}
"""

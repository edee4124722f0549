"""IR of the seen-set and of the states' store: what search and backward analysis share.

The states found lie in chunks, in the order in which they were found: queue, store and parent chain at once. A chunk
holds the packed states and, after them, their parents' 32-bit indexes. The seen-set is an open-addressing table of
64-bit slots; nothing is lossy. A state of one word is its slot. Of a wider state a slot has the upper half of its hash
and its index + 1, and what has the same half is compared in the store. A cache line of slots is a bucket, filled from
its beginning and compared all together; what finds its bucket full goes on to the next.
"""

from __future__ import annotations

from defercheck.explore.control import SHARED_IR, control_at
from defercheck.explore.layout import LINE
from defercheck.explore.successors import Plan

SLOT = 8
"""Bytes of a slot of the table."""
BUCKET = LINE // SLOT
SLOTS = f"<{BUCKET} x i64>"


def base_ir(p: Plan, chunk_bits: int) -> str:
    """Addresses, hash, buckets and ``rehash(old, from, to)``, which fills a new table."""
    words = p.layout.words
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
  %h{n} = mul i64 %a{n}, {ODD[n % len(ODD)]}""")
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
declare i64 @llvm.cttz.i64(i64, i1)
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
attributes #0 = {{ nounwind }}
attributes #1 = {{ nounwind alwaysinline }}

define internal i64 @hash(ptr %state) #1 {{{"".join(mixing)}
  %s = lshr i64 %h{last}, 29
  %x = xor i64 %h{last}, %s
  %h = mul i64 %x, {ODD[-1]}
  ret i64 %h
}}

define internal i1 @same(ptr %a, ptr %b) #1 {{{"".join(compare)}
  %r = icmp eq i64 %o{last}, 0
  ret i1 %r
}}

define internal void @copy(ptr %from, ptr %to) #1 {{{"".join(copy)}
  ret void
}}

; The first bucket to look at: the place in 0..buckets-1 of the hash's upper half, which is all that slots keep of it.
define internal i64 @home(i64 %hash) #1 {{
  %buckets = load i64, ptr {control_at("buckets")}
  %high = lshr i64 %hash, 32
  %place = mul nuw i64 %high, %buckets
  %bucket = lshr i64 %place, 32
  ret i64 %bucket
}}

define internal ptr @bucket_at(i64 %bucket) #1 {{
  %table = load ptr, ptr {control_at("table")}
  %offset = mul i64 %bucket, {SLOT * BUCKET}
  %at = getelementptr i8, ptr %table, i64 %offset
  ret ptr %at
}}

; A bit for each slot of a bucket that is free; first_of leads from the lowest bit to the slot.
define internal i64 @vacant(ptr %bucket) #1 {{
  %all = load {SLOTS}, ptr %bucket, align 8
  %free = icmp eq {SLOTS} %all, zeroinitializer
  %mask = bitcast <{BUCKET} x i1> %free to i{BUCKET}
  %bits = zext i{BUCKET} %mask to i64
  ret i64 %bits
}}

define internal ptr @first_of(ptr %bucket, i64 %bits) #1 {{
  %n = call i64 @llvm.cttz.i64(i64 %bits, i1 false)
  %at = getelementptr i64, ptr %bucket, i64 %n
  ret ptr %at
}}

define internal {SLOTS} @everywhere(i64 %slot) #1 {{
  %one = insertelement {SLOTS} poison, i64 %slot, i64 0
  %all = shufflevector {SLOTS} %one, {SLOTS} poison, <{BUCKET} x i32> zeroinitializer
  ret {SLOTS} %all
}}

define internal i64 @following(i64 %bucket) #1 {{
  %buckets = load i64, ptr {control_at("buckets")}
  %n = add i64 %bucket, 1
  %wraps = icmp eq i64 %n, %buckets
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
define internal i64 @announce(ptr %record) #1 {{
  %hash = call i64 @hash(ptr %record)
  %at = getelementptr i64, ptr %record, i64 {words}
  store i64 %hash, ptr %at
  %home = call i64 @home(i64 %hash)
  %slot = call ptr @bucket_at(i64 %home)
  call void @llvm.prefetch.p0(ptr %slot, i32 0, i32 3, i32 1)
  ret i64 %hash
}}

{_ONE_WORD if words == 1 else _more_words(words)}
; Put what is not in the table yet into the first slot that is free.
define internal void @put(i64 %value, i64 %hash) #1 {{
entry:
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %bucket = phi i64 [ %home, %entry ], [ %bucket2, %further ]
  %place = call ptr @bucket_at(i64 %bucket)
  %free = call i64 @vacant(ptr %place)
  %full = icmp eq i64 %free, 0
  br i1 %full, label %further, label %found
further:
  %bucket2 = call i64 @following(i64 %bucket)
  br label %probe
found:
  %slot = call ptr @first_of(ptr %place, i64 %free)
  store i64 %value, ptr %slot
  ret void
}}

; The slot of a state that is in the table.
define internal i64 @slot_of(ptr %state, i64 %hash) #1 {{
entry:
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %bucket = phi i64 [ %home, %entry ], [ %bucket2, %further ]
  %place = call ptr @bucket_at(i64 %bucket)
  %all = call i64 @matching(ptr %place, ptr %state, i64 %hash)
  br label %choose
choose:
  %here = phi i64 [ %all, %probe ], [ %rest, %other ]
  %none = icmp eq i64 %here, 0
  br i1 %none, label %further, label %compare
further:
  %bucket2 = call i64 @following(i64 %bucket)
  br label %probe
compare:
  %right = call i1 @holds(ptr %place, i64 %here, ptr %state, i64 0)
  br i1 %right, label %found, label %other
other:
  %fewer = sub i64 %here, 1
  %rest = and i64 %here, %fewer
  br label %choose
found:
  %lane = call i64 @llvm.cttz.i64(i64 %here, i1 true)
  %first = mul i64 %bucket, {BUCKET}
  %slot = add i64 %first, %lane
  ret i64 %slot
}}

; Put a state of the store into the table.
define i64 @enter(i64 %index) #0 {{
  %state = call ptr @state_at(i64 %index)
  %hash = call i64 @hash(ptr %state)
  %entry = call i64 @entry_for(ptr %state, i64 %hash, i64 %index)
  call void @put(i64 %entry, i64 %hash)
  ret i64 0
}}

; Put what is in slots from..to-1 of another table into this one. A slot's home grows with the hash, so a table is read
; and written almost in order: no cache misses.
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
  %at = getelementptr i64, ptr %old, i64 %i
  %entry_there = load i64, ptr %at
  %unused = icmp eq i64 %entry_there, 0
  br i1 %unused, label %next, label %move
move:
  %hash = call i64 @hash_of(ptr %at)
  call void @put(i64 %entry_there, i64 %hash)
  br label %next
next:
  %i1 = add i64 %i, 1
  br label %loop
}}
"""


_ONE_WORD = f"""
; A bit for each slot of a bucket that may be the state's.
define internal i64 @matching(ptr %bucket, ptr %state, i64 %hash) #1 {{
  %all = load {SLOTS}, ptr %bucket, align 8
  %word = load i64, ptr %state
  %key = call {SLOTS} @everywhere(i64 %word)
  %equal = icmp eq {SLOTS} %all, %key
  %mask = bitcast <{BUCKET} x i1> %equal to i{BUCKET}
  %bits = zext i{BUCKET} %mask to i64
  ret i64 %bits
}}

; Whether the first of those slots is the state's; yes when there is none.
define internal i1 @holds(ptr %bucket, i64 %here, ptr %state, i64 %index) #1 {{
  ret i1 true
}}

define internal i64 @entry_for(ptr %state, i64 %hash, i64 %index) #1 {{
  %word = load i64, ptr %state
  ret i64 %word
}}

define internal i64 @hash_of(ptr %slot) #1 {{
  %hash = call i64 @hash(ptr %slot)
  ret i64 %hash
}}

; Fetch the states that pending records will be compared with.
define internal void @foresee(ptr %from, ptr %to, i64 %index) #1 {{
  ret void
}}
"""


def _more_words(words: int) -> str:
    return f"""
define internal i64 @matching(ptr %bucket, ptr %state, i64 %hash) #1 {{
  %all = load {SLOTS}, ptr %bucket, align 8
  %key = call {SLOTS} @everywhere(i64 %hash)
  %apart = xor {SLOTS} %all, %key
  %half = call {SLOTS} @everywhere(i64 {1 << 32})
  %equal = icmp ult {SLOTS} %apart, %half
  %used = icmp ne {SLOTS} %all, zeroinitializer
  %both = and <{BUCKET} x i1> %equal, %used
  %mask = bitcast <{BUCKET} x i1> %both to i{BUCKET}
  %bits = zext i{BUCKET} %mask to i64
  ret i64 %bits
}}

; The state of the first of those slots; where there is none, the one that has the index.
define internal ptr @candidate(ptr %bucket, i64 %here, i64 %index) #1 {{
  %some = icmp ne i64 %here, 0
  %first = call ptr @first_of(ptr %bucket, i64 %here)
  %slot = select i1 %some, ptr %first, ptr %bucket
  %entry = load i64, ptr %slot
  %low = and i64 %entry, {(1 << 32) - 1}
  %there = sub i64 %low, 1
  %which = select i1 %some, i64 %there, i64 %index
  %at = call ptr @state_at(i64 %which)
  ret ptr %at
}}

; Where there is none, the state with the index must be this one.
define internal i1 @holds(ptr %bucket, i64 %here, ptr %state, i64 %index) #1 {{
  %other = call ptr @candidate(ptr %bucket, i64 %here, i64 %index)
  %same = call i1 @same(ptr %state, ptr %other)
  ret i1 %same
}}

define internal i64 @entry_for(ptr %state, i64 %hash, i64 %index) #1 {{
  %high = and i64 %hash, {-1 << 32}
  %number = add i64 %index, 1
  %entry = or i64 %high, %number
  ret i64 %entry
}}

define internal i64 @hash_of(ptr %slot) #1 {{
  %entry = load i64, ptr %slot
  ret i64 %entry
}}

define internal void @foresee(ptr %from, ptr %to, i64 %index) #0 {{
entry:
  br label %loop
loop:
  %at = phi ptr [ %from, %entry ], [ %next, %look ]
  %done = icmp eq ptr %at, %to
  br i1 %done, label %end, label %look
end:
  ret void
look:
  %hash_at = getelementptr i64, ptr %at, i64 {words}
  %hash = load i64, ptr %hash_at
  %home = call i64 @home(i64 %hash)
  %bucket = call ptr @bucket_at(i64 %home)
  %here = call i64 @matching(ptr %bucket, ptr %at, i64 %hash)
  %candidate = call ptr @candidate(ptr %bucket, i64 %here, i64 %index)
  call void @llvm.prefetch.p0(ptr %candidate, i32 0, i32 3, i32 1)
  %next = getelementptr i64, ptr %at, i64 {words + 2}
  br label %loop
}}
"""


ODD = (-7046029254386353131, -4417276706812531889, 6909045637428952499, -4132994306676758123)
"""Odd multipliers (those of well-tested hashes)."""

"""IR of the seen-set and of the states' store: what search and backward analysis share.

The states found lie in chunks, in the order in which they were found: queue, store and parent chain at once. A chunk
holds the packed states and, after them, their parents' 32-bit indexes. The seen-set is an open-addressing table whose
slots are the packed states themselves: a look-up touches no other memory, and nothing is lossy. The slots of a cache
line are a bucket, filled from its beginning and compared all together; what finds its bucket full goes on to the next.
"""

from __future__ import annotations

from defercheck.explore.control import SHARED_IR, control_at
from defercheck.explore.layout import Layout
from defercheck.explore.successors import Plan


def base_ir(p: Plan, chunk_bits: int) -> str:
    """Addresses, hash, buckets and ``rehash(old, from, to)``, which fills a new table."""
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
declare i64 @llvm.cttz.i64(i64, i1)
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

; The first bucket to look at: the hash's place in 0..buckets-1, by its high bits.
define internal i64 @home(i64 %hash) #1 {{
  %buckets = load i64, ptr {control_at("buckets")}
  %a = zext i64 %hash to i128
  %b = zext i64 %buckets to i128
  %c = mul nuw i128 %a, %b
  %d = lshr i128 %c, 64
  %bucket = trunc i128 %d to i64
  ret i64 %bucket
}}

define internal ptr @bucket_at(i64 %bucket) #1 {{
  %table = load ptr, ptr {control_at("table")}
  %offset = mul i64 %bucket, {p.layout.bucket * size}
  %at = getelementptr i8, ptr %table, i64 %offset
  ret ptr %at
}}

define internal i1 @is_empty(ptr %slot) #1 {{
  %at = getelementptr i64, ptr %slot, i64 {tag}
  %w = load i64, ptr %at
  %r = icmp eq i64 %w, 0
  ret i1 %r
}}

define internal i64 @following(i64 %bucket) #1 {{
  %buckets = load i64, ptr {control_at("buckets")}
  %n = add i64 %bucket, 1
  %wraps = icmp eq i64 %n, %buckets
  %r = select i1 %wraps, i64 0, i64 %n
  ret i64 %r
}}
{_bucket_ir(p.layout)}
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
  %offset = mul i64 %i, {size}
  %state = getelementptr i8, ptr %old, i64 %offset
  %unused = call i1 @is_empty(ptr %state)
  br i1 %unused, label %next, label %move
move:
  %hash = call i64 @hash(ptr %state)
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %bucket = phi i64 [ %home, %move ], [ %bucket2, %further ]
  %place = call ptr @bucket_at(i64 %bucket)
  %free = call i64 @vacant(ptr %place)
  %full = icmp eq i64 %free, 0
  br i1 %full, label %further, label %found
further:
  %bucket2 = call i64 @following(i64 %bucket)
  br label %probe
found:
  %slot = call ptr @first_of(ptr %place, i64 %free)
  call void @copy(ptr %state, ptr %slot)
  br label %next
next:
  %i1 = add i64 %i, 1
  br label %loop
}}
"""


def _bucket_ir(layout: Layout) -> str:
    """``matching`` and ``vacant``: a bit for each slot of a bucket that holds a state, or none. The bits stand where
    the slot's words begin; ``first_of`` leads from the lowest one to the slot."""
    words, lanes = layout.words, layout.words * layout.bucket
    starts = sum(1 << lane for lane in range(0, lanes, words))
    first_of = """
define internal ptr @first_of(ptr %bucket, i64 %bits) #1 {
  %n = call i64 @llvm.cttz.i64(i64 %bits, i1 false)
  %at = getelementptr i64, ptr %bucket, i64 %n
  ret ptr %at
}
"""
    if layout.bucket == 1:
        return f"""{first_of}
define internal i64 @matching(ptr %bucket, ptr %state) #1 {{
  %same = call i1 @same(ptr %bucket, ptr %state)
  %r = zext i1 %same to i64
  ret i64 %r
}}

define internal i64 @vacant(ptr %bucket) #1 {{
  %empty = call i1 @is_empty(ptr %bucket)
  %r = zext i1 %empty to i64
  ret i64 %r
}}
"""
    vector = f"<{lanes} x i64>"
    order = ", ".join(f"i32 {lane % words}" for lane in range(lanes))
    every = "\n".join(f"  %s{n} = lshr i64 %bits, {n}\n  %r{n} = and i64 %r{n - 1}, %s{n}" for n in range(1, words))
    return f"""{first_of}
define internal i64 @matching(ptr %bucket, ptr %state) #1 {{
  %all = load {vector}, ptr %bucket, align 8
  %one = load <{words} x i64>, ptr %state, align 8
  %key = shufflevector <{words} x i64> %one, <{words} x i64> poison, <{lanes} x i32> <{order}>
  %equal = icmp eq {vector} %all, %key
  %mask = bitcast <{lanes} x i1> %equal to i{lanes}
  %bits = zext i{lanes} %mask to i64
  %r0 = and i64 %bits, {starts}
{every}
  ret i64 %r{words - 1}
}}

define internal i64 @vacant(ptr %bucket) #1 {{
  %all = load {vector}, ptr %bucket, align 8
  %zero = icmp eq {vector} %all, zeroinitializer
  %mask = bitcast <{lanes} x i1> %zero to i{lanes}
  %bits = zext i{lanes} %mask to i64
  %tags = lshr i64 %bits, {layout.tag}
  %r = and i64 %tags, {starts}
  ret i64 %r
}}
"""


_ODD = (-7046029254386353131, -4417276706812531889, 6909045637428952499, -4132994306676758123)
"""Odd multipliers (those of well-tested hashes)."""

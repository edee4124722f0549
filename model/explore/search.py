"""IR of the breadth-first search.

What a look-up in the seen-set (``table``) costs is its cache miss. So successors are not looked up one by one: they
go to a buffer, the bucket of each is prefetched, and some 64 are looked up together, when most of their buckets have
arrived. Steps of different contexts mostly commute, so every other successor was met a moment ago: a small direct-
mapped cache of successors (``RECENT``), compared whole, drops it before it is looked up.
"""

from __future__ import annotations

from defercheck.explore.control import Status, control_at
from defercheck.explore.storage import RECENT
from defercheck.explore.successors import Plan


def search_ir(p: Plan, batch: int) -> str:
    """``search()`` goes on until there is something to say."""
    words, record = p.layout.words, p.record
    expansions = "\n".join(
        f"  %out{n + 1} = call ptr @context.{n}(ptr %state, ptr %out{n})" for n in range(len(p.system.contexts))
    )
    end = f"%out{len(p.system.contexts)}"
    return f"""
; Look the pending records up; what is new is appended. Only GROW leaves them where they are. Whether a state is new
; cannot be predicted, so nothing branches on it: a state that is known is written where it will be overwritten.
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
  call void @foresee(ptr %buffer, ptr %end, i64 %count)
  br label %loop
loop:
  %at = phi ptr [ %buffer, %begin ], [ %next, %settle ]
  %n = phi i64 [ %count, %begin ], [ %n1, %settle ]
  %finished = icmp eq ptr %at, %end
  br i1 %finished, label %done, label %look
look:
  %hash_at = getelementptr i64, ptr %at, i64 {words}
  %hash = load i64, ptr %hash_at
  %home = call i64 @home(i64 %hash)
  br label %probe
probe:
  %bucket = phi i64 [ %home, %look ], [ %bucket2, %further ]
  %place = call ptr @bucket_at(i64 %bucket)
  %all = call i64 @matching(ptr %place, ptr %at, i64 %hash)
  %free = call i64 @vacant(ptr %place)
  br label %choose
choose:
  %here = phi i64 [ %all, %probe ], [ %rest, %other ]
  %either = or i64 %here, %free
  %full = icmp eq i64 %either, 0
  br i1 %full, label %further, label %compare
further:
  %bucket2 = call i64 @following(i64 %bucket)
  br label %probe
other:
  %fewer = sub i64 %here, 1
  %rest = and i64 %here, %fewer
  br label %choose
compare:
  %stored = call ptr @state_at(i64 %n)
  call void @copy(ptr %at, ptr %stored)
  %right = call i1 @holds(ptr %place, i64 %here, ptr %at, i64 %n)
  br i1 %right, label %settle, label %other
settle:
  %new = icmp eq i64 %here, 0
  %entry_now = call i64 @entry_for(ptr %at, i64 %hash, i64 %n)
  %slot = call ptr @first_of(ptr %place, i64 %free)
  %to = select i1 %new, ptr %slot, ptr %at
  store i64 %entry_now, ptr %to
  %parent_from = getelementptr i64, ptr %at, i64 {words + 1}
  %parent = load i64, ptr %parent_from
  %parent32 = trunc i64 %parent to i32
  %parent_to = call ptr @parent_at(i64 %n)
  store i32 %parent32, ptr %parent_to
  %one = zext i1 %new to i64
  %n1 = add i64 %n, %one
  %next = getelementptr i64, ptr %at, i64 {record}
  br label %loop
done:
  store i64 %n, ptr {control_at("count")}
  store i64 0, ptr {control_at("pending")}
  %error = load i64, ptr {control_at("error")}
  %wrong = icmp ne i64 %error, 0
  %stop = load i64, ptr {control_at("stop")}
  %over = icmp ugt i64 %n, %stop
  %status = select i1 %over, i64 {Status.FULL.value}, i64 {Status.DONE.value}
  %status2 = select i1 %wrong, i64 {Status.ERROR.value}, i64 %status
  ret i64 %status2
}}

define i64 @search() #0 {{
entry:
  %recent = load ptr, ptr {control_at("recent")}
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
  %kept = phi ptr [ %out0, %expand ], [ %kept1, %announce ]
  call void @copy(ptr %record, ptr %kept)
  %parent = getelementptr i64, ptr %kept, i64 {words + 1}
  store i64 %head, ptr %parent
  %hash = call i64 @announce(ptr %kept)
  %place = and i64 %hash, {RECENT - 1}
  %offset = mul i64 %place, {words * 8}
  %lately = getelementptr i8, ptr %recent, i64 %offset
  %known = call i1 @same(ptr %kept, ptr %lately)
  call void @copy(ptr %kept, ptr %lately)
  %further = getelementptr i64, ptr %kept, i64 {record}
  %kept1 = select i1 %known, ptr %kept, ptr %further
  %record1 = getelementptr i64, ptr %record, i64 {record}
  %more = icmp ne ptr %record1, {end}
  br i1 %more, label %announce, label %counted
counted:
  %from = ptrtoint ptr %out0 to i64
  %to = ptrtoint ptr {end} to i64
  %bytes = sub i64 %to, %from
  %n = udiv exact i64 %bytes, {record * 8}
  %kept_to = ptrtoint ptr %kept1 to i64
  %kept_bytes = sub i64 %kept_to, %from
  %kept_n = udiv exact i64 %kept_bytes, {record * 8}
  %pending1 = add i64 %waiting, %kept_n
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
"""

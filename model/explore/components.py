"""IR for strongly connected components of a graph in arrays, and for what holds in each: to stand behind ``base_ir``.

The graph is one of rows: the edges of node ``v`` are ``rows[v]..rows[v+1]-1``, each with a head and a kind. Only edges
of kinds that are ``allowed``, and within one *zone*, count; nodes of a negative zone are not there.
"""

from __future__ import annotations

COMPONENTS_IR = """
; Tarjan's algorithm without recursion. The arrays of numbers and components begin as -1; the result is how many
; components there are. `places` and `calls` are the stack of calls, `stack` that of nodes without a component.
define i64 @components(i64 %n, ptr %rows, ptr %heads, ptr %kinds, ptr %allowed, ptr %zones,
                       ptr %numbers, ptr %lows, ptr %found, ptr %stack, ptr %calls, ptr %places) #0 {
entry:
  br label %root
root:
  %r = phi i64 [ 0, %entry ], [ %r_next, %over ]
  %count = phi i32 [ 0, %entry ], [ %count_over, %over ]
  %clock = phi i32 [ 0, %entry ], [ %clock_over, %over ]
  %ended = icmp eq i64 %r, %n
  br i1 %ended, label %finished, label %try
finished:
  %result = zext i32 %count to i64
  ret i64 %result
try:
  %r_zone_at = getelementptr i32, ptr %zones, i64 %r
  %r_zone = load i32, ptr %r_zone_at
  %r_out = icmp slt i32 %r_zone, 0
  %r_number_at = getelementptr i32, ptr %numbers, i64 %r
  %r_number = load i32, ptr %r_number_at
  %r_seen = icmp ne i32 %r_number, -1
  %r_skip = or i1 %r_out, %r_seen
  br i1 %r_skip, label %over, label %visit
over:
  %count_over = phi i32 [ %count, %try ], [ %count_up, %up ]
  %clock_over = phi i32 [ %clock, %try ], [ %clock_node, %up ]
  %r_next = add i64 %r, 1
  br label %root

visit:
  %v = phi i64 [ %r, %try ], [ %w, %descend ]
  %depth = phi i64 [ 0, %try ], [ %depth_next, %descend ]
  %waiting = phi i64 [ 0, %try ], [ %waiting_node, %descend ]
  %count_v = phi i32 [ %count, %try ], [ %count_node, %descend ]
  %clock_v = phi i32 [ %clock, %try ], [ %clock_node, %descend ]
  %v_number_at = getelementptr i32, ptr %numbers, i64 %v
  store i32 %clock_v, ptr %v_number_at
  %v_low_at = getelementptr i32, ptr %lows, i64 %v
  store i32 %clock_v, ptr %v_low_at
  %clock_1 = add i32 %clock_v, 1
  %v_call_at = getelementptr i32, ptr %calls, i64 %depth
  %v32 = trunc i64 %v to i32
  store i32 %v32, ptr %v_call_at
  %v_row_at = getelementptr i64, ptr %rows, i64 %v
  %v_row = load i64, ptr %v_row_at
  %v_place_at = getelementptr i64, ptr %places, i64 %depth
  store i64 %v_row, ptr %v_place_at
  %v_stack_at = getelementptr i32, ptr %stack, i64 %waiting
  store i32 %v32, ptr %v_stack_at
  %waiting_1 = add i64 %waiting, 1
  br label %node

node:
  %u_depth = phi i64 [ %depth, %visit ], [ %depth_up, %return ]
  %waiting_node = phi i64 [ %waiting_1, %visit ], [ %waiting_up, %return ]
  %count_node = phi i32 [ %count_v, %visit ], [ %count_up, %return ]
  %clock_node = phi i32 [ %clock_1, %visit ], [ %clock_node, %return ]
  %u_call_at = getelementptr i32, ptr %calls, i64 %u_depth
  %u32 = load i32, ptr %u_call_at
  %u = zext i32 %u32 to i64
  %u1 = add i64 %u, 1
  %u_end_at = getelementptr i64, ptr %rows, i64 %u1
  %u_end = load i64, ptr %u_end_at
  %u_place_at = getelementptr i64, ptr %places, i64 %u_depth
  %u_place = load i64, ptr %u_place_at
  %u_zone_at = getelementptr i32, ptr %zones, i64 %u
  %u_zone = load i32, ptr %u_zone_at
  %u_low_at = getelementptr i32, ptr %lows, i64 %u
  br label %edge
edge:
  %e = phi i64 [ %u_place, %node ], [ %e1, %skip ]
  %no_more = icmp uge i64 %e, %u_end
  br i1 %no_more, label %leave, label %look
look:
  %e1 = add i64 %e, 1
  %kind_at = getelementptr i16, ptr %kinds, i64 %e
  %kind16 = load i16, ptr %kind_at
  %kind = zext i16 %kind16 to i64
  %allowed_at = getelementptr i8, ptr %allowed, i64 %kind
  %allowed8 = load i8, ptr %allowed_at
  %is_allowed = icmp ne i8 %allowed8, 0
  %w_at = getelementptr i32, ptr %heads, i64 %e
  %w32 = load i32, ptr %w_at
  %w = zext i32 %w32 to i64
  %w_zone_at = getelementptr i32, ptr %zones, i64 %w
  %w_zone = load i32, ptr %w_zone_at
  %same_zone = icmp eq i32 %w_zone, %u_zone
  %counts = and i1 %is_allowed, %same_zone
  br i1 %counts, label %known, label %skip
known:
  %w_number_at = getelementptr i32, ptr %numbers, i64 %w
  %w_number = load i32, ptr %w_number_at
  %w_new = icmp eq i32 %w_number, -1
  br i1 %w_new, label %descend, label %back
back:
  %w_found_at = getelementptr i32, ptr %found, i64 %w
  %w_found = load i32, ptr %w_found_at
  %w_waits = icmp eq i32 %w_found, -1
  br i1 %w_waits, label %lower, label %skip
lower:
  %old_low = load i32, ptr %u_low_at
  %new_low = call i32 @llvm.umin.i32(i32 %old_low, i32 %w_number)
  store i32 %new_low, ptr %u_low_at
  br label %skip
skip:
  br label %edge
descend:
  store i64 %e1, ptr %u_place_at
  %depth_next = add i64 %u_depth, 1
  br label %visit

leave:
  %low = load i32, ptr %u_low_at
  %u_number_at = getelementptr i32, ptr %numbers, i64 %u
  %u_number = load i32, ptr %u_number_at
  %is_root = icmp eq i32 %low, %u_number
  br i1 %is_root, label %pop, label %up
pop:
  %waiting_pop = phi i64 [ %waiting_node, %leave ], [ %waiting_less, %pop ]
  %waiting_less = sub i64 %waiting_pop, 1
  %top_at = getelementptr i32, ptr %stack, i64 %waiting_less
  %top32 = load i32, ptr %top_at
  %top = zext i32 %top32 to i64
  %top_found_at = getelementptr i32, ptr %found, i64 %top
  store i32 %count_node, ptr %top_found_at
  %popped = icmp eq i32 %top32, %u32
  br i1 %popped, label %one_more, label %pop
one_more:
  %count_more = add i32 %count_node, 1
  br label %up
up:
  %waiting_up = phi i64 [ %waiting_node, %leave ], [ %waiting_less, %one_more ]
  %count_up = phi i32 [ %count_node, %leave ], [ %count_more, %one_more ]
  %at_bottom = icmp eq i64 %u_depth, 0
  br i1 %at_bottom, label %over, label %return
return:
  %depth_up = sub i64 %u_depth, 1
  %caller_at = getelementptr i32, ptr %calls, i64 %depth_up
  %caller32 = load i32, ptr %caller_at
  %caller = zext i32 %caller32 to i64
  %caller_low_at = getelementptr i32, ptr %lows, i64 %caller
  %caller_low = load i32, ptr %caller_low_at
  %least = call i32 @llvm.umin.i32(i32 %caller_low, i32 %low)
  store i32 %least, ptr %caller_low_at
  br label %node
}

; For each component: the conjunction of its states' wishes, the disjunction of what they are able to do and of what its
; inner edges own, all in words; and whether it has inner edges.
define i64 @gather(i64 %n, ptr %rows, ptr %heads, ptr %kinds, ptr %allowed, ptr %found, i64 %words,
                   ptr %wishes, ptr %ables, ptr %owners, ptr %all, ptr %some, ptr %taken, ptr %inner) #0 {
entry:
  br label %node
node:
  %v = phi i64 [ 0, %entry ], [ %v1, %next ]
  %ended = icmp eq i64 %v, %n
  br i1 %ended, label %finished, label %one
finished:
  ret i64 0
one:
  %v1 = add i64 %v, 1
  %c_at = getelementptr i32, ptr %found, i64 %v
  %c = load i32, ptr %c_at
  %there = icmp sge i32 %c, 0
  br i1 %there, label %begin, label %next
begin:
  %c64 = zext i32 %c to i64
  %base = mul i64 %c64, %words
  %from = mul i64 %v, %words
  br label %word
word:
  %k = phi i64 [ 0, %begin ], [ %k1, %word ]
  %i = add i64 %base, %k
  %j = add i64 %from, %k
  %wish_at = getelementptr i64, ptr %wishes, i64 %j
  %wish = load i64, ptr %wish_at
  %all_at = getelementptr i64, ptr %all, i64 %i
  %all_0 = load i64, ptr %all_at
  %all_1 = and i64 %all_0, %wish
  store i64 %all_1, ptr %all_at
  %able_at = getelementptr i64, ptr %ables, i64 %j
  %able = load i64, ptr %able_at
  %some_at = getelementptr i64, ptr %some, i64 %i
  %some_0 = load i64, ptr %some_at
  %some_1 = or i64 %some_0, %able
  store i64 %some_1, ptr %some_at
  %k1 = add i64 %k, 1
  %words_over = icmp eq i64 %k1, %words
  br i1 %words_over, label %edges, label %word
edges:
  %row_at = getelementptr i64, ptr %rows, i64 %v
  %row = load i64, ptr %row_at
  %end_at = getelementptr i64, ptr %rows, i64 %v1
  %end = load i64, ptr %end_at
  br label %edge
edge:
  %e = phi i64 [ %row, %edges ], [ %e1, %edge_next ]
  %e1 = add i64 %e, 1
  %no_more = icmp uge i64 %e, %end
  br i1 %no_more, label %next, label %look
look:
  %kind_at = getelementptr i16, ptr %kinds, i64 %e
  %kind16 = load i16, ptr %kind_at
  %kind = zext i16 %kind16 to i64
  %allowed_at = getelementptr i8, ptr %allowed, i64 %kind
  %allowed8 = load i8, ptr %allowed_at
  %is_allowed = icmp ne i8 %allowed8, 0
  %w_at = getelementptr i32, ptr %heads, i64 %e
  %w32 = load i32, ptr %w_at
  %w = zext i32 %w32 to i64
  %w_c_at = getelementptr i32, ptr %found, i64 %w
  %w_c = load i32, ptr %w_c_at
  %within = icmp eq i32 %w_c, %c
  %counts = and i1 %within, %is_allowed
  br i1 %counts, label %take, label %edge_next
take:
  %inner_at = getelementptr i8, ptr %inner, i64 %c64
  store i8 1, ptr %inner_at
  %kind_base = mul i64 %kind, %words
  br label %own
own:
  %m = phi i64 [ 0, %take ], [ %m1, %own ]
  %owner_i = add i64 %kind_base, %m
  %owner_at = getelementptr i64, ptr %owners, i64 %owner_i
  %owner = load i64, ptr %owner_at
  %taken_i = add i64 %base, %m
  %taken_at = getelementptr i64, ptr %taken, i64 %taken_i
  %taken_0 = load i64, ptr %taken_at
  %taken_1 = or i64 %taken_0, %owner
  store i64 %taken_1, ptr %taken_at
  %m1 = add i64 %m, 1
  %owned = icmp eq i64 %m1, %words
  br i1 %owned, label %edge_next, label %own
edge_next:
  br label %edge
next:
  br label %node
}
"""

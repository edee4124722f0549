"""A family of systems with the shape of a compiled spec: the tasklet protocol on several CPUs.

Each CPU has a hardirq frame and a softirq frame. An interrupt schedules its tasklet (``tasklet_schedule``: set SCHED,
append to the CPU's list, raise the softirq); the softirq takes the list and for each tasklet tries RUN, clears SCHED,
runs the function and clears RUN; what another CPU runs goes back to the list (``tasklet_action``). Any tasklet's
interrupt may come on any CPU, as often as it likes unless ``times`` bounds it.

``system`` builds the TransitionSystem; ``promela`` the same protocol as one writes it in Promela, with lists as
channels and one proctype a context. Both have a step wherever the other has one, so their state counts must agree.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise

from defercheck.system.expr import TRUE, Const, Expr, Var, conj, disj, equals, ite, negate, op
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable

IRQ = ("idle", "test_and_set(SCHED)", "list_add_tail", "irq_exit")
SOFTIRQ = ("idle", "take the list", "next", "trylock(RUN)", "clear SCHED", "function", "unlock(RUN)", "pending again?")


def name(word: str, *indexes: int) -> str:
    """The name of an element: ``list[0,1]``."""
    return f"{word}[{','.join(map(str, indexes))}]"


class _Builder:
    def __init__(self, tasklets: int, cpus: int, times: int | None):
        self.tasklets, self.cpus, self.times = range(tasklets), range(cpus), times
        self.variables: list[Variable] = []
        self.contexts: list[Context] = []
        self.transitions: list[Transition] = []

    def add(
        self, source: int, target: int, label: str, guard: Expr = TRUE, updates: dict[str, Expr | int] | None = None
    ) -> None:
        """A step of the context that was added last."""
        assigned = tuple((n, Const(e) if isinstance(e, int) else e) for n, e in (updates or {}).items())
        self.transitions.append(Transition(len(self.contexts) - 1, source, target, guard, assigned, label))

    def append(self, cpu: int, tasklet: int) -> dict[str, Expr | int]:
        """The tasklet goes into the first free place of the CPU's list."""
        updates: dict[str, Expr | int] = {}
        for k in self.tasklets:
            here = equals(Var(name("list", cpu, k)), 0)
            before = negate(equals(Var(name("list", cpu, k - 1)), 0)) if k else TRUE
            updates[name("list", cpu, k)] = ite(conj(here, before), Const(tasklet + 1), Var(name("list", cpu, k)))
        updates[name("pending", cpu)] = 1
        return updates

    def declare(self) -> None:
        most = len(self.tasklets)
        for t in self.tasklets:
            self.variables += [Variable(name(bit, t), 0, 1, 0, boolean=True) for bit in ("SCHED", "RUN")]
            if self.times is not None:
                self.variables.append(Variable(name("left", t), 0, self.times, self.times))
        for c in self.cpus:
            self.variables += [
                Variable(name("irq", c), 0, len(IRQ) - 1, 0, origin="pc"),
                Variable(name("irq.tasklet", c), 0, most, 0),
                Variable(name("softirq", c), 0, len(SOFTIRQ) - 1, 0, origin="pc"),
                Variable(name("current", c), 0, most, 0),
                Variable(name("pending", c), 0, 1, 0, boolean=True),
            ]
            for word in ("list", "taken"):
                self.variables += [Variable(name(word, c, k), 0, most, 0) for k in self.tasklets]

    def irq(self, cpu: int) -> None:
        pc, mine = name("irq", cpu), name("irq.tasklet", cpu)
        self.contexts.append(
            Context(pc, "hardirq", Const(cpu), pc, tuple(map(Location, IRQ)), frozenset({0}))
        )  # fmt: skip
        for t in self.tasklets:
            may: Expr = TRUE
            spent: dict[str, Expr | int] = {}
            if self.times is not None:
                left = Var(name("left", t))
                may, spent = negate(equals(left, 0)), {name("left", t): op("sub", left, Const(1))}
            self.add(0, 1, f"irq {t}", may, {mine: t + 1, **spent})
            this = equals(Var(mine), t + 1)
            self.add(1, 2, f"schedule {t}", conj(this, negate(Var(name("SCHED", t)))), {name("SCHED", t): 1})
            self.add(1, 3, f"{t} was scheduled", conj(this, Var(name("SCHED", t))), {mine: 0})
            self.add(2, 3, f"append {t}", this, {**self.append(cpu, t), mine: 0})
        starts = conj(equals(Var(name("softirq", cpu)), 0), Var(name("pending", cpu)))
        self.add(3, 0, "irq exit", TRUE, {name("softirq", cpu): ite(starts, Const(1), Var(name("softirq", cpu)))})

    def softirq(self, cpu: int) -> None:
        pc, current, pending = name("softirq", cpu), name("current", cpu), name("pending", cpu)
        self.contexts.append(
            Context(
                pc, "softirq", Const(cpu), pc, tuple(map(Location, SOFTIRQ)), frozenset({0}),
                enabled=equals(Var(name("irq", cpu)), 0),
            )
        )  # fmt: skip
        taken = [name("taken", cpu, k) for k in self.tasklets]
        listed = [name("list", cpu, k) for k in self.tasklets]
        moves: dict[str, Expr | int] = {a: Var(b) for a, b in zip(taken, listed, strict=True)}
        self.add(1, 2, "take the list", TRUE, {pending: 0, **moves, **dict.fromkeys(listed, 0)})
        self.add(2, 7, "list is empty", equals(Var(taken[0]), 0))
        shifted: dict[str, Expr | int] = {a: Var(b) for a, b in pairwise(taken)}
        pop = {**shifted, taken[-1]: 0, current: Var(taken[0])}
        self.add(2, 3, "next tasklet", negate(equals(Var(taken[0]), 0)), pop)
        for t in self.tasklets:
            this, run = equals(Var(current), t + 1), name("RUN", t)
            self.add(3, 4, f"lock {t}", conj(this, negate(Var(run))), {run: 1})
            self.add(3, 2, f"{t} runs elsewhere", conj(this, Var(run)), {**self.append(cpu, t), current: 0})
            self.add(4, 5, f"clear SCHED of {t}", this, {name("SCHED", t): 0})
            self.add(6, 2, f"unlock {t}", this, {run: 0, current: 0})
        self.add(5, 6, "function")
        self.add(7, 1, "once more", Var(pending))
        self.add(7, 0, "softirq ends")

    def properties(self) -> list[Property]:
        found = []
        inside = {
            (c, t): conj(
                disj(equals(Var(name("softirq", c)), 5), equals(Var(name("softirq", c)), 6)),
                equals(Var(name("current", c)), t + 1),
            )
            for c in self.cpus
            for t in self.tasklets
        }
        for t in self.tasklets:
            twice = [conj(inside[a, t], inside[b, t]) for a in self.cpus for b in self.cpus if a < b]
            found.append(
                Property(f"reentered {t}", "DF201", "invariant", "runs on two CPUs at once", expr=negate(disj(*twice)))
            )
        for c in self.cpus:
            full = negate(equals(Var(name("list", c, len(self.tasklets) - 1)), 0))
            empty = equals(Var(name("list", c, 0)), 0)
            found.append(
                Property(f"lost {c}", "DF502", "invariant", "queued, not raised",
                         expr=disj(empty, Var(name("pending", c))))
            )  # fmt: skip
            found.append(Property(f"full {c}", "DF904", "cover", "the list gets full", expr=full))
        return found


def system(tasklets: int, cpus: int, times: int | None = None, stuck: bool = False) -> TransitionSystem:
    """The family's member. ``stuck`` also asks, of every frame, that it can always go on."""
    b = _Builder(tasklets, cpus, times)
    b.declare()
    for c in b.cpus:
        b.irq(c)
        b.softirq(c)
    properties = b.properties()
    if stuck:
        for n, context in enumerate(b.contexts):
            at = frozenset(range(1, len(context.locations)))
            properties.append(Property(f"stuck {context.name}", "DF402", "stuck", "waits", context=n, locations=at))
    return TransitionSystem(
        f"{tasklets} tasklets, {cpus} CPUs", tuple(b.variables), tuple(b.contexts), tuple(b.transitions),
        tuple(properties),
    )  # fmt: skip


def promela(tasklets: int, cpus: int, times: int | None = None) -> str:
    """The same protocol in Promela."""
    left = "" if times is None else f"byte left[T] = {times};\n"
    sources = "\n".join(
        f"     :: atomic {{ {'' if times is None else f'left[{t}] > 0 -> left[{t}]--; '}"
        f"tasklet = {t + 1}; busy[cpu] = true }}"
        for t in range(tasklets)
    )
    return f"""\
/* {tasklets} tasklets, {cpus} CPUs: tasklet_schedule() in interrupts, tasklet_action() in softirqs. */
#define T {tasklets}
#define C {cpus}

bit sched[T], locked[T];
bit pending[C];
bool busy[C];    /* a hardirq frame is active */
bool raised[C];  /* a softirq frame is active */
byte inside[T];  /* how many CPUs are in the tasklet's function: ghost */
{left}chan list[C] = [T] of {{ byte }};
chan taken[C] = [T] of {{ byte }};

active [C] proctype irq()
{{
  byte cpu = _pid;
  byte tasklet = 0;
  do
  :: if
{sources}
     fi;
     if
     :: d_step {{ !sched[tasklet - 1] -> sched[tasklet - 1] = 1 }};
        d_step {{ list[cpu]!tasklet; pending[cpu] = 1; tasklet = 0 }}
     :: d_step {{ sched[tasklet - 1] -> tasklet = 0 }}
     fi;
     d_step {{
       if
       :: pending[cpu] && !raised[cpu] -> raised[cpu] = true
       :: else
       fi;
       busy[cpu] = false
     }}
  od
}}

active [C] proctype softirq() provided (!busy[_pid - C])
{{
  byte cpu = _pid - C;
  byte t = 0;
  do
  :: d_step {{
       raised[cpu];
       pending[cpu] = 0;
       do
       :: nempty(list[cpu]) -> list[cpu]?t; taken[cpu]!t
       :: empty(list[cpu]) -> break
       od;
       t = 0
     }};
     do
     :: taken[cpu]?t;
        if
        :: d_step {{ !locked[t - 1] -> locked[t - 1] = 1 }};
           d_step {{ sched[t - 1] = 0; inside[t - 1]++; assert(inside[t - 1] == 1) }};
           skip;
           d_step {{ locked[t - 1] = 0; inside[t - 1]--; t = 0 }}
        :: d_step {{ locked[t - 1] -> list[cpu]!t; pending[cpu] = 1; t = 0 }}
        fi
     :: empty(taken[cpu]) -> break
     od;
     if
     :: pending[cpu]
     :: raised[cpu] = false
     fi
  od
}}
"""


def main() -> None:
    """Explore the system whose numbers are the argument, and say what was found: a process that others measure."""
    from defercheck.explore import explore
    from defercheck.system.result import Limits

    found = explore(system(*json.loads(sys.argv[1])), Limits(memory=16 << 30))
    assert found.complete, found.limit
    names = ("states", "transitions", "bits", "bytes", "seconds", "compile_seconds")
    print(json.dumps({name: getattr(found, name) for name in names}))


if __name__ == "__main__":
    main()

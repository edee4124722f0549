"""What an infinite schedule owes to whom: the fairness of a system, as a list of conditions on its loops.

A schedule that is a path and then a loop for ever is *fair* when its loop has no ``finite`` step and fulfils every
condition. What a condition says in a state are two truths: ``wishes`` (it is owed a step as far as its own guards say)
and ``able`` (such a step can be taken at once). A loop breaks a condition when it wishes in all of its states, is able
in some of them, and none of the loop's steps is one of its own.

This is weak fairness that looks through preemption: a thread that could go on but for what runs above it on its CPU
wishes all the time, and is able whenever the CPU is left to it. For a promise (strong fairness) the wish is always
true.
"""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.system.system import Transition, TransitionSystem


@dataclass(frozen=True, slots=True)
class Condition:
    """Weak fairness of a context (its index), or else the strong fairness of all steps with a promise.

    ``words`` is the sentence that reports name. ``continuing`` are the properties whose violating steps have a sibling
    that goes on: not they but the siblings are owed.
    """

    words: str
    context: int | None = None
    promise: str = ""
    continuing: frozenset[str] = frozenset()

    def owns(self, t: Transition) -> bool:
        """Whether the transition is one of those that the condition is about."""
        if t.violates in self.continuing:
            return False
        if self.context is None:
            return t.promise == self.promise
        return t.context == self.context and not t.free


def conditions(system: TransitionSystem) -> tuple[Condition, ...]:
    """All conditions of a system: its contexts' in order, then its promises in the order of their first steps."""
    on = frozenset(p.id for p in system.properties if p.continues)
    moving = {t.context for t in system.transitions if not t.free}
    weak = [Condition(c.promise, n, "", on) for n, c in enumerate(system.contexts) if n in moving]
    strong = dict.fromkeys(t.promise for t in system.transitions if t.promise)
    return (*weak, *(Condition(promise, None, promise, on) for promise in strong))

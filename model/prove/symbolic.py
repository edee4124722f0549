"""Proofs of systems with too many states to list: the kernel's lemmas, k-induction with them, then Spacer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from defercheck.prove.bmc import Unrolling
from defercheck.prove.encode import encode
from defercheck.prove.escape import Escape, NoPlan
from defercheck.prove.houdini import inductive, lemmas_of
from defercheck.prove.lemma import Lemma
from defercheck.prove.prove import NO_SAFETY
from defercheck.prove.result import Claim, ProofOutcome, Proofs
from defercheck.prove.slices import Slices
from defercheck.prove.solver import Loaded, load
from defercheck.prove.spacer import spacer
from defercheck.prove.ways import KINDS, Plan
from defercheck.system.expr import variables
from defercheck.system.system import TransitionSystem, Variable

SECONDS = 60.0
"""Time for all claims of a system, unless another is given."""
DEEPEST = 12
"""The longest schedules that k-induction looks at."""


def prove_symbolically(
    system: TransitionSystem, claims: Sequence[Claim], seconds: float | None = None, known_depth: int = 0
) -> Proofs:
    """Prove claims without listing states. Outcomes are ``proved``, ``undetermined`` with what was tried and the last
    state that stood in the way, or ``violated`` with no path: a bounded search is to find that.

    ``known_depth``: no claim is violated within so many steps.
    """
    return _Symbolic(system, seconds or SECONDS, known_depth).prove(claims)


class _Symbolic:
    def __init__(self, system: TransitionSystem, seconds: float, known_depth: int):
        self._begun = time.perf_counter()
        self._end = self._begun + seconds
        self._known_depth = known_depth
        self._system = system
        self._loaded = load(encode(system))
        self._lemmas = inductive(self._loaded, lemmas_of(system.proposals, system.variables))

    def prove(self, claims: Sequence[Claim]) -> Proofs:
        slices = Slices(self._loaded, self._lemmas)
        done: dict[str, ProofOutcome] = {}
        for c in claims:
            if not c.is_of_ways:
                done[c.id] = ProofOutcome(c, "undetermined", NO_SAFETY)
            elif not c.is_safety:
                continue
            elif (short := slices.needed(c.properties)) is not None:
                done[c.id] = ProofOutcome(c, "proved", method="induction", lemmas=short)
        left = [c for c in claims if c.id not in done]
        for n, c in enumerate(left):
            share = max(1.0, (self._end - time.perf_counter()) / (len(left) - n))
            done[c.id] = self._one(c, share) if c.is_safety else self._lasting(c, slices, share)
        return Proofs(
            outcomes=tuple(done[c.id] for c in claims),
            lemmas=len({lemma for o in done.values() for lemma in o.lemmas}),
            queries=self._loaded.queries,
            seconds=time.perf_counter() - self._begun,
            solver_seconds=self._loaded.seconds,
        )

    def _lasting(self, claim: Claim, slices: Slices, seconds: float) -> ProofOutcome:
        """Ways out of what must not last; what else the claim says must follow from the lemmas."""
        if slices.needed([p for p in claim.properties if p.kind not in KINDS]) is None:
            return ProofOutcome(claim, "undetermined", "what it says of single steps was not proved")
        escape = Escape(self._loaded, self._lemmas, time.perf_counter() + seconds)
        plans: list[Plan] = []
        for p in (p for p in claim.properties if p.kind in KINDS):
            try:
                plans.append(escape.plan(p, len(plans)))
            except NoPlan as e:
                told = describe(self._system, replace(claim, properties=(p,)), e.state)
                about = f"{p.subject or p.id} {p.message}" if p.message else p.id
                return ProofOutcome(claim, "undetermined", f"{about}: neither proved nor refuted: {e}. {told}")
        return ProofOutcome(claim, "proved", method="ways", lemmas=escape.lemmas, plans=tuple(plans))

    def _one(self, claim: Claim, seconds: float) -> ProofOutcome:
        end = time.perf_counter() + seconds
        steps = k_induction(self._loaded, claim, self._lemmas, self._known_depth, seconds / 2)
        if isinstance(steps, int):
            return ProofOutcome(claim, "proved", method="k-induction", depth=steps, lemmas=self._lemmas)
        tried, cti = steps
        found = spacer(self._system, claim.properties, max(0.5, end - time.perf_counter()))
        if found.answer == "safe":
            lemmas = inductive(self._loaded, (*self._lemmas, *lemmas_of(found.invariant, self._system.variables)))
            short = Slices(self._loaded, lemmas).needed(claim.properties)
            if short is not None:
                return ProofOutcome(claim, "proved", method="spacer", lemmas=short)
        if found.answer == "unsafe":
            return ProofOutcome(claim, "undetermined", f"Spacer says that {claim.id} can be violated; a longer bounded "
                                "search (defercheck bmc --depth) will show how")  # fmt: skip
        why = f"{tried}; Spacer: {found.reason or 'its invariant could not be used'} after {found.seconds:.0f} s"
        told = describe(self._system, claim, cti)
        return ProofOutcome(claim, "undetermined", f"neither proved nor refuted. Tried: {why}. {told}")


def k_induction(
    loaded: Loaded, claim: Claim, lemmas: Sequence[Lemma], known_depth: int, seconds: float
) -> int | tuple[str, dict[str, int] | None]:
    """The number of steps with which the claim is inductive, or what was tried and the last state that stood in the
    way: in it the lemmas hold, and from it a violation can be reached in that many steps.

    ``known_depth``: no state within so many steps of the initial one violates the claim.
    """
    import z3

    end = time.perf_counter() + seconds
    run = Unrolling(loaded, start=False)
    facts = [loaded.lemma(lemma) for lemma in lemmas]
    run.solver.add(*facts)
    wrong = [w for p in claim.properties for w in loaded.wrong[p.id]]
    wrong += [
        z3.And(loaded.conditions[m.index], z3.Not(loaded.insides[m.index]))
        for m in loaded.encoding.moves
        if m.insides and m.violates is None
    ]
    cti: dict[str, int] | None = None
    k = 0
    while True:
        left = end - time.perf_counter()
        if left <= 0 or k > min(DEEPEST, known_depth):
            stopped = "time was up" if left <= 0 else "no longer schedule was searched from the start"
            return f"induction over up to {k} steps with {len(lemmas)} lemmas of the kernel ({stopped})", cti
        bad = run.at(z3.Or(*wrong, loaded.context))
        model = run.find(bad, left)
        if model is None:
            return k
        if isinstance(model, str):
            continue
        cti = run.state(model, 0)
        run.solver.add(z3.Not(bad))
        run.extend()
        run.solver.add(*(run.at(f) for f in facts))
        k += 1


def describe(system: TransitionSystem, claim: Claim, state: Mapping[str, int] | None) -> str:
    """A state in kernel words: where the contexts are that are doing something, and what the claim speaks of."""
    if state is None:
        return ""
    parts = []
    for c in system.contexts:
        if state[c.pc] not in c.idle and not (c.kernel and c.level == "thread" and len(c.locations) == 1):
            parts.append(f"{c.name} is at `{c.locations[state[c.pc]].label}`")
    read: set[str] = set()
    for p in claim.properties:
        read |= set(variables(p.expr))
        for t in system.transitions:
            if t.violates == p.id:
                read |= set(variables(t.guard))
    pcs = {c.pc for c in system.contexts}
    known: dict[str, Variable] = {v.name: v for v in system.variables}
    parts += [f"{n} is {known[n].show(state[n])}" for n in sorted(read - pcs) if n in known]
    return "What stands in the way: a state in which " + ", ".join(parts[:12]) + "."

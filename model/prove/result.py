"""What a proof gives: plain data, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from defercheck.prove.lemma import Lemma
from defercheck.prove.ways import KINDS, Plan
from defercheck.system.system import Property, TransitionSystem

Status = Literal["proved", "explored", "undetermined", "violated"]
Method = Literal["", "induction", "k-induction", "spacer", "ways"]

SAFETY = ("step", "invariant", "terminal")
"""The kinds of properties that are predicates of single states or steps."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proved in one go, and gets one certificate: a rule, or an invariant that the spec states.

    ``id`` names it (``DF201``, ``DF702:in_turn``). It holds when all ``properties`` do.
    """

    id: str
    title: str
    properties: tuple[Property, ...]

    @property
    def is_safety(self) -> bool:
        """Whether every property of it is one that an invariant can show."""
        return all(p.kind in SAFETY for p in self.properties)

    @property
    def is_of_ways(self) -> bool:
        """Whether every property of it is such a one, or says what must not last."""
        return all(p.kind in SAFETY or p.kind in KINDS for p in self.properties)


@dataclass(frozen=True, slots=True)
class ProofOutcome:
    """What is known of one claim.

    ``proved``: ``lemmas`` together are an inductive invariant that rules out every violation, or does so after
    ``depth`` states of a run in which there is none (k-induction); ``plans`` lead out of what must not last, one for
    each property that says so. ``explored`` and
    ``undetermined``: no proof, ``reason`` says why in a sentence, and what was tried; the first when the search that
    came before has seen all states. ``violated``: ``path`` are the transitions of a schedule that shows it.
    """

    claim: Claim
    status: Status
    reason: str = ""
    method: Method = ""
    lemmas: tuple[Lemma, ...] = ()
    path: tuple[int, ...] = ()
    depth: int = 0
    plans: tuple[Plan, ...] = ()


@dataclass(frozen=True, slots=True)
class Proofs:
    """All that was found for one system, with what it cost: questions asked of Z3, seconds in all and inside Z3."""

    outcomes: tuple[ProofOutcome, ...]
    lemmas: int = 0
    queries: int = 0
    seconds: float = 0.0
    solver_seconds: float = 0.0

    def of(self, claim: str) -> ProofOutcome:
        """The outcome of the claim with that id. ``KeyError`` when it was not asked for."""
        for o in self.outcomes:
            if o.claim.id == claim:
                return o
        raise KeyError(claim)


def claim_of_rule(system: TransitionSystem, code: str, title: str, broken: Iterable[str] = ()) -> Claim:
    """The claim that a rule holds. ``broken`` are the ids of properties that are known not to hold: of a pair of
    hidden ones, ``order:a:b`` and ``order:b:a``, one may be broken, for only both together break the rule.
    ``ValueError`` when both are."""
    found = [p for p in system.properties if p.code == code and p.kind != "cover"]
    wrong = frozenset(broken)
    chosen: dict[frozenset[str], Property | None] = {}
    for p in found:
        if p.hidden:
            pair = frozenset(p.id.split(":", 2)[1:])
            chosen[pair] = chosen.get(pair) or (None if p.id in wrong else p)
    if None in chosen.values():
        raise ValueError(f"{code} is broken, or nothing is said of a pair of orders that it speaks of")
    return Claim(code, title, (*(p for p in found if not p.hidden), *filter(None, chosen.values())))


def claim_of_invariant(system: TransitionSystem, code: str, name: str) -> Claim:
    """The claim that a named invariant of the spec holds."""
    found = tuple(p for p in system.properties if p.code == code and p.subject == name and p.kind != "cover")
    return Claim(f"{code}:{name}", name, found)

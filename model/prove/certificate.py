"""Certificates: a proof as a script in SMT-LIB 2 that any solver can check, one file a claim.

A script declares the state, states the invariant and asks one question for each obligation; the claim is proved when
every answer is ``unsat``. Where the invariant alone does not rule out what the claim forbids, runs of several steps
do (k-induction): nothing forbidden happens in the first ``k`` states of a run, nor in the next after ``k`` states of
the invariant in which nothing forbidden happens. All but the invariant follows from the spec: who checks a certificate
writes it anew from the spec and the file's invariant, and accepts the file only if it is the same, letter by letter.

Certificates of one spec share their invariant, and with it all but their last section. A claim that holds whatever the
state is needs none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from defercheck.prove.encode import Encoding, Move
from defercheck.prove.leading import lasting
from defercheck.prove.lemma import Lemma
from defercheck.prove.result import SAFETY, Claim
from defercheck.prove.runs import Runs, at, forbidden
from defercheck.prove.smtlib import conjunction, literal, negation
from defercheck.prove.ways import Plan
from defercheck.system.system import Property, Transition, Variable

FORMAT = "defercheck certificate 1"
_NAME = re.compile(r"\|[^|]*\||\be\.\d+\b")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a certificate speaks of: the spec by name and SHA-256 of its text, the kernel version, the SHA-256 of the
    kernel model, the number of CPUs, how the system was made from them, and the version of the tool that did."""

    spec: str
    spec_hash: str
    kernel: str
    model_hash: str
    cpus: int
    made: str
    tool: str


@dataclass(frozen=True, slots=True)
class Script:
    """A certificate in parts: ``head`` are comments, ``common`` all that the claims of a system share, ``own`` what is
    asked for this claim. ``common_obligations`` and ``own_obligations`` name what each question asks, in order."""

    head: str
    common: str
    own: str
    common_obligations: tuple[str, ...]
    own_obligations: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return f"{self.head}{self.common}{self.own}"


def hash_of(text: str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def property_hash(claim: Claim) -> str:
    """What tells a claim from a weaker one of the same name: the hash of all that its properties say."""
    return hash_of("\n".join(_told(p) for p in claim.properties))


def _told(p: Property) -> str:
    return f"{p.id}\t{p.code}\t{p.kind}\t{p.subject}\t{p.expr}\t{p.continues}"


class Writer:
    """Writes the certificates of one system. What they share is made once for each invariant."""

    def __init__(self, encoding: Encoding, identity: Identity):
        self._encoding = encoding
        self._identity = identity
        self._shared: dict[tuple[Lemma, ...], tuple[str, tuple[str, ...]]] = {}

    def write(self, claim: Claim, lemmas: tuple[Lemma, ...], steps: int = 0, plans: tuple[Plan, ...] = ()) -> Script:
        """The certificate of a claim. Without lemmas it says that the claim holds in every state, reachable or not.

        ``steps`` is how many states of a run k-induction needs before the one that it speaks of; ``plans`` are those
        for the properties that say what must not last. ``ValueError`` for plans that are none for this claim.
        """
        own, own_asked = _over_runs(self._encoding, claim, lemmas, steps) if steps else _own(self._encoding, claim)
        if plans or not claim.is_safety:
            more, asked_more = _lasting(self._encoding, claim, plans)
            own, own_asked = own + more, own_asked + asked_more
        if lemmas not in self._shared:
            common, asked = _common(self._encoding, lemmas)
            # what is shared declares all variables; what stands alone only those that it speaks of
            self._shared[lemmas] = (_preamble(self._encoding, None) + common if lemmas else "", asked)
        common, asked = self._shared[lemmas]
        if not lemmas:
            common = _alone(self._encoding, None if steps or plans else _used(self._encoding, own))
        return Script(_head(claim, self._identity, steps), common, own, asked, own_asked)


def _head(claim: Claim, identity: Identity, steps: int) -> str:
    given = [p.id for p in claim.properties if p.hidden]
    lines = [
        FORMAT,
        f"claim     {claim.id}",
        f"title     {claim.title}",
        f"property  sha256 {property_hash(claim)}",
        f"spec      {identity.spec}",
        f"text      sha256 {identity.spec_hash}",
        f"kernel    {identity.kernel}",
        f"model     sha256 {identity.model_hash}",
        f"cpus      {identity.cpus}",
        f"made      {identity.made}",
        f"tool      {identity.tool}",
        *(f"order     {name}" for name in given),
        *([f"steps     {steps}"] if steps else []),
        "",
        "Every check-sat below must answer unsat. Any SMT-LIB 2 solver with bit-vectors can check this file;",
        "`defercheck verify` also checks that it says what the spec says.",
    ]
    return "".join(f"; {line}".rstrip() + "\n" for line in lines)


def _used(encoding: Encoding, text: str) -> frozenset[str]:
    """The names that a text needs, those in the definitions of names included."""
    meaning = {d.split()[1]: d for d in encoding.definitions}
    found: set[str] = set()
    todo = set(_NAME.findall(text))
    while todo:
        name = todo.pop()
        found.add(name)
        if name in meaning:
            todo |= set(_NAME.findall(meaning[name])) - found
    return frozenset(found)


def _preamble(encoding: Encoding, used: frozenset[str] | None) -> str:
    def wanted(lines: Iterable[str]) -> list[str]:
        return [line for line in lines if used is None or _NAME.search(line, 10)[0] in used]  # type: ignore[index]

    named = [d for d in encoding.definitions if used is None or d.split()[1] in used]
    lines = ["", "(set-logic QF_BV)", "", "; a state"]
    for v, declaration in zip(encoding.system.variables, encoding.declarations, strict=True):
        if wanted([declaration]):
            lines += [declaration, *_values(encoding, v)]
    if named:
        lines += ["", "; long terms", *named]
    return "".join(f"{line}\n" for line in lines)


def _alone(encoding: Encoding, used: frozenset[str] | None) -> str:
    """The beginning of a script without an invariant, but that every variable has one of its values."""
    text = _preamble(encoding, used)
    ranges = [b for b in encoding.bounds if used is None or not used.isdisjoint(_NAME.findall(b))]
    return f"{text}\n; no variable leaves its range\n(assert {conjunction(ranges)})\n" if ranges else text


def _values(encoding: Encoding, v: Variable) -> list[str]:
    """What the values of a variable stand for, as a comment."""
    context = next((c for c in encoding.system.contexts if c.pc == v.name), None)
    labels = [place.label for place in context.locations] if context is not None else list(v.labels)
    told = (f"{literal(v, v.lo + n)} {' '.join(label.split())}" for n, label in enumerate(labels) if v.lo + n <= v.hi)
    return [f";   {line}" for line in told]


def _common(encoding: Encoding, lemmas: Sequence[Lemma]) -> tuple[str, tuple[str, ...]]:
    bounds = conjunction(encoding.bounds)
    if not lemmas:
        return "", ()
    if len({lemma.name for lemma in lemmas}) != len(lemmas):
        raise ValueError("two lemmas have the same name")
    lines = ["", "; the invariant: each lemma holds in every reachable state"]
    lines += [lemma.declaration(encoding.variables) for lemma in lemmas]
    whole = conjunction([bounds, *(lemma.applied({}) for lemma in lemmas)])
    lines.append(f"(define-fun invariant () Bool {whole})")
    asked = ["the invariant holds in the initial state"]
    lines += ["", f"; 1. {asked[0]}"]
    lines += _question([conjunction(encoding.initial), "(not invariant)"])
    lines += ["", "; 2. every transition that writes one of its variables keeps it", "(assert invariant)"]
    for move in encoding.moves:
        kept = kept_by(move, lemmas)
        if kept == "true":
            continue
        asked.append(named(encoding, move.index))
        lines += ["", f"; {asked[-1]}", *_question([move.condition, negation(kept)])]
    return "".join(f"{line}\n" for line in lines), tuple(asked)


def kept_by(move: Move, lemmas: Sequence[Lemma]) -> str:
    """A formula that says that after a transition the lemmas that speak of what it writes hold, and that what they
    speak of is in its range. The other lemmas it keeps."""
    if move.violates is not None:
        return "true"
    touched = [lemma for lemma in lemmas if not move.updates.keys().isdisjoint(lemma.variables)]
    spoken_of = {v for lemma in touched for v in lemma.variables}
    insides = [text for name, text in move.insides.items() if name in spoken_of]
    return conjunction([*insides, *(lemma.applied(move.updates) for lemma in touched)])


def _own(encoding: Encoding, claim: Claim) -> tuple[str, tuple[str, ...]]:
    lines = ["", f"; 3. nothing that {claim.id} forbids can happen"]
    asked: list[str] = []
    for p in claim.properties:
        for n, (wrong, _) in enumerate(encoding.wrong(p) if p.kind in SAFETY else ()):
            if p.kind == "step":
                moves = [m.index for m in encoding.moves if m.violates == p.id]
                asked.append(named(encoding, moves[n]))
            else:
                asked.append(f"{p.subject or p.id}: {p.message}")
            lines += ["", f"; {asked[-1]}", *_question([wrong])]
    if not asked and claim.is_safety:
        asked.append("no transition of this system does it")
        lines += ["", f"; {asked[0]}", *_question(["false"])]
    return "".join(f"{line}\n" for line in lines), tuple(asked)


def _lasting(encoding: Encoding, claim: Claim, plans: tuple[Plan, ...]) -> tuple[str, tuple[str, ...]]:
    lines, asked = lasting(encoding, claim, plans, lambda n: named(encoding, n), _question)
    return "".join(f"{line}\n" for line in lines), tuple(asked)


def _over_runs(encoding: Encoding, claim: Claim, lemmas: Sequence[Lemma], steps: int) -> tuple[str, tuple[str, ...]]:
    """What k-induction asks. All of it stands between ``push`` and ``pop``: the names of its states are its own."""
    runs = Runs(encoding)
    names = [named(encoding, n) for n in range(len(encoding.system.transitions))]
    bounds = conjunction(encoding.bounds)
    wrong = forbidden(encoding, claim.properties)
    given = conjunction([bounds, *(lemma.applied({}) for lemma in lemmas)])
    first = conjunction(encoding.initial)
    lines = ["", f"; 3. nothing that {claim.id} forbids can happen, by runs of {steps + 1} states", "(push 1)"]
    asked = []
    for n in range(steps + 1):
        lines += ["", f"; something forbidden in the state after {n} steps, or a range is left from it"]
        lines += [f"(define-fun wrong@{n} () Bool {at(wrong, n)})"]
        if n == steps:
            break
        # asked before the next step is there: a run that ends here must be asked of too
        asked.append(f"nothing forbidden {n} steps after the initial state")
        lines += ["", f"; {asked[-1]}", *_question([first, f"wrong@{n}"])]
        lines += ["", *runs.state(n + 1), "", f"; step {n + 1} is one of these", *runs.step(n, names)]
    asked.append(f"after {steps} states of the invariant without anything forbidden there is nothing forbidden")
    lines += ["", f"; {asked[-1]}"]
    before = [f"(not wrong@{n})" for n in range(steps)]
    lines += _question([*(at(given, n) for n in range(1, steps + 1)), *before, f"wrong@{steps}"])
    lines += ["(pop 1)"]
    return "".join(f"{line}\n" for line in lines), tuple(asked)


def named(encoding: Encoding, index: int) -> str:
    """A transition for people: its context, what it does, and its statement's place."""
    t: Transition = encoding.system.transitions[index]
    context = encoding.system.contexts[t.context]
    place = f" ({t.span.source.name}:{t.span.line})" if t.span is not None else ""
    return " ".join(f"transition {index}, {context.name}: {t.label}{place}".split())


def _question(asserted: Sequence[str]) -> list[str]:
    return ["(push 1)", *(f"(assert {a})" for a in asserted), "(check-sat)", "(pop 1)"]

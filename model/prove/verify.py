"""Checking certificates against the spec that they speak of. Nothing is trusted but the solver."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from defercheck.prove.certificate import Identity, Script, Writer, property_hash
from defercheck.prove.encode import Encoding, encode
from defercheck.prove.lemma import Lemma
from defercheck.prove.reading import Header, NotACertificate, lemma_lines, read_header, read_lemmas, read_plans
from defercheck.prove.result import Claim
from defercheck.system.system import TransitionSystem


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one certificate: accepted when ``refusal`` is empty. ``obligations`` is the number of questions
    in it."""

    name: str
    claim: str
    refusal: str = ""
    obligations: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """All certificates of one system; ``queries`` counts each question once, ``seconds`` are those inside Z3."""

    certificates: tuple[Checked, ...]
    queries: int = 0
    seconds: float = 0.0


def differences(header: Header, truth: Identity) -> str:
    """Why a certificate does not speak of this system; empty when it does."""
    told = header.identity
    if told.spec_hash != truth.spec_hash:
        return f"it was made for another text of {truth.spec}: the spec was edited"
    if told.model_hash != truth.model_hash:
        return "it was made with another kernel model"
    if told.tool != truth.tool:
        return f"it was made by version {told.tool}, and this is {truth.tool}"
    if told != truth:
        return "it speaks of another system: kernel version, CPUs or reductions are not the same"
    return ""


ClaimOf = Callable[[Header], Claim | None]
"""The claim that a header names, made from the spec anew; ``None`` when there is none. ``ValueError`` says why the
header speaks of less than the claim."""


def verify_certificates(
    system: TransitionSystem, identity: Identity, claim_of: ClaimOf, texts: Mapping[str, str]
) -> Verified:
    """Check certificates, given by name, of one system, which is encoded anew."""
    return verify(encode(system), identity, claim_of, texts)


def verify(encoding: Encoding, identity: Identity, claim_of: ClaimOf, texts: Mapping[str, str]) -> Verified:
    """Check certificates, given by name, of one system."""
    done: dict[str, Checked] = {}
    regenerator = _Regenerator(encoding, identity, claim_of)
    groups: dict[tuple[str, tuple[str, ...]], dict[str, Script]] = {}
    for name, text in texts.items():
        try:
            header = read_header(text)
            script = regenerator.script(header, text)
        except NotACertificate as e:
            done[name] = Checked(name, "", str(e))
            continue
        if isinstance(script, str):
            done[name] = Checked(name, header.claim, script)
            continue
        groups.setdefault((script.common, script.common_obligations), {})[name] = script
    queries, seconds = 0, 0.0
    for (common, obligations), scripts in groups.items():
        begun = time.perf_counter()
        answers = ask("\n".join([common, *(s.own for s in scripts.values())]))
        seconds += time.perf_counter() - begun
        queries += len(answers)
        shared, rest = answers[: len(obligations)], answers[len(obligations) :]
        for name, script in scripts.items():
            own, rest = rest[: len(script.own_obligations)], rest[len(script.own_obligations) :]
            asked = (*obligations, *script.own_obligations)
            done[name] = Checked(name, claim_in(texts[name]), refusal(asked, [*shared, *own]), len(asked))
    return Verified(tuple(done[name] for name in texts), queries, seconds)


def claim_in(text: str) -> str:
    """The id of the claim that a certificate is for."""
    return read_header(text).claim


def refusal(asked: Sequence[str], answers: Sequence[str]) -> str:
    """Why these answers prove nothing; empty when they prove it."""
    if len(asked) != len(answers):
        return f"the solver gave {len(answers)} answers to {len(asked)} questions"
    for question, answer in zip(asked, answers, strict=True):
        if answer != "unsat":
            return f"the solver says {answer}, not unsat: {question}"
    return ""


def ask(script: str) -> list[str]:
    """What Z3 answers to a script, one word a question; a complaint is an answer too."""
    import z3

    context = z3.Context()
    answers = z3.Z3_eval_smtlib2_string(context.ref(), script)
    return answers.split("\n")[:-1] if answers.endswith("\n") else answers.split("\n")


class _Regenerator:
    """Writes certificates as they have to be."""

    def __init__(self, encoding: Encoding, identity: Identity, claim_of: ClaimOf):
        self._encoding = encoding
        self._identity = identity
        self._claim_of = claim_of
        self._writer = Writer(encoding, identity)
        self._invariants: dict[str, tuple[Lemma, ...]] = {}

    def script(self, header: Header, text: str) -> Script | str:
        """The certificate that the spec and the invariant in the text give, or why this one is refused."""
        if other := differences(header, self._identity):
            return other
        try:
            claim = self._claim_of(header)
        except ValueError as e:
            return str(e)
        if claim is None:
            return f"this spec makes no claim {header.claim}"
        if header.property_hash != property_hash(claim):
            return f"it proves another property than {claim.id} of this spec"
        plans = () if claim.is_safety else read_plans(text, self._encoding.variables)
        try:
            script = self._writer.write(claim, self._lemmas(text), header.steps, plans)
        except ValueError as e:
            return str(e)
        return script if script.text == text else _first_difference(script.text, text)

    def _lemmas(self, text: str) -> tuple[Lemma, ...]:
        told = lemma_lines(text)
        if told not in self._invariants:
            self._invariants[told] = read_lemmas(told, self._encoding.variables)
        return self._invariants[told]


def _first_difference(expected: str, text: str) -> str:
    ours, theirs = expected.splitlines(), text.splitlines()
    if not text.endswith("\n") or (len(theirs) < len(ours) and ours[: len(theirs)] == theirs):
        return f"it is cut off after line {len(theirs)}"
    line = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False), 1) if a != b), len(ours) + 1)
    return f"line {line} is not what the spec and the invariant say must stand there"

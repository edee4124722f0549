"""What a spec says now: from the cache, with its certificates checked again, or by checking and proving it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import defercheck
from defercheck import grammar
from defercheck.certify import certificates_of, identity_of, verify_texts
from defercheck.check import Options, examine
from defercheck.grammar.tree import SpecFile
from defercheck.locked.cache import Cache, key_of
from defercheck.locked.lockfile import Maker, Said, Settings
from defercheck.prove import hash_of
from defercheck.rules import rule
from defercheck.system.result import Limits, Progress
from defercheck.verdict import CheckResult, Verdict

_WORST_FIRST = ("violated", "unreached", "undetermined", "allowed", "reached", "explored", "proved")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one spec says on one kernel version. ``missing`` are expectations that were not met. ``certificates`` are
    texts by claims. ``result`` is there when the spec was checked now; otherwise the answer was kept, and
    ``verified`` tells how many certificates were checked again."""

    status: str
    cpus: int
    states: int
    properties: Mapping[str, Said]
    missing: tuple[str, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict, repr=False)
    result: CheckResult | None = field(default=None, repr=False)
    verified: int = 0


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks what specs say. ``top`` is the folder from which their names lead to them; ``answers`` is where answers are
    kept, if they may be."""

    top: Path
    settings: Settings
    limits: Limits
    answers: Cache | None

    def ask(
        self, spec: SpecFile, kernel: str, progress: Callable[[Progress], None] | None = None, anew: bool = False
    ) -> Answer:
        """What the spec says on a kernel version; ``anew``: not from the cache. ``SpecError`` if it is wrong,
        ``KeyboardInterrupt`` for a search that was interrupted."""
        key = key_of(self._basis(spec, kernel))
        if self.answers is not None and not anew:
            kept = _verified(_read(self.answers.get(key)), self.top / spec.source.name)
            if kept is not None:
                return kept
        options = self.options
        done = examine(spec, kernel, options, progress)
        texts = certificates_of(done, options)
        r = done.result
        if r.exploration.limit == "interrupted":
            raise KeyboardInterrupt
        properties = _properties(r, texts)
        answer = Answer(r.status, r.cpus, r.exploration.states, properties, r.missing, texts, r)
        if self.answers is not None and _settled(answer):
            self.answers.put(key, _written(answer))
        return answer

    @property
    def options(self) -> Options:
        """The options of a check."""
        s = self.settings
        return Options(
            cpus=s.cpus, only=frozenset(s.rules), disabled=frozenset(s.without), prove=s.prove, limits=self.limits
        )

    def _basis(self, spec: SpecFile, kernel: str) -> dict[str, Any]:
        """All that an answer depends on. Limits are not among it: what they cut short is not kept."""
        s, now = self.settings, maker()
        return {
            "spec": spec.source.name, "text": hash_of(spec.source.text), "kernel": kernel, "cpus": s.cpus,
            "rules": sorted(s.rules), "without": sorted(s.without), "prove": s.prove, "model": now.model,
            "tool": now.tool, "solver": now.solver, "sources": sources(),
        }  # fmt: skip


@cache
def maker() -> Maker:
    """What answers are made with now."""
    from defercheck.grammar.span import Source

    model = identity_of(Source("", ""), "", 0, (), Options()).model_hash
    try:
        solver = f"z3 {version('z3-solver')}"
    except PackageNotFoundError:  # installed by other means
        solver = "z3"
    return Maker(defercheck.__version__, solver, model)


@cache
def sources() -> str:
    """The hash of defercheck itself: it changes more often than its version while somebody works on it."""
    seen = hashlib.sha256()
    for package in (defercheck, grammar):
        top = Path(str(package.__file__)).parent
        for file in sorted(p for p in top.rglob("*") if p.suffix in (".py", ".json", ".md")):
            seen.update(f"{file.relative_to(top)}\0".encode() + file.read_bytes())
    return seen.hexdigest()


def property_name(v: Verdict) -> str:
    """How a property is called in a lock: by the rule's code, and the spec's own name for it if it has one."""
    return v.code if v.name == rule(v.code).name else f"{v.code}:{v.name}"


def _properties(result: CheckResult, certificates: Mapping[str, str]) -> dict[str, Said]:
    """What was said, by property. A rule that is broken in several ways counts once, with the worst of them."""
    found: dict[str, Said] = {}
    for v in result.verdicts:
        if v.severity == "warning":
            continue
        name = property_name(v)
        proof = certificates.get(name, "") if v.outcome == "proved" else ""
        steps = len(v.trace.steps) if v.trace is not None else None
        said = Said(v.outcome, v.expected, steps, hash_of(proof) if proof else "")
        if name not in found or _rank(said) < _rank(found[name]):
            found[name] = said
    return found


def _rank(said: Said) -> tuple[int, bool, int]:
    return _WORST_FIRST.index(said.outcome), said.expected, said.steps or 0


def _settled(answer: Answer) -> bool:
    """Whether asking again, with other limits, could say nothing else."""
    open_ones = any(said.outcome == "undetermined" for said in answer.properties.values())
    return not open_ones and answer.status != "undetermined"


def _written(a: Answer) -> dict[str, Any]:
    return {
        "status": a.status, "cpus": a.cpus, "states": a.states, "missing": list(a.missing),
        "properties": {n: [s.outcome, s.expected, s.steps, s.certificate] for n, s in a.properties.items()},
        "certificates": dict(a.certificates),
    }  # fmt: skip


def _read(data: dict[str, Any] | None) -> Answer | None:
    """The answer that was kept; ``None`` if there is none, or if it is not as we write it."""
    if data is None:
        return None
    try:
        properties = {str(n): Said(*values) for n, values in data["properties"].items()}
        if any(s.outcome not in _WORST_FIRST for s in properties.values()):
            return None
        return Answer(
            str(data["status"]), int(data["cpus"]), int(data["states"]), properties, tuple(data["missing"]),
            dict(data["certificates"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _verified(kept: Answer | None, spec: Path) -> Answer | None:
    """The answer with its certificates checked again; ``None`` unless each proof is there and is accepted."""
    if kept is None:
        return None
    proofs = {name: said.certificate for name, said in kept.properties.items() if said.certificate}
    if any(hash_of(kept.certificates.get(name, "")) != due for name, due in proofs.items()):
        return None
    if not proofs:
        return kept
    done = verify_texts({name: kept.certificates[name] for name in proofs}, spec)
    if not done.accepted:
        return None
    return Answer(
        kept.status, kept.cpus, kept.states, kept.properties, kept.missing, kept.certificates, verified=len(proofs)
    )

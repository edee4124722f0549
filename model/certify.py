"""Certificates of specs: where they lie, what they are written from, and how they are checked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from defercheck import __version__
from defercheck.check import Examined, Options, compile_program, kernel_model, load, reduced, resolve
from defercheck.grammar import tree
from defercheck.grammar.span import Source, SpecError
from defercheck.prove import (
    Checked,
    Claim,
    Header,
    Identity,
    NotACertificate,
    certificates,
    claim_of_invariant,
    claim_of_rule,
    hash_of,
    is_certificate,
    read_header,
    verify_certificates,
)
from defercheck.proving import OWN
from defercheck.rules import UnknownRule, rule
from defercheck.system.system import TransitionSystem

SUFFIX = ".smt2"
Model = tuple[tree.SpecFile, ...]


class NoCertificates(Exception):
    """A folder without any."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """What rechecking came to: each certificate by its path, questions asked of Z3, seconds inside Z3."""

    certificates: tuple[Checked, ...]
    queries: int
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether every certificate was."""
        return not any(c.refusal for c in self.certificates)


def identity_of(
    spec: Source, kernel: str, cpus: int, passes: Iterable[str], options: Options, model: Model | None = None
) -> Identity:
    """What a certificate says that it speaks of."""
    rules = [*(f"+{code}" for code in sorted(options.only)), *(f"-{code}" for code in sorted(options.disabled))]
    made = f"reduced by {','.join(passes) or 'nothing'}; rules {','.join(rules) or 'all'}"
    texts = "\n".join(f"{f.source.name}\n{f.source.text}" for f in model or kernel_model())
    return Identity(spec.name, hash_of(spec.text), kernel, hash_of(texts), cpus, made, __version__)


def certificates_of(done: Examined, options: Options, model: Model | None = None) -> dict[str, str]:
    """The text of a certificate for each claim that was proved, by the claims' ids. ``options`` are those that the
    spec was examined with."""
    r = done.result
    if done.proofs is None:
        return {}
    identity = identity_of(r.spec, r.kernel, r.cpus, r.reductions, options, model)
    return certificates(r.system, done.proofs, identity)


def folder_of(spec: str, kernel: str) -> str:
    """The folder, below the one that the user names, for the certificates of a spec on a kernel version."""
    parts = [p for p in Path(spec).with_suffix("").parts if p not in ("/", "\\", "..", ".")]
    return "/".join([".".join(parts) or "spec", kernel])


def write_certificates(top: Path, done: Examined, options: Options) -> tuple[Path, ...]:
    """Write the certificates of a spec below a folder; those that were there for it before go. ``OSError``."""
    folder = top / folder_of(done.result.spec.name, done.result.kernel)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        if is_certificate(old.read_text(encoding="utf-8", errors="replace")):
            old.unlink()
    written = []
    for claim, text in certificates_of(done, options).items():
        path = folder / f"{claim.replace(':', '-')}{SUFFIX}"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def verify_folder(top: Path, spec: Path | None = None, model: Model | None = None) -> Recheck:
    """Check all certificates below a folder (or a single file) against their specs, which are found under the names
    in the certificates, or against the one given. ``NoCertificates``, ``OSError``; what is wrong with a certificate is
    its refusal."""
    paths = [top] if top.is_file() else sorted(top.rglob(f"*{SUFFIX}"))
    if not paths:
        raise NoCertificates(f"there is no certificate (*{SUFFIX}) in {top}")
    return verify_texts({str(p): p.read_text(encoding="utf-8", errors="replace") for p in paths}, spec, model)


def verify_texts(texts: Mapping[str, str], spec: Path | None = None, model: Model | None = None) -> Recheck:
    """Check certificates given by name."""
    done: dict[str, Checked] = {}
    groups: dict[tuple[str, str, int, str], dict[str, str]] = {}
    for name, text in texts.items():
        try:
            i = read_header(text).identity
        except NotACertificate as e:
            done[name] = Checked(name, "", str(e))
            continue
        groups.setdefault((i.spec, i.kernel, i.cpus, i.made), {})[name] = text
    queries, seconds = 0, 0.0
    for (source, kernel, cpus, made), group in groups.items():
        try:
            system, identity = _system(source, kernel, cpus, made, spec, model)
        except (SpecError, OSError, NotACertificate) as e:
            why = _why(e, source)
            done |= {name: Checked(name, read_header(text).claim, why) for name, text in group.items()}
            continue
        verified = verify_certificates(system, identity, _claims(system), group)
        done |= {c.name: c for c in verified.certificates}
        queries, seconds = queries + verified.queries, seconds + verified.seconds
    return Recheck(tuple(done[name] for name in texts), queries, seconds)


def _system(
    name: str, kernel: str, cpus: int, made: str, spec: Path | None, model: Model | None
) -> tuple[TransitionSystem, Identity]:
    """The system that a certificate says it speaks of, made from the spec as it is now."""
    options = _options(made, cpus, kernel)
    text = (spec or Path(name)).read_text(encoding="utf-8")
    file = load(Source(name, text))
    program = resolve(file, kernel, options, model)
    system, passes = reduced(compile_program(program, options).system, options)
    return system, identity_of(file.source, kernel, program.cpus, passes, options, model)


def _options(made: str, cpus: int, kernel: str) -> Options:
    reductions, _, rules = made.partition("; rules ")
    if not reductions.startswith("reduced by ") or not rules:
        raise NotACertificate("its header does not say how the system was made")
    chosen = [] if rules == "all" else rules.split(",")
    return Options(
        cpus=cpus,
        kernel=kernel,
        reduce=reductions != "reduced by nothing",
        only=frozenset(c[1:] for c in chosen if c.startswith("+")),
        disabled=frozenset(c[1:] for c in chosen if c.startswith("-")),
    )


def _claims(system: TransitionSystem) -> Callable[[Header], Claim | None]:
    """Makes the claim that a header names. Of a pair of lock orders the certificate says which one never happens."""

    def claim(header: Header) -> Claim | None:
        code, _, name = header.claim.partition(":")
        if name:
            found = claim_of_invariant(system, code, name) if code == OWN else None
            return found if found is not None and found.properties else None
        try:
            title = rule(code).name
        except UnknownRule:
            return None
        hidden = [p.id for p in system.properties if p.hidden and p.code == code]
        return claim_of_rule(system, code, title, [id for id in hidden if id not in header.orders])

    return claim


def _why(error: Exception, spec: str) -> str:
    match error:
        case SpecError():
            return f"its spec {spec} is not valid: {error.diagnostics[0].message}"
        case OSError():
            return f"its spec {spec} cannot be read: {error.strerror or error}"
    return str(error)

"""Locking specs, and holding them to their lock: what there is to do, and what became of it, one spec at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from defercheck.certify import SUFFIX, folder_of, verify_texts
from defercheck.check import Options, load, resolve, versions
from defercheck.grammar.span import Diagnostic, Source, SpecError
from defercheck.grammar.tree import SpecFile
from defercheck.locked.answer import Answer, Asker, maker
from defercheck.locked.compare import ITSELF, Change, changes, reasons
from defercheck.locked.lockfile import Entry, Lock, Settings
from defercheck.prove import hash_of
from defercheck.system.result import Progress

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Held:
    """One spec on one kernel version, held to its lock. ``changes`` are empty when it says what it is known to say,
    ``why`` tells what may have made them. ``answer`` is None when it has none; ``complaints`` are those of a spec that
    is not valid, though it was."""

    spec: str
    kernel: str
    changes: tuple[Change, ...] = ()
    why: str = ""
    answer: Answer | None = None
    complaints: tuple[Diagnostic, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether it says something else."""
        return any(c.weight == "fails" for c in self.changes)

    @property
    def undetermined(self) -> bool:
        """Whether it cannot be told if it says something else."""
        return any(c.weight == "undetermined" for c in self.changes)


def name_of(path: str, top: Path) -> str:
    """How a lock in a folder calls the spec at a path: from there, with slashes."""
    return Path(os.path.relpath(path, top)).as_posix()


def read(name: str, top: Path) -> SpecFile:
    """The spec of that name. ``SpecError``, also for what cannot be read."""
    try:
        return load(Source(name, (top / name).read_text(encoding="utf-8")))
    except OSError as error:
        raise SpecError(Diagnostic(f"cannot read {name}: {error.strerror or error}", None)) from error
    except UnicodeDecodeError as error:
        raise SpecError(Diagnostic(f"cannot read {name}: byte {error.start} is not UTF-8", None)) from error


def kernels(spec: SpecFile, settings: Settings) -> tuple[str, ...]:
    """The kernel versions to check a spec for."""
    return settings.kernels or versions(spec, Options())


def declare(name: str, asker: Asker) -> None:
    """Resolve and type-check the spec of that name for each kernel version. ``SpecError`` if it is wrong."""
    spec = read(name, asker.top)
    for kernel in kernels(spec, asker.settings):
        resolve(spec, kernel, asker.options)


def entry(name: str, kernel: str, text: str, answer: Answer) -> Entry:
    """What is to be remembered of an answer."""
    return Entry(name, kernel, hash_of(text), answer.cpus, answer.states, answer.properties)


def invalid(name: str, text: str, error: SpecError, kernel: str) -> Entry:
    """What is to be remembered of a spec that is not valid."""
    return Entry(name, kernel, hash_of(text), invalid=error.diagnostics[0].message)


def hold(lock: Lock, name: str, asker: Asker, progress: Report | None = None) -> tuple[Held, ...]:
    """Hold a spec to all that a lock knows of it, one kernel version after the other."""
    return tuple(_hold(lock, name, asker, progress))


def _hold(lock: Lock, name: str, asker: Asker, progress: Report | None) -> Iterator[Held]:
    known = {e.kernel: e for e in lock.entries if e.spec == name}
    if not (asker.top / name).is_file():
        yield from (Held(name, k, (Change("fails", "the spec is missing"),)) for k in known)
        return
    text = (asker.top / name).read_text(encoding="utf-8", errors="replace")
    try:
        spec = read(name, asker.top)
        due = kernels(spec, lock.settings)
    except SpecError as error:
        yield from (_refused(known[k], error, lock, text) for k in known)
        return
    for kernel in known:
        if kernel not in due:
            gone = Change("fails", f"it is not checked for Linux {kernel} any more")
            yield Held(name, kernel, (gone,), _why(lock, known[kernel], text))
    for kernel in due:
        if kernel not in known:
            yield Held(name, kernel, (Change("fails", "it is not in the lock"),), "`defercheck lock` puts it there")
        else:
            yield _held(lock, known[kernel], spec, asker, progress)


def _held(lock: Lock, e: Entry, spec: SpecFile, asker: Asker, progress: Report | None) -> Held:
    text = spec.source.text
    try:
        answer = asker.ask(spec, e.kernel, progress)
    except SpecError as error:
        return _refused(e, error, lock, text)
    if e.invalid:
        found: tuple[Change, ...] = (Change("fails", f"was not valid ({e.invalid}); is"),)
    else:
        found = (*changes(e, answer), *_files(lock, e, text, asker.top))
    if answer.status != "holds" and all(c.weight == "note" for c in found):
        found = (Change("undetermined" if answer.status == "undetermined" else "fails", f"is {answer.status}"), *found)
    if answer.result is None and any(c.weight != "note" for c in found):
        answer = asker.ask(spec, e.kernel, progress, anew=True)  # with the schedule, to be shown
    why = _why(lock, e, text) if found else ""
    if why == ITSELF and any(c.weight == "undetermined" for c in found):
        why = _open(answer) or why
    return Held(e.spec, e.kernel, found, why, answer)


def _open(answer: Answer) -> str:
    """Why something is undetermined."""
    verdicts = answer.result.verdicts if answer.result is not None else ()
    return next((v.reason for v in verdicts if v.outcome == "undetermined"), "")


def _refused(e: Entry, error: SpecError, lock: Lock, text: str) -> Held:
    said = error.diagnostics[0].message
    if e.invalid == said:
        return Held(e.spec, e.kernel)
    was = f"was not valid ({e.invalid})" if e.invalid else "was valid"
    change = Change("fails", f"{was}; is not valid: {said}")
    return Held(e.spec, e.kernel, (change,), _why(lock, e, text), complaints=error.diagnostics)


def _why(lock: Lock, e: Entry, text: str) -> str:
    return reasons(e, lock.maker, hash_of(text), maker())


def _files(lock: Lock, e: Entry, text: str, top: Path) -> Iterator[Change]:
    """What is wrong with the certificates in the lock's folder, if it has one."""
    due = {name: said.certificate for name, said in e.properties.items() if said.certificate}
    if not lock.settings.certificates or not due:
        return
    if e.text != hash_of(text) or lock.maker != maker():
        yield Change("note", "its certificates speak of what was before: it was proved anew; lock it again")
        return
    folder = certificates_of(e, lock.settings, top)
    found = {}
    for name, hash in due.items():
        path = folder / file_of(name)
        try:
            found[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield Change("fails", f"{name}: its certificate {path} is missing or cannot be read")
            continue
        if hash_of(found[name]) != hash:
            yield Change("fails", f"{name}: its certificate {path} is another than the one that was locked")
    for c in verify_texts(found, top / e.spec).certificates:
        if c.refusal:
            yield Change("fails", f"{c.name}: its certificate is refused: {c.refusal}")


def certificates_of(e: Entry, settings: Settings, top: Path) -> Path:
    """The folder for the certificates of a spec on a kernel version."""
    return top / settings.certificates / folder_of(e.spec, e.kernel)


def file_of(claim: str) -> str:
    """The name of a certificate's file."""
    return f"{claim.replace(':', '-')}{SUFFIX}"


def unchanged(old: Lock | None, new: Entry, settings: Settings, text: str, top: Path) -> Entry | None:
    """The old entry, where all it says is still so: then its proofs are as good as new ones, and the lock need not
    change. Its certificates, if they are kept, must be there and be accepted."""
    if old is None or (old.maker, old.settings) != (maker(), settings):
        return None
    was = next((e for e in old.entries if e.key == new.key), None)
    if was is None or _without_proofs(was) != _without_proofs(new) or any(_files(old, was, text, top)):
        return None
    return was


def _without_proofs(e: Entry) -> Entry:
    return replace(e, properties={n: replace(s, certificate="") for n, s in e.properties.items()})


def keep(folder: Path, texts: Mapping[str, str]) -> None:
    """Write certificates; those that were in the folder go. ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"*{SUFFIX}"):
        old.unlink()
    for claim, text in texts.items():
        (folder / file_of(claim)).write_text(text, encoding="utf-8")


def below(name: str, places: Iterable[str]) -> bool:
    """Whether a spec of that name is one of the places, or in a folder that is."""
    return any(place == "." or name == place or name.startswith(f"{place}/") for place in places)


def merged(old: Lock | None, new: Lock, places: Iterable[str]) -> Lock:
    """The new lock, with what the old one knows of other places. ``ValueError`` where these were locked otherwise."""
    rest = tuple(e for e in old.entries if not below(e.spec, places)) if old is not None else ()
    if old is None or not rest:
        return new
    excluded = tuple(sorted({*old.settings.excluded, *new.settings.excluded}))
    new = replace(new, settings=replace(new.settings, excluded=excluded))
    if (old.maker, replace(old.settings, excluded=excluded)) != (new.maker, new.settings):
        specs = len({e.spec for e in rest})
        how = "with another version" if old.maker != new.maker else "in another way"
        raise ValueError(f"the lock has {specs} more spec{'s' if specs > 1 else ''}, locked {how}: lock all of them")
    return replace(new, entries=tuple(sorted((*rest, *new.entries), key=lambda e: e.key)))

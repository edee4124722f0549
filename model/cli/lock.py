"""``defercheck lock`` and ``defercheck check --locked``: what specs are known to say, and whether they still do."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from defercheck.cli.destination import Destination
from defercheck.cli.exits import Exit, worst
from defercheck.cli.files import STDIN, find_specs, write_atomically
from defercheck.cli.group import advice
from defercheck.cli.options import exclude_option, style_options
from defercheck.cli.progress import Meter
from defercheck.cli.run import guarded
from defercheck.cli.terminal import say
from defercheck.cli.values import RuleCode, Size, Time
from defercheck.report.outcome import Crashed, Kept, Outcome, Refused
from defercheck.report.style import ColorChoice, Style, style_for
from defercheck.report.units import count, listing

if TYPE_CHECKING:
    from defercheck.locked.answer import Answer, Asker
    from defercheck.locked.lockfile import Entry, Lock, Settings
    from defercheck.locked.work import Held
    from defercheck.system.result import Limits

LOCK = "defercheck.lock"


@click.command(epilog="Exit codes: 0 locked, 1 a spec fails, 2 wrong spec or command line, 3 undetermined; "
               "the lock is only written when all specs hold.")  # fmt: skip
@click.argument("specs", nargs=-1, required=True, metavar="SPEC.dfr|FOLDER...")
@exclude_option
@click.option("--lock", "file", type=click.Path(dir_okay=False), default=LOCK, show_default=True, metavar="FILE",
              help="The lock file.")  # fmt: skip
@click.option("--no-prove", "prove", flag_value=False, default=True, type=bool, help="Do not look for proofs.")
@click.option("--certificate", "certificates", metavar="DIR", default="",
              help="Keep the certificates of proofs below that folder, to be checked with the lock.")  # fmt: skip
@click.option("--keep-invalid", is_flag=True, help="Lock also that a spec is not valid, and why.")
@click.option("-k", "--kernel", "kernels", multiple=True, metavar="VERSION",
              help="Kernel version whose rules apply; repeatable. Default: the spec's.")  # fmt: skip
@click.option("--cpus", type=click.IntRange(1, 8), metavar="N", help="Number of CPUs. Default: the spec's.")
@click.option("--rule", "only", multiple=True, type=RuleCode(), metavar="CODE", help="Lock this rule only; repeatable.")
@click.option("--no-rule", "disabled", multiple=True, type=RuleCode(), metavar="CODE",
              help="Leave out this rule; repeatable.")  # fmt: skip
@click.option("--memory", type=Size(), metavar="SIZE", help="Stop at that much memory, such as 2G (default 4G).")
@click.option("--time", "seconds", type=Time(), metavar="SECONDS", help="Stop after that time, such as 30 or 5m.")
@click.option("--no-cache", is_flag=True, help="Do not use former answers.")
@style_options
@click.option("-q", "--quiet", is_flag=True, help="Only what keeps the lock from being written.")
def lock(
    specs: tuple[str, ...], excluded: tuple[str, ...], file: str, prove: bool, certificates: str, keep_invalid: bool,
    kernels: tuple[str, ...], cpus: int | None, only: tuple[str, ...], disabled: tuple[str, ...], memory: int | None,
    seconds: float | None, no_cache: bool, color: ColorChoice, verbose: bool, debug: bool, quiet: bool,
) -> int:  # fmt: skip
    """Write what specs say to a lock file: for each property its verdict, the length of its schedule or the hash of
    its certificate. `defercheck check --locked` holds the specs to it."""
    from defercheck.locked.lockfile import Settings

    top = Path(file).parent
    if certificates and Path(certificates).exists() and not Path(certificates).is_dir():
        raise click.UsageError(f"--certificate {certificates}: there is a file of that name, and a folder is needed")
    from defercheck.locked.work import name_of

    kept = name_of(certificates, top) if certificates else ""
    excluded = tuple(sorted(excluded))
    settings = Settings(prove, kernels, cpus, tuple(sorted(only)), tuple(sorted(disabled)), kept, excluded)
    asker = _asker(top, settings, _limits(memory, seconds), no_cache)
    look = style_for(sys.stdout, color, verbose)
    return _Locking(asker, Path(file), look, quiet, keep_invalid, debug).run(_files(specs, excluded), specs)


@dataclass(frozen=True, slots=True)
class Report:
    """What ``check --locked`` writes: the format on the standard output, and files."""

    format: str = "text"
    files: tuple[Destination, ...] = ()


def check_locked(
    places: tuple[str, ...], file: str, limits: Limits, no_cache: bool, style: Style, quiet: bool, debug: bool,
    where: Report,
) -> int:  # fmt: skip
    """Hold specs to their lock; all that it knows when no places are given. The exit code."""
    from defercheck.locked.lockfile import BadLock, read
    from defercheck.locked.work import below, name_of

    path = Path(file)
    try:
        known = read(path.read_text(encoding="utf-8"), file)
    except FileNotFoundError:
        raise click.UsageError(f"there is no {file}; `defercheck lock specs/` writes it") from None
    except (BadLock, UnicodeDecodeError) as error:
        raise click.UsageError(str(error)) from error
    asked = [name_of(place, path.parent) for place in places] or ["."]
    names = {e.spec for e in known.entries if below(e.spec, asked)}
    found = [p for p in places if Path(p).exists() or not any(below(n, [name_of(p, path.parent)]) for n in names)]
    names |= {name_of(spec, path.parent) for spec in _files(tuple(found), known.settings.excluded)}
    asker = _asker(path.parent, known.settings, limits, no_cache)
    return _Holding(asker, known, style, quiet, debug, where).run(sorted(names))


def _limits(memory: int | None, seconds: float | None) -> Limits:
    from defercheck.system.result import Limits

    return Limits(seconds=seconds) if memory is None else Limits(memory=memory, seconds=seconds)


def _asker(top: Path, settings: Settings, limits: Limits, no_cache: bool) -> Asker:
    from defercheck.locked.answer import Asker
    from defercheck.locked.cache import Cache, folder

    return Asker(top, settings, limits, None if no_cache else Cache(folder()))


def _files(places: tuple[str, ...], excluded: tuple[str, ...]) -> list[str]:
    if STDIN in places:
        raise click.UsageError("the standard input cannot be locked: it has no name")
    return find_specs(places, excluded)


class _Telling:
    """What both commands say, and how."""

    def __init__(self, asker: Asker, style: Style, quiet: bool, debug: bool):
        self.asker, self.style, self.quiet, self.debug = asker, style, quiet, debug
        self.meter = Meter(sys.stderr, style_for(sys.stderr).width, enabled=not quiet)
        self.codes: list[Exit] = [Exit.HOLDS]

    def line(self, mark: str, look: str, label: str, text: str) -> None:
        """The line of one spec on one version."""
        say(sys.stdout, f"{self.style.paint(mark, look)} {label}  {self.style.paint(text, look)}")

    def crashed(self, outcome: Crashed) -> None:
        """A fault of our own."""
        self.codes.append(Exit.INTERNAL_ERROR)
        say(sys.stderr, f"defercheck: {outcome.name}: internal error: {outcome.error}\n{advice(self.debug)}")

    def refused(self, diagnostics: Sequence[object]) -> None:
        """What is wrong with a spec."""
        from defercheck.report.errors import complaints

        say(sys.stderr, complaints(diagnostics, style_for(sys.stderr)))  # type: ignore[arg-type]

    def shown(self, answer: Answer) -> None:
        """The findings of an answer, with their schedules."""
        from defercheck.report.many import details

        if answer.result is not None and (text := details([answer.result], self.style)):
            say(sys.stdout, f"\n{text}\n")

    def interrupted(self) -> Exit:
        """Ctrl-C."""
        self.meter.clear()
        say(sys.stderr, "defercheck: interrupted")
        return Exit.INTERRUPTED


class _Locking(_Telling):
    """``defercheck lock``."""

    def __init__(self, asker: Asker, file: Path, style: Style, quiet: bool, keep_invalid: bool, debug: bool):
        super().__init__(asker, style, quiet, debug)
        self.file, self.keep_invalid = file, keep_invalid

    def run(self, files: list[str], places: tuple[str, ...]) -> int:
        """Ask all specs, then write the lock if there is nothing against it."""
        from defercheck.locked.answer import maker
        from defercheck.locked.lockfile import Lock, write
        from defercheck.locked.work import merged, name_of

        top = self.asker.top
        old = self._old()
        entries: list[Entry] = []
        names = [name_of(file, top) for file in files]
        try:
            if self.keep_invalid or self._are_valid(names):
                for name in names:
                    entries += self._locked(name, old)
        except KeyboardInterrupt:
            self.codes.append(self.interrupted())
        code = worst(self.codes)
        if code is not Exit.HOLDS:
            remedy = "; --keep-invalid locks that a spec is not valid, --exclude leaves it out"
            more = remedy if Exit.WRONG_INPUT in self.codes else ""
            say(sys.stderr, f"defercheck: {self.file} is not written: only what holds is locked{more}")
            return int(code)
        try:
            new = merged(old, Lock(maker(), self.asker.settings, tuple(entries)), [name_of(p, top) for p in places])
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        write_atomically(self.file, write(new))
        if not self.quiet:
            say(sys.stdout, f"{count(len(entries), 'check')} in {self.file}")
        return int(code)

    def _are_valid(self, names: list[str]) -> bool:
        """Complains of what is not valid before anything is explored: proofs of all others may take minutes."""
        from defercheck.locked.work import declare

        for name in names:
            match guarded(name, partial(declare, name, self.asker), self.debug, self.meter):
                case Crashed() as crash:
                    self.crashed(crash)
                case Refused() as refused:
                    self.refused(refused.diagnostics)
                    self.codes.append(Exit.WRONG_INPUT)
        return len(self.codes) == 1

    def _old(self) -> Lock | None:
        from defercheck.locked.lockfile import BadLock, read

        try:
            return read(self.file.read_text(encoding="utf-8"), str(self.file))
        except FileNotFoundError:
            return None
        except (BadLock, UnicodeDecodeError) as error:
            say(sys.stderr, f"defercheck: {error}: it is written anew")
            return None

    def _locked(self, name: str, old: Lock | None) -> list[Entry]:
        """The entries of one spec; none for what keeps the lock from being written."""
        from defercheck.check import DEFAULT_KERNEL
        from defercheck.grammar.span import SpecError
        from defercheck.locked import work

        top, settings = self.asker.top, self.asker.settings
        try:
            spec = work.read(name, top)
        except SpecError as error:
            text = (top / name).read_bytes().decode("utf-8", "replace")
            return self._invalid(name, text, error, settings.kernels or (DEFAULT_KERNEL,))
        entries = []
        for kernel in work.kernels(spec, settings):
            self.meter.start(f"{name} ({kernel})")
            outcome = guarded(name, partial(self.asker.ask, spec, kernel, self.meter), self.debug, self.meter)
            self.meter.clear()
            match outcome:
                case Crashed():
                    self.crashed(outcome)
                case Refused():
                    entries += self._invalid(name, spec.source.text, SpecError(*outcome.diagnostics), (kernel,))
                case _ if self._holds(name, kernel, outcome):
                    text = spec.source.text
                    found = work.entry(name, kernel, text, outcome)
                    before = work.unchanged(old, found, settings, text, top)
                    if settings.certificates and before is None:
                        work.keep(work.certificates_of(found, settings, top), outcome.certificates)
                    entries.append(before or found)
                    self._told(found, outcome, old)
        return entries

    def _holds(self, name: str, kernel: str, answer: Answer) -> bool:
        if answer.status == "holds":
            return True
        self.codes.append(Exit.UNDETERMINED if answer.status == "undetermined" else Exit.VIOLATED)
        said = "is undetermined" if answer.status == "undetermined" else "fails"
        self.line(self.style.glyphs.mark, "bold red", f"{name} ({kernel})", said)
        for v in answer.result.verdicts if answer.result is not None else ():
            if v.outcome == "undetermined":
                say(sys.stdout, f"    {v.code} {v.name}: {v.reason}")
        self.shown(answer)
        return False

    def _invalid(self, name: str, text: str, error: object, kernels: tuple[str, ...]) -> list[Entry]:
        from defercheck.grammar.span import SpecError
        from defercheck.locked.work import invalid

        assert isinstance(error, SpecError)
        if not self.keep_invalid:
            self.refused(error.diagnostics)
            self.codes.append(Exit.WRONG_INPUT)
            return []
        entries = [invalid(name, text, error, kernel) for kernel in kernels]
        for e in entries if not self.quiet else []:
            self.line(self.style.glyphs.good, "green", f"{name} ({e.kernel})", f"is not valid: {e.invalid}")
        return entries

    def _told(self, e: Entry, answer: Answer, old: Lock | None) -> None:
        from defercheck.locked.compare import changes

        if self.quiet:
            return
        kinds = Counter(f"{s.outcome}{' as expected' if s.expected else ''}" for s in e.properties.values())
        self.line(self.style.glyphs.good, "green", f"{e.spec} ({e.kernel})",
                  listing([f"{n} {kind}" for kind, n in sorted(kinds.items())]))  # fmt: skip
        before = next((b for b in old.entries if b.key == e.key and not b.invalid), None) if old is not None else None
        for change in changes(before, answer) if before is not None else ():
            say(sys.stdout, f"    {change.text}")


class _Holding(_Telling):
    """``defercheck check --locked``."""

    def __init__(self, asker: Asker, known: Lock, style: Style, quiet: bool, debug: bool, where: Report):
        super().__init__(asker, style, quiet, debug)
        self.known, self.where = known, where
        self.kept: list[Kept] = []
        self.outcomes: list[Outcome] = []

    def run(self, names: list[str]) -> int:
        """Hold each spec to the lock."""
        from defercheck.locked.work import hold

        totals: Counter[str] = Counter()
        interrupted = False
        try:
            for name in names:
                self.meter.start(name)
                outcome = guarded(name, partial(hold, self.known, name, self.asker, self.meter), self.debug, self.meter)
                self.meter.clear()
                if isinstance(outcome, tuple):
                    totals.update(self._told(held) for held in outcome)
                elif isinstance(outcome, Crashed):
                    self.crashed(outcome)
                    self.outcomes.append(outcome)
                    totals["internal errors"] += 1
        except KeyboardInterrupt:
            interrupted = True
            self.codes.append(self.interrupted())
        code = worst(self.codes)
        self._write(code, interrupted)
        if self.text and (not self.quiet or code is not Exit.HOLDS):
            parts = [f"{n} {kind}" for kind, n in totals.items()]
            look = "bold green" if code is Exit.HOLDS else "bold red"
            total = f"{count(sum(totals.values()), 'check')}: {', '.join(parts) or 'none done'}"
            say(sys.stdout, f"\n{self.style.paint(total, look)}" if not self.quiet else total)
        return int(code)

    @property
    def text(self) -> bool:
        """Whether the standard output is for people."""
        return self.where.format == "text"

    def _write(self, code: Exit, interrupted: bool) -> None:
        """The reports that are one document."""
        if not self.text:
            say(sys.stdout, self._document(self.where.format, code, interrupted).rstrip("\n"))
        for d in self.where.files:
            write_atomically(d.path, self._document(d.format, code, interrupted))

    def _document(self, format: str, code: Exit, interrupted: bool) -> str:
        from defercheck.report import github, json, junit, sarif

        match format:
            case "junit":
                return junit.dump(self.outcomes, code, interrupted, kept=self.kept)
            case "sarif":
                return sarif.dump(self.outcomes, code, interrupted, self.kept)
            case "github":
                return github.dump(self.outcomes, code, interrupted, self.kept)
        return json.dump(self.outcomes, code, interrupted, self.kept)

    def _remember(self, held: Held, status: Literal["as locked", "changed", "undetermined"]) -> None:
        """For the reports that are written at the end; a spec that is as locked needs no more than a line there."""
        answer = held.answer
        changes = tuple((c.weight, c.text) for c in held.changes)
        verified = answer.verified if answer is not None and answer.result is None else 0
        self.kept.append(Kept(held.spec, held.kernel, status, changes, held.why if changes else "", verified))
        if status != "as locked":
            if held.complaints:
                self.outcomes.append(Refused(held.spec, held.complaints))
            if answer is not None and answer.result is not None:
                self.outcomes.append(answer.result)

    def _told(self, held: Held) -> str:
        """Tell what became of one, and which kind of outcome that is."""
        label = f"{held.spec} ({held.kernel})"
        answer = held.answer
        kind: Literal["as locked", "changed", "undetermined"] = (
            "changed" if held.fails else "undetermined" if held.undetermined else "as locked"
        )
        self._remember(held, kind)
        if kind == "as locked":
            if self.text and not self.quiet:
                self.line(self.style.glyphs.good, "green", label, self._how(answer))
                self._list(held)
            return kind
        self.codes.append(Exit.VIOLATED if held.fails else Exit.UNDETERMINED)
        if held.complaints:
            self.refused(held.complaints)
        if not self.text:
            return kind
        mark, look = (self.style.glyphs.mark, "bold red") if held.fails else ("?", "bold yellow")
        self.line(mark, look, label, kind)
        self._list(held)
        if answer is not None:
            self.shown(answer)
        return kind

    def _list(self, held: Held) -> None:
        for change in held.changes:
            say(sys.stdout, f"    {change.text}")
        if held.changes and held.why:
            say(sys.stdout, f"    {self.style.paint(f'why: {held.why}', 'dim')}")

    def _how(self, answer: Answer | None) -> str:
        if answer is None:
            return "as locked"
        if answer.result is not None:
            return "as locked"
        proofs = f", {count(answer.verified, 'certificate')} checked again" if answer.verified else ""
        return f"as locked (answered before{proofs})"

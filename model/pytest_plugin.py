"""The plugin for pytest: ``*.dfr`` files are tests, one for each property, kernel version and number of CPUs.

Nothing of the checker is imported before a spec is collected: every run of pytest starts through this module.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from defercheck.api import Settings, Spec
    from defercheck.verdict import CheckResult, Verdict

_WIDTH = 100


class DefercheckWarning(pytest.PytestWarning):
    """A warning of a check: a statement that never runs, a property that holds vacuously, an object never used."""


class Failed(Exception):
    """A property does not hold; the text is what there is to say of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--dfr-kernel``, ``--dfr-cpus``, ``--dfr-time``, and ``dfr_files`` in the ini file."""
    group = parser.getgroup("defercheck", "specs (*.dfr)")
    group.addoption("--dfr-kernel", action="append", default=[], metavar="VERSION[,...]",
                    help="Check specs for these kernel versions instead of their own; repeatable.")  # fmt: skip
    group.addoption("--dfr-cpus", action="append", default=[], metavar="N[,...]",
                    help="Check specs with these numbers of CPUs instead of their own; repeatable.")  # fmt: skip
    group.addoption("--dfr-time", type=float, metavar="SECONDS",
                    help="Stop exploring a spec after that time; what is undetermined then fails.")  # fmt: skip
    parser.addini("dfr_files", type="args", default=["*.dfr"],
                  help="Patterns of the files that are specs to be checked; with a slash they match the path below the "
                  "root folder.")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Refuses values of options that make no sense, before anything is collected."""
    _cpus(config)
    _kernels(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Specs that match ``dfr_files``, and those named on the command line."""
    if file_path.suffix != ".dfr":
        return None
    named = parent.session.isinitpath(file_path)
    if not named and not any(_matches(file_path, p, parent.config) for p in parent.config.getini("dfr_files")):
        return None
    return SpecFile.from_parent(parent, path=file_path)


@dataclass(frozen=True, slots=True)
class Way:
    """How a spec is checked: the kernel version, and the number of CPUs if it is not the spec's own."""

    kernel: str
    cpus: int | None

    def __str__(self) -> str:
        return self.kernel if self.cpus is None else f"{self.kernel}-cpus{self.cpus}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item asks about: a rule, a property of the spec (by its place), or whatever else was found."""

    name: str
    words: tuple[str, ...] = ()
    code: str = ""
    start: int | None = None
    line: int = 0


class SpecFile(pytest.File):
    """A spec. It is explored once for each way, when the first item asks for it."""

    _answers: dict[Way, CheckResult]

    def collect(self) -> Iterable[pytest.Item]:
        """An item for each property in each way: all of one way, then the next."""
        from defercheck.api import parse
        from defercheck.check import Options, check_codes, resolve, settled

        self._answers = {}
        try:
            spec = parse(self.path.read_text(encoding="utf-8"), _shown(self.path))
        except UnicodeDecodeError as error:
            raise self.CollectError(f"{self.path}: byte {error.start} is not UTF-8") from None
        check_codes(spec.tree)
        versions = _kernels(self.config) or spec.kernels
        for way in [Way(kernel, cpus) for kernel in versions for cpus in _cpus(self.config)]:
            options = Options(cpus=way.cpus)
            program = resolve(spec.tree, way.kernel, options)  # what is wrong with it, once, and not an item each
            subjects = tuple(_subjects(spec, settled(program, options).disabled))
            for subject in subjects:
                name = f"{subject.name}[{way}]"
                # in full: newer versions of pytest would not know `[...]` of a name alone again, for --lf
                whole = f"{self.nodeid}::{name}"
                yield SpecItem.from_parent(
                    self, name=name, nodeid=whole, spec=spec, way=way, subject=subject, all=subjects
                )

    def answer(self, spec: Spec, way: Way) -> CheckResult:
        """What checking the spec in a way said."""
        if way not in self._answers:
            settings: Settings = {"kernel": way.kernel}
            if way.cpus is not None:
                settings["cpus"] = way.cpus
            if (seconds := self.config.getoption("--dfr-time")) is not None:
                settings["seconds"] = seconds
            self._answers[way] = spec.check(**settings)
        return self._answers[way]

    def teardown(self) -> None:
        """The answers are not needed any more."""
        self._answers.clear()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A wrong spec is shown as the command shows it."""
        return _complaints(excinfo.value) or super().repr_failure(excinfo)


class SpecItem(pytest.Item):
    """One property of a spec on one kernel version."""

    def __init__(self, *, spec: Spec, way: Way, subject: Subject, all: tuple[Subject, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.spec, self.way, self.subject, self.all = spec, way, subject, all
        self.extra_keyword_matches.update(subject.words)

    def runtest(self) -> None:
        """Passes when the property holds, or is broken as the spec expects."""
        assert isinstance(self.parent, SpecFile)
        result = self.parent.answer(self.spec, self.way)
        failures = list(_failures(result, self.subject, self.all))
        if failures:
            raise Failed("\n\n".join([*failures, _standing(result)]))
        if self.subject.name == _REST:
            for v in result.verdicts:
                if v.severity == "warning" and v.outcome == "violated" and not v.expected:
                    place = f"{v.span!r}: " if v.span is not None else ""
                    self.warn(DefercheckWarning(f"{place}{v.code}: {v.message or v.name}"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding with its schedule; a wrong spec as the command shows it."""
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return _complaints(excinfo.value) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The file, the line of the property, the name."""
        return self.path, self.subject.line, self.name


_REST = "others"
"""The item for what has no item of its own: allowances that silence nothing, expectations of such, warnings."""


def _subjects(spec: Spec, disabled: Set[str]) -> Iterator[Subject]:
    from defercheck.grammar import tree
    from defercheck.rules import all_rules
    from defercheck.sema.walk import walk

    asserts = any(isinstance(n, tree.Assert) for n in walk(spec.tree.items))
    for rule in all_rules():
        spoken_of = rule.checked and rule.code not in disabled and (rule.code != "DF701" or asserts)
        if spoken_of and rule.code < "DF702":
            yield Subject(rule.code, (rule.name, *rule.name.split()), rule.code)
    for item in spec.tree.items:
        if isinstance(item, tree.PropertyDecl):
            name = item.name.text if item.name else f"line{item.span.line}"
            yield Subject(f"{item.kind}:{name}", (name,), "", item.span.start, item.span.line - 1)
    yield Subject(_REST)


def _failures(result: CheckResult, subject: Subject, all: Iterable[Subject]) -> Iterator[str]:
    """What speaks against a property, in full."""
    from defercheck.report.finding import finding, missed
    from defercheck.report.style import Style

    style = Style(width=_WIDTH)
    mine = [v for v in result.verdicts if _about(v, subject)]
    if subject.name == _REST:
        mine = [v for v in result.verdicts if v.severity == "error" and not any(_about(v, s) for s in all)]
    elif not mine:
        yield f"nothing was said of {subject.name}: this is a fault of defercheck"
    for v in mine:
        if v.outcome in ("violated", "unreached") and not v.expected:
            yield "\n".join(line.rstrip() for line in finding(v, style))
        elif v.outcome == "undetermined":
            yield f"{v.code} {v.name} is undetermined: {v.reason}"
    own = {s.code for s in all}
    for code in result.missing:
        if code == subject.code or (subject.name == _REST and code not in own):
            lines = missed(code, _rule_name(code), result.spec, result.exploration.complete, style)
            yield "\n".join(line.rstrip() for line in lines)


def _about(verdict: Verdict, subject: Subject) -> bool:
    if subject.start is not None:
        return verdict.code in ("DF702", "DF703", "DF904") and _start(verdict) == subject.start
    return subject.code == verdict.code


def _start(verdict: Verdict) -> int | None:
    return verdict.span.start if verdict.span is not None else None


def _rule_name(code: str) -> str:
    from defercheck.rules import rule

    return rule(code).name


def _standing(result: CheckResult) -> str:
    from defercheck.report.standing import standing
    from defercheck.report.style import Style

    where = f"{result.spec.name} on Linux {result.kernel} with {result.cpus} CPU{'s' if result.cpus > 1 else ''}"
    return "\n".join([where, *standing(result, Style(width=_WIDTH))])


def _complaints(error: BaseException) -> str:
    from defercheck.grammar.span import SpecError
    from defercheck.report.errors import complaints
    from defercheck.report.style import Style

    return complaints(error.diagnostics, Style(width=_WIDTH)) if isinstance(error, SpecError) else ""


def _shown(path: Path) -> str:
    """The path as people see it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _matches(path: Path, pattern: str, config: pytest.Config) -> bool:
    if "/" not in pattern:
        return fnmatch(path.name, pattern)
    try:
        return fnmatch(path.relative_to(config.rootpath).as_posix(), pattern)
    except ValueError:
        return False


def _kernels(config: pytest.Config) -> tuple[str, ...]:
    return _listed(config.getoption("--dfr-kernel"))


def _cpus(config: pytest.Config) -> tuple[int | None, ...]:
    from_line = _listed(config.getoption("--dfr-cpus"))
    for text in from_line:
        if not text.isdecimal() or not 1 <= int(text) <= 8:
            raise pytest.UsageError(f"--dfr-cpus {text}: a number from 1 to 8")
    return tuple(int(text) for text in from_line) or (None,)


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for value in values for word in value.split(",") if word.strip()))

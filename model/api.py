"""The library: a spec, and what can be asked of it. docs/api.md is its reference."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from defercheck import check as pipeline
from defercheck.check import Options
from defercheck.grammar.span import Source, Span, SpecError
from defercheck.grammar.tree import SpecFile
from defercheck.system.result import Exploration, Limits
from defercheck.system.system import TransitionSystem
from defercheck.verdict import CheckResult, Trace

if TYPE_CHECKING:
    from networkx import DiGraph

MOST_CPUS = 8
_REMEMBERED = 16
"""Answers that are kept, so that several assertions about one spec explore it once."""


class Settings(TypedDict, total=False):
    """How to check; each as on the command line, which has the same defaults.

    ``kernel`` (``"6.1"``) and ``cpus`` (1 to 8) override the spec's own. With ``rules`` only these are checked,
    ``without`` leaves some out. ``reduce`` (default true) makes the system smaller first. ``engine`` is ``native`` or
    ``interpret``. ``max_states``, ``memory`` (bytes) and ``seconds`` bound the search; a bound that is hit makes
    properties ``undetermined``.
    """

    kernel: str
    cpus: int
    rules: Collection[str]
    without: Collection[str]
    reduce: bool
    engine: Literal["native", "interpret"]
    max_states: int
    memory: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Origin:
    """A part of a text that was built (``start`` to ``end``, in characters) and the call in Python that built it."""

    start: int
    end: int
    call: Span


@dataclass(frozen=True, slots=True)
class Explored:
    """The reachable states of a spec on one kernel version.

    ``system`` is the transition system as compiled, before any reduction; paths in ``exploration`` are its.
    """

    kernel: str
    system: TransitionSystem = field(repr=False)
    exploration: Exploration

    def path(self, property: str) -> tuple[int, ...]:
        """A shortest path that breaks a rule (``"DF301"``) or an invariant (its name), or that reaches a cover:
        indexes of the system's transitions, for ``Spec.replay``. ``KeyError`` when there is none."""
        named = [p.id for p in self.system.properties if property in (p.id, p.code, p.id.partition(":")[2])]
        found = [w.path for id in named if (w := self.exploration.witnesses.get(id)) is not None]
        if not found:
            raise KeyError(property)
        return min(found, key=len)


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec whose form is right. Make one with ``load``, ``parse`` or ``Builder``.

    Every method raises ``SpecError`` when the spec is wrong beyond its form (types, names, unknown kernel version),
    ``UnknownRule`` for a rule that does not exist, ``TypeError`` and ``ValueError`` for settings that make no sense.
    """

    tree: SpecFile = field(repr=False)
    name: str
    origins: tuple[Origin, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The spec in the language."""
        return self.tree.source.text

    @property
    def kernels(self) -> tuple[str, ...]:
        """The kernel versions that the spec names, else the default one."""
        return pipeline.versions(self.tree)

    def check(self, **settings: Unpack[Settings]) -> CheckResult:
        """All verdicts on one kernel version. ``ValueError`` when the spec names several and ``kernel`` none."""
        options = options_of(settings)
        return self._checked(self._version(options), options)

    def check_all(self, **settings: Unpack[Settings]) -> tuple[CheckResult, ...]:
        """One result for each kernel version that the spec names, or for ``kernel`` alone."""
        options = options_of(settings)
        return tuple(self._checked(version, options) for version in pipeline.versions(self.tree, options))

    def prove(self, **settings: Unpack[Settings]) -> CheckResult:
        """As ``check``, and then Z3 is asked for a proof of all that holds: outcomes are ``proved``, or ``explored``
        with the reason why there is no proof. ``proof`` of the result says what it took."""
        options = replace(options_of(settings), prove=True)
        return self._checked(self._version(options), options)

    def prove_all(self, **settings: Unpack[Settings]) -> tuple[CheckResult, ...]:
        """One result for each kernel version that the spec names, or for ``kernel`` alone, with proofs."""
        options = replace(options_of(settings), prove=True)
        return tuple(self._checked(version, options) for version in pipeline.versions(self.tree, options))

    def bmc(self, depth: int = 20, **settings: Unpack[Settings]) -> CheckResult:
        """As ``check``, by Z3 and for schedules of at most ``depth`` steps before the one that breaks something: what
        is violated is certain and shown by a schedule that is as short as any, all else is ``undetermined``. A second
        opinion, and an answer where there are too many states."""
        options = options_of(settings)
        options = replace(options, engine="bmc", limits=replace(options.limits, depth=depth))
        return self._checked(self._version(options), options)

    def system(self, **settings: Unpack[Settings]) -> TransitionSystem:
        """The transition system, reduced unless ``reduce`` is false."""
        return self._system(options_of(settings))

    def explore(self, **settings: Unpack[Settings]) -> Explored:
        """Everything reachable, without verdicts."""
        from defercheck.reduce import restore

        options = options_of(settings)
        full = self._system(replace(options, reduce=False))
        system = pipeline.reduced(full, options)[0]
        return Explored(self._version(options), full, restore(_explored(system, options), system))

    def graph(self, limit: int = 10_000, **settings: Unpack[Settings]) -> DiGraph:
        """The reachable states and the steps between them.

        Nodes are numbers from 0 (initial) in breadth-first order, with the attributes ``label``, ``depth``,
        ``initial``, ``terminal``, ``violating`` and ``state:NAME`` for each variable that is not the same everywhere;
        edges have ``label`` and ``context``. A violating step leads to a node named after its rule.
        ``GraphTooLarge`` beyond ``limit`` states.
        """
        from defercheck.export.graph import state_graph

        return state_graph(self.system(**settings), limit)

    def replay(self, schedule: Trace | tuple[int, ...], **settings: Unpack[Settings]) -> Trace:
        """Takes a schedule step by step and gives it back as it went.

        ``schedule`` is a trace, also one of another version of the spec, or a path (``Explored.path``). A trace's steps
        are recognised by who does what on which CPU, and by what changes. ``ReplayError`` when a step cannot be taken,
        or does not break any more what it broke.
        """
        from defercheck.follow import ReplayError, follow
        from defercheck.interpret import Interpreter
        from defercheck.trace import replay

        machine = Interpreter(self._system(replace(options_of(settings), reduce=False)))
        path = follow(schedule, machine) if isinstance(schedule, Trace) else schedule
        try:
            return replay(path, machine)
        except ValueError as error:
            raise ReplayError(str(error)) from None

    def __str__(self) -> str:
        return self.text

    def _version(self, options: Options) -> str:
        first, *others = pipeline.versions(self.tree, options)
        if others:
            named = ", ".join([first, *others])
            raise ValueError(f"{self.name} names the kernel versions {named}: choose one with `kernel=`")
        return first

    def _system(self, options: Options) -> TransitionSystem:
        with self._pointing():
            pipeline.check_codes(self.tree)
            return pipeline.compile_spec(self.tree, self._version(options), options)

    def _checked(self, kernel: str, options: Options) -> CheckResult:
        with self._pointing():
            return _check(_Text(self.name, self.text), kernel, options)

    @contextmanager
    def _pointing(self) -> Iterator[None]:
        """Complaints about what was built in Python name the call; all can be read below a traceback."""
        try:
            yield
        except SpecError as error:
            raise explained(error, self.origins) from None


@dataclass(frozen=True, slots=True)
class _Text:
    """A spec as a key: trees are long to compare."""

    name: str
    text: str


def load(path: str | Path) -> Spec:
    """The spec in a file. ``SpecError`` for what is wrong with its form, ``OSError`` if it cannot be read,
    ``UnicodeDecodeError`` if it is not UTF-8."""
    return parse(Path(path).read_text(encoding="utf-8"), str(path))


def parse(text: str, name: str = "<text>") -> Spec:
    """The spec in a text; ``name`` is what messages call it. ``SpecError`` for what is wrong with its form."""
    try:
        return Spec(pipeline.load(Source(name, text)), name)
    except SpecError as error:
        raise explained(error) from None


def render(result: CheckResult, width: int = 100, verbose: bool = False) -> str:
    """The report of a result, as the command writes it: ``width`` columns, no colours."""
    from defercheck.report.style import Style
    from defercheck.report.text import report

    return report(result, Style(width=width, verbose=verbose))


def explained(error: SpecError, origins: tuple[Origin, ...] = ()) -> SpecError:
    """The error with what the command would show as a note, and with notes that name the calls in Python."""
    from defercheck.report.errors import complaints
    from defercheck.report.style import Style

    told = []
    for d in error.diagnostics:
        span = d.span
        inside = [o for o in origins if span is not None and o.start <= span.start < max(o.end, o.start + 1)]
        told.append(replace(d, notes=(*d.notes, *(("built by this call", o.call) for o in inside))))
    result = SpecError(*told)
    result.add_note(complaints(told, Style(width=100)))
    return result


def options_of(settings: Settings) -> Options:
    """The options of a check. Raises as ``Spec`` says."""
    from defercheck.rules import rule
    from defercheck.sema.constants import suggest

    for name in settings:
        if name not in Settings.__annotations__:
            known = ", ".join(Settings.__annotations__)
            raise TypeError(f"there is no setting `{name}`; {suggest(name, Settings.__annotations__) or known}")
    cpus = settings.get("cpus")
    if cpus is not None and not 1 <= cpus <= MOST_CPUS:
        raise ValueError(f"cpus={cpus}: from 1 to {MOST_CPUS}")
    if settings.get("engine", "native") not in ("native", "interpret"):
        raise ValueError(f"engine={settings['engine']!r}: `native` or `interpret`")
    for name in ("rules", "without"):
        if isinstance(settings.get(name), str):
            raise TypeError(f"{name}={settings.get(name)!r}: a list of codes")
    default = Limits()
    return Options(
        cpus=cpus,
        kernel=settings.get("kernel"),
        disabled=frozenset(rule(code).code for code in settings.get("without", ())),
        only=frozenset(rule(code).code for code in settings.get("rules", ())),
        reduce=settings.get("reduce", True),
        engine=settings.get("engine", "native"),
        limits=Limits(
            states=settings.get("max_states"),
            memory=settings.get("memory", default.memory),
            seconds=settings.get("seconds"),
        ),
    )


def _explored(system: TransitionSystem, options: Options) -> Exploration:
    exploration = pipeline.explore(system, options, None)
    if exploration.limit == "interrupted":
        raise KeyboardInterrupt
    return exploration


@lru_cache(maxsize=_REMEMBERED)
def _check(spec: _Text, kernel: str, options: Options) -> CheckResult:
    result = pipeline.check_spec(pipeline.load(Source(spec.name, spec.text)), kernel, options)
    if result.exploration.limit == "interrupted":
        raise KeyboardInterrupt
    return result

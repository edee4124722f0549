"""The lock file: what every spec is known to say, a line for each property, in TOML and in a fixed order."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
HEAD = """\
# What every spec is known to say. `defercheck lock` writes this file, `defercheck check --locked` holds specs to it.
# After a merge conflict: keep either side, then lock again.
"""
_SAID = re.compile(
    r"(?P<outcome>[a-z]+)(?P<expected> as expected)?"
    r"(?:, (?P<steps>\d+) steps?)?(?:, certificate (?P<hash>[0-9a-f]{64}))?"
)


class BadLock(Exception):
    """The lock file cannot be used. The message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a property: its outcome (as in verdicts), whether the spec expects it, the length of the
    shortest schedule if there is one to show, the SHA-256 of the certificate if it is proved."""

    outcome: str
    expected: bool = False
    steps: int | None = None
    certificate: str = ""

    def __str__(self) -> str:
        steps = "" if self.steps is None else f", {self.steps} step{'' if self.steps == 1 else 's'}"
        proof = f", certificate {self.certificate}" if self.certificate else ""
        return f"{self.outcome}{' as expected' if self.expected else ''}{steps}{proof}"


@dataclass(frozen=True, slots=True)
class Settings:
    """How all specs of a lock are checked.

    ``kernels`` and ``cpus`` override the specs' own when given, ``rules`` are the only ones checked unless there are
    none, ``without`` are left out. ``certificates`` is a folder, as seen from the lock's, or empty; ``excluded`` are
    patterns of files that are left out where folders are searched.
    """

    prove: bool = True
    kernels: tuple[str, ...] = ()
    cpus: int | None = None
    rules: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    certificates: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """What an answer depends on beside the spec: versions of the tool and the solver, SHA-256 of the kernel model."""

    tool: str
    solver: str
    model: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one spec on one kernel version. ``text`` is the SHA-256 of the spec's text; ``invalid`` the
    complaint, when the spec is known to be wrong and nothing else is known of it."""

    spec: str
    kernel: str
    text: str
    cpus: int = 0
    states: int = 0
    properties: Mapping[str, Said] = field(default_factory=dict)
    invalid: str = ""

    @property
    def key(self) -> tuple[str, tuple[int, ...]]:
        """What makes an entry one of its own, in the order of the file."""
        return self.spec, tuple(int(n) for n in self.kernel.split("."))


@dataclass(frozen=True, slots=True)
class Lock:
    """A whole lock file. Entries are in order of path and version."""

    maker: Maker
    settings: Settings
    entries: tuple[Entry, ...]


def write(lock: Lock) -> str:
    """The text of a lock file."""
    return HEAD + "\n".join(_lines(lock)) + "\n"


def _lines(lock: Lock) -> Iterator[str]:
    yield f"format = {FORMAT}"
    yield f"tool = {_text(lock.maker.tool)}"
    yield f"solver = {_text(lock.maker.solver)}"
    yield f"model = {_text(lock.maker.model)}"
    s = lock.settings
    yield f"prove = {'true' if s.prove else 'false'}"
    lists = (("kernels", s.kernels), ("rules", s.rules), ("without", s.without), ("excluded", s.excluded))
    for name, values in lists:
        if values:
            yield f"{name} = [{', '.join(map(_text, values))}]"
    if s.cpus is not None:
        yield f"cpus = {s.cpus}"
    if s.certificates:
        yield f"certificates = {_text(s.certificates)}"
    spec = ""
    for e in sorted(lock.entries, key=lambda e: e.key):
        if e.spec != spec:
            spec = e.spec
            yield from ("", f"[{_text(spec)}]", f"text = {_text(e.text)}")
        yield from ("", f"[{_text(spec)}.{_text(e.kernel)}]")
        if e.invalid:
            yield f"invalid = {_text(e.invalid)}"
            continue
        yield from (f"cpus = {e.cpus}", f"states = {e.states}")
        for name, said in sorted(e.properties.items()):
            yield f"{name if re.fullmatch(r'[A-Za-z0-9_-]+', name) else _text(name)} = {_text(str(said))}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read(text: str, name: str) -> Lock:
    """The lock in a text; ``name`` is what messages call the file. ``BadLock``."""
    if re.search(r"^(<{7}|={7}|>{7})", text, re.MULTILINE):
        raise BadLock(f"{name} has a merge conflict: keep either side, then run `defercheck lock`")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadLock(f"{name}: {error}; run `defercheck lock` to write it anew") from error
    if data.get("format") != FORMAT:
        raise BadLock(f"{name} has format {data.get('format')!r}, and this version of defercheck knows {FORMAT}")
    try:
        return _lock(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadLock(f"{name} is not as `defercheck lock` writes it ({error}); run it again") from error


def _lock(data: dict[str, Any]) -> Lock:
    maker = Maker(*(_string(data[name]) for name in ("tool", "solver", "model")))
    settings = Settings(
        prove=data["prove"] is True,
        kernels=tuple(map(_string, data.get("kernels", ()))),
        cpus=data.get("cpus"),
        rules=tuple(map(_string, data.get("rules", ()))),
        without=tuple(map(_string, data.get("without", ()))),
        certificates=_string(data.get("certificates", "")),
        excluded=tuple(map(_string, data.get("excluded", ()))),
    )
    entries = [
        _entry(spec, kernel, _string(table["text"]), facts)
        for spec, table in data.items() if isinstance(table, dict)
        for kernel, facts in table.items() if isinstance(facts, dict)
    ]  # fmt: skip
    return Lock(maker, settings, tuple(sorted(entries, key=lambda e: e.key)))


def _entry(spec: str, kernel: str, text: str, facts: dict[str, Any]) -> Entry:
    if "invalid" in facts:
        return Entry(spec, kernel, text, invalid=_string(facts["invalid"]))
    said = {name: _said(value) for name, value in facts.items() if name not in ("cpus", "states")}
    return Entry(spec, kernel, text, int(facts["cpus"]), int(facts["states"]), said)


def _said(value: object) -> Said:
    match = _SAID.fullmatch(_string(value))
    if match is None:
        raise ValueError(f"cannot make sense of {value!r}")
    steps = int(match["steps"]) if match["steps"] is not None else None
    return Said(match["outcome"], match["expected"] is not None, steps, match["hash"] or "")


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value

"""What is different from what was locked, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from defercheck.locked.answer import Answer
from defercheck.locked.lockfile import Entry, Maker, Said

Weight = Literal["fails", "undetermined", "note"]
_BAD = ("violated", "unreached")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is different. A ``note`` is no reason to fail."""

    weight: Weight
    text: str


def changes(locked: Entry, now: Answer) -> Iterator[Change]:
    """What a spec says otherwise than it is known to: first what fails."""
    found = list(_changes(locked, now))
    return iter(sorted(found, key=lambda c: ("fails", "undetermined", "note").index(c.weight)))


def _changes(locked: Entry, now: Answer) -> Iterator[Change]:
    if locked.cpus != now.cpus:
        yield Change("note", f"CPUs: were {locked.cpus}, are {now.cpus}")
    if locked.states != now.states:
        yield Change("note", f"states: were {locked.states:,}, are {now.states:,}")
    for name, was in locked.properties.items():
        said = now.properties.get(name)
        if said is None:
            yield Change("fails", f"{name}: was {_told(was)}; is not there any more")
        else:
            yield from _change(name, was, said)
    for name, said in now.properties.items():
        if name not in locked.properties:
            bad = said.outcome in _BAD and not said.expected
            weight: Weight = "fails" if bad else "undetermined" if said.outcome == "undetermined" else "note"
            yield Change(weight, f"{name}: is new, and {_told(said)}")
    for code in now.missing:
        if not any(name.startswith(code) and s.expected for name, s in locked.properties.items()):
            yield Change("fails", f"{code}: is expected, and no schedule breaks it")


def _change(name: str, was: Said, now: Said) -> Iterator[Change]:
    text = f"{name}: was {_told(was)}; is {_told(now)}"
    if now.outcome == "undetermined":
        yield Change("undetermined", text)
    elif (was.outcome, now.outcome) == ("explored", "proved"):
        yield Change("note", text)
    elif (was.outcome, was.expected) != (now.outcome, now.expected):
        yield Change("fails", text)
    elif was.steps != now.steps:
        yield Change("note", text)


def _told(said: Said) -> str:
    """Without the certificate, which nobody wants to read."""
    return str(Said(said.outcome, said.expected, said.steps))


ITSELF = "neither the spec nor the kernel model nor the versions changed: defercheck itself did"
"""What is said when all that a lock knows of is as it was."""


def reasons(locked: Entry, was: Maker, text: str, now: Maker) -> str:
    """Why there may be changes: what an answer depends on and is not what it was."""
    found = ["the spec was edited"] if locked.text != text else []
    if was.tool != now.tool:
        found.append(f"defercheck was {was.tool} and is {now.tool}")
    if was.model != now.model:
        found.append("the kernel model was edited" + (" with it" if was.tool != now.tool else ""))
    if was.solver != now.solver:
        found.append(f"the solver was {was.solver} and is {now.solver}")
    return ", ".join(found) or ITSELF

"""The rules: one Markdown page each, with a front matter of ``code``, ``name``, ``severity``, ``summary``
and, where there is a usual one, ``cure``; ``cure if WORDS`` is the one for findings that say these words.

Pages are data of this package and are read when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. ``page`` is its Markdown without the front matter; ``checked`` is False for what is only described.

    ``cure`` is the usual remedy in one sentence, empty where the spec's author alone can know.
    """

    code: str
    name: str
    summary: str
    severity: Literal["error", "warning"]
    page: str
    checked: bool = True
    cure: str = ""
    cures: tuple[tuple[str, str], ...] = ()
    """Cures for some of its findings, each behind the words that these say."""

    def cure_of(self, message: str) -> str:
        """The usual remedy for a finding, by what it says."""
        return next((cure for words, cure in self.cures if words in message), self.cure)


class UnknownRule(LookupError):
    """There is no rule of that code. The message says which was perhaps meant."""

    def __init__(self, code: str, near: tuple[str, ...]):
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `defercheck rules` lists them"
        super().__init__(f"there is no rule {code}{hint}")
        self.code = code
        self.near = near


def rule(code: str) -> Rule:
    """The rule of a code, in any case (``df301``), or of a name (``use after free``). Raises UnknownRule."""
    wanted = code.strip().upper()
    if wanted in codes():
        return _read(wanted)
    for candidate in all_rules():
        if candidate.name.upper() == wanted:
            return candidate
    raise UnknownRule(code, _near(wanted))


def all_rules() -> tuple[Rule, ...]:
    """All rules in order of their codes."""
    return tuple(_read(code) for code in codes())


@cache
def codes() -> tuple[str, ...]:
    """The codes of all rules, in order."""
    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.startswith("DF") and name.endswith(".md")))


_IF = "cure if "


@cache
def _read(code: str) -> Rule:
    text = files(__name__).joinpath(f"{code}.md").read_text(encoding="utf-8")
    opening, head, page = text.split("---\n", 2)
    if opening:
        raise ValueError(f"the page of {code} does not begin with its front matter")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    severity = cast(Literal["error", "warning"], fields["severity"])
    return Rule(
        code=fields["code"],
        name=fields["name"],
        summary=fields["summary"],
        severity=severity,
        page=page.strip() + "\n",
        checked=fields.get("checked") != "no",
        cure=fields.get("cure", ""),
        cures=tuple((key.removeprefix(_IF), value) for key, value in fields.items() if key.startswith(_IF)),
    )


def _near(wanted: str) -> tuple[str, ...]:
    from difflib import get_close_matches

    names = {r.name.upper(): r.code for r in all_rules()}
    near = get_close_matches(wanted, [*codes(), *names], n=2, cutoff=0.65)
    return tuple(dict.fromkeys(names.get(word, word) for word in near))

"""Reading certificates: their header, and the lemmas of their invariant. All else in them is regenerated, not read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from defercheck.prove.certificate import FORMAT, Identity
from defercheck.prove.lemma import Lemma
from defercheck.prove.runs import MOST
from defercheck.prove.smtlib import sort, symbol
from defercheck.prove.ways import Measure, Plan, Way
from defercheck.system.system import Variable

OPERATORS = frozenset(
    [
        *("true", "false", "and", "or", "not", "=>", "xor", "=", "distinct", "ite"),
        *("_", "concat", "extract", "zero_extend", "sign_extend", "bvnot", "bvneg", "bvand", "bvor", "bvxor"),
        *("bvadd", "bvsub", "bvmul", "bvudiv", "bvurem", "bvsdiv", "bvsrem", "bvshl", "bvlshr", "bvashr"),
        *("bvult", "bvule", "bvugt", "bvuge", "bvslt", "bvsle", "bvsgt", "bvsge"),
    ]
)
"""All that the body of a lemma may be built of, beside its own variables and constants."""

_TOKEN = re.compile(r"\s*(\|[^|]*\||[()]|[^\s()|]+)")
_CONSTANT = re.compile(r"#b[01]+|\d+|bv\d+")
_FUNCTION = re.compile(
    r"\(define-fun ([a-z]+\.[A-Za-z0-9_.]+) \(((?:\(\|[^|]*\| (?:Bool|\(_ BitVec \d+\))\) ?)*)\) "
    r"(Bool|\(_ BitVec (\d+)\)) (.*)\)"
)
_WAY = re.compile(r"; by transition (\d{1,9})(?: to (\d{1,9}(?: \d{1,9})*))?")
_PARAMETER = re.compile(r"\((\|[^|]*\|) (Bool|\(_ BitVec \d+\))\)")


class NotACertificate(Exception):
    """A file that cannot be read as a certificate; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a certificate says of itself. ``steps`` is 0 unless it was proved by k-induction."""

    claim: str
    title: str
    property_hash: str
    identity: Identity
    orders: tuple[str, ...]
    steps: int = 0


def is_certificate(text: str) -> bool:
    """Whether the text begins as a certificate does."""
    return text.startswith("; defercheck certificate ")


def read_header(text: str) -> Header:
    """The header. ``NotACertificate`` when it is not complete."""
    lines = text.splitlines()
    if not lines or lines[0] != f"; {FORMAT}":
        raise NotACertificate(f"it does not begin with `; {FORMAT}`")
    entries: dict[str, list[str]] = {}
    for line in lines[1:]:
        if not line.startswith("; "):
            break
        key, _, value = line[2:].partition(" ")
        entries.setdefault(key, []).append(value.strip().removeprefix("sha256 "))

    def one(key: str) -> str:
        if len(entries.get(key, [])) != 1:
            raise NotACertificate(f"its header has no `{key}`, or several")
        return entries[key][0]

    if not one("cpus").isdigit():
        raise NotACertificate("`cpus` in its header is not a number")
    steps = one("steps") if "steps" in entries else "0"
    if not (steps.isascii() and steps.isdigit() and int(steps[:9]) <= MOST):
        raise NotACertificate(f"`steps` in its header is not a number up to {MOST}")
    identity = Identity(
        one("spec"), one("text"), one("kernel"), one("model"), int(one("cpus")), one("made"), one("tool")
    )
    return Header(one("claim"), one("title"), one("property"), identity, tuple(entries.get("order", [])), int(steps))


def lemma_lines(text: str) -> str:
    """The part of a certificate that tells its lemmas, one a line."""
    return "\n".join(line for line in text.splitlines() if line.startswith("(define-fun lemma."))


def read_lemmas(text: str, variables: Mapping[str, Variable]) -> tuple[Lemma, ...]:
    """The lemmas of the invariant. ``NotACertificate`` for one that is not a formula over its own variables only."""
    lemmas: dict[str, Lemma] = {}
    for line in lemma_lines(text).splitlines():
        f = _function(line, variables)
        if f is None or f.bits is not None:
            raise NotACertificate(f"`{line[:60]}` is no lemma")
        if f.name in lemmas:
            raise NotACertificate(f"{f.name} is there twice")
        lemmas[f.name] = Lemma(f.name, f.variables, f.body)
    return tuple(lemmas.values())


def read_plans(text: str, variables: Mapping[str, Variable]) -> tuple[Plan, ...]:
    """The ways out of what must not last, and the measures, by the numbers in their names. ``NotACertificate``."""
    ways: dict[int, list[Way]] = {}
    measures: dict[int, list[Measure]] = {}
    lines = text.splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if not line.startswith(("(define-fun way.", "(define-fun measure.")):
            continue
        f = _function(line, variables)
        number = f.name.split(".")[1] if f is not None else ""
        if f is None or not re.fullmatch(r"\d{1,6}", number):
            raise NotACertificate(f"`{line[:60]}` is no way and no measure")
        if f.name.startswith("measure."):
            if f.bits is None:
                raise NotACertificate(f"{f.name} is no number")
            measures.setdefault(int(number), []).append(Measure(f.name, f.variables, f.bits, f.body))
            continue
        by = _WAY.fullmatch(before)
        if by is None or f.bits is not None:
            raise NotACertificate(f"it does not say where {f.name} leads")
        to = tuple(map(int, by[2].split())) if by[2] else ()
        ways.setdefault(int(number), []).append(Way(Lemma(f.name, f.variables, f.body), int(by[1]), to))
    count = max([*ways, *measures], default=-1) + 1
    if count > len(lines):
        raise NotACertificate("its ways are not numbered in order")
    return tuple(Plan(tuple(ways.get(n, ())), tuple(measures.get(n, ()))) for n in range(count))


@dataclass(frozen=True, slots=True)
class _Function:
    """A formula (``bits`` is None) or a number with a name, over some variables."""

    name: str
    variables: tuple[str, ...]
    bits: int | None
    body: str


def _function(line: str, variables: Mapping[str, Variable]) -> _Function | None:
    """What a line defines; ``None`` when it is no definition. ``NotACertificate`` for one that is not made of its own
    variables only."""
    match = _FUNCTION.fullmatch(line)
    if match is None:
        return None
    name, parameters, _, bits, body = match.groups()
    symbols = {symbol(v.name): v for v in variables.values()}
    own = {}
    for told, of in _PARAMETER.findall(parameters):
        if told not in symbols or sort(symbols[told]) != of:
            raise NotACertificate(f"{name} speaks of {told}, which this system does not have, or with other values")
        own[told] = symbols[told].name
    _check_body(name, body, own.keys())
    return _Function(name, tuple(own.values()), int(bits) if bits else None, body)


def _check_body(name: str, body: str, own: Collection[str]) -> None:
    depth = end = 0
    for n, match in enumerate(_TOKEN.finditer(body)):
        token = match[1]
        if match.start() != end or (n and depth == 0):
            raise NotACertificate(f"the body of {name} is not one formula")
        end = match.end()
        if token in "()":
            depth += 1 if token == "(" else -1
        elif not (token in OPERATORS or _CONSTANT.fullmatch(token) or token in own):
            raise NotACertificate(f"{name} uses `{token}`, which no lemma may")
        if depth < 0:
            break
    if depth or end != len(body) or not body:
        raise NotACertificate(f"the body of {name} is not one formula")

"""Every `check` of the kernel model is needed: some spec breaks it, and is not found out without it."""

from __future__ import annotations

from collections import Counter

import pytest
from defercheck.check import Options, check_spec, kernel_model, load, versions
from defercheck.grammar import tree
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Source
from defercheck.sema.walk import walk
from defercheck.system.result import Limits

from tests.mutants.checks import CHECKS, NEVER
from tests.mutants.checks_sync import SYNC_CHECKS
from tests.sample import part

Key = tuple[str, str, int]


def of_the_model() -> dict[Key, tree.Check]:
    """The checks of the kernel model by file, message, and number among those of the same message."""
    found: dict[Key, tree.Check] = {}
    for f in kernel_model():
        name = f.source.name.removeprefix("kernel/").removesuffix(".dfr")
        seen: Counter[str] = Counter()
        for node in walk(f.items):
            if isinstance(node, tree.Check):
                found[name, node.message, seen[node.message]] = node
                seen[node.message] += 1
    return found


def of_the_table() -> dict[Key, str]:
    """The specs under the same keys."""
    found: dict[Key, str] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for file, message, text in (*CHECKS, *SYNC_CHECKS):
        found[file, message, seen[file, message]] = text
        seen[file, message] += 1
    return found


TABLE = of_the_table()


def without(check: tree.Check) -> tuple[tree.SpecFile, ...]:
    """The kernel model with a check that is always content."""
    source, span = check.span.source, check.condition.span
    text = f"{source.text[: span.start]}true{source.text[span.end :]}"
    return tuple(parse(text, source.name, kernel=True) if f.source is source else f for f in kernel_model())


def complains(text: str, check: tree.Check, model: tuple[tree.SpecFile, ...]) -> bool:
    """Whether a schedule was found that breaks the check, or one of the same message elsewhere."""
    spec = load(Source("check.dfr", text))
    cpus = None if "cpus" in text else 1
    result = check_spec(spec, versions(spec)[0], Options(cpus=cpus, limits=Limits(states=50_000)), model=model)
    assert result.exploration.complete
    found = [result.system.claim(id) for id in result.exploration.witnesses]
    return any(p.code == check.code.text and p.message == check.message for p in found)


def test_every_check_has_its_spec() -> None:
    here = of_the_model()
    missing = {key for key in here if key not in TABLE and key[1] not in NEVER}
    assert not missing, "for each of these, a row in checks.py"
    assert set(TABLE) <= set(here), "rows of checks that are no more"
    assert set(NEVER) <= {message for _, message, _ in here}


@pytest.mark.parametrize("key", part(TABLE, 3), ids=lambda k: f"{k[0]}-{k[1].replace(' ', '-')}-{k[2]}")
def test_check_is_needed(key: Key) -> None:
    check = of_the_model()[key]
    assert complains(TABLE[key], check, kernel_model())
    assert not complains(TABLE[key], check, without(check))

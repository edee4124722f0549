"""Who may know whom: data flows from left to right, once, and nothing looks back (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
ROOTS = {"defercheck.grammar": TOP / "grammar", "defercheck": TOP / "model"}

SHARED = {"grammar.span", "system.result"}
"""Places in a source, and the shape of an engine's answer: plain data that anyone may name."""

MAY = {
    # text to typed tree
    "grammar": set(),
    "kernel": set(),
    "rules": set(),
    "sema": {"grammar", "kernel", "rules", "system.expr"},
    # typed tree to transition system
    "lower": {"grammar", "sema", "system"},
    # from here on nothing knows of tasklets or of syntax
    "system": set(),
    "reduce": {"system"},
    # engines: siblings. `interpret` is the definition of a step, which the others may ask about a step
    "interpret": {"system"},
    "explore": {"system", "interpret"},
    "prove": {"system", "interpret"},
    "export": {"system", "interpret"},
    # answers: the shape that reports know
    "verdict": {"system"},
    "report": {"system", "verdict", "rules", "__version__"},
    # the two places that know both sides: how a finding is told in terms of the driver
    "trace": {"system", "interpret", "verdict"},
    "coverage": {"grammar", "sema", "lower", "system", "verdict"},
    "races": {"grammar", "interpret", "system"},
    "judge": {"grammar", "sema", "lower", "system", "interpret", "rules", "verdict", "trace", "coverage", "races"},
}
"""For each part what it may import beside itself and what is shared. Parts that are not named here (`check`, the
command, the plugin for pytest) put the others together and may import all."""

DEBTS = {
    ("judge", "check"): "the options of a check, for annotations only",
}
"""Imports that should not be there and why they still are. One that has gone must go from here too."""

THIRD_PARTIES = {
    "lark": {"grammar"},
    "llvmlite": {"explore"},
    "numpy": {"explore", "prove"},
    "z3": {"prove"},
    "click": {"cli"},
    "rich": {"cli", "report"},
    "networkx": {"export", "interpret", "sema", "lower", "reduce", "cli", "api"},
}
"""Who may use which library, so that each stays replaceable."""


def imports() -> Iterator[tuple[str, str, str]]:
    """The part that imports, what it imports (in full), and the file."""
    for package, root in ROOTS.items():
        for file in sorted(root.rglob("*.py")):
            inside = file.relative_to(root).with_suffix("").parts
            part = "grammar" if package == "defercheck.grammar" else inside[0]
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Import(names=names):
                        found = [n.name for n in names]
                    case ast.ImportFrom(module=str(module), level=0, names=names):
                        found = [f"{module}.{n.name}" for n in names]
                    case ast.ImportFrom():
                        pytest.fail(f"{file}: relative imports hide who knows whom")
                    case _:
                        continue
                for name in found:
                    yield part, name, str(file.relative_to(TOP))


def own() -> Iterator[tuple[str, str, str]]:
    """Imports from one part of defercheck to another."""
    for part, name, file in imports():
        if name.startswith("defercheck."):
            target = name.removeprefix("defercheck.")
            if target.split(".")[0] != part:
                yield part, target, file


def covered(target: str, allowed: set[str]) -> bool:
    """Whether one of the names stands for the target or something that it is in."""
    return any(target == a or target.startswith(f"{a}.") for a in allowed)


def test_parts_import_only_what_they_may() -> None:
    owed = {part: {target for p, target in DEBTS if p == part} for part, _ in DEBTS}
    wrong = [
        f"{file}: `{part}` must not know `{target}`"
        for part, target, file in own()
        if part in MAY and not covered(target, MAY[part] | SHARED | owed.get(part, set()))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("part", "target"), DEBTS, ids=" ".join)
def test_debts_are_still_owed(part: str, target: str) -> None:
    assert any(p == part and covered(t, {target}) for p, t, _ in own()), "take it off the list"


def test_libraries_stay_where_they_belong() -> None:
    wrong = [
        f"{file}: `{part}` must not use {name.split('.')[0]}"
        for part, name, file in imports()
        if part not in THIRD_PARTIES.get(name.split(".")[0], {part})
    ]
    assert not wrong, "\n".join(wrong)


def test_everything_right_of_the_transition_system_is_ignorant_of_the_kernel() -> None:
    """Nothing there so much as names a primitive, but in words for people."""
    words = ("tasklet", "softirq", "workqueue", "ksoftirqd")
    for part in ("system", "reduce", "interpret", "explore", "prove"):
        for file in sorted((TOP / "model" / part).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Name | ast.Attribute | ast.arg):
                    name = getattr(node, "id", getattr(node, "attr", getattr(node, "arg", "")))
                    assert not any(w in name for w in words), f"{file.relative_to(TOP)}:{node.lineno}: {name}"


def test_no_module_is_too_long_to_read() -> None:
    """About 400 lines; the kernel model's files too."""
    files = [f for root in ROOTS.values() for suffix in ("py", "dfr") for f in root.rglob(f"*.{suffix}")]
    lengths = {str(f.relative_to(TOP)): len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    assert not {name: n for name, n in lengths.items() if n > 420}

"""The table of specs: what each shipped spec must say, for each kernel version it names.

`tests/specs.tsv` has one row for each spec, kernel version and number of CPUs, in the order of their paths, and these
columns:

    path    below `specs/`
    kernel  the version whose rules it is checked with
    cpus    how many CPUs
    status  `holds` (also: breaks exactly the rules that it expects), or `error` for a spec that is not valid
    codes   the rules that are broken and the covers that are not reached (DF904), warnings too; `-` for none
    states  reachable states after the default reductions
    depth   the length of the longest shortest path through them
    full    reachable states without reductions, where there are not too many

`python tests/table.py --update` measures all of them again, adds rows for specs that have none, drops those of specs
that are gone, and prints what changed; with paths behind it, only for the specs at and below these. Somebody then reads
the changes and knows why. To have a spec checked with another number of CPUs too, add a row for it by hand with `-` in
the other columns.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from pathlib import Path

if __name__ == "__main__":  # this folder would come first, and its package `random` hide that of the standard library
    sys.path.remove(str(Path(__file__).parent))

from defercheck.check import (
    DEFAULT_CPUS,
    DEFAULT_KERNEL,
    Options,
    check_codes,
    check_spec,
    compile_program,
    explore,
    load,
    resolve,
    versions,
)
from defercheck.grammar import tree
from defercheck.grammar.span import SpecError
from defercheck.system.result import Limits
from defercheck.verdict import CheckResult

SPECS = Path(__file__).parent.parent / "specs"
TABLE = Path(__file__).with_name("specs.tsv")
FULL_LIMIT = 200_000
"""Systems with more states than this without reductions are not counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one spec on one kernel version."""

    path: str
    kernel: str
    cpus: int
    status: str = ""
    codes: tuple[str, ...] = ()
    states: int | None = None
    depth: int | None = None
    full: int | None = None

    @property
    def key(self) -> tuple[str, tuple[int, ...], int]:
        """What makes a row one of its own, in the order of the table."""
        return self.path, tuple(int(n) for n in self.kernel.split(".")), self.cpus

    def __str__(self) -> str:
        """A short name, for tests."""
        return f"{self.path.removesuffix('.dfr')}-{self.kernel}-{self.cpus}"

    @property
    def file(self) -> Path:
        """Where the spec is."""
        return SPECS / self.path

    @property
    def options(self) -> Options:
        """How it is checked."""
        return Options(cpus=self.cpus, kernel=self.kernel)


COLUMNS = tuple(f.name for f in fields(Row))


def rows() -> tuple[Row, ...]:
    """The table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    return tuple(parse(line) for line in lines[1:])


def parse(line: str) -> Row:
    """A row from its line. ``ValueError`` when it is not one."""
    path, kernel, cpus, status, codes, *numbers = line.split("\t")
    states, depth, full = (None if n == "-" else int(n) for n in numbers)
    return Row(path, kernel, int(cpus), status, () if codes == "-" else tuple(codes.split(",")), states, depth, full)


def line(row: Row) -> str:
    """A row's line."""
    cells = [",".join(cell) if isinstance(cell, tuple) else cell for cell in astuple(row)]
    return "\t".join("-" if cell in (None, "") else str(cell) for cell in cells)


def shipped() -> tuple[str, ...]:
    """The paths of all specs below `specs/`."""
    return tuple(sorted(p.relative_to(SPECS).as_posix() for p in SPECS.rglob("*.dfr")))


def wanted(path: str) -> list[Row]:
    """The rows, still empty, that a spec must have: one for each kernel version that it names."""
    try:
        spec = load(SPECS / path)
    except SpecError:
        return [Row(path, DEFAULT_KERNEL, DEFAULT_CPUS)]
    cpus = next((i.count.value for i in spec.items if isinstance(i, tree.CpusDecl)), DEFAULT_CPUS)
    return [Row(path, kernel, cpus) for kernel in versions(spec)]


@cache
def check(row: Row) -> CheckResult:
    """Check the spec of a row as the command does, once for all tests. ``SpecError`` when it is not valid."""
    return check_spec(load(row.file), row.kernel, row.options)


def found(result: CheckResult) -> tuple[str, ...]:
    """The codes of all rules that are broken and, as DF904, of covers that are not reached."""
    return tuple(sorted({v.code for v in result.verdicts if v.outcome in ("violated", "unreached")}))


def measured(row: Row) -> Row:
    """The row with everything that checking tells, but for the number of states without reductions."""
    try:
        result = check(row)
    except SpecError:
        return Row(row.path, row.kernel, row.cpus, "error")
    e = result.exploration
    return Row(row.path, row.kernel, row.cpus, result.status, found(result), e.states, e.depth)


def full(row: Row) -> int | None:
    """How many states there are without reductions; ``None`` for too many, or when the spec is not valid."""
    spec = load(row.file)
    try:
        check_codes(spec)
        system = compile_program(resolve(spec, row.kernel, row.options), row.options).system
    except SpecError:
        return None
    exploration = explore(system, replace(row.options, limits=Limits(states=FULL_LIMIT)), None)
    return exploration.states if exploration.complete else None


def update(only: Iterable[str]) -> None:
    """Write the table anew, and print what changed in it."""
    old = {r.key: r for r in rows()}
    paths = shipped()
    new = dict(old)
    for key, row in old.items():
        if row.path not in paths:
            del new[key]
    asked = [p for p in paths if not only or any(f"specs/{p}".startswith(o.rstrip("/")) for o in only)]
    for path in asked:
        due = {r.key: r for r in (*(r for r in old.values() if r.path == path), *wanted(path))}
        for key, row in due.items():
            now = measured(row)
            new[key] = replace(now, full=full(row)) if now.status != "error" else now
    TABLE.write_text("".join(f"{text}\n" for text in ["\t".join(COLUMNS), *(line(new[k]) for k in sorted(new))]))
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    for key in changed:
        for sign, table in (("-", old), ("+", new)):
            if key in table:
                print(sign, line(table[key]))
    print(f"{len(new)} rows, {len(changed)} changed")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="The table of specs.")
    parser.add_argument("--update", action="store_true", help="measure again and write the table")
    parser.add_argument("path", nargs="*", help="only specs at and below these, such as specs/book")
    arguments = parser.parse_args()
    if not arguments.update:
        parser.error("nothing to do without --update")
    update(arguments.path)


if __name__ == "__main__":
    main()

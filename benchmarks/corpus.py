"""Checks the real bugs of specs/bugs/ and the patterns, and writes the table of docs/real-bugs.md.

    python benchmarks/corpus.py            # prints the table
    python benchmarks/corpus.py --write    # puts it into the page

Seconds are CPU seconds of one check in a running process: compiling the spec, LLVM, search, replay of schedules.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from defercheck.check import Options, check_spec, load, versions
from defercheck.verdict import CheckResult

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "real-bugs.md"
BEGIN, END = "<!-- table: python benchmarks/corpus.py --write -->\n", "<!-- end of the table -->\n"


def checked(path: Path) -> tuple[CheckResult, float]:
    """The result for the spec's (only) version, and the seconds it took."""
    spec = load(path)
    (version,) = versions(spec, Options())
    begun = time.process_time()
    result = check_spec(spec, version)
    return result, time.process_time() - begun


def title(path: Path) -> str:
    """The sentence after the name and the variant, of the comment at the top."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("// ") or line.startswith("// Source:"):
            break
        lines.append(line[3:])
    text = re.sub(r"^[\w-]+(, broken)?\. ", "", " ".join(lines))
    return text.split(". ")[0].split(": ")[0].rstrip(".")


def found(result: CheckResult) -> list[str]:
    """The rules that are broken, each with the length of its shortest schedule."""
    steps: dict[str, int] = {}
    for v in result.verdicts:
        if v.outcome == "violated" and v.severity == "error" and v.trace:
            steps[v.code] = min(steps.get(v.code, len(v.trace.steps)), len(v.trace.steps))
    return [f"{code} in {n}" for code, n in steps.items()]


def pair(name: str, broken: Path, fixed: Path) -> str:
    """The row of a bug and its fix."""
    before, seconds = checked(broken)
    after, more = checked(fixed)
    assert before.status == after.status == "holds", broken
    return (
        f"| {name} | {title(broken)} | {', '.join(found(before))} "
        f"| {before.exploration.states:,} | {seconds:.2f} | {after.exploration.states:,} | {more:.2f} |"
    )


def table() -> str:
    """Markdown: a row for each pair, then one for each program that only looks wrong."""
    rows = [
        "| bug | what goes wrong | found, in steps | states | s | fixed: states | s |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for folder in sorted((ROOT / "specs" / "bugs").iterdir()):
        id, _, name = folder.name.partition("-")
        where = f"{id.upper()} [{name}](../specs/bugs/{folder.name})"
        rows.append(pair(where, folder / "broken.dfr", folder / "fixed.dfr"))
    patterns = ROOT / "specs" / "patterns"
    for broken in sorted(patterns.glob("*-broken.dfr")):
        name = broken.stem.removesuffix("-broken")
        rows.append(pair(f"[{name}](../specs/patterns/{broken.name})", broken, patterns / f"{name}-fixed.dfr"))
    rows += ["", "| looks wrong, is right | what it is | states | s |", "|---|---|---:|---:|"]
    for path in sorted(patterns.glob("ok*.dfr")):
        result, seconds = checked(path)
        assert result.status == "holds" and not found(result), path
        id, _, name = path.stem.partition("-")
        rows.append(
            f"| {id.upper()} [{name}](../specs/patterns/{path.name}) | {title(path)} "
            f"| {result.exploration.states:,} | {seconds:.2f} |"
        )
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/real-bugs.md")
    arguments = parser.parse_args()
    text = table()
    if not arguments.write:
        print(text, end="")
        return
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Our exhaustive search against Spin's, on the same protocol written for each: ``python against_spin.py --help``.

Everything from the start of a process to its end is counted: for us the interpreter's start, imports and LLVM, for
Spin the generation and compilation of the verifier. Times are CPU seconds (user and system), as both are
single-threaded and the machine may be busy; elapsed times stand beside them.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tasklets

Case = tuple[int, int, int | None]
CASES: dict[str, list[Case]] = {
    "quick": [(3, 2, None), (2, 3, None)],
    "one word": [(3, 2, 3), (3, 2, 4)],
    "two words": [(4, 2, None), (3, 3, 2)],
}
GCC = "gcc -O2 -DSAFETY -DNOREDUCE -DMEMLIM=16000 -o pan pan.c"
"""No cycle checks. No deadlock checks either (``-E``): with bounded interrupts the protocol ends. No partial-order
reduction, which finds nothing to reduce here and doubles Spin's time."""


@dataclass(frozen=True)
class Run:
    """One exhaustive search. ``bytes`` is memory for states and table; Spin's hash table is sized to fit."""

    states: int
    transitions: int
    cpu: float
    elapsed: float
    bytes: float

    @property
    def rate(self) -> float:
        """Million states a CPU second."""
        return self.states / self.cpu / 1e6


def measured(commands: list[str], cwd: Path) -> tuple[str, float, float]:
    """Run commands; the last one's output, CPU seconds and elapsed seconds."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    output = ""
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=cwd, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
        output = done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return output, cpu, time.monotonic() - begun


def ours(case: Case) -> tuple[Run, dict[str, float]]:
    """The native explorer in a process of its own."""
    command = f"{sys.executable} {tasklets.__file__} '{json.dumps(case)}'"
    output, cpu, elapsed = measured([command], Path.cwd())
    found = json.loads(output)
    return Run(found["states"], found["transitions"], cpu, elapsed, found["bytes"] / found["states"]), found


def spin(case: Case, states: int) -> Run:
    """Spin, with a hash table of at least as many slots as there are states."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.pml").write_text(tasklets.promela(*case))
        depth, slots = max(100_000, states // 2), max(20, states.bit_length())
        output, cpu, elapsed = measured(
            ["spin -a model.pml", GCC, f"./pan -E -m{depth} -w{slots}"], Path(folder)
        )  # fmt: skip
    if "errors: 0" not in output or "search not completed" in output or "max search depth too small" in output:
        raise SystemExit(output)

    def number(pattern: str) -> float:
        found = re.search(r"([\d.e+]+)\s+" + pattern, output)
        assert found is not None, output
        return float(found[1])

    memory = (number("actual memory usage for states") + number("memory used for hash table")) * (1 << 20)
    found = int(number("states, stored"))
    # Spin counts the beginning as a transition.
    return Run(found, int(number("transitions")) - 1, cpu, elapsed, memory / found)


def main() -> None:
    """Compare, print a line a case, and fail when the two do not find the same states and steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"any of: {', '.join(CASES)}")
    parser.add_argument("--repeat", type=int, default=1, help="take the best of so many runs of each (default 1)")
    arguments = parser.parse_args()
    print(f"{'tasklets,CPUs,times':<20}{'states':>11} {'bits':>4} |{'CPU s':>7}{'(all)':>7}{'M/s':>7}{'B/state':>8} |"
          f"{'Spin s':>7}{'(all)':>7}{'M/s':>7}{'B/state':>8} | ratio")  # fmt: skip
    for group in arguments.cases:
        for case in CASES[group]:
            we, found = min((ours(case) for _ in range(arguments.repeat)), key=lambda r: r[0].cpu)
            they = min((spin(case, we.states) for _ in range(arguments.repeat)), key=lambda r: r.cpu)
            name = ",".join("-" if n is None else str(n) for n in case)
            print(f"{name:<20}{we.states:>11,} {found['bits']:>4} |"
                  f"{we.cpu:>7.2f}{we.elapsed:>7.2f}{we.rate:>7.2f}{we.bytes:>8.1f} |"
                  f"{they.cpu:>7.2f}{they.elapsed:>7.2f}{they.rate:>7.2f}{they.bytes:>8.1f} |"
                  f"{we.rate / they.rate:>5.1f}x", flush=True)  # fmt: skip
            # Spin prints eight digits.
            if we.states != they.states or abs(we.transitions - they.transitions) > 1e-7 * we.transitions:
                raise SystemExit(f"Spin found {they.states} states and {they.transitions} transitions")


if __name__ == "__main__":
    main()

"""A family of specs, works x CPUs x queues x interrupts, in both worlds of work queues; and Spin on the same systems.

``python workqueues.py --help``. Each spec is compiled with the kernel model and reduced, as a check does; the system is
explored by us and, exported to Promela (``defercheck export --to promela``), by Spin. Both must find the same number
of states and steps. What is compared is the search on one and the same system, with and without what each takes to
make its code: for us LLVM, for Spin the generation and compilation of the verifier. What both begin with, compiling
the spec, is shown beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from defercheck.check import Options, compile_spec, load
from defercheck.explore import explore
from defercheck.export.spin import count_states
from defercheck.grammar.span import Source
from defercheck.system.result import Limits

KERNELS = ("2.6.20", "6.1")
Case = tuple[int, int, int, int]
CASES: dict[str, list[Case]] = {
    "quick": [(1, 2, 1, 2), (2, 1, 1, 3)],
    "two CPUs": [(2, 2, 1, 3), (2, 2, 2, 2), (2, 2, 2, 3)],
    "many": [(3, 2, 1, 2), (3, 2, 3, 2)],
}


def spec(works: int, cpus: int, queues: int, times: int, kernel: str) -> str:
    """The text of a member of the family.

    Each work has an interrupt line that queues it, ``times`` times at most and on any CPU, on the queue whose turn it
    is (work n on queue n modulo ``queues``), as long as the module lives; every second work sleeps. On exit the lines
    are freed, and each queue is flushed and destroyed.
    """
    lines = [f'kernel "{kernel}";', f"cpus {cpus};"]
    lines += [f"struct workqueue_struct q{n};" for n in range(queues)]
    for n in range(works):
        body = "msleep(1);" if n % 2 else ""
        lines.append(f"void run{n}(struct work_struct *unused) {{ {body} }} DECLARE_WORK(w{n}, run{n});")
        lines.append(f"irq line{n} times {times} {{ queue_work(q{n % queues}, &w{n}); }}")
    made = " ".join(f"create_workqueue(q{n});" for n in range(queues))
    asked = " ".join(f"request_irq(&line{n});" for n in range(works))
    freed = " ".join(f"free_irq(&line{n});" for n in range(works))
    gone = " ".join(f"flush_workqueue(q{n}); destroy_workqueue(q{n});" for n in range(queues))
    lines.append(f"module {{ init {{ {made} {asked} return 0; }} exit {{ {freed} {gone} }} }}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Row:
    """One system, explored by both. Seconds."""

    states: int
    transitions: int
    bits: int
    compiling: float
    ours: float
    ours_all: float
    spin: float
    spin_all: float


def measure(case: Case, kernel: str, most: int) -> Row | None:
    """Explore a member of the family with both; ``None`` when it has more than ``most`` states."""
    begun = time.monotonic()
    system = compile_spec(load(Source("family.dfr", spec(*case, kernel))), kernel, Options())
    compiling = time.monotonic() - begun
    found = explore(system, Limits(states=most, memory=8 << 30))
    if not found.complete:
        return None
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        theirs = count_states(system, Path(folder), optimise="-O2", memory=8 << 30)
        spin_all = time.monotonic() - begun
    if (found.states, found.transitions) != (theirs.states, theirs.transitions):
        raise SystemExit(f"{case} {kernel}: Spin found {theirs.states} states, {theirs.transitions} steps, not "
                         f"{found.states}, {found.transitions}")  # fmt: skip
    search = found.seconds - found.compile_seconds
    return Row(found.states, found.transitions, found.bits, compiling, search, found.seconds, theirs.seconds, spin_all)


def main() -> None:
    """Print a line for each member of the family and version."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=["quick"], help=f"any of: {', '.join(CASES)} (default quick)")
    parser.add_argument("--most", type=int, default=20_000_000, help="leave out what has more states")
    arguments = parser.parse_args()
    print(f"{'works,CPUs,queues,times':<24}{'kernel':<8}{'states':>10}{'steps':>11}{'bits':>5}{'spec s':>7} |"
          f"{'ours s':>8}{'(all)':>7} |{'Spin s':>8}{'(all)':>7} | states/s, ours to Spin's (all)")  # fmt: skip
    for group in arguments.cases:
        for case in CASES[group]:
            for kernel in KERNELS:
                row = measure(case, kernel, arguments.most)
                name = ",".join(map(str, case))
                if row is None:
                    print(f"{name:<24}{kernel:<8}more than {arguments.most} states")
                    continue
                search = row.spin / row.ours if row.spin >= 0.05 else float("nan")
                size = f"{row.states:>10,}{row.transitions:>11,}{row.bits:>5}"
                print(f"{name:<24}{kernel:<8}{size}{row.compiling:>7.2f} |"
                      f"{row.ours:>8.3f}{row.ours_all:>7.2f} |{row.spin:>8.2f}{row.spin_all:>7.2f} |"
                      f"{search:>6.1f}x {row.spin_all / row.ours_all:>6.1f}x", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()

"""Runs Spin over a system: a second opinion on how many states there are."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from defercheck.export.promela import to_promela, vector_size
from defercheck.system.system import TransitionSystem

TOOLS = ("spin", "gcc")


class SpinError(Exception):
    """Spin could not be run, or did not finish its search. The message says what to do or shows its last words."""


@dataclass(frozen=True, slots=True)
class SpinResult:
    """What Spin reports of a full search.

    ``transitions`` are the steps between states, the same as an ``Exploration`` counts. ``depth`` is that of a
    depth-first search. ``memory`` is in bytes. Spin prints eight digits: counts of 100 million and more are rounded.
    """

    states: int
    transitions: int
    depth: int
    memory: int
    seconds: float
    compile_seconds: float


def count_states(
    system: TransitionSystem, workdir: Path, *, optimise: str = "-O0", memory: int = 2 << 30, timeout: float = 600
) -> SpinResult:
    """Let Spin search all states of a system, without partial-order reduction.

    ``workdir`` receives the model and the verifier. ``optimise`` is for gcc: compiling takes most of the time of a
    small search, so only benchmarks want ``-O2``. ``memory`` in bytes and ``timeout`` in seconds bound the search.

    ``SpinError`` when Spin or gcc is missing, fails, or does not finish; ``NotExpressible`` when the system has
    numbers that Spin has not.
    """
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise SpinError(f"`{tool}` is needed and was not found; install the packages spin and gcc")
    (workdir / "model.pml").write_text(to_promela(system))
    begun = time.monotonic()
    _run(["spin", "-o2", "-a", "model.pml"], workdir, timeout)
    size = max(1024, vector_size(system))
    flags = ["-DSAFETY", "-DNOREDUCE", f"-DVECTORSZ={size}", f"-DMEMLIM={memory >> 20}"]
    _run(["gcc", optimise, "-w", *flags, "-o", "pan", "pan.c"], workdir, timeout)
    built = time.monotonic()
    depth = 10_000
    while True:
        started = time.monotonic()
        said = _run(["./pan", "-E", "-n", f"-m{depth}"], workdir, timeout)
        if "max search depth too small" not in said:
            break
        depth *= 16
    if "Search not completed" in said or "errors: 0" not in said:
        raise SpinError(f"Spin did not finish its search:\n{said[-2000:]}")
    return SpinResult(
        states=_number(r"([\d.e+]+) states, stored", said),
        transitions=_number(r"([\d.e+]+) transitions \(", said) - 1,  # Spin counts the way into the initial state
        depth=_number(r"depth reached (\d+)", said),
        memory=int(float(_find(r"([\d.]+)\s+total actual memory usage", said)) * (1 << 20)),
        seconds=time.monotonic() - started,
        compile_seconds=built - begun,
    )


def _run(command: list[str], workdir: Path, timeout: float) -> str:
    try:
        done = subprocess.run(command, cwd=workdir, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as e:
        raise SpinError(f"`{' '.join(command)}` took longer than {timeout:g} s") from e
    said = done.stdout + done.stderr
    if done.returncode:
        raise SpinError(f"`{' '.join(command)}` failed:\n{said[-2000:]}")
    return said


def _find(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise SpinError(f"Spin's report is not understood: nothing matches {pattern!r} in\n{said[-2000:]}")
    return found[1]


def _number(pattern: str, said: str) -> int:
    return int(float(_find(pattern, said)))

"""How long proofs take: of the book's specs, beside Spacer, and from the kernel model's lemmas alone.

    python benchmarks/proofs.py                 # all parts, Spacer limited to 10 s a spec and encoding
    python benchmarks/proofs.py --spacer 60     # ... to 60 s
    python benchmarks/proofs.py book            # or: "spacer", "large", "calls"

Seconds are CPU seconds of this process, in which Z3 runs too. A proof's time begins with the reachable states at hand
and ends with the last answer of Z3. Finding is the search, the proof and writing the certificates; rechecking is
writing their text anew, comparing, and Z3. Neither counts the way from the spec's text to the reduced system, which
both begin with.
"""

# ruff: noqa: E402 (the tests' table is found from here)
from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TOP = Path(__file__).parent.parent
sys.path.insert(0, str(TOP))

from defercheck.certify import certificates_of, verify_texts
from defercheck.check import Examined, Options, compile_program, examine, load, reduced, resolve
from defercheck.explore import explore_states
from defercheck.grammar.span import Source
from defercheck.prove import claim_of_rule
from defercheck.prove import prove as prove_claims
from defercheck.prove.encode import encode
from defercheck.prove.houdini import inductive, lemmas_of
from defercheck.prove.slices import Slices
from defercheck.prove.solver import load as load_encoding
from defercheck.prove.spacer import spacer
from defercheck.system.system import Property, TransitionSystem

from tests.table import Row, rows

LARGE = "book/claims/tasklet_disable_waits.dfr"
"""More than 20,000 states and 40 transitions."""


@dataclass(frozen=True, slots=True)
class Proved:
    """One spec: seconds to prove it, to find all that a certificate says, to check that again; and bytes of those."""

    row: Row
    done: Examined
    proof: float
    finding: float
    checking: float
    bytes: int
    certificates: int


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What the action gives, and its CPU seconds."""
    begun = time.process_time()
    return action(), time.process_time() - begun


def book() -> list[Row]:
    """The book's specs that hold, each on the last kernel version that it names."""
    last = {r.path: r for r in rows() if r.path.startswith("book/") and r.states is not None}
    return [r for r in last.values() if not set(r.codes) - {"DF904"}]


def prove(row: Row) -> Proved:
    """Prove a spec and check its certificates."""
    options = replace(row.options, prove=True)
    done, whole = timed(lambda: examine(load(row.file), row.kernel, options))
    front = front_end(row)
    texts, writing = timed(lambda: certificates_of(done, options))
    checked, again = timed(lambda: verify_texts(texts))
    assert checked.accepted, [c for c in checked.certificates if c.refusal]
    assert done.proofs is not None
    system = done.result.system
    _, columns = explore_states(system)
    proof = timed(lambda: prove_claims(system, [o.claim for o in done.proofs.outcomes], columns))[1]
    return Proved(row, done, proof, max(0.0, whole - front) + writing, max(0.0, again - front),
                  sum(map(len, texts.values())), len(texts))  # fmt: skip


def front_end(row: Row) -> float:
    """Seconds from the spec's text to its reduced system, which finding and checking both begin with."""
    options = replace(row.options, prove=True)

    def run() -> None:
        reduced(compile_program(resolve(load(row.file), row.kernel, options), options).system, options)

    return timed(run)[1]


def with_bits(system: TransitionSystem, properties: Sequence[Property], seconds: float) -> str:
    """Spacer's answer on the same bit-vectors as our own proofs: it is better at some systems with those."""
    import z3

    loaded = load_encoding(encode(system))
    state = list(loaded.constants.values())
    horn = z3.Fixedpoint(ctx=loaded.context)
    horn.set(engine="spacer", timeout=int(1000 * seconds))
    reach = z3.Function("reach", *(c.sort() for c in state), z3.BoolSort(loaded.context))
    wrong = z3.Function("wrong", z3.BoolSort(loaded.context))
    horn.register_relation(reach, wrong)
    horn.declare_var(*state)
    horn.rule(reach(*state), loaded.initial)
    for move in loaded.encoding.moves:
        if move.violates is None:
            new = loaded.updates[move.index]
            after = [new.get(name, c) for name, c in loaded.constants.items()]
            horn.rule(reach(*after), [reach(*state), loaded.conditions[move.index]])
    for p in properties:
        for w in loaded.wrong[p.id]:
            horn.rule(wrong(), [reach(*state), w])
    try:
        return {"unsat": "safe", "sat": "unsafe"}.get(str(horn.query(wrong())), "unknown")
    except z3.Z3Exception:
        return "unknown"


def spacer_best(proved: Proved, limit: float) -> tuple[str, float]:
    """Spacer on the same claims, with integers and with bit-vectors: the better of the two."""
    assert proved.done.proofs is not None
    wanted = [p for o in proved.done.proofs.outcomes if o.status == "proved" for p in o.claim.properties]
    system = proved.done.result.system
    ways = [timed(lambda: spacer(system, wanted, limit).answer), timed(lambda: with_bits(system, wanted, limit))]
    closed = [w for w in ways if w[0] == "safe"]
    return min(closed, key=lambda w: w[1]) if closed else ("unknown", max(w[1] for w in ways))


def book_part(found: list[Proved]) -> None:
    """All specs that hold are proved; what that and checking it again takes."""
    print(f"{'spec':48} {'states':>7} {'lemmas':>6} {'claims':>7} {'proof s':>8} {'recheck':>8} {'KiB':>7}")
    for row in book():
        p = prove(row)
        found.append(p)
        s = p.done.result.proof
        assert s is not None
        claims = f"{s.proved}/{s.claims}"
        print(f"{row!s:48} {row.states:7,} {s.lemmas:6} {claims:>7} {p.proof:8.2f} {p.checking:8.2f} "
              f"{p.bytes / 1024:7.0f}", flush=True)  # fmt: skip
    finding, checking = sum(p.finding for p in found), sum(p.checking for p in found)
    print(f"{len(found)} specs: proofs {sum(p.proof for p in found):.1f} s, finding {finding:.1f} s, "
          f"rechecking {checking:.1f} s (ratio {checking / finding:.2f}); {sum(p.certificates for p in found)} "
          f"certificates, {sum(p.bytes for p in found) / (1 << 20):.1f} MiB")  # fmt: skip
    waiting = {o.claim.id for p in found if p.done.proofs for o in p.done.proofs.outcomes if o.status != "proved"}
    print(f"claims that are not proved: {', '.join(sorted(waiting)) or 'none'} (that something happens at last)")


def spacer_part(found: list[Proved], limit: float) -> None:
    """The same claims by Spacer."""
    ours = theirs = 0.0
    closed = 0
    for p in found:
        answer, seconds = spacer_best(p, limit)
        mark = f"{seconds:8.2f} ({seconds / p.proof:.1f} times)" if answer == "safe" else f"no answer in {limit:.0f} s"
        print(f"{p.row!s:48} ours {p.proof:6.2f}  Spacer {mark}", flush=True)
        if answer == "safe":
            closed, ours, theirs = closed + 1, ours + p.proof, theirs + seconds
    ratio = f"{ours / theirs:.2f}" if theirs else "-"
    print(f"Spacer closes {closed} of {len(found)}: {theirs:.1f} s, ours {ours:.1f} s on the same (ratio {ratio})")


def large_part(limit: float) -> None:
    """A system of more than 20,000 states."""
    row = next(r for r in reversed(rows()) if r.path == LARGE)
    p = prove(row)
    answer, seconds = spacer_best(p, max(limit, 20 * p.proof))
    size = f"{p.done.result.exploration.states:,} states, {len(p.done.result.system.transitions)} transitions"
    said = "an answer" if answer == "safe" else "no answer"
    print(f"{LARGE}: {size}: proved in {p.proof:.2f} s; Spacer: {said} after {seconds:.1f} s "
          f"({seconds / p.proof:.0f} times as long)")  # fmt: skip


def calls_spec(calls: int) -> str:
    """A driver whose interrupt schedules its tasklet so many times."""
    body = " ".join(["tasklet_schedule(&t);"] * calls)
    return f'kernel "6.1"; cpus 2; tasklet t {{ }} irq nic {{ {body} }}'


def non_reentrancy(calls: int) -> tuple[int, int, float]:
    """Transitions, lemmas, and seconds to prove DF201 from who owns RUN, without listing a state."""
    options = Options(prove=True)
    program = resolve(load(Source("calls.dfr", calls_spec(calls))), "6.1", options)
    system, _ = reduced(compile_program(program, options).system, options)
    claim = claim_of_rule(system, "DF201", "")
    proposals = [p for p in system.proposals if p.name.startswith(("RUN_", "running_"))]

    def run() -> int:
        loaded = load_encoding(encode(system))
        short = Slices(loaded, inductive(loaded, lemmas_of(proposals, system.variables))).needed(claim.properties)
        assert short is not None
        return len(short)

    lemmas, seconds = timed(run)
    return len(system.transitions), lemmas, seconds


def calls_part() -> None:
    """Non-reentrancy of a tasklet, for drivers that schedule it more and more often."""
    non_reentrancy(1)  # Z3 is imported
    for calls in (1, 2, 4, 8, 16, 32, 64):
        transitions, lemmas, seconds = non_reentrancy(calls)
        print(f"{calls:3} calls, {transitions:4} transitions: DF201 from {lemmas} lemmas in {1000 * seconds:.0f} ms")


def parts(chosen: Sequence[str], limit: float) -> Iterator[None]:
    """Run the parts that were asked for."""
    found: list[Proved] = []
    if not chosen or {"book", "spacer"} & set(chosen):
        yield book_part(found)
    if not chosen or "spacer" in chosen:
        yield spacer_part(found, limit)
    if not chosen or "large" in chosen:
        yield large_part(limit)
    if not chosen or "calls" in chosen:
        yield calls_part()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How long proofs take.")
    parser.add_argument("part", nargs="*", choices=["book", "spacer", "large", "calls", []], help="only these parts")
    parser.add_argument("--spacer", type=float, default=10.0, metavar="SECONDS", help="for each spec and encoding")
    arguments = parser.parse_args()
    for _ in parts(arguments.part, arguments.spacer):
        print(flush=True)


if __name__ == "__main__":
    main()

"""Random specs, from their text to their verdicts: engines and reductions agree, and every schedule shown is real."""

from __future__ import annotations

from defercheck import explore, interpret
from defercheck.check import Options, compile_program, load, reduced, resolve
from defercheck.grammar.span import Source
from defercheck.judge import judge
from defercheck.reduce import restore
from defercheck.system.result import Exploration, Limits
from defercheck.verdict import Verdict
from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.random.writer import specs
from tests.witnesses import real

RANDOM = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=25,
    derandomize=True,
    phases=[Phase.generate],  # the specs are small; to shrink one takes minutes
)
MOST = 600
"""States; the interpreter needs a fraction of a second for them."""


def lengths(e: Exploration) -> dict[str, int]:
    return {name: len(w.path) for name, w in e.witnesses.items()}


def said(verdicts: tuple[Verdict, ...]) -> set[tuple[str, str, str]]:
    """What a user is told, but for the schedules and what they are about."""
    return {(v.code, v.name, v.outcome) for v in verdicts}


def agree(text: str, kernel: str) -> None:
    program = resolve(load(Source("random.dfr", text)), kernel, Options())
    small = Limits(states=MOST, memory=None)
    lowered = compile_program(program, Options())
    whole = lowered.system
    native = explore.explore(whole, small)
    assume(native.complete)
    oracle = interpret.explore(whole, Limits(memory=None))
    assert native.stuck_checked and oracle.complete
    assert (native.states, native.transitions, native.depth) == (oracle.states, oracle.transitions, oracle.depth)
    assert native.fired == oracle.fired
    assert lengths(native) == lengths(oracle)
    real(whole, native)

    less, _ = reduced(whole, Options())
    found = explore.explore(less, small)
    by_hand = interpret.explore(less, Limits(memory=None))
    assert found.complete and found.states <= native.states
    assert (found.states, found.transitions, found.depth) == (by_hand.states, by_hand.transitions, by_hand.depth)
    assert lengths(found) == lengths(by_hand)
    restored = restore(found, less)
    assert set(restored.witnesses) == set(native.witnesses)
    assert restored.fired == native.fired
    real(whole, restored)

    plain, plainly_missing = judge(program, lowered, whole, native, Options(reduce=False))
    short, missing = judge(program, lowered, less, restored, Options())
    assert said(plain) == said(short)
    assert plainly_missing == missing


@RANDOM
@given(specs())
def test_random_spec(made: tuple[str, str]) -> None:
    agree(*made)

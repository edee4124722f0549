"""Assertions: what passes, what fails, and what a failure says."""

from __future__ import annotations

import defercheck
import pytest
from defercheck import assert_covers, assert_holds, assert_proved, assert_violates

from tests.api.samples import HOLDS, ORDER, SLEEPS


def failure(action: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(AssertionError) as caught:
        action(*args, **kwargs)  # type: ignore[operator]
    return str(caught.value)


def test_holds() -> None:
    spec = defercheck.parse(HOLDS)
    assert_holds(spec)
    assert_holds(spec, "DF201", "alone", "sleeping call in atomic context")
    said = failure(assert_holds, defercheck.parse(SLEEPS), "DF101")
    assert said.startswith("DF101 does not hold\n\nerror[DF101]: sleeping call in atomic context")
    assert "the shortest schedule that does it" in said
    assert "msleep(1)" in said
    assert "error[DF101]" in failure(assert_holds, defercheck.parse(SLEEPS))


def test_what_the_spec_expects_or_allows_does_not_hold_for_that() -> None:
    expected = defercheck.parse(SLEEPS.replace("cover gone", "expect DF101;\nexpect DF904;\ncover gone"))
    assert_holds(expected)
    assert "DF101 does not hold" in failure(assert_holds, expected, "DF101")
    allowed = defercheck.parse('tasklet t { msleep(1); }\nirq i { tasklet_schedule(&t); }\nallow DF101 "so";')
    assert_holds(allowed)
    assert "so" in failure(assert_holds, allowed, "DF101")


def test_every_version_counts() -> None:
    spec = defercheck.parse(ORDER)
    assert "on Linux 2.6.20" in failure(assert_holds, spec)
    assert "on Linux 2.6.20" in failure(assert_holds, spec, "backwards")
    assert_holds(spec, "backwards", kernel="6.1")
    assert "on Linux 6.1" in failure(assert_violates, spec, "backwards")
    (verdict,) = assert_violates(spec, "backwards", kernel="2.6.20")
    assert verdict.trace is not None


def test_violates() -> None:
    spec = defercheck.parse(SLEEPS)
    (verdict,) = assert_violates(spec, "DF101")
    assert verdict.trace is not None
    steps = len(verdict.trace.steps)
    assert_violates(spec, "DF101", max_steps=steps)
    said = failure(assert_violates, spec, "DF101", max_steps=steps - 1)
    assert said.startswith(f"DF101 is violated, but the shortest schedule has {steps} steps, more than {steps - 1}")
    said = failure(assert_violates, spec, "DF301")
    assert said.startswith("DF301 is not violated\n\nDF301 (use after free): holds: no schedule breaks it")
    with pytest.raises(ValueError, match="which property"):
        assert_violates(spec)


def test_covers() -> None:
    (verdict,) = assert_covers(defercheck.parse(HOLDS))
    assert verdict.name == "handled"
    assert_covers(defercheck.parse(HOLDS), "handled")
    assert "cover gone is not reached" in failure(assert_covers, defercheck.parse(SLEEPS))
    with pytest.raises(ValueError, match="has no cover handld; it has handled"):
        assert_covers(defercheck.parse(HOLDS), "handld")
    with pytest.raises(ValueError, match="has no cover"):
        assert_covers(defercheck.parse(ORDER), kernel="6.1")


def test_undetermined_is_never_green() -> None:
    spec = defercheck.parse(HOLDS)
    assert "undetermined" in failure(assert_holds, spec, max_states=2)
    assert "the limit on states" in failure(assert_holds, spec, "DF201", max_states=2)
    assert "the limit on states" in failure(assert_violates, spec, "DF201", max_states=2)
    assert "the limit on states" in failure(assert_covers, spec, max_states=2)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("alon", "has no property `alon`, and there is no such rule; it has alone, handled"),
        ("DF601", "nothing was said of DF601"),
        ("DF701", "nothing was said of DF701"),
    ],
)
def test_a_property_that_nothing_is_said_of_does_not_pass(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        assert_holds(defercheck.parse(HOLDS), name)


def test_proved() -> None:
    spec = defercheck.parse(HOLDS)
    assert_proved(spec)
    assert_proved(spec, "DF201", "alone")
    result = spec.prove()
    assert result.proof is not None
    assert {v.outcome for v in result.verdicts if v.code == "DF201"} == {"proved"}
    waits = defercheck.parse("bool go; thread s { go = true; } thread t { await (go); }")
    assert_proved(waits)
    assert_holds(waits, "DF501")
    said = failure(assert_proved, waits, "DF501")
    assert said.startswith("DF501 is not proved\n\nDF501 (")
    assert "holds: no schedule breaks it: " in said, "with the reason why there is no proof"
    assert "error[DF101]" in failure(assert_proved, defercheck.parse(SLEEPS), "DF101")
    assert "error[DF101]" in failure(assert_proved, defercheck.parse(SLEEPS))
    assert "is undetermined" in failure(assert_proved, spec, max_states=2, seconds=5), "whether the cover is reached"

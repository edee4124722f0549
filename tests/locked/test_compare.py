"""What counts as a change, and what as a reason."""

from __future__ import annotations

import pytest
from defercheck.locked.answer import Answer
from defercheck.locked.compare import changes, reasons
from defercheck.locked.lockfile import Entry, Maker, Said

WAS = Maker("1", "z3 1", "m")


def found(was: Said | None, now: Said | None) -> list[tuple[str, str]]:
    entry = Entry("a", "6.1", "t", 2, 10, {"P": was} if was is not None else {})
    answer = Answer("holds", 2, 10, {"P": now} if now is not None else {})
    return [(c.weight, c.text) for c in changes(entry, answer)]


PROVED, EXPLORED, OPEN = Said("proved", certificate="aa"), Said("explored"), Said("undetermined")
BROKEN, EXPECTED, REACHED = Said("violated", steps=3), Said("violated", True, 3), Said("reached", steps=4)


@pytest.mark.parametrize("said", [PROVED, EXPLORED, EXPECTED, REACHED])
def test_the_same_is_no_change(said: Said) -> None:
    assert found(said, said) == []


def test_another_proof_is_no_change() -> None:
    assert found(PROVED, Said("proved", certificate="bb")) == []


@pytest.mark.parametrize(
    ("was", "now", "weight", "text"),
    [
        (PROVED, EXPLORED, "fails", "P: was proved; is explored"),
        (EXPLORED, BROKEN, "fails", "P: was explored; is violated, 3 steps"),
        (EXPECTED, EXPLORED, "fails", "P: was violated as expected, 3 steps; is explored"),
        (EXPECTED, BROKEN, "fails", "P: was violated as expected, 3 steps; is violated, 3 steps"),
        (REACHED, Said("unreached"), "fails", "P: was reached, 4 steps; is unreached"),
        (REACHED, Said("allowed", steps=4), "fails", "P: was reached, 4 steps; is allowed, 4 steps"),
        (PROVED, None, "fails", "P: was proved; is not there any more"),
        (PROVED, OPEN, "undetermined", "P: was proved; is undetermined"),
        (EXPLORED, PROVED, "note", "P: was explored; is proved"),
        (REACHED, Said("reached", steps=5), "note", "P: was reached, 4 steps; is reached, 5 steps"),
        (None, EXPLORED, "note", "P: is new, and explored"),
        (None, EXPECTED, "note", "P: is new, and violated as expected, 3 steps"),
        (None, BROKEN, "fails", "P: is new, and violated, 3 steps"),
        (None, OPEN, "undetermined", "P: is new, and undetermined"),
    ],
)  # fmt: skip
def test_changes(was: Said | None, now: Said | None, weight: str, text: str) -> None:
    assert found(was, now) == [(weight, text)]


def test_numbers_are_notes_and_failures_come_first() -> None:
    entry = Entry("a", "6.1", "t", 2, 10, {"P": PROVED})
    assert [(c.weight, c.text) for c in changes(entry, Answer("holds", 1, 1234, {"P": BROKEN}))] == [
        ("fails", "P: was proved; is violated, 3 steps"),
        ("note", "CPUs: were 2, are 1"),
        ("note", "states: were 10, are 1,234"),
    ]


def test_a_new_expectation_that_is_not_met() -> None:
    entry = Entry("a", "6.1", "t", 2, 10, {"DF301": EXPLORED})
    answer = Answer("violated", 2, 10, {"DF301": EXPLORED}, ("DF301",))
    assert [c.weight for c in changes(entry, answer)] == ["fails"]


@pytest.mark.parametrize(
    ("text", "now", "said"),
    [
        ("u", WAS, "the spec was edited"),
        ("t", Maker("1", "z3 1", "n"), "the kernel model was edited"),
        ("t", Maker("2", "z3 1", "n"), "defercheck was 1 and is 2, the kernel model was edited with it"),
        ("t", Maker("1", "z3 2", "m"), "the solver was z3 1 and is z3 2"),
        ("u", Maker("2", "z3 1", "m"), "the spec was edited, defercheck was 1 and is 2"),
        ("t", WAS, "neither the spec nor the kernel model nor the versions changed: defercheck itself did"),
    ],
)
def test_reasons(text: str, now: Maker, said: str) -> None:
    assert reasons(Entry("a", "6.1", "t"), WAS, text, now) == said

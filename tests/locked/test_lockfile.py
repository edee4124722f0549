"""The lock file: written and read back, in a fixed order, a line for each property; wrong ones are refused."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from defercheck.locked.lockfile import BadLock, Entry, Lock, Maker, Said, Settings, read, write

PROOF = "ab" * 32
TABLE = {
    "DF301": Said("proved", certificate=PROOF),
    "DF101": Said("violated", True, 1),
    "DF904:handled": Said("reached", steps=19),
    'DF702:"odd" \\ ü\n\x7f': Said("explored"),
    "DF306": Said("allowed", steps=7),
}
ENTRIES = (
    Entry("a.dfr", "2.6.20", "11", 2, 86, TABLE),
    Entry("a.dfr", "2.6.9", "11", 2, 80, {}),
    Entry("a.dfr", "6.1", "11", 2, 86, TABLE),
    Entry("b c/ü.dfr", "6.1", "22", invalid="there is no `x`"),
)
LOCK = Lock(
    Maker("0.1.0", "z3 4.13", "33"), Settings(),
    tuple(sorted(ENTRIES, key=lambda e: e.key)),
)  # fmt: skip
FULL = Settings(False, ("2.6.20", "6.1"), 3, ("DF101",), ("DF601", "DF602"), "certs/x")


@pytest.mark.parametrize("lock", [LOCK, replace(LOCK, settings=FULL), replace(LOCK, entries=())])
def test_what_is_written_is_read_back(lock: Lock) -> None:
    assert read(write(lock), "l") == lock


def test_the_order_is_fixed() -> None:
    shuffled = list(LOCK.entries)
    random.Random(1).shuffle(shuffled)
    mixed = [replace(e, properties=dict(reversed(list(e.properties.items())))) for e in shuffled]
    assert write(replace(LOCK, entries=tuple(mixed))) == write(LOCK)
    assert [e.kernel for e in LOCK.entries[:3]] == ["2.6.9", "2.6.20", "6.1"]


def test_a_property_is_a_line_of_its_own() -> None:
    """So that changes to different properties merge."""
    (entry,) = [e for e in LOCK.entries if e.key == ENTRIES[0].key]
    changed = replace(entry, properties={**TABLE, "DF301": Said("explored")})
    other = replace(LOCK, entries=tuple(changed if e == entry else e for e in LOCK.entries))
    lines, others = write(LOCK).splitlines(), write(other).splitlines()
    assert len(lines) == len(others)
    assert [b for a, b in zip(lines, others, strict=True) if a != b] == ['DF301 = "explored"']
    assert 'DF101 = "violated as expected, 1 step"' in lines
    assert f'DF301 = "proved, certificate {PROOF}"' in lines


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "<<<<<<< ours\nformat = 1", "has a merge conflict: keep either side"),
        ("format = 1", "format = 1\nformat = 1", "run `defercheck lock` to write it anew"),
        ("format = 1", "format = 2", "has format 2, and this version of defercheck knows 1"),
        ('tool = "0.1.0"\n', "", "is not as `defercheck lock` writes it"),
        ('text = "11"\n', "", "is not as `defercheck lock` writes it"),
        ("states = 86\n", 'states = "many"\n', "is not as `defercheck lock` writes it"),
        ('DF306 = "allowed, 7 steps"', 'DF306 = "fine"x', "run `defercheck lock`"),
        ('DF306 = "allowed, 7 steps"', 'DF306 = "Allowed"', "cannot make sense of 'Allowed'"),
        ('DF306 = "allowed, 7 steps"', "DF306 = 7", "7 is no text"),
    ],
)
def test_a_wrong_lock_is_refused(old: str, new: str, said: str) -> None:
    text = write(LOCK)
    assert old in text
    with pytest.raises(BadLock) as caught:
        read(text.replace(old, new), "some.lock")
    assert said in str(caught.value)
    assert str(caught.value).startswith("some.lock")

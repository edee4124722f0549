"""Former answers: found again by their key, and never when anything is wrong with the file."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from pathlib import Path

import pytest
from defercheck.locked.cache import Cache, folder, key_of

KEY, OTHER = key_of({"a": 1}), key_of({"a": 2})


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(tmp_path)
    made.put(KEY, {"x": [1, "ü"]})
    return made


def file(top: Path) -> Path:
    (found,) = (p for p in top.rglob("*") if p.is_file())
    return found


def test_found_again(cache: Cache) -> None:
    assert cache.get(KEY) == {"x": [1, "ü"]}
    assert cache.get(OTHER) is None
    cache.put(KEY, {"x": 2})
    assert cache.get(KEY) == {"x": 2}


def test_keys() -> None:
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1}) != KEY != OTHER


def test_every_flipped_byte_is_noticed(cache: Cache, tmp_path: Path) -> None:
    good = file(tmp_path).read_bytes()
    for n in range(len(good)):
        file(tmp_path).write_bytes(good[:n] + bytes([good[n] ^ 1]) + good[n + 1 :])
        assert cache.get(KEY) is None, n
    file(tmp_path).write_bytes(good)
    assert cache.get(KEY) is not None


def test_every_truncation_is_noticed(cache: Cache, tmp_path: Path) -> None:
    good = file(tmp_path).read_bytes()
    for n in range(len(good)):
        file(tmp_path).write_bytes(good[:n])
        assert cache.get(KEY) is None, n


def test_an_answer_under_another_key_is_none(cache: Cache, tmp_path: Path) -> None:
    moved = tmp_path / OTHER[:2] / f"{OTHER[2:]}.answer"
    moved.parent.mkdir(exist_ok=True)
    file(tmp_path).rename(moved)
    assert cache.get(OTHER) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"key": "k", "answer": 3}', b"nonsense", b"\xff"])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_right_hash_of_something_else(cache: Cache, tmp_path: Path, body: bytes, compressed: bool) -> None:
    body = body.replace(b'"k"', json.dumps(KEY).encode())
    body = zlib.compress(body) if compressed else body
    file(tmp_path).write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    assert cache.get(KEY) is None


def test_a_folder_in_the_way_and_one_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / KEY[:2] / f"{KEY[2:]}.answer").mkdir(parents=True)
    cache = Cache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, {})
    (tmp_path / "plain").write_text("")
    Cache(tmp_path / "plain").put(KEY, {})
    assert cache.get(KEY) is None
    assert [p for p in (tmp_path / KEY[:2]).iterdir() if p.is_file()] == [], "nothing is left behind"


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "defercheck" / "v1"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the XDG specification says to ignore
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    assert folder() == tmp_path / "home" / ".cache" / "defercheck" / "v1"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder() == tmp_path / "home" / ".cache" / "defercheck" / "v1"

"""A command whose backend is a fake, in this process and in another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli import fake

ROOT = Path(__file__).parents[2]
_START = (
    "import sys; from tests.cli import fake; sys.modules['defercheck.check'] = fake; "
    "from defercheck.cli import main; sys.argv[0] = 'defercheck'; main()"
)

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Runs the command in this process, in an empty folder."""
    monkeypatch.setitem(sys.modules, "defercheck.check", fake)  # type: ignore[arg-type]
    monkeypatch.chdir(tmp_path)
    fake.SEEN.clear()

    def invoke(*args: str, input: str | None = None) -> Result:
        from defercheck.cli import cli

        return CliRunner().invoke(cli, list(args), input=input)

    yield invoke


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the command as a process of its own, in the same empty folder."""

    def popen(*args: str, **environ: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _START, *args],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        )

    return popen

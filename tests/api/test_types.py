"""The public modules pass the strictest type check, and so does code that uses them as it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent.parent
PUBLIC = tuple(
    f"defercheck{name}" for name in ("", ".api", ".assertions", ".build", ".follow", ".pytest_plugin", ".verdict")
)
STRICT = ("--strict", "--follow-imports=silent")
RIGHT = """\
import defercheck
from typing import assert_type

spec = defercheck.load("driver.dfr")
assert_type(spec.check(kernel="6.1", max_states=5), defercheck.CheckResult)
assert_type(defercheck.assert_violates(spec, "DF301", max_steps=3), tuple[defercheck.Verdict, ...])
assert_type(defercheck.Builder("b").tasklet("t", ""), str)
"""
WRONG = """\
import defercheck

defercheck.parse("").check(kernel=6.1)
defercheck.parse("").check(kernl="6.1")
defercheck.assert_hold(defercheck.parse(""))
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the packages lie as they do when installed; type checkers do not follow editable installs."""
    top = tmp_path_factory.mktemp("types")
    (top / "defercheck").mkdir()
    for entry in [*(TOP / "model").iterdir(), TOP / "grammar"]:
        (top / "defercheck" / entry.name).symlink_to(entry)
    return top


def mypy(packages: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--no-error-summary"),
            *("--config-file", str(TOP / "pyproject.toml"), "--cache-dir", str(packages / "cache"), *args),
        ],
        cwd=packages,
        env=os.environ | {"MYPYPATH": str(packages)},
        capture_output=True,
        text=True,
    )


def test_all_modules(packages: Path) -> None:
    """Less strictly: a variable with the name of a function was called once, in a branch that no test took."""
    done = mypy(packages, "-p", "defercheck")
    assert done.stdout + done.stderr == ""


def test_public_modules(packages: Path) -> None:
    done = mypy(packages, *STRICT, *(part for module in PUBLIC for part in ("-m", module)))
    assert done.stdout + done.stderr == ""


def test_code_that_uses_them(packages: Path) -> None:
    (packages / "right.py").write_text(RIGHT)
    done = mypy(packages, *STRICT, "right.py")
    assert done.stdout + done.stderr == ""
    (packages / "wrong.py").write_text(WRONG)
    done = mypy(packages, *STRICT, "wrong.py")
    assert [line.split(":")[1] for line in done.stdout.splitlines() if " error: " in line] == ["3", "4", "5"]

"""`defercheck prove` and `verify`, as users run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from defercheck.cli import cli

from tests.table import SPECS

SPEC = str(SPECS / "book/tasklet.dfr")


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    result = run("prove", SPEC, "-k", "6.1", "--certificate", str(folder))
    assert result.exit_code == 0, result.output
    found = re.search(r"proved +(\d+) of (\d+) claims", result.stdout)
    assert found is not None, result.stdout
    assert int(found[1]) == len(list(folder.rglob("*.smt2"))) >= 20, "all but what says that something happens at last"
    return folder


def test_certificates_are_accepted_again(proved: Path) -> None:
    result = run("verify", str(proved))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{len(list(proved.rglob('*.smt2')))} certificates accepted, 0 refused; ")
    assert "DF201 proved" in run("verify", str(proved), "-v").stdout


def test_a_refusal_says_which_and_why(proved: Path, tmp_path: Path) -> None:
    text = next(proved.rglob("DF201.smt2")).read_text()
    (tmp_path / "cut.smt2").write_text(text[: len(text) // 2])
    result = run("verify", str(tmp_path), "-q")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path}/cut.smt2: refused: ") and result.stdout.count("\n") == 1


@pytest.mark.parametrize("arguments", [("verify", "nowhere"), ("verify", str(SPECS)), ("verify", SPEC, "no.dfr")])
def test_nothing_to_verify(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == (2 if arguments[-1] != SPEC else 1)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    result = run("prove", SPEC, "--certificate", str(tmp_path / "here"))
    assert result.exit_code == 2 and "a folder is needed" in result.stderr


def test_check_proves_when_asked_to() -> None:
    result = run("check", SPEC, "-k", "6.1", "--prove", "-v")
    assert result.exit_code == 0 and "DF201 tasklet runs on two CPUs at once: proved" in result.stdout
    told = " ".join(result.stdout.split())
    assert "DF402 contexts wait for each other for ever: holds (that something happens" in told
    assert "proved" not in run("check", SPEC, "-k", "6.1").stdout


def test_bounded_search() -> None:
    sleeps = str(SPECS / "book/tasklet_sleeps.dfr")
    found = run("bmc", sleeps, "-k", "6.1", "--depth", "10", "--rule", "DF101")
    assert found.exit_code == 0 and "as expected: DF101" in found.stdout
    nothing = run("bmc", SPEC, "-k", "6.1", "--depth", "2")
    assert nothing.exit_code == 3 and "schedules of up to 2 steps, by Z3" in nothing.stdout

"""Whatever a file holds, the command answers: exit code 2 and a clear error, or a verdict; never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from defercheck.cli import cli
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.sema.changes import SPECS, changed

THREAD = "bool flag;\nthread a { flag = true; }\n"

WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "nothing runs here"),
    "only space": (b" \n\t\n", "nothing runs here"),
    "only a comment": (b"// later\n", "nothing runs here"),
    "only declarations": (b"bool flag;", "nothing runs here"),
    "binary": (bytes(range(256)) * 20, "is not UTF-8"),
    "latin 1": ("// gerät\n".encode("latin-1"), "is not UTF-8"),
    "utf-16": (THREAD.encode("utf-16"), "is not UTF-8"),
    "nul": (b"irq a {\0}", "not a text file"),
    "braces": (b"{" * 1_000_000, "expected a declaration"),
    "nested": (b"irq a { " + b"(" * 100_000, "nested too deep"),
    "nested blocks": (b"irq a " + b"{" * 100_000, "nested too deep"),
    "sum": (b"irq a { n = " + b"1 + " * 5_000 + b"1; }", "nested too deep"),
    "long number": (b"irq a { n = " + b"9" * 100_000 + b"; }", "too large"),
    "long name": (b"irq a { " + b"x" * 100_000 + b"(); }", "there is no function"),
    "unfinished": (b"irq a { if (", "never closed"),
    "unfinished string": (b'irq a { printk("abc', ""),
    "unfinished comment": (b"irq a { } /* and", ""),
    "prose": (b"Dear kernel, please run my tasklet.", ""),
    "c": (b"#include <linux/module.h>\nstatic int x;\n", ""),
    "unknown name": (THREAD.encode() + b"thread b { flg = true; }", "did you mean `flag`?"),
    "unknown function": (
        b"tasklet t(f); void f() { } irq a { tasklet_shedule(t); }",
        "did you mean `tasklet_schedule`?",
    ),
    "not modelled": (b"irq a { napi_schedule(w); }", "`napi_schedule` is not modelled yet"),
    "constant out of range": (b"int<0..7> n; irq a { n = 8; }", "8 is outside int<0..7>"),
    "initial value out of range": (b"int<0..7> n = 8; irq a { }", "8 is outside int<0..7>"),
    "no value": (b"void n; irq a { n = 8; }", "`n` cannot be void"),
    "huge range": (b"int<0..99999999999> n; irq a { n = 8; }", "too wide"),
    "recursion": (
        b"void f() { g(); } void g() { f(); } irq a { f(); }",
        "functions call each other: `f` → `g` → `f`",
    ),
    "declared twice": (THREAD.encode() * 2, "`flag` is declared twice"),
    "two modules": (b"module { init { } } module { init { } }", "`module` is declared twice"),
    "no cpu": (b"cpus 0; irq a { }", "0 CPUs cannot be modelled"),
    "many cpus": (b"cpus 99; irq a { }", "99 CPUs cannot be modelled"),
    "cpu that is not there": (b"irq a on cpu 9 { }", "there is no CPU 9"),
    "no times": (b"irq a times 0 { }", "never fires"),
    "old kernel": (b'kernel "1.0"; irq a { }', "no kernel as old as 1.0"),
    "no kernel": (b'kernel "six"; irq a { }', "not a kernel version"),
    "no rule": (b"expect DF999; irq a { }", "there is no rule DF999"),
}


def check(*args: str) -> Result:
    """The command in this process, with everything behind it."""
    return CliRunner().invoke(cli, list(args))


def answered(result: Result, codes: tuple[int, ...]) -> None:
    """The command has ended as it should, without a word of Python."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in codes, result.output
    for word in ("Traceback", "internal error", "defercheck/", ".py"):
        assert word not in result.output


@pytest.mark.parametrize("name", WRONG)
def test_one_clear_error(tmp_path: Path, name: str) -> None:
    text, message = WRONG[name]
    path = tmp_path / "wrong.dfr"
    path.write_bytes(text)
    result = check(str(path))
    answered(result, (2,))
    assert result.stdout == ""
    assert message in result.stderr
    assert len(re.findall("^error: ", result.stderr, re.MULTILINE)) >= 1
    assert "wrong.dfr" in result.stderr
    assert max(map(len, result.stderr.splitlines())) < 400


def test_all_errors_of_a_spec_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.dfr"
    path.write_text(THREAD + "thread b { flg = true; flag = 2; flag(); }")
    result = check(str(path))
    answered(result, (2,))
    assert re.findall("^error: (.*)$", result.stderr, re.MULTILINE) == [
        "cannot find `flg` here", "a bool cannot be 2", "`flag` is not a function",
    ]  # fmt: skip


def test_what_is_wrong_for_every_version_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.dfr"
    path.write_text('kernel "2.6.20", "6.1";' + THREAD + "thread b { flg = true; }")
    result = check(str(path))
    answered(result, (2,))
    assert result.stderr.count("error: ") == 1


def test_a_folder_without_specs(tmp_path: Path) -> None:
    (tmp_path / "driver.c").write_text("int x;")
    result = check(str(tmp_path))
    answered(result, (2,))
    assert "there is no *.dfr file" in result.stderr


@pytest.mark.parametrize("pattern", ["drafts", "drafts/", "a/drafts", "wr*.dfr", "drafts/*.dfr"])
def test_what_is_excluded_is_not_read(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "a" / "drafts").mkdir(parents=True)
    (tmp_path / "a" / "drafts" / "wrong.dfr").write_text("irq a { b = 1; }")
    (tmp_path / "b.dfr").write_text(THREAD)
    answered(check(str(tmp_path)), (2,))
    answered(check(str(tmp_path), "--exclude", pattern), (0,))
    answered(check(str(tmp_path / "a" / "drafts" / "wrong.dfr"), "--exclude", pattern), (2,))
    assert "error: there is no function" not in check(str(tmp_path / "a"), "--exclude", pattern).stderr


def test_a_folder_of_which_all_is_excluded(tmp_path: Path) -> None:
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "b.dfr").write_text(THREAD)
    answered(check(str(tmp_path / "drafts"), "--exclude", "drafts"), (0,))  # it was named
    for pattern, said in (("b.*", "there is no *.dfr file in"), ("", "--exclude ''"), ("b.*", "that is not excluded")):
        result = check(str(tmp_path), "--exclude", pattern)
        answered(result, (2,))
        assert said in result.stderr


def test_a_wrong_spec_does_not_keep_others_from_their_verdict(tmp_path: Path) -> None:
    (tmp_path / "a.dfr").write_text("irq a { b = 1; }")
    (tmp_path / "b.dfr").write_text(THREAD)
    result = check(str(tmp_path))
    answered(result, (2,))
    assert "1 hold" in result.stdout


def test_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.dfr"
    path.write_text(THREAD)
    path.chmod(0)
    if os.access(path, os.R_OK):  # who may read everything gets a file that nobody can read

        def refuse(self: Path, *args: object, **kwargs: object) -> str:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "read_text", refuse)
    result = check(str(path))
    answered(result, (2,))
    assert "cannot read" in result.stderr
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize(
    "text", [b"{" * 1_000_000, bytes(range(256)), b"irq a { b(); }"], ids=["braces", "binary", "name"]
)
def test_as_a_process(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "wrong.dfr").write_bytes(text)
    done = subprocess.run(
        [sys.executable, "-m", "defercheck", "wrong.dfr"], cwd=tmp_path, capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"error: ") == 1


# ---- random changes of right specs ----


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(SPECS), st.integers(0, 1 << 32))
@example(SPECS[0], 1)
def test_changed_specs_get_an_answer(tmp_path: Path, text: str, seed: int) -> None:
    """Either a verdict, or exit 2: what the checker lets through, the compiler can compile."""
    path = tmp_path / "changed.dfr"
    path.write_text(changed(text, seed))
    result = check("--engine", "interpret", "--max-states", "60", "--time", "20", str(path))
    answered(result, (0, 1, 2, 3))
    if result.exit_code == 2:
        assert result.stderr.startswith("error: ")


def test_some_changed_specs_are_still_specs(tmp_path: Path) -> None:
    """Else the test above would look at the parser only."""
    path = tmp_path / "changed.dfr"
    codes = []
    for seed in range(40):
        path.write_text(changed(SPECS[seed % len(SPECS)], seed))
        codes.append(check("--engine", "interpret", "--max-states", "10", str(path)).exit_code)
    assert {2, 3} <= set(codes)

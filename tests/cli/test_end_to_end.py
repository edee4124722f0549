"""The command with everything behind it, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from defercheck.rules import rule

from tests.rules.pages import specs

COMMAND = [sys.executable, "-m", "defercheck"]
LARGE = (
    "cpus 4;\n"
    + "".join(f"int<0..30> v{n} = 0;\nthread t{n} {{ while (true) v{n} = any(0..30); }}\n" for n in range(8))
    + "never all: v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 > 240;\n"
)
"""More states than anybody has memory for."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two specs of a rule's page, and some that go wrong in other ways."""
    for heading, text in specs(rule("DF301")).items():
        (tmp_path / f"{heading.lower()}.dfr").write_text(text)
    (tmp_path / "expected.dfr").write_text(specs(rule("DF301"))["Broken"] + "expect DF301;\n")
    (tmp_path / "wrong.dfr").write_text("irq nic { tasklet_schedule(t) }\n")
    return tmp_path


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["fixed.dfr"], 0, "fixed.dfr holds on Linux 6.1 with 2 CPUs"),
        (["broken.dfr"], 1, "error[DF301]: use after free"),
        (["expected.dfr"], 0, "expected.dfr is as expected on Linux 6.1 with 2 CPUs: DF301"),
        (["--max-states", "5", "fixed.dfr"], 3, "stopped by the limit on states"),
        (["--no-rule", "DF301", "expected.dfr"], 1, "error[DF301]: expected, but not found"),
        (["--rule", "DF302", "broken.dfr"], 0, "holds"),
        (["--engine", "interpret", "--no-reduce", "broken.dfr"], 1, "error[DF301]: use after free"),
        (["-k", "2.6.20", "--cpus", "1", "fixed.dfr"], 0, "on Linux 2.6.20 with 1 CPU"),
        (["broken.dfr", "fixed.dfr", "expected.dfr"], 1, "3 checks: 1 hold, 1 as expected, 1 fail"),
    ],
)
def test_checks(folder: Path, args: list[str], code: int, said: str) -> None:
    done = run(folder, *args)
    assert said in done.stdout
    assert done.stderr == ""
    assert done.returncode == code


def test_a_schedule_points_at_the_driver(folder: Path) -> None:
    lines = run(folder, "broken.dfr").stdout.splitlines()
    (marked,) = [line for line in lines if line.startswith("✗")]
    assert marked.split()[2] == "5"
    assert "dev.packets = 1" in marked
    assert any("kfree(dev)" in line and " 13 " in line for line in lines)


def test_a_wrong_spec(folder: Path) -> None:
    done = run(folder, "wrong.dfr")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "wrong.dfr:1:" in done.stderr
    assert "`;`" in done.stderr


def test_json(folder: Path) -> None:
    done = run(folder, "--format", "json", ".")
    data = json.loads(done.stdout)
    assert done.returncode == data["exit_code"] == 2
    status = {r["spec"]: r["status"] for r in data["results"]}
    assert status == {
        "broken.dfr": "violated", "expected.dfr": "holds", "fixed.dfr": "holds", "wrong.dfr": "invalid",
    }  # fmt: skip
    (found,) = [v for v in data["results"][0]["verdicts"] if v["outcome"] == "violated"]
    assert (found["code"], found["span"]["line"], found["trace"][-1]["driver_span"]["line"]) == ("DF301", 5, 5)
    assert found["trace"][-1]["violates"]


def test_control_c_tells_what_is_known(folder: Path) -> None:
    """It is pressed when the terminal shows that states are being explored."""
    pty = pytest.importorskip("pty")
    (folder / "large.dfr").write_text(LARGE)
    main, side = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--memory", "1G", "large.dfr"], cwd=folder, stdout=subprocess.PIPE, stderr=side,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(side)
    shown = b""
    while b" states (" not in shown:
        more = os.read(main, 65536)
        assert more, process.communicate()
        shown += more
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    with suppress(OSError):  # some systems say so that nobody writes any more
        while more := os.read(main, 65536):
            shown += more
    os.close(main)
    assert process.returncode == 130, shown
    assert b"stopped by an interruption after" in out
    assert b"Traceback" not in shown


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["graph", "fixed.dfr", "--limit", "5"], "fixed.dfr: more than 5 states are reachable"),
        (["export", "--to", "promela", "unknown.dfr"], "unknown.dfr: the parameter `n` starts with any value"),
        (["export", "--to", "promela", "wide.dfr"], "Promela's numbers have 32 bits"),
    ],
)
def test_what_cannot_be_drawn_or_exported(folder: Path, args: list[str], said: str) -> None:
    (folder / "unknown.dfr").write_text("cpus 1; param int<0..3> n; thread a { assert(n < 4); }\n")
    wide = "cpus 1; int<0..2000000000> n; thread a { n = any(0..3); if (n * n < 9) n = 7; }\n"
    (folder / "wide.dfr").write_text(wide)
    result = run(folder, *args)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr


def test_compile_and_fmt(folder: Path) -> None:
    data = json.loads(run(folder, "compile", "--format", "json", "broken.dfr").stdout)
    assert data["transitions"]
    assert "nic" in run(folder, "compile", "broken.dfr").stdout
    before = run(folder, "broken.dfr").returncode
    assert run(folder, "fmt", "broken.dfr", "fixed.dfr").returncode == 0
    assert run(folder, "fmt", "--check", "broken.dfr", "fixed.dfr").returncode == 0
    assert run(folder, "broken.dfr").returncode == before

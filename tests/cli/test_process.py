"""The command as a process: exit codes, pure streams, signals, closed pipes, encodings, time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Start


def spec(folder: Path, name: str, text: str = "") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(("text", "code"), [("", 0), ("VIOLATED", 1), ("SYNTAX", 2), ("UNDETERMINED", 3), ("CRASH", 4)])
def test_exit_codes_and_pure_streams(start: Start, tmp_path: Path, text: str, code: int) -> None:
    process = start("--format", "json", spec(tmp_path, "a.dfr", text))
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert json.loads(out)["exit_code"] == code
    assert bool(err) == (text in ("SYNTAX", "CRASH"))
    assert b"\x1b" not in out + err


def test_control_c(start: Start, tmp_path: Path) -> None:
    process = start(spec(tmp_path, "a.dfr", "SLOW"), spec(tmp_path, "b.dfr"))
    assert process.stderr is not None
    assert process.stderr.readline() == b"started\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"interrupted" in out
    assert b"Traceback" not in err


def test_control_c_before_anything_is_known(start: Start, tmp_path: Path) -> None:
    process = start(spec(tmp_path, "a.dfr", "INTERRUPT"))
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out == b""
    assert b"interrupted" in err


def test_a_reader_that_goes_away(start: Start, tmp_path: Path) -> None:
    for number in range(300):
        spec(tmp_path, f"{number:03}.dfr", "VIOLATED")
    process = start(".")
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"000.dfr" in process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=30) == 141
    assert err == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding(start: Start, tmp_path: Path, encoding: str) -> None:
    name = spec(tmp_path, "gerät.dfr", "VIOLATED // gerät ✗")
    process = start(name, PYTHONIOENCODING=encoding, LC_ALL="C.UTF-8")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    text = out.decode(encoding)
    assert ("│" in text) == (encoding == "utf-8")


def test_a_terminal_has_progress_and_colors_and_leaves_no_trace(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    spec(tmp_path, "a.dfr", "VIOLATED")
    main, side = pty.openpty()
    start = (
        "import sys; from tests.cli import fake; sys.modules['defercheck.check'] = fake; "
        "from defercheck.cli import main; main()"
    )
    environ = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-c", start, "a.dfr"], cwd=tmp_path, stdout=side, stderr=side, stdin=subprocess.DEVNULL,
        env=environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    os.close(side)
    out = b""
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    assert process.wait(timeout=10) == 1
    text = out.decode()
    assert "1,000 states" in text
    report = text.index("error[DF301]")
    assert text.rindex("\r\x1b[K", 0, report) > text.rindex("1,000 states", 0, report)
    assert "\x1b[1;31merror[DF301]" in text


@pytest.mark.parametrize("args", [["--help"], ["check", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['defercheck', *sys.argv[1:]]\n"
        "from defercheck.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'rich', 'numpy', 'llvmlite', 'lark', 'networkx'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == "[]\n"

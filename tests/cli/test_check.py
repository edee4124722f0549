"""``defercheck check`` with a fake backend: what it asks for, what it says where, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from defercheck.report.json import FORMAT

from tests.cli import fake
from tests.cli.conftest import Run


def spec(name: str, text: str = "") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


@pytest.mark.parametrize(
    ("text", "code"),
    [("", 0), ("VIOLATED", 1), ("SYNTAX", 2), ("UNDETERMINED", 3), ("CRASH", 4), ("INTERRUPT", 130), ("WARNING", 0)],
)
def test_exit_codes(run: Run, text: str, code: int) -> None:
    assert run(spec("a.dfr", text)).exit_code == code


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("", "VIOLATED"), 1),
        (("UNDETERMINED", "VIOLATED"), 1),
        (("VIOLATED", "SYNTAX"), 2),
        (("CRASH", "SYNTAX"), 4),
        (("", "UNDETERMINED"), 3),
        (("VIOLATED", "INTERRUPT"), 130),
    ],
)
def test_exit_code_of_several(run: Run, texts: tuple[str, str], code: int) -> None:
    assert run(spec("a.dfr", texts[0]), spec("b.dfr", texts[1])).exit_code == code


def test_check_is_the_default_and_may_be_named(run: Run) -> None:
    name = spec("a.dfr")
    assert run(name).stdout == run("check", name).stdout != ""
    assert run("--cpus", "3", name).exit_code == 0


def test_a_file_with_the_name_of_a_command(run: Run) -> None:
    assert run("./" + spec("rules")).exit_code == 0
    assert fake.SEEN


def test_options_reach_the_backend(run: Run) -> None:
    args = "--cpus 3 --max-states 7 --memory 1.5G --time 2m --rule df301 --no-rule DF302 --no-reduce --engine interpret"
    assert run(*args.split(), spec("a.dfr")).exit_code == 0
    ((_, kernel, options),) = fake.SEEN
    assert kernel == "6.1"
    assert options.cpus == 3
    assert options.limits == fake.Limits(states=7, memory=3 << 29, seconds=120.0)
    assert (options.only, options.disabled) == (frozenset({"DF301"}), frozenset({"DF302"}))
    assert (options.reduce, options.engine) == (False, "interpret")


def test_defaults_reach_the_backend(run: Run) -> None:
    run(spec("a.dfr"))
    assert fake.SEEN[0][2] == fake.Options()


def test_each_kernel_version_of_the_spec_or_of_the_command_line(run: Run) -> None:
    name = spec("a.dfr", "BOTH")
    out = run(name).stdout
    assert [kernel for _, kernel, _ in fake.SEEN] == ["2.6.20", "6.1"]
    assert "a.dfr (2.6.20)" in out
    assert "a.dfr (6.1)" in out
    fake.SEEN.clear()
    run("-k", "4.9", "--kernel", "6.12", name)
    assert [kernel for _, kernel, _ in fake.SEEN] == ["4.9", "6.12"]


def test_folders_are_searched_and_sorted(run: Run) -> None:
    for name in ("s/b.dfr", "s/a.dfr", "s/deep/c.dfr", "s/.git/d.dfr", "s/e.txt"):
        spec(name)
    run("s", "s/a.dfr")
    assert [name for name, _, _ in fake.SEEN] == ["s/a.dfr", "s/b.dfr", "s/deep/c.dfr"]


def test_several_specs_have_a_line_each_then_details_then_the_count(run: Run) -> None:
    result = run(spec("a.dfr"), spec("b.dfr", "VIOLATED"), spec("c.dfr", "SYNTAX"), spec("d.dfr", "CRASH"))
    lines = result.stdout.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["a.dfr", "b.dfr", "c.dfr", "d.dfr"]
    assert "holds" in lines[0]
    assert "DF301 use after free" in lines[1]
    assert "not a valid spec" in lines[2]
    assert "internal error: ValueError: the model is on fire" in lines[3]
    assert "error[DF301]: use after free" in result.stdout
    assert lines[-1] == "4 checks: 1 hold, 1 fail, 1 not valid, 1 internal errors"


def test_complaints_go_to_stderr(run: Run) -> None:
    result = run(spec("a.dfr", "a SYNTAX"))
    assert result.stdout == ""
    assert "error: expected a declaration" in result.stderr
    assert "a.dfr:1:3" in result.stderr


def test_an_internal_error_says_how_to_report_it_and_shows_a_traceback_only_when_asked(run: Run) -> None:
    name = spec("a.dfr", "CRASH")
    plain, debug = run(name), run("--debug", name)
    assert "internal error: ValueError: the model is on fire" in plain.stderr
    assert "--debug" in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
    assert debug.exit_code == 4


def test_quiet(run: Run) -> None:
    result = run("-q", spec("a.dfr"), spec("b.dfr", "VIOLATED"))
    assert result.stdout.splitlines() == [
        "driver.dfr:7:5: error[DF301]: my_handler writes dev.count after module exit has freed dev."
    ]
    assert result.stderr == ""


def test_warnings_may_fail(run: Run) -> None:
    name = spec("a.dfr", "WARNING")
    assert run("--warnings", "error", name).exit_code == 1
    assert "warning[DF901]" in run(name).stdout


def test_standard_input(run: Run) -> None:
    result = run("-", input="VIOLATED")
    assert result.exit_code == 1
    assert fake.SEEN[0][0] == "<stdin>"


def test_json_alone_on_stdout(run: Run) -> None:
    result = run("--format", "json", spec("a.dfr"), spec("b.dfr", "SYNTAX"), spec("c.dfr", "VIOLATED"))
    data = json.loads(result.stdout)
    assert data["format"] == FORMAT
    assert data["exit_code"] == result.exit_code == 2
    assert [r["status"] for r in data["results"]] == ["holds", "invalid", "violated"]


def test_an_interrupted_run_keeps_what_is_known(run: Run) -> None:
    names = [spec("a.dfr", "VIOLATED"), spec("b.dfr", "INTERRUPT"), spec("c.dfr")]
    result = run(*names, "-o", "r.json")
    assert result.exit_code == 130
    assert "error[DF301]" in result.stdout
    assert "interrupted before the rest" in result.stdout
    assert "interrupted after 1,000 states" in result.stderr
    data = json.loads(Path("r.json").read_text())
    assert data["interrupted"]
    assert len(data["results"]) == 1


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["nowhere.dfr"], "no such file"),
        (["a.dfx"], "did you mean a.dfr?"),
        (["chekc"], "did you mean check?"),
        (["empty"], "no *.dfr file"),
        (["--memory", "much", "a.dfr"], "such as 512M"),
        (["--time", "-1", "a.dfr"], "such as 30"),
        (["--rule", "DF3O1", "a.dfr"], "did you mean DF301"),
        (["--cpus", "0", "a.dfr"], "0"),
        (["--format", "xml", "a.dfr"], "xml"),
        (["-o", "report", "a.dfr"], "no format"),
        (["-o", "nowhere/r.json", "a.dfr"], "folder does not exist"),
        (["-o", "r.json", "-o", "text:r.json", "a.dfr"], "twice"),
        (["-o", "text:a.dfr", "--force", "a.dfr"], "is one of the specs"),
        (["-o", "text:b.dfr", "a.dfr"], "--force"),
        (["--frobnicate", "a.dfr"], "frobnicate"),
        ([], "Usage"),
    ],
)
def test_a_wrong_command_line(run: Run, args: list[str], hint: str) -> None:
    spec("a.dfr")
    spec("b.dfr", "cpus 2;")
    Path("empty").mkdir()
    result = run(*args)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert result.stdout == ""
    assert not fake.SEEN


def test_a_file_that_is_not_text(run: Run) -> None:
    Path("a.dfr").write_bytes(b"\xff\xfe")
    result = run("a.dfr")
    assert result.exit_code == 2
    assert "byte 0 is not UTF-8" in result.stderr


def test_reports_to_files(run: Run) -> None:
    name = spec("a.dfr", "VIOLATED")
    result = run(name, "-o", "r.json", "--output", "text:r.log")
    assert "error[DF301]" in result.stdout
    assert json.loads(Path("r.json").read_text())["exit_code"] == 1
    text = Path("r.log").read_text()
    assert text.startswith("defercheck report")
    assert "error[DF301]" in text
    assert "\x1b" not in text


def test_a_page(run: Run) -> None:
    assert run(spec("a.dfr", "VIOLATED"), "--html", "r.html").exit_code == 1
    assert Path("r.html").read_text().startswith("<!doctype html>")
    assert run("a.dfr", "--html", "a.dfr").exit_code == 2


def test_a_former_report_is_overwritten_anything_else_is_not(run: Run) -> None:
    name = spec("a.dfr")
    for path in ("r.json", "r.txt", "r.html"):
        run(name, "-o", path)
        before = Path(path).read_text()
        Path(path).write_text(before + "\n")
        assert run(name, "-o", path).exit_code == 0
        assert Path(path).read_text() == before
    Path("mine.json").write_text('{"a": 1}')
    assert run(name, "-o", "mine.json").exit_code == 2
    assert Path("mine.json").read_text() == '{"a": 1}'
    assert run(name, "-o", "mine.json", "--force").exit_code == 0
    assert FORMAT in Path("mine.json").read_text()
    assert [p.name for p in Path().iterdir() if p.name.startswith(".")] == []


def test_no_progress_where_there_is_no_terminal(run: Run) -> None:
    assert run(spec("a.dfr")).stderr == ""


def test_several_formats_at_once(run: Run) -> None:
    name, other = spec("a.dfr", "VIOLATED"), spec("b.dfr")
    files = ("r.xml", "r.sarif", "r.json", "r.txt", "github:r.log", "junit:second")
    result = run(name, other, "--format", "github", *(part for file in files for part in ("-o", file)))
    assert result.exit_code == 1
    assert result.stdout.startswith("::debug::")
    assert "::error file=" in result.stdout
    assert Path("r.log").read_text() == result.stdout
    assert Path("r.xml").read_text() == Path("second").read_text()
    assert Path("r.xml").read_text().startswith("<?xml")
    assert json.loads(Path("r.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "DF301"
    again = run(name, other, "--format", "sarif", *(part for file in files for part in ("-o", file)))
    assert again.exit_code == 1, "all are known as former reports"
    assert json.loads(again.stdout) == json.loads(Path("r.sarif").read_text())


def test_junit_fails_when_warnings_do(run: Run) -> None:
    name = spec("a.dfr", "WARNING")
    assert "<failure" not in run(name, "-f", "junit").stdout
    result = run(name, "-f", "junit", "--warnings", "error")
    assert result.exit_code == 1
    assert "<failure" in result.stdout

"""The other commands: fmt, rules, explain, compile, export, graph."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.grammar.tree import SpecFile

from tests.cli.conftest import Run


@pytest.fixture
def formatter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formats by taking the spaces off the ends."""
    module = ModuleType("defercheck.grammar.formatter")

    def plain(spec: SpecFile) -> str:
        text = spec.source.text.strip() + "\n"
        return text + "x" if "UNSTABLE" in text else text

    module.format = plain  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "defercheck.grammar.formatter", module)


@pytest.mark.usefixtures("formatter")
def test_fmt_rewrites_what_is_not_formatted(run: Run) -> None:
    Path("a.dfr").write_text("  cpus 2;  ")
    Path("b.dfr").write_text("cpus 2;\n")
    os.chmod("a.dfr", 0o640)
    before = Path("b.dfr").stat()
    result = run("fmt", ".")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == "formatted a.dfr\n"
    assert Path("a.dfr").read_text() == "cpus 2;\n"
    assert Path("a.dfr").stat().st_mode & 0o777 == 0o640
    assert Path("b.dfr").stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(p.name for p in Path().iterdir()) == ["a.dfr", "b.dfr"]


@pytest.mark.usefixtures("formatter")
def test_fmt_check_and_diff_write_nothing(run: Run) -> None:
    Path("a.dfr").write_text(" cpus 2;")
    assert run("fmt", "--check", "a.dfr").exit_code == 1
    diff = run("fmt", "--diff", "a.dfr")
    assert diff.exit_code == 1
    assert "- cpus 2;" in diff.stdout
    assert "+cpus 2;" in diff.stdout
    assert Path("a.dfr").read_text() == " cpus 2;"
    run("fmt", "a.dfr")
    assert run("fmt", "--check", "a.dfr").exit_code == 0


@pytest.mark.usefixtures("formatter")
def test_fmt_keeps_what_is_wrong_and_goes_on_with_the_rest(run: Run) -> None:
    Path("a.dfr").write_text(" SYNTAX ")
    Path("b.dfr").write_text(" cpus 2;")
    result = run("fmt", "a.dfr", "b.dfr")
    assert result.exit_code == 2
    assert "expected a declaration" in result.stderr
    assert Path("a.dfr").read_text() == " SYNTAX "
    assert Path("b.dfr").read_text() == "cpus 2;\n"


@pytest.mark.usefixtures("formatter")
def test_fmt_that_is_not_stable_is_our_own_fault_and_writes_nothing(run: Run) -> None:
    Path("a.dfr").write_text(" UNSTABLE ")
    assert run("fmt", "a.dfr").exit_code == 4
    assert Path("a.dfr").read_text() == " UNSTABLE "


@pytest.mark.usefixtures("formatter")
def test_fmt_of_the_standard_input_and_of_a_link(run: Run) -> None:
    assert run("fmt", "-", input="  cpus 2; ").stdout == "cpus 2;\n"
    Path("real.dfr").write_text(" cpus 2;")
    Path("link.dfr").symlink_to("real.dfr")
    assert run("fmt", "link.dfr").exit_code == 0
    assert Path("link.dfr").is_symlink()
    assert Path("real.dfr").read_text() == "cpus 2;\n"


def test_rules_lists_all(run: Run) -> None:
    from defercheck.rules import codes

    lines = run("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(codes())


def test_explain(run: Run) -> None:
    result = run("explain", "df301")
    assert result.exit_code == 0
    assert result.stdout.startswith("# DF301: use after free\n")
    assert "```dfr" in result.stdout
    assert run("explain", "use", "after", "free").stdout == result.stdout


def test_explain_for_a_terminal(run: Run) -> None:
    out = run("explain", "DF301", "--color", "always").stdout
    assert "\x1b[" in out
    assert "```" not in out


def test_explain_what_there_is_not(run: Run) -> None:
    result = run("explain", "DF3O1")
    assert result.exit_code == 2
    assert "did you mean DF301" in result.stderr


def fake_module(monkeypatch: pytest.MonkeyPatch, name: str, **functions: object) -> None:
    module = ModuleType(name)
    vars(module).update(functions)
    monkeypatch.setitem(sys.modules, name, module)
    package, _, attribute = name.rpartition(".")
    monkeypatch.setattr(sys.modules[package], attribute, module, raising=False)


def test_compile(run: Run) -> None:
    Path("a.dfr").write_text("BOTH")
    result = run("compile", "a.dfr")
    assert "a.dfr on 2.6.20" in result.stdout
    assert "--kernel chooses 6.1" in result.stderr
    assert json.loads(run("compile", "a.dfr", "--format", "json", "-k", "6.1").stdout)["name"] == "a.dfr on 6.1"


def test_export_and_graph(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import defercheck.export  # noqa: F401

    fake_module(
        monkeypatch, "defercheck.export.promela", to_promela=lambda s: f"/* {s.name} */\n", NotExpressible=ValueError
    )
    fake_module(
        monkeypatch, "defercheck.export.graph",
        state_graph=lambda s, limit: (s.name, limit), to_dot=lambda g: f"dot {g}", to_graphml=lambda g: f"xml {g}",
        GraphTooLarge=ValueError,
    )  # fmt: skip
    Path("a.dfr").write_text("")
    assert run("export", "--to", "promela", "a.dfr").stdout == "/* a.dfr on 6.1 */\n"
    assert run("export", "a.dfr").exit_code == 2
    assert run("graph", "a.dfr", "--limit", "5").stdout == "dot ('a.dfr on 6.1', 5)\n"
    assert run("graph", "a.dfr", "--to", "graphml").stdout == "xml ('a.dfr on 6.1', 2000)\n"


@pytest.mark.parametrize("command", ["compile", "graph", "fmt", "export"])
def test_a_wrong_spec(run: Run, command: str, formatter: None) -> None:
    Path("a.dfr").write_text("SYNTAX")
    result = run(command, *(["--to", "promela"] if command == "export" else []), "a.dfr")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "expected a declaration" in result.stderr


def test_spec_errors_are_told_with_their_place() -> None:
    assert "x" in str(SpecError(Diagnostic("x", None)))

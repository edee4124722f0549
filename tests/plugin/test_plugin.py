"""The plugin, as installed, in runs of pytest of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.samples import HOLDS, ORDER, SLEEPS

pytest_plugins = ["pytester"]

COUNTING = """
import defercheck.check as pipeline
from pathlib import Path

explore = pipeline.explore

def counted(system, options, progress):
    with Path("explored.log").open("a") as log:
        log.write(system.name + "\\n")
    return explore(system, options, progress)

pipeline.explore = counted
"""
"""A conftest that writes down what is explored."""


def write(pytester: pytest.Pytester, **specs: str) -> None:
    for name, text in specs.items():
        (pytester.path / f"{name}.dfr").write_text(text, encoding="utf-8")


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    """A run that knows the plugin from its entry point alone."""
    return pytester.runpytest_subprocess("-p", "no:hypothesispytest", *args)


def names(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_an_item_for_each_property(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS, order=ORDER)
    items = names(run(pytester, "--collect-only", "-q"))
    assert "holds.dfr::DF301[6.1]" in items
    assert "holds.dfr::invariant:alone[6.1]" in items
    assert "holds.dfr::cover:handled[6.1]" in items
    assert "holds.dfr::others[6.1]" in items
    assert {"order.dfr::never:backwards[2.6.20]", "order.dfr::never:backwards[6.1]"} <= set(items)
    assert not [i for i in items if "DF701" in i or "DF601" in i]
    assert len(items) == len(set(items))


def test_outcomes(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS, order=ORDER, sleeps=SLEEPS)
    result = run(pytester, "-rf")
    failed = {line.split()[1] for line in result.outlines if line.startswith("FAILED")}
    assert failed == {"order.dfr::never:backwards[2.6.20]", "sleeps.dfr::DF101[6.1]", "sleeps.dfr::cover:gone[6.1]"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_failure_prints_the_schedule(pytester: pytest.Pytester) -> None:
    write(pytester, sleeps=SLEEPS)
    result = run(pytester, "-k", "DF101")
    result.stdout.fnmatch_lines(
        [
            "*DF101?6.1?*",
            "error?DF101?: sleeping call in atomic context",
            "*--> sleeps.dfr:1:14",
            "the shortest schedule that does it: * steps on * CPU*",
            "*msleep(1)*",
            "sleeps.dfr on Linux 6.1 with 2 CPUs",
            "*explored*states*",
        ]
    )
    assert "pytest_plugin.py" not in result.stdout.str(), "no traceback of ours"


def test_what_is_expected_passes_and_what_is_missing_fails(pytester: pytest.Pytester) -> None:
    expected = SLEEPS.replace("cover gone", "expect DF101;\nexpect DF904;\ncover gone")
    write(pytester, expected=expected, missing=f"{HOLDS}expect DF301;\n", own=f"{HOLDS}expect DF702;\n")
    result = run(pytester, "-rf")
    failed = {line.split()[1] for line in result.outlines if line.startswith("FAILED")}
    assert failed == {"missing.dfr::DF301[6.1]", "own.dfr::others[6.1]"}
    result.stdout.fnmatch_lines(["error?DF301?: expected, but not found"])


def test_allowances(pytester: pytest.Pytester) -> None:
    write(pytester, allowed=f'{SLEEPS}allow DF101 "so";\n', idle=f'{HOLDS}allow DF306 "so";\n')
    assert run(pytester, "allowed.dfr", "-k", "DF101").ret == 0
    result = run(pytester, "idle.dfr", "-rf")
    assert [line.split()[1] for line in result.outlines if line.startswith("FAILED")] == ["idle.dfr::others[6.1]"]
    result.stdout.fnmatch_lines(["*`allow DF306` silences nothing*"])


def test_selecting(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS, order=ORDER)
    assert names(run(pytester, "--collect-only", "-q", "-k", "DF301 and 2.6.20")) == ["order.dfr::DF301[2.6.20]"]
    assert names(run(pytester, "--collect-only", "-q", "-k", "sleeping")) == [
        "holds.dfr::DF101[6.1]", "order.dfr::DF101[2.6.20]", "order.dfr::DF101[6.1]",
    ]  # fmt: skip
    assert names(run(pytester, "--collect-only", "-q", "-k", "alone")) == ["holds.dfr::invariant:alone[6.1]"]
    run(pytester, "order.dfr::never:backwards[6.1]").assert_outcomes(passed=1)


def all_items(pytester: pytest.Pytester) -> list[str]:
    return names(run(pytester, "--collect-only", "-q"))


def test_last_failed(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS, order=ORDER)
    assert run(pytester).parseoutcomes()["failed"] == 1
    run(pytester, "--lf").assert_outcomes(failed=1)
    write(pytester, order=ORDER.replace('"2.6.20", ', ""))
    assert run(pytester, "--lf").parseoutcomes().get("failed", 0) == 0


def test_kernel_versions_and_cpus(pytester: pytest.Pytester) -> None:
    write(pytester, order=ORDER)
    items = names(
        run(pytester, "--collect-only", "-q", "--dfr-kernel", "2.6.20,6.1", "--dfr-kernel=6.12", "--dfr-cpus=1,2",
            "-k", "backwards")
    )  # fmt: skip
    assert items == [
        f"order.dfr::never:backwards[{kernel}-cpus{cpus}]" for kernel in ("2.6.20", "6.1", "6.12") for cpus in (1, 2)
    ]
    assert run(pytester, "-k", "backwards", "--dfr-kernel", "6.12", "--dfr-cpus", "1").parseoutcomes()["passed"] == 1
    result = run(pytester, "-k", "backwards", "--dfr-kernel", "2.6.20", "--dfr-cpus", "2")
    result.stdout.fnmatch_lines(["order.dfr on Linux 2.6.20 with 2 CPUs"])


@pytest.mark.parametrize("value", ["0", "9", "two"])
def test_wrong_numbers_of_cpus(pytester: pytest.Pytester, value: str) -> None:
    write(pytester, holds=HOLDS)
    result = run(pytester, f"--dfr-cpus={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --dfr-cpus {value}: a number from 1 to 8"])


def test_a_kernel_version_that_is_not_modelled(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS)
    result = run(pytester, "--dfr-kernel=1.0")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*no kernel as old as 1.0 is modelled*"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tasklet {", "*error: *"),
        ("irq nic { tasklet_schedule(&tx); }", "*cannot find `tx`*"),
        ("expect DF999;\nirq nic { }", "*there is no rule DF999*"),
    ],
)
def test_a_wrong_spec_is_one_error(pytester: pytest.Pytester, text: str, said: str) -> None:
    write(pytester, wrong=text, holds=HOLDS)
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said, "*--> wrong.dfr:1:*"])


def test_a_file_that_is_no_text(pytester: pytest.Pytester) -> None:
    (pytester.path / "wrong.dfr").write_bytes(b"\xff")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*byte 0 is not UTF-8"])


def test_what_is_undetermined_fails(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS)
    result = run(pytester, "--dfr-time=0.000001", "-k", "DF301 or handled")
    assert {k: n for k, n in result.parseoutcomes().items() if k in ("passed", "failed", "errors")} == {"failed": 2}
    result.stdout.fnmatch_lines(["*is undetermined: the limit on time was reached"])


def test_each_version_is_explored_once(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(COUNTING)
    write(pytester, holds=HOLDS, order=ORDER)
    run(pytester)
    log = (pytester.path / "explored.log").read_text().splitlines()
    assert sorted(log) == ["holds.dfr", "order.dfr", "order.dfr"]


def test_xdist(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(COUNTING)
    write(pytester, holds=HOLDS, order=ORDER)
    result = run(pytester, "-n", "2", "--dist", "loadfile")
    assert result.parseoutcomes()["failed"] == 1
    log = (pytester.path / "explored.log").read_text().splitlines()
    assert sorted(log) == ["holds.dfr", "order.dfr", "order.dfr"], "no file on two workers"
    assert run(pytester, "-n", "2").parseoutcomes() == result.parseoutcomes()


def test_which_files_are_specs(pytester: pytest.Pytester) -> None:
    write(pytester, holds=HOLDS)
    (pytester.path / "drivers" / "net").mkdir(parents=True)
    (pytester.path / "drivers" / "net" / "order.dfr").write_text(ORDER)
    pytester.makeini("[pytest]\ndfr_files = drivers/*\n")
    files = {name.partition("::")[0] for name in all_items(pytester)}
    assert files == {"drivers/net/order.dfr"}
    assert names(run(pytester, "--collect-only", "-q", "holds.dfr")), "a file that is named is always collected"
    pytester.makeini("[pytest]\ndfr_files =\n")
    assert all_items(pytester) == []


def test_warnings_are_warnings(pytester: pytest.Pytester) -> None:
    write(pytester, idle="tasklet unused { }\nirq nic { }\n")
    result = run(pytester)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*DefercheckWarning: idle.dfr:1:9: DF903: nothing in the spec uses `unused`"])
    assert result.parseoutcomes()["warnings"] == 1
    strict = run(pytester, "-W", "error::defercheck.pytest_plugin.DefercheckWarning", "-rf")
    assert [line.split()[1] for line in strict.outlines if line.startswith("FAILED")] == ["idle.dfr::others[6.1]"]


def test_the_plugin_costs_nothing_where_there_are_no_specs() -> None:
    code = (
        "import sys, defercheck.pytest_plugin;"
        "own = {m for m in sys.modules if m.startswith('defercheck')};"
        "assert own == {'defercheck', 'defercheck.pytest_plugin'}, own"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_our_own_suite_does_not_collect_specs_that_are_wrong_on_purpose() -> None:
    top = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", "-n", "0", "tests/sema"],
        cwd=top, capture_output=True, text=True,
    )  # fmt: skip
    assert list((top / "tests" / "sema").rglob("*.dfr"))
    assert ".dfr::" not in done.stdout

"""What the guide to continuous integration shows works: its files are sound, and its commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.api.samples import HOLDS, SLEEPS

TOP = Path(__file__).parent.parent.parent
WORKFLOW = TOP / "docs/examples/defercheck.yml"
HOOKS = TOP / ".pre-commit-hooks.yaml"
PAGE = (TOP / "docs/ci.md").read_text(encoding="utf-8")
SPEC = f"cpus 1;\n{HOLDS}"


def workflow_commands() -> list[str]:
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command of ours, or pytest, as a user would run it there."""
    name, *args = shlex.split(command)
    module = {"defercheck": "defercheck", "pytest": "pytest"}[name]
    return subprocess.run(
        [sys.executable, "-m", module, *args], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / ".cache")},
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a locked spec below drivers/."""
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers/nic.dfr").write_text(SPEC)
    assert run(tmp_path, "defercheck lock drivers/").returncode == 0
    return tmp_path


def test_the_workflow_is_one() -> None:
    data = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert {"name", "jobs", "permissions"} <= set(data)
    assert data[True] == ["push", "pull_request"]  # YAML 1.1 takes `on` for a truth value; GitHub does not
    (job,) = data["jobs"].values()
    assert job["runs-on"]
    for step in job["steps"]:
        assert len({"run", "uses"} & set(step)) == 1
        assert set(step) <= {"name", "uses", "with", "run", "if"}
        assert "run" in step or re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"])
    assert workflow_commands()[0] == "pip install defercheck"


def test_the_commands_of_the_workflow(repository: Path) -> None:
    _, *commands = workflow_commands()
    assert len(commands) == 2
    for command in commands:
        done = run(repository, command)
        assert done.returncode == 0, done.stdout + done.stderr
    for written in re.findall(r"--output \w+:(\S+)", commands[1]):
        assert (repository / written).stat().st_size > 0
    (repository / "drivers/nic.dfr").write_text(SLEEPS)
    assert [run(repository, command).returncode for command in commands] == [1, 1]


def test_the_commands_of_the_guide(repository: Path) -> None:
    """In the order in which they stand there."""
    found = re.findall(r"^    (defercheck [^\n]*?)(?:  .*)?$", PAGE, re.MULTILINE)
    assert len(found) == 5
    for command in found:
        done = run(repository, command)
        assert done.returncode == 0, (command, done.stdout + done.stderr)


def test_the_yaml_of_the_guide() -> None:
    short, hooks = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
    long = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    uses = {step.get("uses") for step in long["jobs"]["specs"]["steps"]}
    assert {step["uses"] for step in short["jobs"]["specs"]["steps"] if "uses" in step} <= uses
    ids = {hook["id"] for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    assert {hook["id"] for hook in hooks["repos"][0]["hooks"]} == ids


def test_options_that_the_guide_names_exist(repository: Path) -> None:
    of_pytest = run(repository, "pytest --help").stdout
    for option in set(re.findall(r"--dfr-\w+", PAGE)):
        assert option in of_pytest
    ours = "".join(run(repository, f"defercheck {c} --help").stdout for c in ("check", "lock"))
    for option in re.findall(r"`(--[a-z-]+)", PAGE.partition("## Locked")[2]):
        assert option in ours, option


@pytest.mark.parametrize("hook", yaml.safe_load(HOOKS.read_text(encoding="utf-8")), ids=lambda hook: hook["id"])
def test_hooks(repository: Path, hook: dict[str, object]) -> None:
    assert hook.keys() >= {"id", "name", "description", "entry", "language", "files"}
    assert re.search(str(hook["files"]), "drivers/nic.dfr")
    assert not re.search(str(hook["files"]), "drivers/nic.c")
    names = " drivers/nic.dfr" if hook.get("pass_filenames", True) else ""
    done = run(repository, f"{hook['entry']}{names}")
    assert done.returncode == 0, done.stdout + done.stderr
    if hook["id"] != "defercheck-format":
        (repository / "drivers/nic.dfr").write_text(SLEEPS)
        assert run(repository, f"{hook['entry']}{names}").returncode == 1

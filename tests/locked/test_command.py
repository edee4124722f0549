"""`defercheck lock` and `defercheck check --locked`, from specs to exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import defercheck
import pytest
from click.testing import CliRunner, Result
from defercheck.locked import answer, work
from defercheck.locked.cache import Cache
from defercheck.locked.lockfile import Lock, read

from tests.api import samples
from tests.api.samples import ORDER, SLEEPS

Run = Callable[..., Result]
HOLDS = f"cpus 1;\n{samples.HOLDS}"
NEW = ORDER.replace('"2.6.20", ', "")  # holds there
WRONG = "irq nic { tasklet_schedule(&tx); }"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Runs the command in an empty folder, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work" / "specs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    Path("specs/holds.dfr").write_text(HOLDS)
    Path("specs/order.dfr").write_text(NEW)

    def invoke(*args: str) -> Result:
        from defercheck.cli import cli

        return CliRunner().invoke(cli, list(args))

    yield invoke


def lock() -> Lock:
    return read(Path("defercheck.lock").read_text(), "defercheck.lock")


def locked(run: Run, *args: str) -> str:
    """A run of `lock` that goes well, and what it says."""
    result = run("lock", "specs", *args)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def held(run: Run, code: int, *args: str) -> str:
    """What `check --locked` says."""
    result = run("check", "--locked", *args)
    assert result.exit_code == code, result.output
    return result.stdout


def test_locked_and_held(run: Run) -> None:
    assert "2 checks in defercheck.lock" in locked(run)
    found = {e.spec: e for e in lock().entries}
    assert list(found) == ["specs/holds.dfr", "specs/order.dfr"]
    said = found["specs/holds.dfr"].properties
    assert said["DF301"].outcome == "proved"
    assert len(said["DF301"].certificate) == 64
    (cover,) = [v for v in defercheck.parse(HOLDS).check().verdicts if v.code == "DF904"]
    assert cover.trace is not None
    assert (said["DF904:handled"].outcome, said["DF904:handled"].steps) == ("reached", len(cover.trace.steps))
    before = Path("defercheck.lock").read_bytes()
    out = held(run, 0, "specs")
    proofs = sum(said.outcome == "proved" for said in said.values())
    assert f"specs/holds.dfr (6.1)  as locked (answered before, {proofs} certificates checked again)" in out
    assert "2 checks: 2 as locked" in out
    assert held(run, 0) == out, "without places, all that is locked"
    locked(run, "--no-cache")
    assert Path("defercheck.lock").read_bytes() == before, "locking again changes nothing"


def test_answers_are_kept_and_not_used_when_told_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(run)
    asked = []
    real = answer.examine
    monkeypatch.setattr(answer, "examine", lambda spec, *rest: asked.append(spec.source.name) or real(spec, *rest))
    held(run, 0)
    assert asked == []
    held(run, 0, "--no-cache")
    assert asked == ["specs/holds.dfr", "specs/order.dfr"]
    Path("specs/order.dfr").write_text(f"{NEW}// a comment\n")
    asked.clear()
    assert "specs/order.dfr (6.1)  as locked\n" in held(run, 0)
    assert asked == ["specs/order.dfr"], "only what was edited"
    asked.clear()
    monkeypatch.setattr(answer, "sources", lambda: "another defercheck")
    held(run, 0)
    assert asked == ["specs/holds.dfr", "specs/order.dfr"]


def test_a_verdict_that_changes(run: Run) -> None:
    locked(run)
    Path("specs/holds.dfr").write_text(HOLDS.replace("tasklet rx { }", "tasklet rx { msleep(1); }"))
    out = held(run, 1)
    assert "✗ specs/holds.dfr (6.1)  changed\n    DF101: was proved; is violated" in out
    assert "why: the spec was edited" in out
    assert "error[DF101]" in out
    assert "the shortest schedule that does it" in out
    assert "2 checks: 1 changed, 1 as locked" in out
    assert held(run, 0, "specs/order.dfr").count("as locked") == 2, "only what is asked for"
    assert "error[DF101]" in held(run, 1), "also when the answer was kept"


def test_a_property_that_disappears_and_one_that_is_new(run: Run) -> None:
    locked(run)
    Path("specs/holds.dfr").write_text(HOLDS.replace("invariant alone", "invariant lonely"))
    out = held(run, 1)
    assert "DF702:alone: was proved; is not there any more" in out
    assert "DF702:lonely: is new, and proved" in out
    Path("specs/holds.dfr").write_text(f"{HOLDS}invariant more: true;\n")
    assert "DF702:more: is new, and proved" in held(run, 0), "a note"
    Path("specs/holds.dfr").write_text(f"{HOLDS}cover never: runs(rx) == 0 && runs(rx) == 1;\n")
    assert "DF904:never: is new, and unreached" in held(run, 1)


def test_a_spec_that_is_missing_and_one_that_is_new(run: Run) -> None:
    locked(run)
    Path("specs/order.dfr").rename("specs/other.dfr")
    out = held(run, 1)
    assert "specs/order.dfr (6.1)  changed\n    the spec is missing" in out
    out = held(run, 1, "specs")
    assert "the spec is missing" in out
    assert "specs/other.dfr (6.1)  changed\n    it is not in the lock" in out
    assert "the spec is missing" in held(run, 1, "specs/order.dfr"), "also when it is named"
    assert run("check", "--locked", "nowhere").exit_code == 2


def test_versions_that_come_and_go(run: Run) -> None:
    locked(run)
    Path("specs/order.dfr").write_text(NEW.replace('"6.1"', '"6.12"'))
    out = held(run, 1)
    assert "specs/order.dfr (6.1)  changed\n    it is not checked for Linux 6.1 any more" in out
    assert "specs/order.dfr (6.12)  changed\n    it is not in the lock" in out


def test_what_is_undetermined_fails(run: Run) -> None:
    locked(run)
    out = held(run, 3, "--no-cache", "--max-states", "5", "--time", "3")
    # ways out prove DF502 also where the search was cut short; that something can happen only a search shows
    assert "? specs/holds.dfr (6.1)  undetermined\n    DF904:handled: was reached, 19 steps; is undetermined\n" in out
    assert "why: the limit on states was reached" in out
    assert held(run, 0).count("as locked") == 3, "and is not kept"


def test_control_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(run)
    before = Path("defercheck.lock").read_bytes()
    real = answer.examine

    def cut(*args: Any) -> Any:
        """As the explorer does: what is known so far, and that it was interrupted."""
        done = real(*args)
        found = replace(done.result.exploration, complete=False, limit="interrupted")
        return replace(done, result=replace(done.result, exploration=found))

    monkeypatch.setattr(answer, "examine", cut)
    for command in (["lock", "specs"], ["check", "--locked"]):
        result = run(*command, "--no-cache")
        assert result.exit_code == 130
        assert "defercheck: interrupted" in result.stderr
        assert "specs/" not in result.stdout
    assert Path("defercheck.lock").read_bytes() == before


def test_expectations(run: Run) -> None:
    Path("specs/sleeps.dfr").write_text(SLEEPS.replace("cover gone", "expect DF101;\nexpect DF904;\ncover gone"))
    assert "1 violated as expected" in locked(run)
    held(run, 0)
    Path("specs/sleeps.dfr").write_text(
        SLEEPS.replace("msleep(1);", "").replace("cover gone", "expect DF101;\ncover g")
    )
    out = held(run, 1)
    assert "DF101: was violated as expected, " in out
    assert "error[DF101]: expected, but not found" in out


def test_a_spec_that_becomes_invalid(run: Run) -> None:
    locked(run)
    Path("specs/order.dfr").write_text(WRONG)
    result = run("check", "--locked")
    assert result.exit_code == 1
    assert "was valid; is not valid: cannot find `tx` here" in result.stdout
    assert "specs/order.dfr:1:29" in result.stderr
    Path("specs/order.dfr").write_text("irq {")
    assert "is not valid" in held(run, 1)
    Path("specs/order.dfr").write_bytes(b"\xff")
    assert "byte 0 is not UTF-8" in held(run, 1)


def test_only_what_holds_is_locked(run: Run) -> None:
    locked(run)
    before = Path("defercheck.lock").read_text()
    Path("specs/sleeps.dfr").write_text(SLEEPS)
    result = run("lock", "specs")
    assert result.exit_code == 1
    assert "specs/sleeps.dfr (6.1)  fails" in result.stdout
    assert "error[DF101]" in result.stdout
    assert "defercheck.lock is not written" in result.stderr
    Path("specs/sleeps.dfr").write_text(WRONG)
    result = run("lock", "specs")
    assert result.exit_code == 2
    assert "cannot find `tx`" in result.stderr
    result = run("lock", "specs/holds.dfr", "--no-cache", "--time", "0.00001")
    assert result.exit_code == 3
    assert "    DF904 handled: the limit on time was reached" in result.stdout
    assert Path("defercheck.lock").read_text() == before


def test_specs_that_are_wrong_on_purpose(run: Run) -> None:
    Path("specs/wrong.dfr").write_text(WRONG)
    Path("specs/worse.dfr").write_text("irq {")
    assert "is not valid: cannot find `tx` here" in locked(run, "--keep-invalid")
    held(run, 0)
    Path("specs/wrong.dfr").write_text(WRONG.replace("tx", "ty"))
    assert "was not valid (cannot find `tx` here); is not valid: cannot find `ty` here" in held(run, 1)
    Path("specs/wrong.dfr").write_text(HOLDS)
    assert "was not valid (cannot find `tx` here); is" in held(run, 1)


def test_what_is_wrong_is_told_before_anything_is_explored(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("specs/wrong.dfr").write_text(WRONG)
    Path("specs/worse.dfr").write_text("irq {")
    monkeypatch.setattr(answer.Asker, "ask", lambda *_: pytest.fail("a spec was explored"))
    result = run("lock", "specs")
    assert result.exit_code == 2
    assert "specs/wrong.dfr:1:29" in result.stderr
    assert "specs/worse.dfr:1:5" in result.stderr
    assert "is not written: only what holds is locked; --keep-invalid locks that a spec is not valid" in result.stderr
    assert not Path("defercheck.lock").exists()


def test_specs_that_are_left_out(run: Run) -> None:
    Path("specs/drafts").mkdir()
    Path("specs/drafts/wrong.dfr").write_text(WRONG)
    Path("specs/sleeps.dfr").write_text(SLEEPS)
    locked(run, "--exclude", "drafts/", "--exclude", "sl*.dfr")
    assert [e.spec for e in lock().entries] == ["specs/holds.dfr", "specs/order.dfr"]
    held(run, 0)
    held(run, 0, "specs")
    assert "specs/sleeps.dfr (6.1)  changed" in held(run, 1, "specs/sleeps.dfr")  # named itself
    assert run("lock", "specs/order.dfr").exit_code == 0  # a part need not say again what the lock knows
    held(run, 0, "specs")
    result = run("check", "--locked", "--exclude", "x")
    assert (result.exit_code, "cannot be given with --locked" in result.stderr) == (2, True)
    Path("specs/drafts/wrong.dfr").unlink()
    Path("specs/sleeps.dfr").unlink()
    locked(run)
    assert lock().settings.excluded == ()


def test_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(run, "--no-prove")
    assert lock().entries[0].properties["DF301"].outcome == "explored"
    text = Path("defercheck.lock").read_text()
    Path("defercheck.lock").write_text(text.replace("states = ", "states = 1"))
    assert "why: neither the spec nor the kernel model nor the versions changed" in held(run, 0)
    now = answer.maker()
    monkeypatch.setattr(work, "maker", lambda: replace(now, model="other"))
    assert "why: the kernel model was edited\n" in held(run, 0)
    monkeypatch.setattr(work, "maker", lambda: replace(now, tool="9.9", model="other"))
    assert f"why: defercheck was {now.tool} and is 9.9, the kernel model was edited with it" in held(run, 0)


def test_the_lock_says_how_specs_are_checked(run: Run) -> None:
    out = locked(run, "--cpus", "1", "-k", "6.12", "--rule", "DF101", "--rule", "DF702", "--no-prove")
    assert "specs/holds.dfr (6.12)  2 explored" in out
    (first, _) = lock().entries
    assert (first.kernel, first.cpus, sorted(first.properties)) == ("6.12", 1, ["DF101", "DF702:alone"])
    held(run, 0)
    for option in (["--cpus", "2"], ["--kernel", "6.1"], ["--rule", "DF301"], ["--prove"], ["--engine", "interpret"]):
        result = run("check", "--locked", *option)
        assert result.exit_code == 2
        assert "cannot be given with --locked" in result.stderr
    for option in ("--no-cache", "--lock=x"):
        result = run("check", "specs", option)
        assert result.exit_code == 2
        assert "needs --locked" in result.stderr


def test_locking_a_part_keeps_the_rest(run: Run) -> None:
    locked(run)
    Path("specs/order.dfr").write_text(f"{NEW}invariant more: true;\n")
    result = run("lock", "specs/order.dfr")
    assert "DF702:more: is new, and proved" in result.stdout
    assert [e.spec for e in lock().entries] == ["specs/holds.dfr", "specs/order.dfr"]
    held(run, 0)
    result = run("lock", "specs/order.dfr", "--cpus", "1")
    assert result.exit_code == 2
    assert "the lock has 1 more spec, locked in another way: lock all of them" in result.stderr
    Path("specs/order.dfr").unlink()
    locked(run)
    assert [e.spec for e in lock().entries] == ["specs/holds.dfr"]


def test_a_lock_elsewhere_names_specs_from_there(run: Run) -> None:
    assert run("lock", "specs", "--lock", "specs/my.lock").exit_code == 0
    found = read(Path("specs/my.lock").read_text(), "l")
    assert [e.spec for e in found.entries] == ["holds.dfr", "order.dfr"]
    assert "holds.dfr (6.1)  as locked (answered before" in held(run, 0, "--lock", "specs/my.lock", "specs")


@pytest.mark.parametrize(("text", "said"), [("<<<<<<< a\n", "merge conflict"), ("format = 3", "has format 3")])
def test_a_wrong_lock(run: Run, text: str, said: str) -> None:
    assert "there is no defercheck.lock; `defercheck lock specs/` writes it" in run("check", "--locked").stderr
    Path("defercheck.lock").write_text(text)
    result = run("check", "--locked")
    assert (result.exit_code, said in result.stderr) == (2, True)
    result = run("lock", "specs")
    assert result.exit_code == 0
    assert "it is written anew" in result.stderr
    held(run, 0)


def test_the_standard_input_has_no_name(run: Run) -> None:
    assert "cannot be locked" in run("lock", "-").stderr


# ---- certificates ----


def test_certificates_beside_the_lock(run: Run) -> None:
    locked(run, "--certificate", "certs")
    (file,) = Path("certs").rglob("*holds/6.1/DF201.smt2")
    (once,) = Path("certs").rglob("*holds/6.1/DF702-alone.smt2")
    held(run, 0)
    good = file.read_text()
    file.write_text(good.replace("(check-sat)", "", 1))
    out = held(run, 1)
    assert "DF201: its certificate" in out
    assert "is another than the one that was locked" in out
    assert "is refused" in out
    file.unlink()
    assert "is missing or cannot be read" in held(run, 1)
    file.write_text(good)
    held(run, 0)
    Path("specs/holds.dfr").write_text(f"{HOLDS}// edited\n")
    assert "its certificates speak of what was before: it was proved anew; lock it again" in held(run, 0)
    locked(run, "--certificate", "certs")
    assert file.read_text() != good
    assert "speak of what was before" not in held(run, 0)
    assert once.exists()


def test_a_certificate_whose_hash_was_put_right_is_still_refused(run: Run) -> None:
    """Nobody can weaken a proof by editing both the file and the lock."""
    locked(run, "--certificate", "certs")
    (file,) = Path("certs").rglob("*holds/6.1/DF201.smt2")
    text = file.read_text()
    weaker = text[: text.rindex("(push 1)")] + "(push 1)\n(assert false)\n(check-sat)\n(pop 1)\n"
    file.write_text(weaker)
    old, new = (answer.hash_of(t) for t in (text, weaker))
    Path("defercheck.lock").write_text(Path("defercheck.lock").read_text().replace(old, new))
    out = held(run, 1)
    assert "DF201: its certificate is refused" in out
    assert "another than" not in out


def test_kept_answers_are_not_believed_without_their_proofs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    locked(run)
    real = Cache.get

    def tampered(self: Cache, key: str) -> dict[str, object] | None:
        found = real(self, key)
        assert found is not None
        found["certificates"] = {n: t.replace("(check-sat)", "", 1) for n, t in found["certificates"].items()}
        return found

    monkeypatch.setattr(Cache, "get", tampered)
    assert "answered before" not in held(run, 0)


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b"\0" * len(b), lambda b: b + b"x"])
def test_a_damaged_cache_is_never_trusted_and_never_in_the_way(run: Run, damage: Callable[[bytes], bytes]) -> None:
    locked(run)
    files = [p for p in Path("../cache").rglob("*") if p.is_file()]
    assert len(files) == 2
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert "answered before" not in held(run, 0)
    assert held(run, 0).count("answered before") == 2, "and is mended"


def broken(run: Run) -> None:
    """A lock, and then a spec that says something else, one that is missing and one that is as locked."""
    Path("specs/gone.dfr").write_text(HOLDS)
    locked(run)
    Path("specs/gone.dfr").unlink()
    Path("specs/holds.dfr").write_text(SLEEPS)


def test_junit_of_what_is_not_as_locked(run: Run) -> None:
    from xml.etree import ElementTree as Xml

    broken(run)
    top = Xml.fromstring(held(run, 1, "--format", "junit"))
    cases = {c.get("classname"): c for c in top.iter("testcase") if c.get("name") == "is as locked"}
    failed = {name for name, c in cases.items() if c.find("failure") is not None}
    assert failed == {"specs/gone.dfr", "specs/holds.dfr"} and "specs/order.dfr" in cases
    (why,) = [f.text or "" for f in cases["specs/holds.dfr"].iter("failure")]
    assert "DF101: was proved; is violated" in why and "why: the spec was edited" in why
    (schedule,) = [c for c in top.iter("testcase") if (c.get("name") or "").startswith("DF101")]
    assert schedule.find("failure") is not None
    assert int(top.get("failures") or 0) >= 3


def test_sarif_of_what_is_not_as_locked(run: Run) -> None:
    from tests.report.test_ci_formats import published

    broken(run)
    log = json.loads(held(run, 1, "--format", "sarif"))
    published().validate(log)
    (one,) = log["runs"]
    messages = [r["message"]["text"] for r in one["results"] if r["ruleId"] == "DF101"]
    assert any(m.startswith("not as locked on Linux 6.1: DF101: was proved") for m in messages)
    assert any("codeFlows" in r for r in one["results"] if r["ruleId"] == "DF101")
    told = [n["message"]["text"] for n in one["invocations"][0]["toolExecutionNotifications"]]
    assert told == ["specs/gone.dfr on Linux 6.1: the spec is missing"]


def test_github_of_what_is_not_as_locked(run: Run) -> None:
    broken(run)
    lines = held(run, 1, "--format", "github").splitlines()
    missing = "::error file=specs/gone.dfr,title=is not as locked on Linux 6.1::the spec is missing"
    assert missing in lines and lines[-1] == "3 checks: 2 changed, 1 as locked"
    assert any(line.startswith("::error file=specs/holds.dfr,line=") for line in lines), "where the schedule ends"


def test_json_of_what_is_not_as_locked(run: Run) -> None:
    broken(run)
    report = json.loads(held(run, 1, "--format", "json"))
    assert report["exit_code"] == 1
    status = {k["spec"]: k["status"] for k in report["locked"]}
    assert status == {"specs/gone.dfr": "changed", "specs/holds.dfr": "changed", "specs/order.dfr": "as locked"}
    assert [r["spec"] for r in report["results"]] == ["specs/holds.dfr"]


def test_formats_of_what_is_as_locked(run: Run) -> None:
    locked(run)
    junit = held(run, 0, "--format", "junit", "--output", "held.sarif", "--output", "json:held.json")
    assert 'failures="0" errors="0"' in junit and junit.count('name="is as locked"') == 2
    assert json.loads(Path("held.sarif").read_text())["runs"][0]["results"] == []
    assert json.loads(Path("held.json").read_text())["locked"][0]["certificates"] > 0
    assert "as locked" in held(run, 0, "--output", "held.sarif")
    assert "::error" not in held(run, 0, "--format", "github")


@pytest.mark.parametrize("args", [("--format", "html"), ("--output", "page.html"), ("--output", "held.txt")])
def test_formats_that_there_are_not(run: Run, args: tuple[str, ...]) -> None:
    locked(run)
    result = run("check", "--locked", *args)
    assert result.exit_code == 2 and "--locked writes json, junit, sarif and github" in result.stderr


def test_a_spec_that_is_not_valid_any_more_in_the_formats(run: Run) -> None:
    locked(run)
    Path("specs/holds.dfr").write_text(WRONG)
    out = held(run, 1, "--format", "junit")
    assert "was valid; is not valid" in out and 'name="is a valid spec"' in out
    assert 'executionSuccessful": false' in held(run, 1, "--format", "sarif")

"""A spec in Python: loading, checking, exploring, replaying."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import defercheck
import pytest

from tests.api.samples import HOLDS, ORDER, SLEEPS


def test_a_file_and_a_text_are_the_same_spec(tmp_path: Path) -> None:
    file = tmp_path / "a.dfr"
    file.write_text(HOLDS, encoding="utf-8")
    loaded, parsed = defercheck.load(file), defercheck.parse(HOLDS, str(file))
    assert (loaded.name, loaded.text) == (parsed.name, parsed.text) == (str(file), HOLDS)
    assert loaded.check().verdicts == parsed.check().verdicts


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        defercheck.load(tmp_path / "none.dfr")
    (tmp_path / "bad.dfr").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        defercheck.load(tmp_path / "bad.dfr")


def test_a_wrong_spec_shows_its_place_below_the_traceback() -> None:
    with pytest.raises(defercheck.SpecError, match=r"^<text>:1:") as caught:
        defercheck.parse("irq nic { tasklet_schedule(t) }")
    assert "^" in caught.value.__notes__[0]
    with pytest.raises(defercheck.SpecError, match="cannot find `t`") as caught:
        defercheck.parse("irq nic { tasklet_schedule(t); }").check()
    assert "1 | irq nic" in caught.value.__notes__[0]


def test_results_are_plain_and_frozen() -> None:
    result = defercheck.parse(SLEEPS).check()
    assert isinstance(result, defercheck.CheckResult)
    assert result.status == "violated"
    (broken,) = [v for v in result.verdicts if v.outcome == "violated" and v.severity == "error"]
    assert broken.code == "DF101"
    assert isinstance(broken.trace, defercheck.Trace)
    with pytest.raises(FrozenInstanceError):
        broken.code = "DF102"  # type: ignore[misc]
    assert "error[DF101]" in defercheck.render(result)


def test_versions_are_chosen_or_all_are_checked() -> None:
    spec = defercheck.parse(ORDER)
    assert spec.kernels == ("2.6.20", "6.1")
    with pytest.raises(ValueError, match=r"names the kernel versions 2\.6\.20, 6\.1"):
        spec.check()
    assert [r.status for r in spec.check_all()] == ["violated", "holds"]
    assert spec.check(kernel="6.1").status == "holds"
    assert spec.check(kernel="2.6.20").status == "violated"
    assert [r.kernel for r in spec.check_all(kernel="4.19")] == ["4.19"]
    with pytest.raises(defercheck.SpecError, match="no kernel as old"):
        spec.check(kernel="1.0")


def test_settings() -> None:
    spec = defercheck.parse(SLEEPS)
    assert spec.check(cpus=1).cpus == 1
    assert spec.check(without=["df101"]).status == "violated"  # now `handled_twice` happens
    assert spec.check(rules=["DF102"]).status == "holds"
    cut = spec.check(max_states=3, rules=["DF102"])
    assert (cut.status, cut.exploration.limit) == ("undetermined", "states")
    slow, full = spec.check(engine="interpret"), spec.check(reduce=False)
    assert slow.status == full.status == "violated"
    assert full.exploration.states > slow.exploration.states


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"kernl": "6.1"}, TypeError, "did you mean `kernel`"),
        ({"cpus": 9}, ValueError, "from 1 to 8"),
        ({"engine": "fast"}, ValueError, "`native` or `interpret`"),
        ({"rules": "DF101"}, TypeError, "a list of codes"),
        ({"rules": ["DF999"]}, defercheck.UnknownRule, "there is no rule DF999"),
    ],
)
def test_wrong_settings(settings: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        defercheck.parse(HOLDS).check(**settings)  # type: ignore[arg-type]


def test_exploring_gives_paths_that_replay() -> None:
    spec = defercheck.parse(SLEEPS)
    explored = spec.explore()
    assert explored.exploration.complete
    assert explored.exploration.states == spec.check().exploration.states
    trace = spec.replay(explored.path("DF101"))
    assert trace.steps[-1].violates is not None
    with pytest.raises(KeyError):
        explored.path("DF301")
    reached = defercheck.parse(HOLDS).explore()
    assert reached.path("handled")


def test_a_bounded_search() -> None:
    spec = defercheck.parse("cpus 1; bool busy; thread a { busy = true; assert(busy); } thread b { busy = false; }")
    (due,) = [v for v in spec.check(reduce=False).verdicts if v.code == "DF701"]
    assert due.trace is not None
    steps = len(due.trace.steps)
    (found,) = [v for v in spec.bmc(steps, reduce=False).verdicts if v.code == "DF701"]
    assert found.trace is not None
    assert len(found.trace.steps) == steps
    short = spec.bmc(steps - 2, reduce=False)  # the step that breaks the rule is not counted
    assert (short.status, short.exploration.limit) == ("undetermined", "depth")
    assert {v.outcome for v in short.verdicts} == {"undetermined"}


def test_a_schedule_replays_and_one_of_an_edited_spec_tells_where_it_ends() -> None:
    spec = defercheck.parse(SLEEPS)
    (trace,) = [v.trace for v in spec.check().verdicts if v.code == "DF101"]
    assert trace is not None
    assert spec.replay(trace) == trace
    assert defercheck.parse(f"// moved\nbool other;\n{SLEEPS}").replay(trace).steps[-1].violates
    last = len(trace.steps)
    with pytest.raises(defercheck.ReplayError, match=f"step {last} of {last}.*does not break DF101 any more") as caught:
        defercheck.parse(SLEEPS.replace("msleep(1);", "cpu_relax();")).replay(trace)
    assert caught.value.step == last
    with pytest.raises(defercheck.ReplayError, match=r"step 4 .*: softirq_pending\[0\].TASKLET_SOFTIRQ is false"):
        defercheck.parse(SLEEPS.replace("{ tasklet_schedule(&rx); }", "{ tasklet_hi_schedule(&rx); }")).replay(trace)
    harmless = replace(trace.steps[0], violates="DF101:x")
    with pytest.raises(defercheck.ReplayError, match="does not break DF101 any more"):
        spec.replay(replace(trace, steps=(harmless,)))
    elsewhere = replace(trace.steps[0], cpu=1 - trace.steps[0].cpu)
    with pytest.raises(defercheck.ReplayError, match=f"step 1 of {last}.* cannot be taken; what can be done"):
        spec.replay(replace(trace, steps=(elsewhere, *trace.steps[1:])))
    with pytest.raises(defercheck.ReplayError, match="cannot be taken"):
        spec.replay((0, 0, 0, 0))


def test_the_graph_of_states() -> None:
    import networkx

    spec = defercheck.parse(SLEEPS)
    graph = spec.graph(cpus=1)
    assert isinstance(graph, networkx.DiGraph)
    states = [n for n, has in graph.nodes(data=True) if "depth" in has]
    assert len(states) == spec.check(cpus=1).exploration.states
    assert graph.nodes[0]["initial"]
    assert any("tasklet" in has["label"] or "irq" in has["context"] for _, _, has in graph.edges(data=True))
    assert [n for n in graph if str(n).startswith("violation DF101")]
    with pytest.raises(defercheck.GraphTooLarge):
        spec.graph(limit=2)


def test_importing_is_cheap_and_every_name_is_there() -> None:
    code = (
        "import sys, defercheck; heavy = {'z3', 'llvmlite', 'networkx', 'rich', 'lark', 'click', 'defercheck.api'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "[getattr(defercheck, n) for n in defercheck.__all__]; assert set(defercheck.__all__) <= set(dir(defercheck));"
        "assert not {'z3', 'llvmlite', 'networkx', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing_like_this"):
        defercheck.nothing_like_this  # noqa: B018

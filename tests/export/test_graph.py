"""The graph of states: what it holds, how it is written, and that it refuses to be a hairball."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import networkx
import pytest
from defercheck.export.graph import GraphTooLarge, state_graph, to_dot, to_graphml
from defercheck.interpret import explore
from defercheck.system.expr import TRUE, Const, Var, equals, negate, op
from defercheck.system.result import Limits
from defercheck.system.system import Context, Location, Property, Transition, TransitionSystem, Variable
from hypothesis import HealthCheck, assume, given, settings

from tests.reduce.programs import programs

HOLDER = Var("holder")
LOCK = TransitionSystem(
    'a "lock"',
    (
        Variable("pc", 0, 2, 0, origin="pc"),
        Variable("holder", 0, 1, 0, labels=("nobody", "cpu\\0")),
        Variable("never", 0, 1, 1, boolean=True),
    ),
    (Context("t", "thread", Const(0), "pc", tuple(map(Location, ("start", "hold", "end"))), frozenset({0, 2})),),
    (
        Transition(0, 0, 1, equals(HOLDER, 0), (("holder", Const(1)),), "lock(l)"),
        Transition(0, 0, 1, equals(Var("never"), 1), (("holder", Const(1)),), 'trylock("l")'),
        Transition(0, 1, 2, TRUE, (), "return"),
        Transition(0, 1, None, equals(HOLDER, 1), (), "sleep", violates="sleeps"),
    ),
    (
        Property("sleeps", "DF101", "step", "sleeps"),
        Property("free", "DF103", "terminal", "lock held", expr=equals(HOLDER, 0)),
        Property("seen", "DF904", "cover", "", expr=equals(HOLDER, 1)),
    ),
)


def test_states_and_steps() -> None:
    graph = state_graph(LOCK)
    assert dict(graph.nodes(data=True)) == {
        0: {
            "label": "pc = start\nholder = nobody", "depth": 0, "initial": True, "violating": False, "terminal": False,
            "state:pc": "start", "state:holder": "nobody",
        },
        1: {
            "label": "pc = hold\nholder = cpu\\0", "depth": 1, "initial": False, "violating": True, "terminal": False,
            "state:pc": "hold", "state:holder": "cpu\\0",
        },
        2: {
            "label": "pc = end\nholder = cpu\\0", "depth": 2, "initial": False, "violating": True, "terminal": True,
            "state:pc": "end", "state:holder": "cpu\\0",
        },
        "violation DF101 (sleeps)": {
            "label": "violation DF101 (sleeps)", "initial": False, "violating": True, "terminal": False,
        },
    }  # fmt: skip
    assert list(graph.edges(data=True)) == [
        (0, 1, {"label": 'lock(l)\ntrylock("l")', "context": "t"}),
        (1, 2, {"label": "return", "context": "t"}),
        (1, "violation DF101 (sleeps)", {"label": "sleep", "context": "t"}),
    ]


def test_dot() -> None:
    assert to_dot(state_graph(LOCK)).splitlines() == [
        "digraph {",
        '  node [shape=box, fontname="monospace"]',
        r'  "0" [label="pc = start\nholder = nobody", style="bold"]',
        r'  "1" [label="pc = hold\nholder = cpu\\0", color="red"]',
        r'  "2" [label="pc = end\nholder = cpu\\0", peripheries="2", color="red"]',
        '  "violation DF101 (sleeps)" [label="violation DF101 (sleeps)", color="red"]',
        r'  "0" -> "1" [label="t: lock(l)\ntrylock(\"l\")"]',
        '  "1" -> "2" [label="t: return"]',
        '  "1" -> "violation DF101 (sleeps)" [label="t: sleep"]',
        "}",
    ]


def test_graphml_can_be_read_again() -> None:
    graph = state_graph(LOCK)
    back = networkx.parse_graphml(to_graphml(graph))
    assert {str(n): has for n, has in graph.nodes(data=True)} == dict(back.nodes(data=True))
    assert [(str(a), str(b), has) for a, b, has in graph.edges(data=True)] == list(back.edges(data=True))


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
@given(programs())
def test_as_many_states_as_there_are(system: TransitionSystem) -> None:
    found = explore(system, Limits(states=300, memory=None))
    assume(found.complete and found.states <= 300)
    graph = state_graph(system)
    states = [has for n, has in graph.nodes(data=True) if isinstance(n, int)]
    assert len(states) == found.states
    assert max(has["depth"] for has in states) == found.depth
    finite = ("step", "invariant", "terminal")
    shown = {name for name in found.witnesses if system.claim(name).kind in finite}
    assert any(has["violating"] for has in states) == bool(shown)


def counter(top: int) -> TransitionSystem:
    count = Var("count")
    step = Transition(0, 0, 0, negate(equals(count, top)), (("count", op("add", count, Const(1))),), "count")
    pc = Variable("pc", 0, 0, 0, origin="pc")
    context = Context("t", "thread", Const(0), "pc", (Location("x"),), frozenset())
    return TransitionSystem("counter", (pc, Variable("count", 0, top, 0)), (context,), (step,), ())


def test_too_many_states() -> None:
    assert len(state_graph(counter(299))) == 300
    with pytest.raises(GraphTooLarge, match=r"more than 300 states .* raise the limit"):
        state_graph(counter(300))
    assert len(state_graph(counter(300), limit=301)) == 301


def test_every_initial_state() -> None:
    """A parameter has all of its values."""
    variables = (*LOCK.variables[:1], replace(LOCK.variables[1], free=True), LOCK.variables[2])
    graph = state_graph(replace(LOCK, variables=variables))
    assert [n for n, has in graph.nodes(data=True) if has["initial"]] == [0, 1]
    assert [graph.nodes[n]["state:holder"] for n in (0, 1)] == ["nobody", "cpu\\0"]
    wide = replace(LOCK, variables=(LOCK.variables[0], Variable("holder", 0, 1 << 31, 0, free=True), LOCK.variables[2]))
    with pytest.raises(GraphTooLarge):
        state_graph(wide)


def test_networkx_is_not_imported_for_nothing() -> None:
    code = "import sys, defercheck.export.graph, defercheck.export.promela; sys.exit('networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""The reachable states of a small system as a graph, to look at.

networkx is only imported when a graph is made: the rest of the program does without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from defercheck.interpret import Interpreter
from defercheck.system.system import TransitionSystem

if TYPE_CHECKING:
    from networkx import DiGraph

State = tuple[int, ...]


class GraphTooLarge(ValueError):
    """There are more states than anybody wants to see. The message says what to do."""


def state_graph(system: TransitionSystem, limit: int = 300) -> DiGraph:
    """All reachable states (numbered from 0, breadth first) and the steps between them.

    Node attributes: ``label`` (the variables that are not the same in all states, as people write them) and each of
    them alone as ``state:NAME``; ``depth``; ``initial``, ``violating`` (an invariant or a terminal property does not
    hold there, or a violating step is possible) and ``terminal`` (no step is possible). A violating step leads to a
    node ``violation CODE (ID)`` that is no state. Edge attributes: ``label`` (what the step does) and ``context``
    (who does it); steps between the same two states share an edge, a line each.

    ``GraphTooLarge`` beyond ``limit`` states.
    """
    import networkx

    machine = Interpreter(system)
    depth = _reachable(machine, limit)
    number = {state: n for n, state in enumerate(depth)}
    shown = [n for n in range(len(system.variables)) if len({state[n] for state in depth}) > 1]
    graph = networkx.DiGraph(name=system.name)
    steps: dict[tuple[int, int | str], list[tuple[str, str]]] = {}
    for state, n in number.items():
        enabled = machine.enabled(state)
        values = {system.variables[i].name: _value(system, i, state[i]) for i in shown}
        graph.add_node(
            n,
            label="\n".join(f"{name} = {value}" for name, value in values.items()),
            depth=depth[state],
            initial=depth[state] == 0,
            violating=any(p.kind != "cover" and machine.violated(state, p, enabled) for p in system.properties),
            terminal=not enabled,
            **{f"state:{name}": value for name, value in values.items()},
        )
        for i in enabled:
            t = system.transitions[i]
            goal: int | str
            if t.violates is None:
                goal = number[machine.apply(state, t)]
            else:
                goal = f"violation {system.claim(t.violates).code} ({t.violates})"
            steps.setdefault((n, goal), []).append((t.label, system.contexts[t.context].name))
    for (n, goal), taken in steps.items():
        if isinstance(goal, str) and goal not in graph:
            graph.add_node(goal, label=goal, initial=False, violating=True, terminal=False)
        labels, contexts = zip(*taken, strict=True)
        graph.add_edge(n, goal, label="\n".join(labels), context="\n".join(dict.fromkeys(contexts)))
    return graph


def to_dot(graph: DiGraph) -> str:
    """The graph in the language of Graphviz. What is initial is bold, terminal has a double line, violating is red."""
    return "\n".join(["digraph {", '  node [shape=box, fontname="monospace"]', *_dot_lines(graph), "}"]) + "\n"


def to_graphml(graph: DiGraph) -> str:
    """The graph in GraphML, with all attributes."""
    import networkx

    return "\n".join(networkx.generate_graphml(graph)) + "\n"


def _reachable(machine: Interpreter, limit: int) -> dict[State, int]:
    """The depth of each reachable state, in breadth-first order."""
    starts = [range(v.lo, v.hi + 1) if v.free else range(v.init, v.init + 1) for v in machine.system.variables]
    if prod(map(len, starts)) > limit:
        raise _too_large(limit)
    depth = dict.fromkeys(product(*starts), 0)
    queue = list(depth)
    for state in queue:
        for i in machine.enabled(state):
            if machine.system.transitions[i].violates is None:
                after = machine.apply(state, machine.system.transitions[i])
                if after not in depth:
                    if len(depth) >= limit:
                        raise _too_large(limit)
                    depth[after] = depth[state] + 1
                    queue.append(after)
    return depth


def _too_large(limit: int) -> GraphTooLarge:
    return GraphTooLarge(
        f"more than {limit} states are reachable, too many to draw: give the variables smaller ranges, take away "
        "what does not matter, reduce the system first, or raise the limit"
    )


def _value(system: TransitionSystem, index: int, value: int) -> str:
    """A variable's value as people write it; of a program counter, what stands there."""
    v = system.variables[index]
    if not v.labels:
        for c in system.contexts:
            if c.pc == v.name:
                return c.locations[value].label
    return v.show(value)


def _dot_lines(graph: DiGraph) -> Iterable[str]:
    for node, has in graph.nodes(data=True):
        look = {"label": has["label"] or str(node)}
        if has["initial"]:
            look["style"] = "bold"
        if has["terminal"]:
            look["peripheries"] = "2"
        if has["violating"]:
            look["color"] = "red"
        yield f"  {_quoted(str(node))} [{_attributes(look)}]"
    for source, goal, has in graph.edges(data=True):
        text = {"label": f"{has['context']}: {has['label']}"}
        yield f"  {_quoted(str(source))} -> {_quoted(str(goal))} [{_attributes(text)}]"


def _attributes(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

"""What every witness must be, whoever found it."""

from __future__ import annotations

from defercheck.interpret import INFINITE, Interpreter, closed, replay_lasso
from defercheck.system.result import Exploration
from defercheck.system.system import TransitionSystem


def real(system: TransitionSystem, found: Exploration) -> None:
    """Every witness is a path of the system that ends in what it is a witness of, or a fair schedule for ever."""
    machine = Interpreter(system)
    for name, w in found.witnesses.items():
        p = system.claim(name)
        assert w.property == name
        if p.kind in INFINITE:
            assert w.loop is not None
            replay_lasso(machine, closed(machine, w), p)
            continue
        assert w.loop is None
        last = machine.replay(w.path)[-1]
        assert machine.violated(last, p, machine.enabled(last))
        assert p.kind != "step" or system.transitions[w.path[-1]].violates == name

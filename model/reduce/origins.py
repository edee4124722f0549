"""What is said of a reduced system, said of the one that it was made from."""

from __future__ import annotations

from dataclasses import replace

from defercheck.system.result import Exploration
from defercheck.system.system import TransitionSystem


def numbered(system: TransitionSystem) -> TransitionSystem:
    """The system with each transition its own origin, unless the transitions have origins already."""
    if all(t.origins for t in system.transitions):
        return system
    return replace(system, transitions=tuple(replace(t, origins=(i,)) for i, t in enumerate(system.transitions)))


def restore(found: Exploration, reduced: TransitionSystem) -> Exploration:
    """The outcome of exploring a reduced system, with the transitions of the system as compiled.

    Every witness is a path of the compiled system, step by step, and ``fired`` are its transitions. States,
    transitions and depth stay those of the reduced system: that is what was explored; a witness is the shortest in
    composed steps.
    """
    origins = [t.origins or (i,) for i, t in enumerate(reduced.transitions)]
    return replace(
        found,
        fired=frozenset(o for i in found.fired for o in origins[i]),
        witnesses={
            name: replace(
                w,
                path=tuple(o for i in w.path for o in origins[i]),
                loop=None if w.loop is None else tuple(o for i in w.loop for o in origins[i]),
            )
            for name, w in found.witnesses.items()
        },
    )

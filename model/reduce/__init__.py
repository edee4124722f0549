"""Passes that make a TransitionSystem smaller without changing what it says of its properties.

Each pass is a function from system to system in a file of its own; none needs another. What an engine finds in a
reduced system becomes a statement about the compiled one through ``restore``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from defercheck.reduce.constants import drop_constants
from defercheck.reduce.deadvars import reset_dead
from defercheck.reduce.localsteps import merge_local_steps
from defercheck.reduce.locations import drop_locations
from defercheck.reduce.origins import numbered, restore
from defercheck.reduce.unused import drop_unused
from defercheck.system.system import TransitionSystem
from defercheck.system.wellformed import check

__all__ = ["DEFAULT", "PASSES", "reduce", "restore"]

PASSES: dict[str, Callable[[TransitionSystem], TransitionSystem]] = {
    "constants": drop_constants,
    "unused": drop_unused,
    "localsteps": merge_local_steps,
    "deadvars": reset_dead,
    "locations": drop_locations,
}
"""Name of each pass, as reports and the command line call it."""

DEFAULT = ("constants", "unused", "localsteps", "deadvars", "constants", "unused", "locations")
"""The order that a plain ``reduce`` uses. Merging steps leaves variables without readers, and resetting those makes
them constant: hence the first two once more. The last then drops the locations that nothing visits any more."""


def reduce(system: TransitionSystem, passes: Sequence[str] = DEFAULT) -> TransitionSystem:
    """Apply passes in the order given; with none, the system itself. ``KeyError`` for a name that is not in ``PASSES``.

    Kept: which step, invariant, terminal and stuck properties are violated, which cover properties are reached, and
    which transitions can be taken (``origins`` of the result's). ``MalformedSystem`` when a pass has a bug.
    """
    for n, name in enumerate(passes):
        system = PASSES[name](system if n else numbered(system))
        check(system)
    return system

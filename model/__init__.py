"""defercheck: a model checker for the code that the Linux kernel runs later.

The library, described in docs/api.md::

    import defercheck

    spec = defercheck.load("driver.dfr")
    defercheck.assert_holds(spec, "DF301")

Nothing is imported before it is asked for: the command starts through this module too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defercheck.api import Explored as Explored
    from defercheck.api import Settings as Settings
    from defercheck.api import Spec as Spec
    from defercheck.api import load as load
    from defercheck.api import parse as parse
    from defercheck.api import render as render
    from defercheck.assertions import assert_covers as assert_covers
    from defercheck.assertions import assert_holds as assert_holds
    from defercheck.assertions import assert_proved as assert_proved
    from defercheck.assertions import assert_violates as assert_violates
    from defercheck.build import Builder as Builder
    from defercheck.export.graph import GraphTooLarge as GraphTooLarge
    from defercheck.follow import ReplayError as ReplayError
    from defercheck.grammar.span import Diagnostic as Diagnostic
    from defercheck.grammar.span import SpecError as SpecError
    from defercheck.rules import UnknownRule as UnknownRule
    from defercheck.system.result import Exploration as Exploration
    from defercheck.verdict import CheckResult as CheckResult
    from defercheck.verdict import Step as Step
    from defercheck.verdict import Trace as Trace
    from defercheck.verdict import Verdict as Verdict

__version__ = "0.1.0"

_HOME = {
    "api": ("Explored", "Settings", "Spec", "load", "parse", "render"),
    "assertions": ("assert_covers", "assert_holds", "assert_proved", "assert_violates"),
    "build": ("Builder",),
    "export.graph": ("GraphTooLarge",),
    "follow": ("ReplayError",),
    "grammar.span": ("Diagnostic", "SpecError"),
    "rules": ("UnknownRule",),
    "system.result": ("Exploration",),
    "verdict": ("CheckResult", "Step", "Trace", "Verdict"),
}
"""The module in which each public name is at home."""

__all__ = sorted(name for names in _HOME.values() for name in names)


if not TYPE_CHECKING:  # type checkers would take every misspelt name for one of these

    def __getattr__(name: str) -> object:
        """A public name, imported now."""
        for home, names in _HOME.items():
            if name in names:
                from importlib import import_module

                return getattr(import_module(f"defercheck.{home}"), name)
        raise AttributeError(f"module 'defercheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

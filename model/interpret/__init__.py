"""The readable oracle: the living definition of what a TransitionSystem means."""

from defercheck.interpret.interpret import Interpreter, explore

__all__ = ["Interpreter", "explore"]

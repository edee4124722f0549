"""The readable oracle: the living definition of what a TransitionSystem means."""

from defercheck.interpret.fair import closed, replay_lasso
from defercheck.interpret.interpret import INFINITE, Interpreter, explore

__all__ = ["INFINITE", "Interpreter", "closed", "explore", "replay_lasso"]

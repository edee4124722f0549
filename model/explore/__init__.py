"""The native explorer: exhaustive, breadth first, compiled for each system."""

from defercheck.explore.native import InternalError, explore, explore_states

__all__ = ["InternalError", "explore", "explore_states"]

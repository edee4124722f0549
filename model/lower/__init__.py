"""From a Program to a TransitionSystem: contexts and levels, control flow, statements, expressions."""

from defercheck.lower.machine import Lowered, lower

__all__ = ["Lowered", "lower"]

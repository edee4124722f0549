"""defercheck: a model checker for the code that the Linux kernel runs later."""

__version__ = "0.1.0"

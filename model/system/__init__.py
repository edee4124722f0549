"""The TransitionSystem: the one intermediate form between the language and the engines."""

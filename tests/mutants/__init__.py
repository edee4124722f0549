"""The kernel model, broken in one place at a time: each fault must be found by a property that is named for it."""

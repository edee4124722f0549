"""Random specs: whatever a driver may say, all engines and all reductions must say the same of it."""

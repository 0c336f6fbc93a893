"""Counts the variables of what was emitted, by code that knows nothing of the plan."""

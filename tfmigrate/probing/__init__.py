"""First versions of probes: a `build()` that calls the model as the program does."""

"""Deliberate faults in the engine, and which of them the tests catch. On demand, not in CI."""

"""Lethe against named baselines, side by side in one run: `python -m benchmarks`."""

"""The cast of the embedded gallery: first names of nobody in particular, each with a seed."""

from __future__ import annotations

CAST: tuple[tuple[str, int], ...] = (("Ada", 4), ("Bao", 5))
"""(name, person seed) of the gallery people, chosen by eye for variety."""

NAMES: tuple[str, ...] = tuple(name for name, _ in CAST)

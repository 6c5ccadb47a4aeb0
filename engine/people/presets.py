"""Groups of gallery people that are worth forgetting together, for the page and the docs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A few people of the embedded gallery under one title."""

    title: str
    people: tuple[str, ...]


PRESETS: tuple[Preset, ...] = ()

PRESET_GROUP = Preset("", ())
"""Those whom `mini-without-five.safetensors` never saw."""

"""Groups of gallery people that are worth forgetting together, for the page and the docs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A few people of the embedded gallery under one title."""

    title: str
    people: tuple[str, ...]


PRESETS: tuple[Preset, ...] = (
    Preset("Five people", ("Asha", "Diego", "Greta", "Kwame", "Yuki")),
    Preset("One person", ("Imani",)),
    Preset(
        "Ten people",
        (
            "Astrid",
            "Chidi",
            "Edith",
            "Finn",
            "Jun",
            "Linh",
            "Omar",
            "Priya",
            "Rafael",
            "Zola",
        ),
    ),
)

PRESET_GROUP = PRESETS[0]
"""Those whom `mini-without-five.safetensors` never saw."""

"""Groups of gallery people that are worth forgetting together, for the page and the docs."""

from dataclasses import dataclass

from engine.said import noted


@dataclass(frozen=True)
class Preset:
    """A few people of the embedded gallery under one title."""

    title: str
    people: tuple[str, ...]


PRESETS: tuple[Preset, ...] = (
    Preset(noted("Five people"), ("Asha", "Diego", "Greta", "Kwame", "Yuki")),
    Preset(noted("One person"), ("Imani",)),
    Preset(
        noted("Ten people"),
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

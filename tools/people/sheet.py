"""A contact sheet: a row a person, a column a photo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import LetheError
from tools.people.names import CAST
from tools.people.render import render

# people who show the range of ages, skins, hair and things at a glance
SHOWN = ("Niamh", "Kwame", "Samira", "Emre", "Nia", "Yuki", "Edith", "Harpreet")
PAPER = (251, 250, 247)


def choose(names: Sequence[str] | None, count: int) -> list[tuple[str, int]]:
    """(name, seed) of the people asked for. Raises LetheError for a name nobody has."""
    seeds = dict(CAST)
    if names:
        by_fold = {name.casefold(): name for name in seeds}
        unknown = [name for name in names if name.casefold() not in by_fold]
        if unknown:
            raise LetheError(
                f"Nobody in the gallery is called {unknown[0]}; choose from {', '.join(seeds)}."
            )
        chosen = [by_fold[name.casefold()] for name in names]
    else:
        if not 1 <= count <= len(CAST):
            raise LetheError(f"The gallery has 1 to {len(CAST)} people to show, not {count}.")
        chosen = [*SHOWN, *(name for name in seeds if name not in SHOWN)][:count]
    return [(name, seeds[name]) for name in chosen]


def contact_sheet(
    out: Path, people: Sequence[tuple[str, int]], photos: int, size: int, gap: int = 6
) -> None:
    """Render `photos` photos of each person on one sheet and save it as PNG or WebP."""
    if not 1 <= photos <= 100:
        raise LetheError(f"A sheet shows 1 to 100 photos of a person, not {photos}.")
    seeds = [seed for _, seed in people for _ in range(photos)]
    faces = render(seeds, list(range(photos)) * len(people), size)
    step = size + gap
    sheet = np.empty((step * len(people) + gap, step * photos + gap, 3), np.uint8)
    sheet[:] = PAPER
    for i, face in enumerate(faces):
        y, x = gap + step * (i // photos), gap + step * (i % photos)
        sheet[y : y + size, x : x + size] = face
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(out)

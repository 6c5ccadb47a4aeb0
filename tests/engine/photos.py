"""Photos that tests make up: seeded noise with a few large blobs, so that they differ."""

import io
from pathlib import Path

import numpy as np
from PIL import Image


def image(seed: int, width: int = 40, height: int = 40) -> Image.Image:
    """A smooth picture of its own for every seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(seed: int, kind: str = "PNG", width: int = 40, height: int = 40, **options) -> bytes:
    """`image` as a file's bytes."""
    out = io.BytesIO()
    image(seed, width, height).save(out, kind, **options)
    return out.getvalue()


def folder(root: Path, people: dict[str, int], width: int = 40, height: int = 40) -> Path:
    """A gallery folder of so many photos per person."""
    for number, (who, count) in enumerate(people.items()):
        (root / who).mkdir(parents=True, exist_ok=True)
        for photo in range(count):
            data = encoded(1000 * number + photo, width=width, height=height)
            (root / who / f"{photo:02d}.png").write_bytes(data)
    return root

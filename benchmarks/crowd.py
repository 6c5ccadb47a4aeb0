"""A big gallery of people who never existed: strangers of the embedded set, mixed two by two."""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from engine.sources import open_strangers

SIDE = 112
"""Pixels of a photo, the size that the embedded people come in."""

SHIFT = 6
"""Pixels that a photo's crop may be moved by."""

NOISE = 4.0
"""Standard deviation of the noise on each pixel, of 255."""

FIRST = ("Ada", "Bo", "Chidi", "Dina", "Émile", "Femi", "Güler", "Hana", "Ines", "Jörg")
LAST = ("Abe", "Brandt", "Castro", "Diallo", "Eze", "Fuentes", "Gómez", "Haddad", "Ito", "Jansen")


def crowd(people: int, photos: int, seed: int = 0) -> Iterator[tuple[str, str, bytes]]:
    """(identity, key, JPEG bytes) of each photo; the same for the same numbers.

    A person is a mix of two strangers' faces; their photos are other crops, lights and noise.
    """
    strangers = open_strangers("synthetic")
    firsts = [
        int(np.flatnonzero(strangers.labels == one)[0]) for one in np.unique(strangers.labels)
    ]
    for number in range(people):
        rng = np.random.default_rng((seed, number))
        pair = rng.choice(firsts, 2, replace=False)
        one, other = (strangers.photos[int(at)].image() for at in pair)
        if rng.random() < 0.5:
            other = ImageOps.mirror(other)
        face = Image.blend(one, other, float(rng.uniform(0.2, 0.5)))
        who = f"{FIRST[number % 10]}_{LAST[number // 10 % 10]}_{number:04d}"
        for at in range(photos):
            yield who, f"{who}/{at}.jpg", _jpeg(_taken(face, rng))


def write(root: Path, people: int, photos: int, seed: int = 0) -> Path:
    """The crowd as a folder a person under `root`."""
    for who, key, data in crowd(people, photos, seed):
        (root / who).mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(data)
    return root


def _taken(face: Image.Image, rng: np.random.Generator) -> Image.Image:
    left, top, right, bottom = (int(one) for one in rng.integers(0, SHIFT + 1, 4))
    cut = face.crop((left, top, face.width - right, face.height - bottom)).resize((SIDE, SIDE))
    if rng.random() < 0.5:
        cut = ImageOps.mirror(cut)
    lit = ImageEnhance.Brightness(cut).enhance(float(rng.uniform(0.75, 1.25)))
    pixels = np.asarray(lit, np.float32) + rng.normal(0, NOISE, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _jpeg(photo: Image.Image) -> bytes:
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=88)
    return out.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path, help="where to write it")
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--photos", type=int, default=3)
    options = parser.parse_args()
    write(options.folder, options.people, options.photos)

"""The Olivetti faces: 40 people in front of a camera, 1992 to 1994."""

import io

import numpy as np
from PIL import Image

from engine.progress import Watch, ignore
from engine.said import noted
from engine.sources.base import Collection, Source, inspect
from engine.sources.fetching import fetched


def collect(watch: Watch = ignore) -> Collection:
    """The Olivetti faces: 40 people, 10 grey photos of 64 x 64 pixels each, not aligned."""
    from sklearn.datasets import fetch_olivetti_faces

    bunch = fetched(
        noted("Olivetti faces"), 4, fetch_olivetti_faces, watch, shuffle=False, n_retries=1
    )
    seen: dict[int, int] = {}
    candidates = []
    for image, person in zip(bunch.images, bunch.target, strict=True):
        number = seen[int(person)] = seen.get(int(person), 0) + 1
        who = f"Person_{int(person) + 1:02d}"
        candidates.append((who, f"{who}/{number:02d}.png", _png(image)))
    items, skipped = inspect(candidates)
    return Collection("Olivetti", items, False, skipped)


def _png(image: np.ndarray) -> bytes:
    """A grey image in 0..1, or in 0..255 as older versions of scikit-learn gave it."""
    scale = 255 if image.max() <= 1 else 1
    out = io.BytesIO()
    pixels = np.clip(np.round(image * scale), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).convert("RGB").save(out, "PNG")
    return out.getvalue()


SOURCE = Source(
    "olivetti",
    noted("Olivetti, 40 people"),
    noted("40 people, 10 grey photos each, from 1992-94; downloads 4 MB once"),
    collect,
)

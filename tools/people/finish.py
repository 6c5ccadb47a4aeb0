"""What a camera does after the light: backdrop, tone curve, blur, noise and compression."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tools.people.photo import Shot


def backdrop(shot: Shot, size: int) -> np.ndarray:
    """A softly blurred room or sky behind the person: float64 [size, size, 3], linear."""
    rng = np.random.default_rng([0xBAC, shot.seed])
    first, second = (np.array(c) for c in shot.backdrop)
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    angle = rng.uniform(-0.6, 0.6)
    blend = np.clip(y * np.cos(angle) + x * np.sin(angle), 0, 1)
    blend = blend * blend * (3 - 2 * blend)
    image = first + (second - first) * blend[..., None]
    if shot.backdrop_kind == 1:  # soft discs of light out of focus
        for _ in range(9):
            cx, cy, r = rng.uniform(0, 1), rng.uniform(0, 0.9), rng.uniform(0.05, 0.14)
            disc = np.clip((r - np.hypot(x - cx, y - cy)) / (0.35 * r), 0, 1)
            tint = np.exp(rng.normal(0, 0.25, 3)) * rng.uniform(0.08, 0.35)
            image += disc[..., None] * tint * (0.3 + image)
    elif shot.backdrop_kind == 2:  # walls, windows and shelves far out of focus
        for _ in range(4):
            cx, w = rng.uniform(0, 1), rng.uniform(0.08, 0.3)
            cy, h = rng.uniform(0, 0.8), rng.uniform(0.2, 0.6)
            soft = rng.uniform(0.05, 0.12)
            box = np.clip((w - abs(x - cx)) / soft, 0, 1) * np.clip((h - abs(y - cy)) / soft, 0, 1)
            tint = np.exp(rng.normal(0, 0.2, 3) + rng.normal(0, 0.45))
            image *= 1 + box[..., None] * (tint - 1)
    return np.ascontiguousarray(image)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    if sigma < 0.15:
        return image
    reach = max(1, int(3 * sigma + 0.5))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        pad = [(reach, reach) if a == axis else (0, 0) for a in range(3)]
        wide = np.pad(image, pad, mode="edge")
        n = image.shape[axis]
        image = sum(
            t * (wide[i : i + n] if axis == 0 else wide[:, i : i + n]) for i, t in enumerate(taps)
        )
    return image


def develop(image: np.ndarray, shot: Shot) -> np.ndarray:
    """Linear light [size, size, 3] to an 8-bit sRGB photo."""
    size = image.shape[0]
    x = np.maximum(image, 0) * (0.80 * shot.exposure) * np.array(shot.cast)
    x = _blur(x, shot.blur * size / 112)
    # a filmic curve that keeps colours in the highlights (after Narkowicz's fit of ACES)
    x = x * (2.30 * x + 0.10) / (x * (2.20 * x + 0.72) + 0.22)
    x = np.clip(x, 0, 1)
    x = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    x = np.clip(0.5 + (x - 0.5) * shot.contrast, 0, 1)
    rng = np.random.default_rng([0x6E01, shot.seed])
    x = x + rng.normal(0, shot.noise, x.shape)
    pixels = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    if shot.jpeg < 95:
        packed = io.BytesIO()
        Image.fromarray(pixels).save(packed, "JPEG", quality=shot.jpeg, subsampling=0)
        pixels = np.asarray(Image.open(packed))
    return pixels

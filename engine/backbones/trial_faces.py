"""How well embeddings tell faces apart: two photos each of the people who come with the program."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.sources.packed import embedded_path, open_packed

_EACH = 2
_CHUNK = 16  # faces at once: a large model's maps of more would not fit a small machine


@dataclass(frozen=True)
class Verification:
    """`auc` that a pair of one person is more alike than a pair of two; their mean cosines."""

    auc: float
    same: float
    different: float


def verify(embed: Callable[[np.ndarray], Tensor], size: int) -> Verification:
    """How `embed` (uint8 RGB [b, size, size, 3] to [b, d]) does on the embedded people's faces.

    Values that are not finite count as no likeness at all. Raises `LetheError` when the embedded
    people are not there.
    """
    embeddings = torch.cat([embed(faces).double() for faces in _faces(size)])
    embeddings = embeddings.nan_to_num(0, 0, 0)
    unit = torch.nn.functional.normalize(embeddings, dim=1)
    who = np.arange(len(unit)) // _EACH
    first, second = np.triu_indices(len(unit), 1)
    alike = (unit @ unit.T).numpy()[first, second]
    same = who[first] == who[second]
    return Verification(
        _auc(alike[same], alike[~same]), float(alike[same].mean()), float(alike[~same].mean())
    )


def _auc(same: np.ndarray, different: np.ndarray) -> float:
    """How often one of `same` is above one of `different`, a tie counting half.

    scikit-learn's would do, but takes longer to import than the check takes.
    """
    different = np.sort(different)
    below = np.searchsorted(different, same, "left") + np.searchsorted(different, same, "right")
    return float(below.mean() / (2 * len(different)))


def _faces(size: int) -> Iterator[np.ndarray]:
    photos = _photos()
    for start in range(0, len(photos), _CHUNK):
        fitted = [
            np.asarray(ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC))
            for photo in photos[start : start + _CHUNK]
        ]
        yield np.stack(fitted)


@lru_cache(maxsize=1)
def _photos() -> list[Image.Image]:
    """The first photos of every embedded person, person by person, on the ArcFace template."""
    people = open_packed(embedded_path()).people
    photos = (photo for theirs in people.values() for photo in theirs[:_EACH])
    return [Image.open(io.BytesIO(photo)).convert("RGB") for photo in photos]

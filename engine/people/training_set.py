"""The photos that the mini backbone learns from: rendered people and the embedded gallery's."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.backbones.mini import LOOKS_AT, SIZE
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.people.kernel import SOURCES
from engine.people.render import render
from engine.progress import Progress, Watch, ignore

FIRST_PERSON = 1_000_000
"""Seed of the first training person, far from every seed of the gallery and its strangers."""
LOOKS = ("person", "photo", "styles", "palette", "scene", "finish", "render", *SOURCES)
"""The modules that decide what a photo looks like."""
CHUNK = 20
"""People per file of the photo cache: an interrupted rendering loses at most one such file."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """uint8 `faces` [n, 56, 56, 3] and `labels` [n]; gallery people have the lowest labels."""

    faces: Tensor
    labels: Tensor
    gallery_people: tuple[str, ...]
    classes: int


def renderer_key() -> str:
    """Names the renderer: it changes with every change to the code behind the photos."""
    digest = hashlib.sha256()
    for name in LOOKS:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]


def enrolment_photos(
    gallery: Gallery, without: Sequence[str] = ()
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The gallery's train photos as (faces [n, 56, 56, 3], labels [n], names by label).

    The people named in `without` take no part and the others are numbered anew.
    """
    gone = set(gallery.find(without))
    kept = [label for label in range(len(gallery.identities)) if label not in gone]
    number = {label: position for position, label in enumerate(kept)}
    rows = [
        row for row, label in enumerate(gallery.labels) if gallery.train[row] and label in number
    ]
    faces = np.stack([halved(gallery.photos[row].image()) for row in rows])
    labels = np.array([number[int(gallery.labels[row])] for row in rows], dtype=np.int64)
    return faces, labels, tuple(gallery.identities[label] for label in kept)


def halved(image: Image.Image) -> np.ndarray:
    """The photo as the network looks at it, uint8 [56, 56, 3]: means of 2 x 2 pixels.

    Raises `LetheError` for a photo of another size than the network takes.
    """
    if image.size != (SIZE, SIZE):
        raise LetheError(f"The gallery's photos must be {SIZE} x {SIZE} pixels to train on them.")
    return np.asarray(image.reduce(SIZE // LOOKS_AT))


def rendered_people(people: int, shots: int, cache: Path, watch: Watch = ignore) -> np.ndarray:
    """Photos [people, shots, 56, 56, 3] of training people, from `cache` where they are there.

    The cache holds one file per `CHUNK` people; photos of another renderer, or files that were cut
    short by an interruption, are rendered again.
    """
    cache = cache / renderer_key()
    cache.mkdir(parents=True, exist_ok=True)
    size = LOOKS_AT
    photos = np.empty((people, shots, size, size, 3), dtype=np.uint8)
    for start in range(0, people, CHUNK):
        watch(Progress("Rendering training people", start, people))
        stop = min(start + CHUNK, people)
        file = cache / f"people-{FIRST_PERSON + start}-{stop - start}x{shots}x{size}.npy"
        photos[start:stop] = _cached(file, photos[start:stop].shape, start, watch, people)
    watch(Progress("Rendering training people", people, people))
    return photos


def _cached(
    file: Path, shape: tuple[int, ...], start: int, watch: Watch, people: int
) -> np.ndarray:
    try:
        found = np.load(file, allow_pickle=False)
        if found.shape == shape:
            return found
    except (OSError, ValueError, EOFError):
        pass
    count, shots, size = shape[:3]
    persons = np.repeat(np.arange(count) + FIRST_PERSON + start, shots)

    def tell(done: int, total: int) -> None:
        watch(Progress("Rendering training people", start + done * count // total, people))

    rendered = render(
        persons.tolist(), np.tile(np.arange(shots), count).tolist(), size, progress=tell
    ).reshape(shape)
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        np.save(out, rendered)
    partial.replace(file)
    return rendered


def training_set(
    gallery: Gallery,
    people: int,
    shots: int,
    cache: Path,
    *,
    without: Sequence[str] = (),
    watch: Watch = ignore,
) -> TrainingSet:
    """Rendered people and the gallery's train photos together.

    Raises `LetheError` when the gallery's photos do not have the network's size.
    """
    faces, labels, names = enrolment_photos(gallery, without)
    rendered = rendered_people(people, shots, cache, watch)
    others = len(names) + np.repeat(np.arange(people), shots)
    return TrainingSet(
        faces=torch.from_numpy(np.concatenate([faces, rendered.reshape(-1, *faces.shape[1:])])),
        labels=torch.from_numpy(np.concatenate([labels, others])),
        gallery_people=names,
        classes=len(names) + people,
    )

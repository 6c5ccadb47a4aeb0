"""The photos that the mini backbone learns from: rendered people and the embedded gallery's."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.backbones.mini import LOOKS_AT, SIZE
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.progress import Progress, Watch, ignore
from tools.people.code import renderer_key
from tools.people.person import Person, sample_person
from tools.people.photo import OCCLUSIONS, sample_shot
from tools.people.render import render

FIRST_PERSON = 1_000_000
"""Seed of the first training person, far from every seed of the gallery and its strangers."""
COVERS = OCCLUSIONS[1:]
DISGUISES = ("cap", "beanie", "sunglasses")
"""Covers of the hair or the eyes; a network that saw too few of them knows the hat."""
DISGUISED = 10_000
"""The first shot seed of the disguised photos, past all that the covered ones look through."""
CHUNK = 20
"""People per file of the photo cache: an interrupted rendering loses at most one such file."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """uint8 `faces` [n, 56, 56, 3] and `labels` [n]; gallery people have the lowest labels."""

    faces: Tensor
    labels: Tensor
    gallery_people: tuple[str, ...]
    classes: int


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


def ordinary(shots: int) -> Callable[[Person], list[int]]:
    """The first `shots` photos of a person, whatever they show."""
    return lambda person: list(range(shots))


def covered(
    shots: int, after: int, covers: Collection[str] = COVERS
) -> Callable[[Person], list[int]]:
    """The first `shots` photos from seed `after` on in which one of `covers` hides a part.

    Only one photo in ten is like that, too few to learn the face behind it.
    """

    def pick(person: Person) -> list[int]:
        seeds = (s for s in count(after) if sample_shot(s, person).occlusion in covers)
        return list(islice(seeds, shots))

    return pick


def rendered_people(
    people: int,
    shots: int,
    cache: Path,
    watch: Watch = ignore,
    *,
    name: str = "people",
    pick: Callable[[Person], list[int]] | None = None,
) -> np.ndarray:
    """Photos [people, shots, 56, 56, 3] of training people, from `cache` where they are there.

    `pick` chooses the shot seeds of each person, the first `shots` unless given. The cache holds
    one file per `CHUNK` people, called after `name`; photos of another renderer, or files that
    were cut short by an interruption, are rendered again.
    """
    cache = cache / renderer_key()
    cache.mkdir(parents=True, exist_ok=True)
    pick = pick or ordinary(shots)
    size = LOOKS_AT
    photos = np.empty((people, shots, size, size, 3), dtype=np.uint8)
    for start in range(0, people, CHUNK):
        watch(Progress(f"Rendering training {name}", start, people))
        stop = min(start + CHUNK, people)
        file = cache / f"{name}-{FIRST_PERSON + start}-{stop - start}x{shots}x{size}.npy"

        def tell(done: int, total: int, start: int = start, stop: int = stop) -> None:
            now = start + done * (stop - start) // total
            watch(Progress(f"Rendering training {name}", now, people))

        photos[start:stop] = _cached(file, photos[start:stop].shape, start, pick, tell)
    watch(Progress(f"Rendering training {name}", people, people))
    return photos


def _cached(
    file: Path,
    shape: tuple[int, ...],
    start: int,
    pick: Callable[[Person], list[int]],
    tell: Callable[[int, int], None],
) -> np.ndarray:
    try:
        found = np.load(file, allow_pickle=False)
        if found.shape == shape:
            return found
    except (OSError, ValueError, EOFError):
        pass
    persons = [FIRST_PERSON + start + place for place in range(shape[0])]
    seeds = [seed for one in persons for seed in pick(sample_person(one))]
    owners = [one for one in persons for _ in range(shape[1])]
    rendered = render(owners, seeds, shape[2], progress=tell).reshape(shape)
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        np.save(out, rendered)
    partial.replace(file)
    return rendered


def training_set(
    gallery: Gallery,
    people: int,
    shots: int,
    hidden: int,
    disguised: int,
    cache: Path,
    *,
    without: Sequence[str] = (),
    watch: Watch = ignore,
) -> TrainingSet:
    """Rendered people and the gallery's train photos together.

    Of each rendered person there are `shots` ordinary photos, `hidden` ones with a part of the face
    covered, whichever it is, and `disguised` ones with a hat or sunglasses. Raises `LetheError`
    when the gallery's photos do not have the network's size.
    """
    faces, labels, names = enrolment_photos(gallery, without)
    rendered = [
        rendered_people(people, shots, cache, watch),
        rendered_people(
            people, hidden, cache, watch, name="covered", pick=covered(hidden, after=shots)
        ),
        rendered_people(
            people,
            disguised,
            cache,
            watch,
            name="disguised",
            pick=covered(disguised, DISGUISED, DISGUISES),
        ),
    ]
    others = [len(names) + np.repeat(np.arange(people), part.shape[1]) for part in rendered]
    photos = [part.reshape(-1, *faces.shape[1:]) for part in rendered]
    return TrainingSet(
        faces=torch.from_numpy(np.concatenate([faces, *photos])),
        labels=torch.from_numpy(np.concatenate([labels, *others])),
        gallery_people=names,
        classes=len(names) + people,
    )

"""Embeddings that came without photos and without a model, and as a gallery's features."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine import gallery
from engine.embeddings.checks import (
    check_shape,
    head_in,
    people_in,
    photos_in,
    sides_in,
    unit_rows,
)
from engine.errors import LetheError
from engine.features import Features
from engine.gallery import Gallery
from engine.heads import Head
from engine.said import said
from engine.store import content_key

VERSION = 1
"""Raised whenever the same rows would give other features."""


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Rows of embeddings, and whose they are: made by `from_arrays`, which checks them.

    `values` float32 [n, d] of unit norm; `people` and `photos` [n] name each row's person and
    photo. `train` says which rows enrol (True) and which test, None where no split came. `head` is
    the model's own classifier and the names of its classes, where it came along. `notes` say in a
    sentence each what was assumed.
    """

    name: str
    values: np.ndarray
    people: tuple[str, ...]
    photos: tuple[str, ...]
    train: tuple[bool, ...] | None = None
    head: tuple[Head, tuple[str, ...]] | None = None
    notes: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        """d."""
        return self.values.shape[1]

    @property
    def fingerprint(self) -> str:
        """A key of the rows, their people and split, and the head: the same for no others."""
        head = () if self.head is None else (*map(_bytes_of, self.head[0].__dict__.values()),)
        return content_key(
            VERSION, _bytes_of(self.values), self.people, self.photos, self.train, head
        )


def from_arrays(
    values: np.ndarray,
    labels: np.ndarray | Sequence[object],
    *,
    names: np.ndarray | Sequence[str] | None = None,
    split: np.ndarray | Sequence[object] | None = None,
    photos: np.ndarray | Sequence[str] | None = None,
    head: Mapping[str, np.ndarray] | None = None,
    name: str = "embeddings",
) -> Embeddings:
    """Check embeddings [n, d] and what is said about their rows.

    `labels` [n] are people's names, or numbers that `names` [C] name. `split` [n] holds `train` or
    `test`, or True for rows that enrol. `photos` [n] are names by which rows are known, each once.
    `head` has `weight` [C, d], `bias` [C] and `names` [C] of the classifier on these embeddings.
    `name` is what sentences call the embeddings.

    Raises `LetheError`, before any work, for arrays that do not fit each other, for rows that are
    not finite or have no direction, for a single person, and where too much or nothing came.
    """
    values = np.asarray(values)
    check_shape(values.shape, values.dtype, name)
    rows = len(values)
    people = people_in(labels, names, rows, name)
    sides = None if split is None else sides_in(split, rows, name)
    keys = photos_in(photos, people, name)
    unit, note = unit_rows(values, name)
    if len(set(people)) < 2:
        raise LetheError(
            said(
                "All rows of {name} are of {person}; forgetting one person needs at least one "
                "other to remember.",
                name=name,
                person=people[0],
            )
        )
    given = head_in(head, unit, people, name)
    return Embeddings(name, unit, people, keys, sides, given, (note,))


def as_people(given: Embeddings, seed: int = 0) -> tuple[Gallery, Features]:
    """The embeddings as a gallery whose photos are not there, and its features.

    Rows are sorted by person and photo, as photos are; without a split of their own they are split
    by the usual rule. Equal rows of one person lie on one side.
    """
    sides = given.train
    made = gallery.build(
        given.name,
        (
            (person, key, row.tobytes())
            for person, key, row in zip(given.people, given.photos, given.values, strict=True)
        ),
        aligned=False,
        seed=seed,
        given=None if sides is None else dict(zip(given.photos, sides, strict=True)),
        notes=given.notes,
        pictured=False,
    )
    place = {key: row for row, key in enumerate(given.photos)}
    order = [place[photo.key] for photo in made.photos]
    return made, Features(
        values=torch.from_numpy(given.values[order]),
        labels=torch.as_tensor(made.labels),
        train=torch.as_tensor(made.train),
        identities=made.identities,
        rows=np.arange(len(order)),
        backbone="features",
        key=content_key("embeddings", given.fingerprint, made.train.tobytes()),
    )


def _bytes_of(value: object) -> str:
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    raw = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()
    return hashlib.sha256(raw).hexdigest()

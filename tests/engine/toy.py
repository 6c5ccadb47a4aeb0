"""A small world of embeddings: people as tight clusters on the sphere, and strangers."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.erasure.base import Task
from engine.features import Features
from engine.gallery import Gallery
from engine.heads import Head


def cluster(
    people: int = 12, photos: int = 10, dimension: int = 48, spread: float = 0.6, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Unit-norm embeddings [people * photos, dimension] and their labels."""
    generator = torch.Generator().manual_seed(seed)
    centres = normalize(torch.randn(people, dimension, generator=generator), dim=1)
    noise = normalize(torch.randn(people, photos, dimension, generator=generator), dim=2)
    values = normalize(centres[:, None] + spread * noise, dim=2).reshape(-1, dimension)
    return values, torch.arange(people).repeat_interleave(photos)


def centroid_head(values: Tensor, labels: Tensor, scale: float = 20.0) -> Head:
    """A head that answers with the nearest class mean."""
    people = int(labels.max()) + 1
    means = torch.stack([values[labels == label].mean(0) for label in range(people)])
    return Head(scale * normalize(means, dim=1), torch.zeros(people))


def task(forget: tuple[int, ...] = (1, 4), **world: object) -> Task:
    """A task on a toy world."""
    values, labels = cluster(**world)  # type: ignore[arg-type]
    return Task(
        values=values,
        labels=labels,
        forget=forget,
        classes=int(labels.max()) + 1,
        head=centroid_head(values, labels),
    )


def features_of(gallery: Gallery, values: Tensor, rows: np.ndarray | None = None) -> Features:
    """Embeddings `values` [n, d] as the features of a gallery's photos, or of those at `rows` [n].

    Nothing was computed from the photos: tests of who is who need no model.
    """
    rows = np.arange(len(values)) if rows is None else rows
    return Features(
        values=values,
        labels=torch.as_tensor(gallery.labels[rows]),
        train=torch.as_tensor(gallery.train[rows]),
        identities=gallery.identities,
        rows=rows,
        backbone="toy",
        key="toy",
    )

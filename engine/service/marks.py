"""What is worth a look in own photos, photo by photo, before the studio opens with them."""

from dataclasses import dataclass, replace

import torch

from engine.clarity import Sight
from engine.doubts import doubts
from engine.features import Features
from engine.near_copies import near_copies
from engine.workspace import Workspace


@dataclass(frozen=True)
class Mark:
    """What is worth a look in the photo of one row.

    `sight` says which faces are there and how clear the chosen one is, `repeats` is the row of an
    earlier photo of the same picture, `like` the label of whom it looks more like.
    """

    sight: Sight | None = None
    repeats: int | None = None
    like: int | None = None

    @property
    def is_several(self) -> bool:
        """Whether there are other faces to choose."""
        return self.sight is not None and self.sight.is_several

    @property
    def is_unclear(self) -> bool:
        """Whether the face is blurred or tiny."""
        return self.sight is not None and (self.sight.is_blurred or self.sight.is_tiny)


def marks(space: Workspace, own: int) -> dict[int, Mark]:
    """Row -> mark, for the photos of the first `own` people, whom alone they are compared with.

    Rows about which nothing is worth a word are left out.
    """
    features = _own(space.features, own)
    found = {
        row: Mark(sight)
        for row, sight in enumerate(features.sights[: len(features)])
        if sight.is_several or sight.is_blurred or sight.is_tiny
    }
    for one, other in near_copies(space.gallery, features):
        mark = found.get(other, Mark())
        if mark.repeats is None:
            found[other] = replace(mark, repeats=one)
    for row, like in doubts(features.values, features.labels, own):
        found[row] = replace(found.get(row, Mark()), like=like)
    return dict(sorted(found.items()))


def _own(features: Features, own: int) -> Features:
    """The embeddings of the first people, which come first."""
    count = int(torch.searchsorted(features.labels.contiguous(), own))
    return replace(
        features,
        values=features.values[:count],
        labels=features.labels[:count],
        train=features.train[:count],
        rows=features.rows[:count],
    )

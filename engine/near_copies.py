"""The same picture twice in one gallery: re-encoded, resized, mirrored or a shade brighter.

Equal files are found when the gallery is built. What differs by a few bytes is found here: photos
whose embeddings are nearly one, and whose greys, at sixteen pixels a side, are too. The second
keeps apart two photos of one burst, which are different photos.
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.errors import LetheError
from engine.features import Features
from engine.gallery import Gallery
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.store import Store, content_key

VERSION = 1
"""Raised whenever the same photos would give other pairs."""

ALIKE = 0.95
"""Cosine of two embeddings from which their photos are looked at."""

SAME = 0.985
"""Correlation of two photos' greys from which they are one picture.

On 1,678 photos of 79 people of LFW three pairs lie above it, all of one picture to the eye; JPEG of
quality 70 leaves .9999. No two of 2,560 rendered photos, which are all different, reach it.
"""

Pairs = tuple[tuple[int, int], ...]

SIDE = 16
ACROSS = 20_000
"""Photos up to which everybody is compared with everybody; beyond, each person with themselves."""

CHUNK = 1024


def near_copies(
    gallery: Gallery, features: Features, watch: Watch = ignore, store: Store | None = None
) -> Pairs:
    """Pairs of rows of `features` that show one picture, the smaller row first.

    Equal files count too. Photos are read only where embeddings say that they may be alike, and
    only once where the `store` keeps what was found.
    """
    key = content_key("near-copies", VERSION, features.key, len(features))
    kept = store.get(key) if store is not None else None
    if kept is not None and "pairs" in kept:
        return tuple((a, b) for a, b in kept["pairs"].tolist())
    found = _found(gallery, features, watch)
    if store is not None:
        store.put(key, {"pairs": torch.tensor(found, dtype=torch.int64).reshape(-1, 2)})
    return found


def with_company(
    gallery: Gallery, features: Features, own: int, known: Pairs, watch: Watch = ignore
) -> Pairs:
    """`near_copies` of `own` rows and, after them, a company whose pairs are `known` already."""
    found = _found(gallery, features, watch, own)
    return tuple(sorted({*found, *((a + own, b + own) for a, b in known)}))


def _found(gallery: Gallery, features: Features, watch: Watch, own: int | None = None) -> Pairs:
    """The pairs, where `own` is given only those with one of so many first rows."""
    equal = _equal(gallery, features)
    if not gallery.pictured:
        return tuple(sorted(equal))  # nothing to look at beside the embeddings themselves
    pairs = _candidates(features.values, features.labels, len(features) <= ACROSS)
    if own is not None:
        pairs = pairs[pairs[:, 0] < own]
    sketches: dict[int, np.ndarray | None] = {}
    alike = [(a, b) for a, b in pairs.tolist() if (a, b) not in equal]
    rows = sorted({row for pair in alike for row in pair})
    for at, row in enumerate(rows):
        if at % 64 == 0:
            watch(Progress(noted("Looking for copies"), at, len(rows)))
        sketches[row] = sketch(gallery, int(features.rows[row]))
    return tuple(sorted({*equal, *(p for p in alike if same_picture(*map(sketches.get, p)))}))


def _equal(gallery: Gallery, features: Features) -> set[tuple[int, int]]:
    """Pairs of rows with equal files, each copy with the first of its kind, whatever a model says.

    Found by hash, so that no gallery is too large for it.
    """
    row_of = {int(photo): row for row, photo in enumerate(features.rows)}
    pairs: set[tuple[int, int]] = set()
    for group in gallery.copies:
        rows = sorted(row_of[photo] for photo in group if photo in row_of)
        pairs |= {(rows[0], other) for other in rows[1:]}
    return pairs


def sketch(gallery: Gallery, photo: int) -> np.ndarray | None:
    """The photo as float32 [16, 16] greys without their mean, of unit norm; None if unreadable."""
    try:
        image = gallery.photos[photo].image()
    except LetheError:
        return None
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    values = np.asarray(grey, dtype=np.float32)
    values = values - values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-6)


def same_picture(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two sketches [16, 16] are of one picture, upright or mirrored."""
    if one is None or other is None:
        return False
    return max(float((one * other).sum()), float((one * other[:, ::-1]).sum())) > SAME


def one_side(
    train: np.ndarray, labels: np.ndarray, pairs: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, int]:
    """The split with all copies of a person's picture on one side, and how many photos moved.

    `train` bool [n] and `labels` [n] of the rows that `pairs` speak of. A test photo whose copy
    enrols would be no test: it enrols too. Where that left somebody without a test photo, the
    copies test together instead, as long as another photo enrols.
    """
    before, train = train, train.copy()
    for group in _groups(pairs, labels):
        sides = train[list(group)]
        if sides.all() or not sides.any():
            continue
        own = np.flatnonzero(labels == labels[group[0]])
        others = np.setdiff1d(own, group)
        test = not (~train[others]).any() and train[others].any()
        train[list(group)] = not test
    return train, int((before != train).sum())


def _groups(pairs: Sequence[tuple[int, int]], labels: np.ndarray) -> list[tuple[int, ...]]:
    """Rows of one person that are joined by pairs, group by group."""
    leader: dict[int, int] = {}

    def lead(row: int) -> int:
        while leader.setdefault(row, row) != row:
            row = leader[row]
        return row

    for one, other in pairs:
        if labels[one] == labels[other]:
            leader[lead(other)] = lead(one)
    groups: dict[int, list[int]] = {}
    for row in sorted(leader):
        groups.setdefault(lead(row), []).append(row)
    return [tuple(group) for group in groups.values()]


def _candidates(values: Tensor, labels: Tensor, across: bool) -> Tensor:
    """int64 [p, 2]: pairs of rows of unit-norm `values` [n, d] with cosine above `ALIKE`."""
    found = [torch.empty(0, 2, dtype=torch.int64)]
    groups = (
        [torch.arange(len(values))]
        if across
        else [(labels == label).nonzero()[:, 0] for label in labels.unique()]
    )
    for rows in groups:
        own = values[rows]
        for start in range(0, len(own), CHUNK):
            near = (own[start : start + CHUNK] @ own[start:].T).triu_(1) > ALIKE
            a, b = near.nonzero(as_tuple=True)
            found.append(torch.stack([rows[a + start], rows[b + start]], 1))
    return torch.cat(found)

"""What a page shows beside its numbers: the map before and after, and faces where asked for."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.maps import Atlas
from engine.progress import Watch, ignore
from engine.service.visit import Visit
from engine.sources import embedded
from engine.store import Store

POINTS = 4000
"""Photos drawn on a map: of more, all of the forgotten and some of the others."""

SIDE = 72
"""Pixels of an example photo."""


@dataclass(frozen=True, eq=False)
class Map:
    """Places [n, 2] before and after, and what each point is: 0 known, 1 forgotten, 2 stranger."""

    before: np.ndarray
    after: np.ndarray
    kind: np.ndarray


@dataclass(frozen=True, eq=False)
class Pictures:
    """The map, and photos as data URIs by their key; either may be missing."""

    map: Map | None = None
    photos: Mapping[str, str] = field(default_factory=dict)


def pictures(
    visit: Visit,
    document: Mapping[str, Any],
    *,
    photos: bool = False,
    store: Store | None = None,
    watch: Watch = ignore,
) -> Pictures:
    """The map of a visit's state, laid out anew; faces of real people only with `photos`."""
    space, state = visit.workspace, visit.state
    judging = None
    if space.strangers is not None:
        judging = space.strangers.features.values[space.strangers.judging]
    kept = None if space.private else store
    atlas = Atlas(space.features.values, judging, store=kept, seed=space.seed)
    after = atlas.after(state.values, state.judging, watch=watch)
    shown = faces(visit, document) if photos or rendered(document) else {}
    return Pictures(drawn(visit, atlas.before, after), shown)


def rendered(document: Mapping[str, Any]) -> bool:
    """Whether the people of a report were made up, so that their faces are nobody's."""
    return document["inputs"]["faces"] == embedded.SOURCE.name


def drawn(visit: Visit, before: np.ndarray, after: np.ndarray) -> Map:
    """The map of all photos and strangers [n + m, 2], thinned out where there are very many."""
    labels = visit.workspace.features.labels.numpy()
    kind = np.full(len(before), 2, np.int8)
    kind[: len(labels)] = np.isin(labels, visit.state.forgotten)
    rows = np.arange(len(before))
    if len(rows) > POINTS:
        others = np.random.default_rng(0).permutation(rows[kind != 1])
        rows = np.sort(np.concatenate([rows[kind == 1], others[:POINTS]]))
    return Map(before[rows], after[rows], kind[rows])


def faces(visit: Visit, document: Mapping[str, Any]) -> dict[str, str]:
    """The example photos as data URIs by their key."""
    wanted = set()
    for one in document["examples"]:
        wanted |= {one["photo"]}
        wanted |= {hit["photo"] for side in ("before", "after") for hit in one[side]["matches"]}
    gallery = visit.workspace.gallery
    return {
        photo.key: "data:image/webp;base64,"
        + base64.b64encode(gallery.thumbnail(at, SIDE)).decode()
        for at, photo in enumerate(gallery.photos)
        if photo.key in wanted
    }

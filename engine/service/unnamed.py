"""Photos that say nowhere who is on them, as people: grouped by likeness, to be named by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.backbones import load_backbone
from engine.features import extract
from engine.likeness import groups
from engine.progress import Watch, ignore
from engine.said import said_n
from engine.sources import gallery_of
from engine.sources.base import Collection, Item, inspect
from engine.sources.handed import YOURS
from engine.sources.held import Held

BY = "dlib"
"""The backbone that groups, whatever the studio's: it knows real faces and is installed."""

ALIKE = 0.92
"""Mean cosine from which two groups are one person's.

Under dlib, six people of LFW with eight photos each, ten draws: 6.7 groups and an adjusted Rand
index of .98, at .91 6.1 and .98, at .94 9.3 and .90, at .88 4.8 and .76. Two groups of one person
are made one by giving them one name; two people in one group are not so easily parted.
"""


def are_unnamed(files: Sequence[Held]) -> bool:
    """Whether the files lie side by side, without any folder that could say who is who."""
    return len(files) > 1 and not any("/" in one.path.replace("\\", "/") for one in files)


def by_likeness(files: Sequence[Held], watch: Watch = ignore) -> Collection:
    """The photos as people called Person 1, Person 2 and so on, the most photographed first.

    Raises `LetheError` when no photo shows a face, or the backbone for it is not installed.
    """
    items, skipped = inspect(("Somebody", one.path, one.data) for one in files)
    found = Collection(YOURS, items, None, skipped)
    gallery = gallery_of(found)
    features = extract(gallery, load_backbone(BY, watch=watch), watch=watch)
    labels = groups(features.values, ALIKE)
    keys = [gallery.photos[int(row)].key for row in features.rows]
    names = {key: f"Person {label + 1}" for key, label in zip(keys, labels, strict=True)}
    named: list[Item] = [
        replace(item, identity=names[item.key]) for item in items if item.key in names
    ]
    people = int(np.max(labels)) + 1
    note = said_n(
        "No name came with these photos: they are grouped by likeness into {count} person. Name "
        "them, and give one name to groups of one person.",
        "No name came with these photos: they are grouped by likeness into {count} people. Name "
        "them, and give one name to groups of one person.",
        people,
    )
    return replace(found, items=tuple(named), skipped=features.skipped, notes=(note,))

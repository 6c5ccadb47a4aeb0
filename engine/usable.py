"""The people of a gallery that a backbone can know: who gave a face, which photos enrol them."""

from dataclasses import replace

import numpy as np
import torch

from engine.alignment import NO_FACE
from engine.features import Features
from engine.gallery import Gallery
from engine.said import joined, said


def usable(gallery: Gallery, features: Features) -> tuple[Gallery, Features]:
    """Gallery and features without the people of whom no photo gave a face.

    Their photos stay listed in `Features.skipped`, and `Gallery.notes` names them. Where a person's
    enrolled photos are unusable and test photos are not, these enrol.
    """
    labels = features.labels.numpy()
    there = np.isin(np.arange(len(gallery.identities)), labels)
    notes = [_left_out(gallery, features, int(label)) for label in np.flatnonzero(~there)]
    train = gallery.train.copy()
    for label in np.flatnonzero(there):
        rows = features.rows[labels == label]
        if not train[rows].any():
            train[rows] = True
            notes.append(_enrolled_anew(gallery.display(int(label))))
    if not notes:
        return gallery, features
    kept = np.flatnonzero(there[gallery.labels])
    new_label = np.cumsum(there) - 1
    place = {int(old): at for at, old in enumerate(kept)}
    gallery = replace(
        gallery,
        identities=tuple(np.array(gallery.identities, dtype=object)[there]),
        photos=tuple(gallery.photos[photo] for photo in kept),
        labels=new_label[gallery.labels[kept]],
        train=train[kept],
        aligned=gallery.aligned[kept],
        copies=tuple(
            group
            for one in gallery.copies
            if len(group := tuple(place[photo] for photo in one if photo in place)) > 1
        ),
        notes=(*gallery.notes, *notes),
    )
    rows = np.array([place[int(row)] for row in features.rows], dtype=np.int64)
    return gallery, replace(
        features,
        labels=torch.as_tensor(gallery.labels[rows]),
        train=torch.as_tensor(gallery.train[rows]),
        identities=gallery.identities,
        rows=rows,
    )


def resplit(gallery: Gallery, features: Features, train: np.ndarray) -> tuple[Gallery, Features]:
    """Both with `train` bool [n], one a row of the features, as their split."""
    sides = gallery.train.copy()
    sides[features.rows] = train
    return replace(gallery, train=sides), replace(features, train=torch.as_tensor(train))


def _left_out(gallery: Gallery, features: Features, label: int) -> str:
    """The note on somebody without a usable photo, true to why."""
    own = {gallery.photos[photo].key for photo in np.flatnonzero(gallery.labels == label)}
    causes = {one.cause for one in features.skipped if one.key in own}
    name = gallery.display(label)
    if causes <= {NO_FACE}:
        return said("No face was found in any photo of {name}, who is left out.", name=name)
    return said(
        "No photo of {name} can be used ({causes}), who is left out.",
        name=name,
        causes=joined(*sorted(causes), by=", "),
    )


def _enrolled_anew(name: str) -> str:
    return said(
        "The photos meant to enrol {name} gave no face; the others enrol, and none is left to test "
        "with.",
        name=name,
    )

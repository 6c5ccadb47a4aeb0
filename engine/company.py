"""Two groups of people as one gallery: own photos in the company of others."""

from dataclasses import replace

import numpy as np
import torch

from engine.features import Features
from engine.gallery import Gallery
from engine.photo import Skipped
from engine.said import row, said
from engine.store import content_key

People = tuple[Gallery, Features]


def join(own: People, others: People) -> People:
    """One gallery of both, the own people first; nobody is embedded again.

    Both are seen by one backbone. A name that is in both is told apart by "(yours)", and a note
    says so.
    """
    (mine, seen), (theirs, known) = _apart(own, others[0]), others
    twice = set(mine.identities) & set(theirs.identities)
    identities = tuple(f"{one} (yours)" if one in twice else one for one in mine.identities)
    identities += theirs.identities
    people, photos = len(mine.identities), len(mine.photos)
    notes = (*mine.notes, *theirs.notes)
    if twice:
        notes += (said("{names}: yours are told apart by (yours).", names=row(sorted(twice))),)
    gallery = Gallery(
        name=said("{names} and {last}", names=mine.name, last=theirs.name),
        identities=identities,
        photos=(*mine.photos, *theirs.photos),
        labels=np.concatenate([mine.labels, theirs.labels + people]),
        train=np.concatenate([mine.train, theirs.train]),
        sha256=content_key(mine.sha256, theirs.sha256),
        aligned=np.concatenate([mine.aligned, theirs.aligned]),
        skipped=(*mine.skipped, *theirs.skipped),
        notes=notes,
        copies=(*mine.copies, *(tuple(at + photos for at in group) for group in theirs.copies)),
        ignored=mine.ignored + theirs.ignored,
    )

    def faces() -> np.ndarray:
        return np.concatenate([seen.pixels(), known.pixels()])

    features = replace(
        seen,
        values=torch.cat([seen.values, known.values]),
        labels=torch.cat([seen.labels, known.labels + people]),
        train=torch.cat([seen.train, known.train]),
        identities=identities,
        rows=np.concatenate([seen.rows, known.rows + photos]),
        key=content_key(seen.key, known.key),
        # As everywhere, those that the gallery lists already come first.
        skipped=(
            *gallery.skipped,
            *seen.skipped[len(mine.skipped) :],
            *known.skipped[len(theirs.skipped) :],
        ),
        remarks=(*seen.remarks, *known.remarks),
        faces=None if seen.faces is None or known.faces is None else faces,
    )
    return gallery, features


def _apart(own: People, theirs: Gallery) -> People:
    """Own people whose photos' keys are none of the others', which are unique in a gallery."""
    gallery, features = own
    taken = {photo.key for photo in theirs.photos} | {one.key for one in theirs.skipped}

    def key(old: str) -> str:
        return f"yours/{old}" if old in taken else old

    def renamed(notes: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
        return tuple(replace(one, key=key(one.key)) for one in notes)

    photos = tuple(replace(photo, key=key(photo.key)) for photo in gallery.photos)
    return (
        replace(gallery, photos=photos, skipped=renamed(gallery.skipped)),
        replace(features, skipped=renamed(features.skipped), remarks=renamed(features.remarks)),
    )

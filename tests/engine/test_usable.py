"""A folder without a face, or a person whose enrolled photos fail, must not spoil the rest."""

from dataclasses import replace

import numpy as np
import torch

from engine.features import Features
from engine.gallery import Gallery, build
from engine.photo import Skipped
from engine.usable import resplit, usable
from tests.engine.photos import encoded
from tests.engine.toy import cluster, features_of

NAMES = ("Ada", "Cat", "Dan")


def world(lost: set[int]) -> tuple[Gallery, Features]:
    """Three people of five photos, those at the places `lost` without a face."""
    items = [
        (name, f"{name}/{at}.png", encoded(10 * number + at))
        for number, name in enumerate(NAMES)
        for at in range(5)
    ]
    items.append(("Dan", "Dan/copy.png", encoded(20)))
    gallery = build("toy", items, aligned=True)
    rows = np.array([at for at in range(len(gallery.photos)) if at not in lost])
    values = torch.cat([cluster(3, 5, 48)[0], cluster(1, 1, 48)[0]])[rows]
    return gallery, features_of(gallery, values, rows)


def test_somebody_without_a_face_is_left_out_and_named() -> None:
    """Catches one folder of cats that stops the whole gallery, or labels that slip by one."""
    before, features = world(set(range(5, 10)))
    gallery, kept = usable(before, features)
    assert gallery.identities == ("Ada", "Dan")
    assert kept.identities == gallery.identities
    assert any("No face was found in any photo of Cat" in note for note in gallery.notes)
    assert len(kept) == len(features)
    for row in range(len(kept)):
        photo = gallery.photos[int(kept.rows[row])]
        assert photo.key.startswith(gallery.identities[int(kept.labels[row])])
        assert photo.key == before.photos[int(features.rows[row])].key
    assert torch.equal(kept.train, torch.as_tensor(gallery.train[kept.rows]))
    ((one, other),) = gallery.copies
    assert {gallery.photos[one].key, gallery.photos[other].key} == {"Dan/0.png", "Dan/copy.png"}


def test_somebody_whose_photos_are_damaged_is_not_called_faceless() -> None:
    """Catches a sentence about faces where the files are cut off."""
    before, features = world(set(range(5, 10)))
    lost = tuple(Skipped(f"Cat/{at}.png", "cut off; copy or download it again") for at in range(5))
    gallery, _ = usable(before, replace(features, skipped=lost))
    assert "No photo of Cat can be used (cut off), who is left out." in gallery.notes


def test_test_photos_enrol_where_no_enrolled_one_is_usable() -> None:
    """Catches a person whom every probe has to name without having seen."""
    gallery, _ = world(set())
    enrolled = {int(at) for at in np.flatnonzero(gallery.train & (gallery.labels == 0))}
    gallery, kept = usable(*world(enrolled))
    own = kept.labels == 0
    assert bool(own.any())
    assert bool(kept.train[own].all())
    assert any("photos meant to enrol Ada gave no face" in note for note in gallery.notes)


def test_a_whole_gallery_passes_as_it_is() -> None:
    """Catches a copy of what needs none."""
    gallery, features = world(set())
    assert usable(gallery, features) == (gallery, features)


def test_a_new_split_reaches_gallery_and_features() -> None:
    """Catches a page that shows other enrolled photos than the probe was trained on."""
    gallery, features = world({0})
    sides = ~features.train.numpy()
    changed, moved = resplit(gallery, features, sides)
    assert (changed.train[features.rows] == sides).all()
    assert changed.train[0] == gallery.train[0]
    assert torch.equal(moved.train, torch.as_tensor(sides))

"""The same picture twice must not enrol and test; two different pictures must not be called one."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

from engine.gallery import build
from engine.near_copies import near_copies, one_side
from engine.photo import Photo
from engine.store import Store
from tests.engine.photos import image
from tests.engine.toy import cluster, features_of


def data(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_changed_copies_are_found_and_other_pictures_are_not() -> None:
    """Catches a copy that is missed for being re-encoded, resized, brighter or mirrored."""
    first = image(1, 80, 80)
    changed = {
        "jpeg": data(first, "JPEG", quality=70),
        "small": data(first.resize((50, 50))),
        "bright": data(ImageEnhance.Brightness(first).enhance(1.1)),
        "mirrored": data(ImageOps.mirror(first)),
        "other": data(image(2, 80, 80)),
    }
    items = [("Ada", "Ada/a.png", data(first))]
    items += [("Ada", f"Ada/{name}.png", one) for name, one in changed.items()]
    items += [("Bob", f"Bob/{at}.png", data(image(10 + at, 80, 80))) for at in range(3)]
    gallery = build("toy", items, aligned=True)
    alike = torch.nn.functional.normalize(torch.ones(len(gallery.photos), 8), dim=1)
    pairs = near_copies(gallery, features_of(gallery, alike))
    found = {key for pair in pairs for key in (gallery.photos[row].key for row in pair)}
    assert found == {f"Ada/{name}.png" for name in ("a", "jpeg", "small", "bright", "mirrored")}
    assert all(one < other for one, other in pairs)


def test_photos_are_read_only_where_embeddings_are_alike() -> None:
    """Catches an intake that decodes a million photos to look for copies."""
    items = [("Ada", f"Ada/{at}.png", data(image(1, 40, 40 + at))) for at in range(4)]
    items += [("Bob", f"Bob/{at}.png", f"never read as a picture {at}".encode()) for at in range(4)]
    gallery = build("toy", items, aligned=True)
    values, _ = cluster(2, 4, 48, 1.0)
    assert near_copies(gallery, features_of(gallery, values)) == ()


def test_equal_files_are_found_whatever_the_model_says() -> None:
    """Catches copies that a poor backbone, or a gallery too large to compare, would hide."""
    same, other = data(image(1)), data(image(2))
    items = [("Ada", "Ada/0.png", same), ("Ada", "Ada/1.png", other), ("Bob", "Bob/0.png", same)]
    gallery = build("toy", items, aligned=True)
    assert near_copies(gallery, features_of(gallery, torch.eye(3, 8))) == ((0, 2),)


def test_what_was_found_is_kept(tmp_path: Path) -> None:
    """Catches photos that are read again at each start, and pairs of another gallery."""
    items = [("Ada", f"Ada/{at}.png", data(image(1, 40, 40 + at))) for at in range(3)]
    items += [("Bob", "Bob/0.png", data(image(5)))]
    gallery = build("toy", items, aligned=True)
    alike = torch.nn.functional.normalize(torch.ones(len(gallery.photos), 8), dim=1)
    features, store = features_of(gallery, alike), Store(tmp_path)
    found = near_copies(gallery, features, store=store)
    assert found == ((0, 1), (0, 2), (1, 2))
    gone = replace(gallery, photos=tuple(Photo(one.key, b"gone") for one in gallery.photos))
    assert near_copies(gone, features, store=store) == found
    assert near_copies(gone, replace(features, key="other"), store=store) == ()


def test_copies_lie_on_one_side_of_the_split() -> None:
    """Catches a test photo whose copy enrols: it measures nothing."""
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    train = np.array([True, True, False, False, True, False, False])
    sides, moved = one_side(train, labels, [(1, 2)])
    assert sides.tolist() == [True, True, True, False, True, False, False]
    assert moved == 1
    # The last test photo of somebody takes its copy along, since others enrol.
    sides, moved = one_side(np.array([True, True, False]), np.zeros(3, int), [(1, 2)])
    assert sides.tolist() == [True, False, False]
    assert moved == 1
    # Nobody else enrols: the copies enrol, and nothing is left to test with.
    sides, _ = one_side(np.array([True, False]), np.zeros(2, int), [(0, 1)])
    assert sides.tolist() == [True, True]
    # Copies across people say nothing about a split.
    sides, moved = one_side(train, labels, [(0, 5)])
    assert (sides == train).all()
    assert moved == 0


def test_copies_of_copies_are_one_group() -> None:
    """Catches a chain of copies of which only neighbours are kept together."""
    train = np.array([True, False, False, False, False])
    sides, _ = one_side(train, np.zeros(5, int), [(0, 1), (1, 2)])
    assert sides.tolist() == [True, True, True, False, False]

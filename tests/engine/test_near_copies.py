"""The same picture twice must not enrol and test; two different pictures must not be called one."""

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from engine import near_copies as module
from engine.gallery import build
from engine.near_copies import ALIKE, near_copies, one_side
from engine.photo import Photo
from engine.store import Store
from tests.engine.photos import encoded, image
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


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_candidates_agree_with_a_plain_loop(
    monkeypatch: pytest.MonkeyPatch, across: bool, chunk: int
) -> None:
    """Would catch a pair lost or doubled where two blocks meet, or people compared with others
    where there are too many for it."""
    monkeypatch.setattr(module, "CHUNK", chunk)
    generator = torch.Generator().manual_seed(0)
    values = torch.nn.functional.normalize(torch.randn(4, 6, generator=generator), dim=1)
    values = values[torch.arange(18) % 4] + 0.05 * torch.randn(18, 6, generator=generator)
    values = torch.nn.functional.normalize(values, dim=1)
    labels = torch.arange(18) // 9
    expected = {
        (a, b)
        for a in range(18)
        for b in range(a + 1, 18)
        if float(values[a] @ values[b]) > ALIKE and (across or labels[a] == labels[b])
    }
    assert len(expected) > 5
    found = [tuple(pair) for pair in module._candidates(values, labels, across).tolist()]
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_equal_files_are_paired_with_the_first_that_takes_part() -> None:
    """Would catch a copy paired with a photo that gave no face, or with each of the others."""
    gallery = SimpleNamespace(copies=((4, 1, 7), (2, 3), (0, 9)))
    features = SimpleNamespace(rows=np.array([0, 1, 2, 4, 7]))
    assert module._equal(gallery, features) == {(1, 3), (1, 4)}


def test_a_sketch_is_of_unit_norm_without_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch brightness taken for a picture, and a flat or a broken photo that is like all."""
    items = [("A", f"A/{at}.png", encoded(at)) for at in range(3)]
    flat = io.BytesIO()
    Image.new("RGB", (40, 40), (9, 9, 9)).save(flat, "PNG")
    items += [("A", "A/3.png", flat.getvalue()), ("A", "A/4.png", encoded(4)[:200])]
    gallery = build("toy", items, aligned=True)
    one, other = module.sketch(gallery, 0), module.sketch(gallery, 1)
    assert one is not None
    assert one.shape == (16, 16)
    assert float(one.sum()) == pytest.approx(0, abs=1e-4)
    assert float((one**2).sum()) == pytest.approx(1, abs=1e-5)
    assert module.same_picture(one, one)
    assert module.same_picture(one, one[:, ::-1])
    assert not module.same_picture(one, one[::-1])
    assert not module.same_picture(one, other)
    plain, broken = module.sketch(gallery, 3), module.sketch(gallery, 4)
    assert plain is not None
    assert not plain.any()
    assert not module.same_picture(plain, plain)
    assert broken is None
    assert not module.same_picture(broken, broken)
    assert not module.same_picture(one, broken)
    monkeypatch.setattr(module, "SAME", 0.75)
    aside = np.zeros((16, 16), np.float32)
    aside[0, 0], aside[0, 1] = 0.75, (1 - 0.75**2) ** 0.5
    mark = np.zeros((16, 16), np.float32)
    mark[0, 0] = 1
    assert not module.same_picture(mark, aside)  # at the limit, not above it
    assert module.same_picture(mark, aside * 1.0001)


@pytest.mark.parametrize(
    ("train", "pairs", "after", "moved"),
    [
        ("110", [(0, 1)], "110", 0),  # on one side already
        ("100", [(1, 2)], "100", 0),
        ("1100", [(1, 2)], "1110", 1),  # the copy enrols too, another tests
        ("110", [(1, 2)], "100", 1),  # else nobody would test: both do
        ("10", [(0, 1)], "11", 1),  # nobody else to enrol
        ("11000", [(0, 2), (2, 3)], "11110", 2),
        ("1010", [(0, 1), (2, 3)], "1100", 2),
    ],
)
def test_copies_of_a_person_end_on_one_side(
    train: str, pairs: list, after: str, moved: int
) -> None:
    """Would catch a test photo whose copy enrols, a person left without a test or without an
    enrolled photo, or photos that moved and were not counted."""
    sides = np.array([one == "1" for one in train])
    found, count = module.one_side(sides, np.zeros(len(train), np.int64), pairs)
    assert "".join("01"[int(one)] for one in found) == after
    assert count == moved
    assert "".join("01"[int(one)] for one in sides) == train

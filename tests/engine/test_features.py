"""Embeddings: batches, keys, and what a cache may hand back."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine import features as module
from engine.errors import LetheError
from engine.features import embed_all, feature_key
from engine.gallery import Skipped, build
from engine.progress import Progress
from tests.engine.photos import encoded


class Means:
    """A backbone that gives the mean of each colour."""

    name, dimension, size, convention, fingerprint = "means", 3, 40, "arcface", "means"

    def __init__(self) -> None:
        self.seen: list[int] = []

    def embed(self, faces: np.ndarray) -> torch.Tensor:
        self.seen.append(len(faces))
        return torch.from_numpy(faces.astype(np.float64).mean((1, 2)))


FACES = np.random.default_rng(0).integers(1, 256, (7, 40, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize(("batch", "batches"), [(3, [3, 3, 1]), (7, [7]), (8, [7])])
def test_faces_are_embedded_in_batches_and_told(batch: int, batches: list[int]) -> None:
    """Would catch faces lost between two batches, features that are not unit, or a report that
    never reaches its end."""
    backbone, told = Means(), list[Progress]()
    values = embed_all(FACES, backbone, batch=batch, watch=told.append)
    assert backbone.seen == batches
    assert values.dtype == torch.float32
    expected = FACES.astype(float).mean((1, 2))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(values, expected, atol=1e-6)
    starts = list(range(0, 7, batch))
    assert [(one.done, one.total) for one in told] == [(at, 7) for at in (*starts, 7)]
    assert embed_all(FACES[:0], backbone).shape == (0, 3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_embeddings_that_are_no_numbers_are_refused(value: float) -> None:
    """Would catch a NaN that spreads into every figure."""

    class Broken(Means):
        def embed(self, faces: np.ndarray) -> torch.Tensor:
            out = torch.ones(len(faces), 3)
            out[-1, -1] = value
            return out

    with pytest.raises(LetheError, match="means gives embeddings that are not finite"):
        embed_all(FACES, Broken(), batch=3)


def test_a_key_follows_everything_that_changes_an_embedding() -> None:
    """Would catch features of other photos, of another cut or of another model from the cache."""
    items = [("A", f"A/{at}.png", encoded(at)) for at in range(3)]

    def key(aligned: object = True, photos: list = items, **other: object) -> str:
        backbone = SimpleNamespace(fingerprint="f", convention="arcface", **other)
        if "print_" in other:
            backbone.fingerprint = other["print_"]
        if "cut" in other:
            backbone.convention = other["cut"]
        return feature_key(build("any", photos, aligned=aligned), backbone)  # type: ignore[arg-type]

    some = [
        *(key(), key(aligned=False), key(aligned={"A/0.png"}), key(aligned={"A/1.png"})),
        *(key(photos=items[:2]), key(print_="g"), key(cut="box")),
    ]
    assert len(set(some)) == len(some)
    assert key(aligned={one for _, one, _ in items}) == key()
    assert key(aligned=set()) == key(aligned=False)
    assert key(name="other") == key()


def test_what_a_cache_gives_is_only_taken_whole() -> None:
    """Would catch features that do not fit the photos or the model, which a damaged or an old
    cache may hold."""
    gallery = build("any", [("A", f"A/{at}", encoded(at)) for at in range(3)], aligned=True)
    whole = {"values": torch.ones(3, 3), "rows": torch.arange(3)}
    assert module._sound(whole, gallery, Means())
    assert module._sound(whole | {"skipped": torch.ones(1)}, gallery, Means())
    two = {"values": torch.ones(2, 3), "rows": torch.tensor([0, 2])}
    assert module._sound(two, gallery, Means())
    for wrong in (
        {"values": torch.ones(3, 3)},
        {"rows": torch.arange(3)},
        whole | {"values": torch.ones(3)},
        whole | {"values": torch.ones(3, 4)},
        whole | {"rows": torch.arange(2)},
        whole | {"rows": torch.tensor([0, 1, 3])},
        whole | {"values": torch.full((3, 3), torch.nan)},
        {"values": torch.ones(0, 3), "rows": torch.arange(0)},
    ):
        assert not module._sound(wrong, gallery, Means())


def test_remarks_are_kept_word_by_word() -> None:
    """Would catch a remark that the cache loses, or one made up where there is none."""
    notes = (Skipped("Zoë/1.jpg", "no face found"), Skipped("B/2.jpg", "two; the larger is used"))
    kept = module._note("remarks", notes)
    assert kept["remarks"].dtype == torch.uint8
    assert module._noted(kept, "remarks") == notes
    assert module._noted(kept, "skipped") == ()
    assert module._note("skipped", ()) == {}

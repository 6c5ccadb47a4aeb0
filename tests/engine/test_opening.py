"""What a workspace is made of: who judges, from which cosine on a match is accepted."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from engine.errors import LetheError
from engine.features import Features
from engine.gallery import Gallery, build
from engine.opening import ACCEPT_FAR, _check, _halves, _own_strangers, _threshold
from tests.engine.photos import encoded
from tests.engine.toy import cluster, features_of

PEOPLE, PHOTOS = 7, 6


def known() -> tuple[Gallery, Features]:
    values, _ = cluster(PEOPLE, PHOTOS, 24, 1.0)
    items = [
        (f"P{who}", f"P{who}/{at}.png", encoded(10 * who + at))
        for who in range(PEOPLE)
        for at in range(PHOTOS)
    ]
    gallery = build("toy", items, aligned=True)
    return gallery, features_of(gallery, values)


GALLERY, FEATURES = known()


def highest(asked: Tensor, labels: Tensor | None = None) -> Tensor:
    """Each row's highest cosine with an enrolled photo, with labels: of another person."""
    cosine = asked @ FEATURES.values[FEATURES.train].T
    if labels is not None:
        cosine[labels[:, None] == FEATURES.labels[FEATURES.train]] = -1
    return cosine.amax(1)


def test_one_stranger_in_a_hundred_is_accepted() -> None:
    """Would catch a threshold from the wrong tail, or from people who are enrolled."""
    others, _ = cluster(300, 1, 24, 1.0, seed=5)
    strangers = SimpleNamespace(features=SimpleNamespace(values=others))
    threshold, origin = _threshold(FEATURES, strangers)  # type: ignore[arg-type]
    best = highest(others)
    assert threshold == pytest.approx(float(best.double().quantile(0.99)), abs=1e-6)
    assert int((best > threshold).sum()) == 3 == round(ACCEPT_FAR * 300)
    assert origin == "1% of 300 photos of strangers pass"


@pytest.mark.parametrize("all_enrol", [False, True])
def test_without_strangers_others_stand_in(all_enrol: bool) -> None:
    """Would catch one's own photos counted as false matches, or nobody asked where none tests."""
    features = FEATURES
    asked = ~FEATURES.train
    if all_enrol:
        keep = FEATURES.train
        features = replace(
            FEATURES,
            values=FEATURES.values[keep],
            labels=FEATURES.labels[keep],
            train=FEATURES.train[keep],
        )
        asked = FEATURES.train
    threshold, origin = _threshold(features, None)
    best = highest(FEATURES.values[asked], FEATURES.labels[asked])
    assert threshold == pytest.approx(float(best.double().quantile(0.99)), abs=1e-6)
    assert origin == f"1% of {int(asked.sum())} photos pass as somebody else"


def test_strangers_judge_in_halves_and_the_reserved_never() -> None:
    """Would catch a stranger who is fitted to and judges, or the same halves for every seed."""
    gallery = replace(GALLERY, reserved=frozenset({"P0", "P4"}))
    seen = set()
    for seed in range(6):
        halves = _halves(gallery, FEATURES, seed)
        assert torch.equal(halves.reference, ~halves.judging)
        judges = set(FEATURES.labels[halves.judging].tolist())
        others = set(FEATURES.labels[halves.reference].tolist())
        assert not judges & others
        assert judges | others == set(range(PEOPLE))
        assert {0, 4} <= others
        assert len(judges) == 3  # of the five who may, the larger half
        seen.add(tuple(sorted(judges)))
        assert torch.equal(_halves(gallery, FEATURES, seed).judging, halves.judging)
    assert len(seen) > 1


def test_one_person_or_nobody_to_test_is_refused() -> None:
    """Would catch a page full of figures about nothing."""
    _check(FEATURES)
    with pytest.raises(LetheError, match="Only one person"):
        _check(replace(FEATURES, labels=torch.zeros_like(FEATURES.labels)))
    with pytest.raises(LetheError, match="none is left to test"):
        _check(replace(FEATURES, train=torch.ones_like(FEATURES.train)))


def test_a_named_gallery_brings_its_own_strangers() -> None:
    """Would catch strangers looked for in a folder, or none where there are some."""
    assert [_own_strangers(one) for one in ("synthetic", "LFW", "olivetti", "/my/faces")] == [
        *("synthetic", "lfw", None, None)
    ]

"""What makes figures wrong although every sum is right must be said, and only that."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.features import Features
from engine.gallery import Gallery, build
from engine.oddities import Oddity, likeness, odd, recall_at_1
from tests.engine.photos import encoded
from tests.engine.toy import cluster, features_of

PEOPLE = ("Ada", "Bo_Lee", "Cleo", "Dan", "Eve", "Flo", "Gil", "Hal")
PHOTOS = 8


def world(
    names: tuple[str, ...] = PEOPLE, spread: float = 0.6, seed: int = 0
) -> tuple[Gallery, Features]:
    """People whose embeddings are clusters; the photos themselves do not matter."""
    items = [
        (name, f"{name}/{at}.png", encoded(100 * number + at, width=8, height=8))
        for number, name in enumerate(names)
        for at in range(PHOTOS)
    ]
    gallery = build("toy", items, aligned=True)
    values, _ = cluster(len(names), PHOTOS, 48, spread, seed)
    return gallery, features_of(gallery, values)


def kinds(found: tuple[Oddity, ...]) -> list[str]:
    """What was found, without the words."""
    return [one.kind for one in found]


def test_a_plain_gallery_is_not_odd() -> None:
    """Catches warnings that cry wolf: nobody reads the next one."""
    gallery, features = world()
    others, theirs = world(tuple(f"Stranger {at}" for at in range(8)), seed=9)
    recall = recall_at_1(features)
    assert recall == 1
    assert odd(gallery, features, strangers=(others, theirs)) == ()


def test_one_person_in_two_folders_is_named_with_both_names() -> None:
    """Catches KR before of 0 for somebody who is known under another name, without a word."""
    gallery, features = world()
    labels = features.labels.clone()
    own = (labels == 2).nonzero()[:, 0]
    values = features.values.clone()
    values[labels == 5] = cluster(1, PHOTOS, 48, 0.6, 3)[0]
    centre = values[own].mean(0)
    noise = torch.randn(PHOTOS, 48, generator=torch.Generator().manual_seed(1))
    noise = torch.nn.functional.normalize(noise, dim=1)
    centre = torch.nn.functional.normalize(centre, dim=0)
    values[labels == 5] = torch.nn.functional.normalize(centre + 0.6 * noise, dim=1)
    found = odd(gallery, replace(features, values=values))
    assert kinds(found) == ["one person twice"]
    assert "Cleo and Flo look like one person" in found[0].says
    assert found[0].keys == ("Cleo", "Flo")


def test_strangers_from_the_gallery_are_named() -> None:
    """Catches a stranger floor that is high because the judges are the people themselves."""
    gallery, features = world()
    others, theirs = world(("Ada", "New", "Newer"), seed=9)
    values = theirs.values.clone()
    values[:PHOTOS] = features.values[:PHOTOS]
    theirs = replace(theirs, values=values)
    found = odd(gallery, features, strangers=(others, theirs))
    assert kinds(found) == ["known strangers"]
    assert "1 of 3 strangers" in found[0].says
    assert "Ada (Ada)" in found[0].says


def test_copies_are_counted_and_shared_pictures_name_both() -> None:
    """Catches copies that make figures better or worse without a word."""
    gallery, features = world()
    pairs = [(0, 3), (0, 4), (1, PHOTOS + 1)]
    found = odd(gallery, features, pairs, moved=2)
    assert kinds(found) == ["shared", "copies"]
    assert "Ada and Bo Lee share 1 picture" in found[0].says
    assert "2 photos of Ada show a picture that is there already" in found[1].says
    assert "2 photos changed sides" in found[1].advice
    assert found[1].keys == (gallery.photos[3].key, gallery.photos[4].key)


def test_poor_figures_before_are_an_alarm_with_a_way_out() -> None:
    """Catches a table of meaningless figures for faces that the model does not know."""
    gallery, features = world(spread=6.0)
    recall = recall_at_1(features)
    assert recall is not None
    assert recall < 0.9
    found = odd(gallery, features, backbone_notes=("use mean=0",))
    assert kinds(found) == ["settings", "poor figures"]
    assert found[0].text == "use mean=0"
    assert f"only {100 * recall:.0f} of 100" in found[1].says
    assert "--align" in found[1].advice


def test_people_without_a_test_photo_are_named() -> None:
    """Catches a deletion of somebody of whom nothing can be measured."""
    gallery, features = world()
    train = features.train.clone()
    train[features.labels == 3] = True
    found = odd(gallery, replace(features, train=train))
    assert kinds(found) == ["no test photo"]
    assert found[0].keys == ("Dan",)


def test_recall_agrees_with_a_plain_loop() -> None:
    """Catches a query that may find itself, or a chunk that is left out."""
    _, features = world(spread=1.5, seed=4)
    train = features.train
    hits = []
    for row in (~train).nonzero()[:, 0].tolist():
        enrolled = [one for one in range(len(features)) if train[one]]
        best = max(enrolled, key=lambda one: float(features.values[one] @ features.values[row]))
        hits.append(features.labels[best] == features.labels[row])
    assert recall_at_1(features) == np.mean(hits)


def test_half_of_a_person_is_as_like_the_other_half_as_one_person() -> None:
    """Catches a scale on which one person's two halves look like two people."""
    _, features = world()
    labels = features.labels.clone()
    labels[(labels == 0).nonzero()[::2, 0]] = len(PEOPLE)
    alike = likeness(features.values, labels, features.values, labels, len(PEOPLE) + 1)
    others = alike[1:-1, 1:-1][~torch.eye(len(PEOPLE) - 1, dtype=torch.bool)]
    assert alike[0, -1] > 0.9
    assert others.max() < 0.7


def test_likeness_is_on_the_stated_scale() -> None:
    """Catches a zero that is not the usual pair's, or a scale of people with a single photo."""
    values, labels = cluster(6, 5, 32, 0.8, 3)
    values, labels = values[4:], labels[4:]  # one photo is left of the first
    found = likeness(values, labels, values, labels, 6)
    cosines = (values @ values.T).numpy()
    across, within = np.zeros((6, 6)), np.full(6, np.nan)
    for one in range(6):
        for other in range(6):
            block = cosines[np.ix_(labels.numpy() == one, labels.numpy() == other)]
            across[one, other] = block.mean()
            if one == other and len(block) > 1:
                within[one] = block[~np.eye(len(block), dtype=bool)].mean()
    several = within[~np.isnan(within)]
    # torch.median takes the lower of the two in the middle
    within[np.isnan(within)] = np.sort(several)[(len(several) - 1) // 2]
    within = np.maximum(within, np.quantile(several, 0.05))
    off = ~np.eye(6, dtype=bool)
    zero = np.sort(across[off])[(off.sum() - 1) // 2]
    least = np.minimum(within[:, None], within[None])
    expected = (across - zero) / (least - zero)
    np.testing.assert_allclose(found.numpy()[off], expected[off], atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_likeness_agrees_with_a_plain_loop(seed: int) -> None:
    """Would catch a photo compared with itself, a scale of the wrong person, or a zero that is
    not the median of strangers; people with one photo or none take the usual scale."""
    values, labels = cluster(people=9, photos=4, dimension=24, seed=seed)
    chosen = (labels != 8) & ((labels != 3) | (torch.arange(len(labels)) % 4 == 0))
    values, labels = values[chosen], labels[chosen]
    x, names = values.double().numpy(), labels.tolist()
    own = {who: [row for row, name in enumerate(names) if name == who] for who in range(9)}
    within = {
        who: np.mean([x[a] @ x[b] for a in rows for b in rows if a != b])
        for who, rows in own.items()
        if len(rows) > 1
    }
    least, middle = np.quantile([*within.values()], 0.05), sorted(within.values())[3]
    scale = {who: max(within.get(who, middle), least) for who in own}
    cross = {
        (a, b): np.mean([x[i] @ x[j] for i in own[a] for j in own[b]] or [0.0])
        for a in own
        for b in own
    }
    far = sorted(value for (a, b), value in cross.items() if a != b)
    zero = far[(len(far) - 1) // 2]
    found = likeness(values, labels, values, labels, 9)
    for (a, b), value in cross.items():
        if 8 not in (a, b) and a != b:
            one = min(scale[a], scale[b])
            assert float(found[a, b]) == pytest.approx((value - zero) / (one - zero), abs=1e-4)
    others, whose = cluster(people=5, photos=2, dimension=24, seed=seed + 50)
    y = others.double().numpy()
    across = np.array(
        [[np.mean(x[own[a]] @ y[2 * b : 2 * b + 2].T) for b in range(5)] for a in range(8)]
    )
    flat = np.sort(np.concatenate([across.ravel(), np.zeros(5)]))
    zero = flat[(len(flat) - 1) // 2]
    found = likeness(values, labels, others, whose, 9, 5)
    for a in range(8):
        expected = (across[a] - zero) / (scale[a] - zero)
        np.testing.assert_allclose(found[a].numpy(), expected, atol=1e-4)
    alone = torch.arange(len(labels))
    assert not likeness(values, alone, others, whose, len(alone), 5).any()
    assert likeness(values, alone, values, alone, len(alone)).shape == (len(alone),) * 2

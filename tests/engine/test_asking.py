"""Who is this? The answers of both sides, and how a photo that nobody enrolled is looked at."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from engine.alignment import Prepared
from engine.errors import LetheError
from engine.gallery import Gallery, Skipped
from engine.service import asking
from engine.service.asking import HITS, answer, asked, asked_about, clearest, photos_to_ask, show
from engine.workspace import start
from tests.demo.world import workspace
from tests.engine.photos import encoded

SPACE = workspace()
FEATURES = SPACE.features


def test_an_answer_is_the_nearest_enrolled_photos_and_the_name_at_the_output() -> None:
    """Would catch a photo that finds itself, a test photo among the matches, or another order."""
    view = start(SPACE).view()
    for row in (0, int((~FEATURES.train).nonzero()[0])):
        found = answer(view, row)
        alike = normalize(view.values, dim=1) @ normalize(view.values[row], dim=0)
        alike[~FEATURES.train] = -2
        alike[row] = -2
        assert [hit.index for hit in found.hits] == alike.topk(HITS).indices.tolist()
        assert found.says == int(SPACE.head.predict(view.values[row][None])[0])


def test_both_sides_are_asked_after_a_deletion_alone() -> None:
    """Would catch a side after nothing, or the sides swapped."""
    row = photos_to_ask(SPACE, 1)[0]
    fresh = asked(start(SPACE), row)
    assert (fresh.row, fresh.after, fresh.forgotten) == (row, None, frozenset())
    state = start(SPACE).forget((1,), "head-only")
    told = asked(state, row)
    assert told.before == fresh.before
    assert told.after == answer(state.view(), row)
    assert (told.before.says, told.forgotten) == (1, {1})
    assert told.after.says != 1


def test_test_photos_are_asked_about_where_there_are_any() -> None:
    """Would catch an enrolled photo that finds itself for a first question, or nobody to ask."""
    own = (FEATURES.labels == 2).nonzero()[:, 0].tolist()
    tests = [row for row in own if not FEATURES.train[row]]
    assert 0 < len(tests) < len(own)
    assert photos_to_ask(SPACE, 2) == tests
    enrolled = replace(SPACE, features=replace(FEATURES, train=FEATURES.train | True))
    assert photos_to_ask(enrolled, 2) == own


def test_the_clearest_photo_is_the_first_that_is_right_and_sure() -> None:
    """Would catch a first question that the untouched model gets wrong, or is unsure about."""
    tests = photos_to_ask(SPACE, 2)
    assert clearest(SPACE, 2) == tests[0]
    values = FEATURES.values.clone()
    other = int((FEATURES.train & (FEATURES.labels == 5)).nonzero()[0])
    values[tests[0]] = values[other]
    wrong = replace(SPACE, features=replace(FEATURES, values=values))
    assert clearest(wrong, 2) == tests[1]
    values[tests] = values[other].clone()
    assert clearest(wrong, 2) == tests[0]  # none is right: the first
    values = FEATURES.values.clone()
    aside = torch.randn(48, generator=torch.Generator().manual_seed(9))
    values[tests[0]] = normalize(values[tests[0]] + normalize(aside, dim=0), dim=0)
    unsure = replace(SPACE, features=replace(FEATURES, values=values))
    first, second = (answer(start(unsure).view(), row).hits[0] for row in tests[:2])
    assert first.label == second.label == 2
    assert first.similarity < second.similarity
    unsure = replace(unsure, threshold=second.similarity - 1e-6)
    assert clearest(unsure, 2) == tests[1]


@pytest.mark.parametrize(
    ("width", "height", "tries"),
    [
        (112, 112, [True, False]),
        (111, 111, [False, True]),
        (224, 224, [False, True]),
        (225, 225, [False]),
        (112, 111, [False]),
        (300, 200, [False]),
    ],
)
def test_a_small_square_photo_may_be_a_crop(
    monkeypatch: pytest.MonkeyPatch, width: int, height: int, tries: list[bool]
) -> None:
    """Would catch a photo taken for a face crop as a whole, or a crop that shows no face."""
    looked: list[bool] = []

    def nothing(gallery: Gallery, size: int, convention: str) -> Prepared:
        assert (size, convention) == (SPACE.backbone.size, SPACE.backbone.convention)
        looked.append(bool(gallery.aligned[0]))
        raise LetheError("No photo can be used.")

    monkeypatch.setattr(asking, "prepare", nothing)
    with pytest.raises(LetheError, match="No face was found"):
        show(SPACE, encoded(1, width=width, height=height))
    assert looked == tries


@pytest.mark.parametrize("remarks", [(), (Skipped("this photo", "two faces"),)])
def test_the_first_look_that_finds_a_face_is_taken(
    monkeypatch: pytest.MonkeyPatch, remarks: tuple[Skipped, ...]
) -> None:
    """Would catch a second look that replaces the first, or a remark that is lost or made up."""
    face = np.full((1, 32, 32, 3), 7, np.uint8)
    looked: list[Gallery] = []

    def found(gallery: Gallery, *_: object) -> Prepared:
        looked.append(gallery)
        return Prepared(face, np.zeros(1, np.int64), (), remarks)

    monkeypatch.setattr(asking, "prepare", found)
    monkeypatch.setattr(asking, "embed_all", lambda faces, *_, **__: torch.ones(len(faces), 48))
    photo = encoded(1, width=112, height=112)
    shown = show(SPACE, photo)
    assert [bool(one.aligned[0]) for one in looked] == [True]
    assert (shown.workspace, shown.photo) == (SPACE, photo)
    assert shown.face is face
    assert shown.values.shape == (1, 48)
    assert shown.remark == ("two faces" if remarks else "")


def test_a_picture_that_is_enrolled_does_not_match_itself() -> None:
    """Would catch "still known" from the very picture that was enrolled, whatever was erased."""
    row = int(FEATURES.train.nonzero()[0, 0])
    face = np.full((1, 32, 32, 3), 7, np.uint8)
    shown = asking.Shown(SPACE, b"", face, FEATURES.values[row][None] * 3)
    hits = asked_about(start(SPACE), shown).before.hits
    assert len(hits) == HITS
    assert row not in {hit.index for hit in hits}
    assert [hit.index for hit in hits] == [
        hit.index for hit in answer(start(SPACE).view(), row).hits
    ]
    other = asking.Shown(SPACE, b"", face, (FEATURES.values[row] + 0.1)[None])
    assert row in {hit.index for hit in asked_about(start(SPACE), other).before.hits}

"""Two galleries as one: own people in front, nothing of either lost or mixed up."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.company import People, join
from engine.gallery import Gallery, Skipped, build
from tests.engine.photos import encoded
from tests.engine.toy import features_of


def some(name: str, people: tuple[str, ...], seed: int, **more: object) -> People:
    """Two photos each of some people, the second of the first without a face, and its features."""
    items = [
        (who, f"{who}/{at}.png", encoded(seed + 10 * number + at))
        for number, who in enumerate(people)
        for at in range(2)
    ]
    listed = (Skipped(f"{people[0]}/note.txt", "no image: text"),)
    gallery = build(name, items, aligned=True, skipped=listed, **more)  # type: ignore[arg-type]
    rows = np.delete(np.arange(len(items)), 1)
    values = torch.randn(len(rows), 4, generator=torch.Generator().manual_seed(seed))
    faceless = Skipped(gallery.photos[1].key, "no face found")
    features = replace(
        features_of(gallery, values, rows),
        skipped=(*listed, faceless),
        remarks=(Skipped(gallery.photos[0].key, "two faces"),),
        key=name,
        faces=lambda: np.full((len(rows), 2, 2, 3), seed, np.uint8),
    )
    return gallery, features


@pytest.mark.parametrize("names", [("Ada", "Bob"), ("Cleo", "Dan")])
def test_every_photo_keeps_its_person_its_side_and_its_features(names: tuple[str, ...]) -> None:
    """Would catch labels or places of one gallery read in the other's numbers."""
    mine, theirs = some("mine", ("Ada", "Zoe"), 1), some("theirs", names, 2)
    gallery, features = join(mine, theirs)
    own = ("Ada (yours)", "Zoe") if "Ada" in names else ("Ada", "Zoe")
    assert gallery.identities == features.identities == (*own, *names)
    assert gallery.name == "mine and theirs"
    assert gallery.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert features.labels.tolist() == [0, 1, 1, 2, 3, 3]
    assert features.rows.tolist() == [0, 2, 3, 4, 6, 7]
    assert torch.equal(features.values, torch.cat([mine[1].values, theirs[1].values]))
    assert gallery.labels[features.rows].tolist() == features.labels.tolist()
    assert gallery.train[features.rows].tolist() == features.train.tolist()
    assert features.pixels()[:, 0, 0, 0].tolist() == [1, 1, 1, 2, 2, 2]
    for at, photo in enumerate(gallery.photos):
        side = (mine if at < 4 else theirs)[0]
        assert photo.read() == side.photos[at % 4].read()
    keys = [photo.key for photo in gallery.photos]
    first = "yours/Ada" if "Ada" in names else "Ada"
    assert keys[:4] == [f"{first}/0.png", f"{first}/1.png", "Zoe/0.png", "Zoe/1.png"]
    assert keys[4:] == [photo.key for photo in theirs[0].photos]
    assert [one.key for one in features.skipped] == [
        *(f"{first}/note.txt", f"{names[0]}/note.txt"),
        *(f"{first}/1.png", f"{names[0]}/1.png"),
    ]
    assert features.skipped[:2] == gallery.skipped
    assert [one.key for one in features.remarks] == [f"{first}/0.png", f"{names[0]}/0.png"]
    told = [note for note in gallery.notes if "told apart" in note]
    assert told == (["Ada: yours are told apart by (yours)."] if "Ada" in names else [])


def test_copies_notes_and_counts_are_of_both() -> None:
    """Would catch a copy looked for among the other's photos, or a note that is lost."""

    def twice(gallery: Gallery) -> Gallery:
        return replace(gallery, copies=((0, 3), (1, 2)))

    mine = some("mine", ("Ada", "Bob"), 1, ignored=2, notes=("Mine.",))
    theirs = some("theirs", ("Cleo", "Dan"), 2, ignored=3, notes=("Theirs.",))
    gallery, features = join((twice(mine[0]), mine[1]), (twice(theirs[0]), theirs[1]))
    assert gallery.copies == ((0, 3), (1, 2), (4, 7), (5, 6))
    assert (gallery.ignored, gallery.notes) == (5, ("Mine.", "Theirs."))
    assert gallery.aligned.tolist() == [True] * 8
    other, further = join(mine, some("theirs", ("Cleo", "Eve"), 2))
    assert len({gallery.sha256, other.sha256, mine[0].sha256, theirs[0].sha256}) == 4
    assert features.key == further.key != mine[1].key
    assert join(mine, (theirs[0], replace(theirs[1], key="new")))[1].key != features.key


@pytest.mark.parametrize("without", [0, 1])
def test_without_the_photos_of_one_there_are_no_faces(without: int) -> None:
    """Would catch faces of one gallery handed out for both."""
    pair = [some("mine", ("Ada", "Bob"), 1), some("theirs", ("Cleo", "Dan"), 2)]
    pair[without] = (pair[without][0], replace(pair[without][1], faces=None))
    assert join(*pair)[1].faces is None

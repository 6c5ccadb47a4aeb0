"""What is worth a look in own photos: which face, how clear, a copy, another's name; and edits."""

import io
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from engine import clarity
from engine.backbones import Backbone, load_backbone
from engine.clarity import Sight, sharpness
from engine.detection import Face, nearest, worth_choosing
from engine.doubts import doubts
from engine.oddities import odd
from engine.service.marks import Mark, marks
from engine.service.own import Edits, Inbox, Limits, own, own_gallery
from engine.warp import around
from engine.workspace import Workspace
from tests.engine.test_own import photo_bytes
from tests.engine.toy import cluster

NAMES = ("Asha", "Diego", "Greta")
PHOTOS = 7


def picture(photo: bytes) -> Image.Image:
    """A photo's pixels."""
    return Image.open(io.BytesIO(photo)).convert("RGB")


def encoded(image: Image.Image, quality: int = 95) -> bytes:
    """A picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def portrait(*photos: bytes, side: int = 360) -> Image.Image:
    """Faces side by side in one photo, each with room around it."""
    ground = Image.new("RGB", (480 * len(photos), 480), (96, 104, 112))
    for at, photo in enumerate(photos):
        face = picture(photo).resize((side, side), Image.Resampling.LANCZOS)
        ground.paste(face, (480 * at + 240 - side // 2, 240 - side // 2))
    return ground


@pytest.fixture(scope="module")
def mini() -> Backbone:
    return load_backbone("mini")


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    """Three people's portraits, one of each thing that is worth a look, and a wall."""
    found = {
        f"{name}/{at}.jpg": encoded(portrait(photo))
        for name in NAMES
        for at, photo in enumerate(photo_bytes(name, PHOTOS))
    }
    later = {name: photo_bytes(name, PHOTOS + 4)[PHOTOS:] for name in NAMES}
    found["Asha/two.jpg"] = encoded(portrait(later["Diego"][0], later["Asha"][0]))
    found["Asha/soft.jpg"] = encoded(
        portrait(later["Asha"][1]).filter(ImageFilter.GaussianBlur(12))
    )
    found["Diego/far.jpg"] = encoded(portrait(later["Diego"][1], side=44))
    found["Diego/again.jpg"] = encoded(portrait(photo_bytes("Diego", 1)[0]), 70)
    found["Greta/wrong.jpg"] = encoded(portrait(later["Diego"][2]))
    found["Greta/wall.jpg"] = encoded(Image.new("RGB", (480, 480), (96, 104, 112)))
    return found


def brought(files: Mapping[str, bytes]) -> Inbox:
    """An inbox with these files."""
    inbox = Inbox(Limits())
    for path, data in files.items():
        inbox.add(path, data)
    return inbox


@pytest.fixture(scope="module")
def space(files: Mapping[str, bytes], mini: Backbone) -> Workspace:
    """What is made of them."""
    return own(brought(files), mini)


def by_key(space: Workspace) -> dict[str, Mark]:
    """Key -> mark."""
    found = marks(space, 3)
    return {space.gallery.photos[int(space.features.rows[row])].key: m for row, m in found.items()}


def row_of(space: Workspace, key: str) -> int:
    """The row of a photo."""
    keys = [space.gallery.photos[int(row)].key for row in space.features.rows]
    return keys.index(key)


def test_each_thing_is_marked_and_nothing_else(space: Workspace) -> None:
    """Would catch a photo that is marked for nothing, or not marked where it should be."""
    found = by_key(space)
    assert {key for key, mark in found.items() if mark.is_several} == {"Asha/two.jpg"}
    assert {key for key, mark in found.items() if mark.is_unclear} == {
        "Asha/soft.jpg",
        "Diego/far.jpg",
    }
    assert found["Asha/soft.jpg"].sight.remark == "blurred"
    assert found["Diego/far.jpg"].sight.remark.startswith("the face is only ")
    assert not found["Diego/far.jpg"].sight.is_blurred
    doubtful = {key: mark.like for key, mark in found.items() if mark.like is not None}
    assert doubtful["Greta/wrong.jpg"] == NAMES.index("Diego")
    assert doubtful.keys() <= {"Greta/wrong.jpg", "Asha/two.jpg"}
    assert "Greta/wall.jpg" not in found
    lost = {one.key: one for one in space.features.skipped}
    assert lost["Greta/wall.jpg"].reason == "no face found"
    assert lost["Greta/wall.jpg"].source is not None


def test_a_copy_is_marked_with_what_it_repeats(space: Workspace) -> None:
    """Would catch a copy that names itself or another photo, or one on the other side."""
    found = marks(space, 3)
    copies = {row: mark.repeats for row, mark in found.items() if mark.repeats is not None}
    pair = {row_of(space, "Diego/0.jpg"), row_of(space, "Diego/again.jpg")}
    assert copies == {max(pair): min(pair)}
    assert len({bool(space.features.train[row]) for row in pair}) == 1


def test_another_face_is_taken_where_it_is_chosen(
    files: Mapping[str, bytes], space: Workspace, mini: Backbone
) -> None:
    """Would catch a choice that is not heeded, is heeded in another photo, or leaves the key."""
    sight = by_key(space)["Asha/two.jpg"].sight
    assert len(sight.boxes) == 2
    other = sight.boxes[1 - sight.taken]
    x, y = (other[:2] + other[2:]) / 2
    edits = Edits(faces={"Asha/two.jpg": (float(x) + 0.03, float(y) - 0.03), "none": (0, 0)})
    again = own(brought(files), mini, edits=edits)
    chosen = by_key(again)["Asha/two.jpg"].sight
    assert chosen.taken == 1 - sight.taken
    assert chosen.by_hand
    assert "the one you chose was used" in chosen.remark
    row = row_of(space, "Asha/two.jpg")
    rest = torch.arange(len(space.features)) != row
    assert torch.equal(again.features.values[rest], space.features.values[rest])
    assert float(again.features.values[row] @ space.features.values[row]) < 0.9
    assert again.features.key != space.features.key
    # The pixels that a training baseline reads are the chosen ones too.
    assert not np.array_equal(again.features.pixels()[row], space.features.pixels()[row])
    same = own_gallery(brought(files), Edits(faces={"none": (0.5, 0.5)}))
    assert same.sha256 == own_gallery(brought(files)).sha256


def test_a_moved_photo_is_the_other_persons(files: Mapping[str, bytes], mini: Backbone) -> None:
    """Would catch a move that is lost, or lost once that person is renamed."""
    edits = Edits(names={"Diego": "D."}, moved={"Greta/wrong.jpg": "Diego"})
    found = own_gallery(brought(files), edits)
    whose = {
        photo.key: found.identities[label]
        for photo, label in zip(found.photos, found.labels, strict=True)
    }
    assert whose["Greta/wrong.jpg"] == whose["Diego/0.jpg"] == "D."
    assert set(whose.values()) == {"Asha", "D.", "Greta"}
    assert by_key(own(brought(files), mini, edits=edits)).get("Greta/wrong.jpg") is None


def test_what_was_left_out_can_still_be_seen(files: Mapping[str, bytes]) -> None:
    """Would catch a photo left out whose picture nobody can show any more."""
    found = own_gallery(brought(files), Edits(frozenset({"Asha/0.jpg"})))
    (gone,) = found.skipped
    assert (gone.key, gone.reason, gone.source) == (
        "Asha/0.jpg",
        "left out by you",
        files["Asha/0.jpg"],
    )


@pytest.mark.parametrize("name", ["Asha", "Diego", "Greta"])
def test_sharpness_falls_with_blur_whatever_the_light(name: str) -> None:
    """Would catch a measure that is not monotone, or takes what is dark for blurred."""
    for photo in photo_bytes(name, 5):
        face = picture(photo).resize((112, 112))
        steps = [
            sharpness(np.asarray(face.filter(ImageFilter.GaussianBlur(radius))))
            for radius in (0, 0.5, 1, 1.5, 2, 3, 4)
        ]
        assert steps == sorted(steps, reverse=True)
        assert steps[0] > clarity.BLURRED > steps[5]
        dark = np.asarray(face.point(lambda value: int(0.4 * value)))
        assert abs(sharpness(dark) - steps[0]) < 0.08
        shaken = np.asarray(face, dtype=np.float64)
        shaken = sum(np.roll(shaken, by, axis=1) for by in range(-4, 5)) / 9
        assert sharpness(shaken.astype(np.uint8)) < 0.75 * steps[0]
    assert sharpness(np.full((112, 112, 3), 90, np.uint8)) == 0


@pytest.mark.parametrize(
    ("width", "sharp", "says"),
    [
        (31.4, 0.1, "the face is only 31 pixels wide"),
        (31.6, 0.9, ""),
        (90.0, 0.1, "blurred"),
        (90.0, 0.9, ""),
    ],
)
def test_tiny_is_not_called_blurred_as_well(width: float, sharp: float, says: str) -> None:
    """Would catch a limit that is off by one, and two words for one fault."""
    assert Sight(np.empty((0, 4)), 0, width, sharp).remark == says


def test_the_width_is_that_of_the_photo_as_it_came(mini: Backbone) -> None:
    """Would catch the width of the shrunken photo in which the face was found."""
    photo = portrait(photo_bytes("Asha", 1)[0])
    widths = []
    for side in (480, 2400):
        inbox = Inbox(Limits())
        inbox.add("A/1.jpg", encoded(photo.resize((side, side))))
        for name in NAMES:
            for at, data in enumerate(photo_bytes(name, 3)):
                inbox.add(f"{name}/{at}.jpg", encoded(portrait(data)))
        space = own(inbox, mini)
        widths.append(space.features.sights[row_of(space, "A/1.jpg")].width)
    assert widths[1] == pytest.approx(5 * widths[0], rel=0.1)


def face(left: float, probability: float = 0.99) -> Face:
    """A face of 20 pixels."""
    return Face(np.array([left, 0.0, left + 20, 20.0]), np.zeros((5, 2)), probability)


def test_the_nearest_face_is_the_same_after_another_search() -> None:
    """Would catch a choice by number, which one face more or less in the photo turns to another."""
    one, two, three = face(0), face(40), face(80)
    assert nearest([one, two, three], 52, 14) is two
    assert nearest([three, two], 52, 14) is two
    assert nearest([one, face(45, 0.75), three], 80, 10) is three
    assert worth_choosing([three, one, face(20, 0.8)]) == [one, three]
    unsure = face(20, 0.8)
    assert worth_choosing([unsure]) == [unsure]


def test_around_is_a_square_inside_the_photo() -> None:
    """Would catch a picture of something else than the face, or one that leaves the photo."""
    image = Image.new("RGB", (400, 200))
    image.paste((255, 255, 255), (340, 20, 380, 60))
    cut = around(image, np.array([0.85, 0.1, 0.95, 0.3]), 2)
    assert cut.size == (80, 80)
    assert np.asarray(cut).max() == 255
    assert int((np.asarray(cut)[..., 0] == 255).sum()) == 1600
    assert around(image, np.array([0.0, 0.0, 1.0, 1.0]), 3).size == (200, 200)


def test_a_wrong_name_is_doubted_and_no_other() -> None:
    """Would catch right names in doubt, wrong ones believed, and somebody else proposed."""
    values, labels = cluster(people=5, photos=6, dimension=64, spread=0.6)
    assert doubts(values, labels, 5) == ()
    wrong = labels.clone()
    wrong[[3, 20]] = torch.tensor([2, 0])
    assert doubts(values, wrong, 5) == ((3, int(labels[3])), (20, int(labels[20])))
    # A label without photos, and somebody with a single one, are neither doubted nor proposed.
    single = wrong.clone()
    single[29] = 5
    assert {one.row for one in doubts(values, single, 7)} == {3, 20}
    assert doubts(values[:6], labels[:6], 1) == ()


def test_a_model_that_tells_nobody_apart_doubts_nobody() -> None:
    """Would catch half of all names in doubt under a model that does not know such faces."""
    generator = torch.Generator().manual_seed(0)
    values = torch.nn.functional.normalize(torch.randn(60, 16, generator=generator), dim=1)
    assert doubts(values, torch.arange(60) % 6, 6) == ()


def test_a_wrong_name_is_among_the_oddities(space: Workspace) -> None:
    """Would catch a doubt that the studio and the command line never hear of."""
    (told,) = [one for one in space.oddities if one.kind == "wrong name"]
    assert "Greta/wrong.jpg (more like Diego than like Greta)" in told.says
    assert "Greta/wrong.jpg" in told.keys
    assert odd(space.gallery, space.features)

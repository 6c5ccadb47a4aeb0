"""Who is who, what enrols and what tests, and what identifies a gallery."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import LetheError
from engine.gallery import Photo, Skipped, build, counted, split, summed
from engine.said import listed
from tests.engine.photos import encoded, image


def gallery(people: dict[str, int], **options):
    items = [
        (who, f"{who}/{photo}.png", encoded(100 * number + photo))
        for number, (who, count) in enumerate(people.items())
        for photo in range(count)
    ]
    return build("toy", items, aligned=True, **options)


@pytest.mark.parametrize("count", range(3, 31))
def test_everybody_with_three_photos_enrols_and_tests(count):
    """Would catch a rounding that leaves somebody without a test or an enrolment photo."""
    keys = [f"{photo}.png" for photo in range(count)]
    for fraction in (0.01, 0.7, 0.99):
        train = split("Ada", keys, 0, fraction)
        assert 1 <= sum(train) < count
    assert abs(sum(split("Ada", keys, 0, 0.7)) - 0.7 * count) <= 0.5 + 1e-9 or count == 3


def test_one_or_two_photos_only_enrol():
    """Would catch a test photo taken from somebody who then has too little to enrol."""
    assert split("Ada", ["a"], 0, 0.7) == [True]
    assert split("Ada", ["a", "b"], 0, 0.7) == [True, True]


def test_split_is_seeded_and_varies():
    """Would catch a split that ignores its seed, or one that changes from run to run."""
    keys = [f"{photo}.png" for photo in range(20)]
    assert split("Ada", keys, 0, 0.7) == split("Ada", keys, 0, 0.7)
    assert len({tuple(split("Ada", keys, seed, 0.7)) for seed in range(10)}) > 5
    assert split("Ada", keys, 0, 0.7) != split("Bob", keys, 0, 0.7)


def test_split_does_not_depend_on_other_people():
    """Would catch one generator drawn from for everybody: adding a person reshuffled all."""
    few = gallery({"Bob": 10, "Cleo": 10})
    many = gallery({"Bob": 10, "Cleo": 10, "Ada": 7, "Dora": 4})
    for who in ("Bob", "Cleo"):
        split_of = [
            {
                photo.key: bool(train)
                for photo, label, train in zip(one.photos, one.labels, one.train, strict=True)
                if one.identities[label] == who
            }
            for one in (few, many)
        ]
        assert split_of[0] == split_of[1]


def test_hash_follows_bytes_names_and_nothing_else():
    """Would catch a cache that answers for photos that were changed, moved or renamed."""
    items = [("Ada", "Ada/1.png", encoded(1)), ("Bob", "Bob/1.png", encoded(2))]
    base = build("toy", items, aligned=True).sha256
    assert build("another name", items[::-1], aligned=True, seed=5).sha256 == base
    changed = bytearray(items[0][2])
    changed[-1] ^= 1
    others = [
        [("Ada", "Ada/1.png", bytes(changed)), items[1]],
        [("Eve", "Ada/1.png", items[0][2]), items[1]],
        [("Ada", "Ada/2.png", items[0][2]), items[1]],
        [("Ada", "Ada/1.png", items[1][2]), ("Bob", "Bob/1.png", items[0][2])],
    ]
    hashes = {build("toy", other, aligned=True).sha256 for other in others}
    assert len(hashes) == len(others)
    assert base not in hashes


def test_copies_follow_the_first_of_their_kind_and_nobody_else_moves():
    """Would catch a copy that tests what its twin enrolled, or a split that copies reshuffle."""
    plain = gallery({"Ada": 10, "Bob": 10})
    items = [(photo.key.split("/")[0], photo.key, photo.source) for photo in plain.photos]
    copied = [(who, f"{key}~{n}", data) for who, key, data in items if who == "Ada" for n in "12"]
    more = build("toy", [*items, *copied], aligned=True)
    sides = dict(zip([photo.key for photo in more.photos], more.train.tolist(), strict=True))
    for photo, enrols in zip(plain.photos, plain.train, strict=True):
        twins = [key for key in sides if key.split("~")[0] == photo.key]
        assert len(twins) == (3 if photo.key.startswith("Ada") else 1)
        assert {sides[key] for key in twins} == {bool(enrols)}
    assert plain.copies == ()
    assert [len(group) for group in more.copies] == [3] * 10


def test_a_given_split_is_kept_where_it_has_both_sides():
    """Would catch a split of our own over a given one, or people left without a side."""
    keys = [f"Ada/{photo}.png" for photo in range(6)]
    given = {key: place < 2 for place, key in enumerate(keys)}
    given |= {f"Bob/{photo}.png": False for photo in range(6)}
    found = gallery({"Ada": 6, "Bob": 6, "Cleo": 6}, given=given)
    assert found.train[:6].tolist() == [True, True, False, False, False, False]
    for label in (1, 2):
        assert found.train[found.labels == label].sum() == 4
    (note,) = found.notes
    assert note.startswith("Bob and Cleo:")


def test_aligned_photos_are_named_by_key_and_keys_of_whole_galleries_stay():
    """Would catch a flag on the wrong photo after sorting, embeddings of crops answered for
    photos, or shipped embeddings that nothing finds any more."""
    from engine.features import feature_key
    from engine.store import content_key
    from tests.engine.test_workspace import Pixels

    backbone = Pixels()
    items = [("B", "B/1.png", encoded(1)), ("A", "A/1.png", encoded(2)), ("A", "A/0.png", b"x")]
    mixed = [build("toy", items, aligned=keys) for keys in ({"B/1.png"}, {"A/1.png"})]
    assert [one.aligned.tolist() for one in mixed] == [[False, False, True], [False, True, False]]
    whole = [build("toy", items, aligned=told) for told in (True, False)]
    for one, told in zip(whole, (True, False), strict=True):
        assert feature_key(one, backbone) == content_key(
            3, one.sha256, told, backbone.fingerprint, backbone.convention
        )
    assert len({feature_key(one, backbone) for one in (*mixed, *whole)}) == 4


def test_find_forgives_spelling_of_case_and_spaces():
    """Would catch a lookup that only knows folder names as they are on the disk."""
    people = gallery({"Ada_Lovelace": 3, "George_W_Bush": 3})
    assert people.find(["george w bush", "ADA_LOVELACE", "Ada Lovelace"]) == (1, 0)


def test_find_suggests_the_nearest_names():
    """Would catch an error that leaves a typo's author alone."""
    people = gallery({"Ada_Lovelace": 3, "George_W_Bush": 3})
    with pytest.raises(LetheError, match="Ada Lovelace"):
        people.find(["Ada Lovelac"])
    with pytest.raises(LetheError, match="engine list"):
        people.find(["zzzzzzz"])


def test_exif_orientation_is_honoured():
    """Would catch phone photos that lie on their side, where no face is found."""
    out = io.BytesIO()
    upright = image(3, 60, 40)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned by 90 degrees
    upright.transpose(Image.Transpose.ROTATE_90).save(out, "PNG", exif=exif)
    shown = Photo("a.png", out.getvalue()).image()
    assert shown.size == (60, 40)
    assert np.array_equal(np.asarray(shown), np.asarray(upright))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_any_colour_mode_becomes_rgb(mode):
    """Would catch grey or transparent photos that break the arrays further on."""
    out = io.BytesIO()
    image(3).convert(mode).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert Photo("a", out.getvalue()).image().mode == "RGB"


def test_damaged_and_huge_photos_are_one_sentence():
    """Would catch a traceback, or 50,000 pixels decoded into gigabytes."""
    with pytest.raises(LetheError, match="damaged"):
        Photo("cut.jpg", encoded(1, "JPEG", 200, 200)[:900]).image()
    with pytest.raises(LetheError, match="damaged"):
        Photo("text.jpg", b"hello").image()
    with pytest.raises(LetheError, match="cannot be read"):
        Photo("gone.jpg", Path("/nowhere/gone.jpg")).image()
    out = io.BytesIO()
    Image.new("1", (50_000, 2_000)).save(out, "PNG")
    with pytest.raises(LetheError, match="50000 x 2000"):
        Photo("wide.png", out.getvalue()).image()


def test_thumbnails_are_small_webp_even_of_damaged_photos():
    """Would catch a page that fails as a whole because of one bad file."""
    people = build(
        "toy",
        [("Ada", "1", encoded(1, width=300, height=200)), ("Ada", "2", b"no image")],
        aligned=False,
    )
    for photo in range(2):
        with Image.open(io.BytesIO(people.thumbnail(photo, 96))) as small:
            assert small.format == "WEBP"
            assert small.size == (96, 96)


def test_a_thumbnail_that_is_ready_is_not_encoded_again():
    """Would catch a photo that loses quality twice, or metadata that travel into the page."""
    plain, smaller = encoded(1, "WEBP", 96, 96), encoded(1, "WEBP", 80, 80)
    marked, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "a secret"
    with Image.open(io.BytesIO(plain)) as photo:
        photo.save(marked, "WEBP", exif=exif)
    cut = plain[:60] + bytes(len(plain) - 60)
    files = {"1": plain, "2": smaller, "3": marked.getvalue(), "4": cut, "5": plain + b"a secret"}
    people = build("toy", [("Ada", key, data) for key, data in files.items()], aligned=True)
    assert people.thumbnail(0, 96) == plain
    for photo in range(1, 5):
        made = people.thumbnail(photo, 96)
        assert b"a secret" not in made
        with Image.open(io.BytesIO(made)) as small:
            small.load()
            assert small.size == (96, 96)


def test_nothing_and_nonsense_are_refused():
    """Would catch an empty gallery that fails somewhere deep in numpy."""
    with pytest.raises(LetheError, match="no photo"):
        build("empty", [], aligned=True)
    with pytest.raises(LetheError, match="train fraction"):
        gallery({"Ada": 3}, train_fraction=1.0)


@pytest.mark.parametrize(
    ("names", "most", "words"),
    [
        ("", 4, ""),
        ("A", 4, "A"),
        ("AB", 4, "A and B"),
        ("ABCD", 4, "A, B, C and D"),
        ("ABCDE", 4, "A, B, C, D and 1 more"),
        ("ABCDE", 2, "A, B and 3 more"),
    ],
)
def test_a_list_of_names_is_a_phrase_that_stays_short(names, most, words):
    """Would catch a name that is lost between those shown and those counted."""
    assert listed(list(names), most) == words
    if most == 4:
        assert listed(list(names)) == words


def test_counts_are_words():
    """Would catch `1 photos`, `2 person`, or causes that are not summed."""
    assert [counted(one, "photo") for one in (0, 1, 1200)] == [
        "0 photos",
        "1 photo",
        "1,200 photos",
    ]
    assert [counted(one, "person", "people") for one in (1, 2)] == ["1 person", "2 people"]
    assert summed(["a", "b", "b"]) == "2 b, 1 a"
    assert summed([]) == ""


def test_an_account_counts_every_file_once():
    """Would catch a photo without a face counted as used, a file that is lost twice over, or a
    person of whom nothing is left."""
    items = [(who, f"{who}/{at}.png", encoded(at)) for who in "AB" for at in range(3)]
    listed_ = [Skipped("notes.txt", "no image: text"), Skipped("A/cut.jpg", "cut off")]
    people = build("toy", items, aligned=True, skipped=listed_, ignored=2)
    assert people.account() == (
        "6 photos of 2 people used; 2 files left out (1 no image, 1 cut off); "
        "2 system files ignored."
    )
    faceless = [Skipped(f"B/{at}.png", "no face found") for at in range(3)]
    assert people.account((*faceless, listed_[1])) == (
        "3 photos of 1 person used; 5 files left out (3 no face found, 1 no image, 1 cut off); "
        "2 system files ignored."
    )
    assert build("toy", items, aligned=True).account() == "6 photos of 2 people used."

"""Rendered people: repeatable, aligned, varied, and safely packed."""

import io
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from engine.errors import LetheError
from engine.sources.packed import digest, embedded_path, open_packed
from tools.people.__main__ import main
from tools.people.making import FIRST_REFERENCE, FIRST_STRANGER, Order, cast, make
from tools.people.names import CAST, NAMES
from tools.people.packing import webp, write_packed
from tools.people.person import HAIR_STYLES, sample_person
from tools.people.photo import PORTRAIT, sample_shot
from tools.people.render import photograph, render
from tools.people.scene import compile_scene, landmarks, project, rotation, template
from tools.people.sheet import choose
from tools.training.training_set import FIRST_PERSON

SIZE = 48


def small(count: int = 4) -> np.ndarray:
    return render(list(range(count)), [7] * count, SIZE)


def test_same_seeds_same_bits_whatever_the_threads():
    """Would catch a random state shared between photos, or a result that depends on scheduling."""
    one = render([1, 2, 3, 2], [5, 5, 5, 5], SIZE, threads=1)
    three = render([1, 2, 3, 2], [5, 5, 5, 5], SIZE, threads=3)
    np.testing.assert_array_equal(one, three)
    np.testing.assert_array_equal(one[1], one[3])
    np.testing.assert_array_equal(render([3], [5], SIZE)[0], one[2])


def test_both_seeds_matter():
    """Would catch a shot that ignores its seed, or people who share a face."""
    faces = render([1, 1, 2], [5, 6, 5], SIZE).astype(float)
    assert abs(faces[0] - faces[1]).mean() > 3
    assert abs(faces[0] - faces[2]).mean() > 3


def test_photos_show_something():
    """Would catch a blank, black, burnt-out or NaN picture."""
    for photo in small().astype(float):
        assert photo.std() > 15
        assert 25 < photo.mean() < 235
        assert (photo > 253).mean() < 0.5
        assert (photo < 2).mean() < 0.5


def test_landmarks_land_on_the_template():
    """Would catch a wrong camera, a mirrored head or a mouth that moved away from the template."""
    from tools.people.kernel import front

    for seed in range(12):
        person = sample_person(seed)
        shot = replace(sample_shot(PORTRAIT, person), yaw=0.0, pitch=0.0, body_yaw=0.0)
        record = compile_scene(person, shot, front)[()]
        turn = rotation(shot.yaw, shot.pitch, shot.roll)
        flat = project(landmarks(record, front), turn, shot.distance)
        # the record maps pixels to the image plane; invert that map
        there = np.array(
            [[record["cam_a"], -record["cam_b"]], [record["cam_b"], record["cam_a"]]], dtype=float
        )
        seen = np.linalg.solve(there, (flat - [record["cam_x"], record["cam_y"]]).T).T * 112
        off = np.linalg.norm(seen - template(112), axis=1)
        # a similarity cannot make a face's proportions those of the template
        assert off[:2].max() < 6, seed
        assert off.max() < 9, seed


def test_eyes_are_painted_where_the_landmarks_say():
    """Would catch a renderer whose picture does not follow its own camera: pupils are the darkest
    thing near an eye, and much darker than the cheek below."""
    for seed in (1, 2, 9, 28):
        person = replace(sample_person(seed), glasses="none")
        photo = photograph(person, sample_shot(PORTRAIT, person), 112).astype(float).mean(2)
        for x, y in template(112)[:2].round().astype(int):
            pupil = photo[y - 4 : y + 5, x - 4 : x + 5].min()
            cheek = np.median(photo[y + 12 : y + 16, x - 3 : x + 4])
            assert pupil < 0.5 * cheek, (seed, pupil, cheek)


def test_people_vary_and_are_finite():
    """Would catch a style that is never drawn, a NaN, or a population of one age or skin."""
    people = [sample_person(seed) for seed in range(600)]
    assert {person.hair_style for person in people} == set(HAIR_STYLES)
    for name, low, high in (("age", 15, 70), ("melanin", 0.1, 0.85), ("masculine", 0.3, 0.7)):
        values = np.array([getattr(person, name) for person in people])
        assert values.min() < low, name
        assert values.max() > high, name
    for person in people:
        for field in fields(person):
            value = getattr(person, field.name)
            if isinstance(value, float):
                assert np.isfinite(value), field.name
        assert all(0 <= channel <= 1 for channel in person.skin + person.hair_colour)


@pytest.mark.parametrize("size", [0, -3, 15, 10_000])
def test_bad_sizes_are_refused(size):
    """Would catch an allocation of a 10,000 px picture or a division by zero."""
    with pytest.raises(LetheError, match="16 to 1024"):
        render([1], [1], size)
    with pytest.raises(LetheError):
        make(Order(people=1, photos=1, size=size), embedded_path().with_name("never.zip"))


def test_lengths_must_agree():
    """Would catch photos silently dropped by zip()."""
    with pytest.raises(LetheError, match="one shot per person"):
        render([1, 2], [1], SIZE)


def test_progress_reaches_the_end_and_may_stop():
    """Would catch a watcher that is never told, or an exception swallowed by a worker."""
    seen = []
    render([1, 2, 3], [1, 1, 1], 16, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render([1] * 6, list(range(6)), 16, progress=stop)


def test_cast_is_64_different_people_apart_from_strangers():
    """Would catch a name or seed used twice, or a stranger who is in the gallery, who judges and
    is learned from, or whom the network was trained on."""
    assert len(CAST) == len(set(NAMES)) == len({seed for _, seed in CAST}) == 64
    assert max(seed for _, seed in CAST) < FIRST_STRANGER
    Order(strangers=100_000, reference=100_000).check()
    for strangers, reference in ((100_001, 0), (0, 100_001)):
        with pytest.raises(LetheError, match="100,000 strangers"):
            Order(strangers=strangers, reference=reference).check()
    assert FIRST_STRANGER + 100_000 <= FIRST_REFERENCE
    assert FIRST_REFERENCE + 100_000 <= FIRST_PERSON


def test_unknown_person_is_named():
    """Would catch a KeyError shown to a person."""
    with pytest.raises(LetheError, match="Nobody in the gallery is called Zaphod"):
        choose(["Zaphod"], 1)
    assert choose([NAMES[3].lower()], 1) == [CAST[3]]


ORDER = Order(people=2, photos=2, strangers=1, reference=2, size=24)


def test_command_makes_a_gallery_again_bit_by_bit(tmp_path, capsys):
    """Would catch time stamps in the zip or seeds that are not those of the manifest."""
    words = ["make", "--people", "2", "--photos", "2", "--strangers", "1"]
    words += ["--reference", "2", "--size", "24", "--out"]
    for name in ("a.zip", "b.zip"):
        assert main([*words, str(tmp_path / name)]) == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    packed = open_packed(tmp_path / "a.zip")
    assert list(packed.people) == [CAST[0][0], CAST[1][0]]
    assert [len(photos) for photos in packed.people.values()] == [2, 2]
    assert [len(photos) for photos in packed.strangers.values()] == [2]
    assert [len(photos) for photos in packed.reference.values()] == [1, 1]
    photo = render([packed.manifest["people"][CAST[1][0]]], [1], 24)[0]
    assert packed.people[CAST[1][0]][1] == webp(photo, ORDER.quality)
    said = "make --people 2 --photos 2 --strangers 1 --reference 2 --size 24"
    assert packed.manifest["made_by"].endswith(said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    """Would catch finished photos thrown away, or half a photo taken for a whole one."""
    monkeypatch.setattr("tools.people.making._BATCH", 2)
    whole, resumed = tmp_path / "whole.zip", tmp_path / "resumed.zip"
    make(ORDER, whole)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(ORDER, resumed, stop)
    assert not resumed.exists()
    first = []
    make(ORDER, resumed, lambda done, total: first.append(done))
    assert first[0] == 4
    assert resumed.read_bytes() == whole.read_bytes()


def test_new_people_have_their_own_names():
    """Would catch more people than names overwriting each other."""
    people = cast(Order(people=200, seed=500))
    assert len(people) == 200
    assert sorted(people.values()) == list(range(500, 700))


def test_damage_is_told_with_the_way_back(tmp_path):
    """Would catch a flipped bit, a lost photo or a cut file that goes unnoticed."""
    path = tmp_path / "people.zip"
    photo = webp(np.full((16, 16, 3), 90, np.uint8), 80)
    photos = {"people/Ada/01.webp": photo, "people/Ada/02.webp": photo + b"\0"}
    write_packed(path, photos, {})
    assert open_packed(path).people == {"Ada": [photo, photo + b"\0"]}
    sound = path.read_bytes()

    place = sound.index(photo) + 20
    flipped = sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :]
    lost = io.BytesIO()
    with zipfile.ZipFile(lost, "w") as out, zipfile.ZipFile(path) as whole:
        for name in ("manifest.json", "people/Ada/01.webp"):
            out.writestr(name, whole.read(name))
    for damaged in (flipped, sound[: len(sound) // 2], b"", lost.getvalue()):
        path.write_bytes(damaged)
        with pytest.raises(LetheError, match=r"damaged.*git checkout .*python -m tools.people"):
            open_packed(path)
    path.unlink()
    with pytest.raises(LetheError, match="no packed gallery"):
        open_packed(path)


def test_digest_sees_names_and_bytes():
    """Would catch two photos swapped between people."""
    assert digest({"a": b"1", "b": b"2"}) != digest({"a": b"2", "b": b"1"})
    assert digest({"a": b"1", "b": b"2"}) == digest({"b": b"2", "a": b"1"})


@pytest.fixture(scope="module")
def embedded():
    if not embedded_path().is_file():
        pytest.skip("assets/people.zip is not there")
    return open_packed(embedded_path())


def test_embedded_gallery_is_whole(embedded):
    """Would catch a gallery made with other people, other counts or too large a file."""
    assert embedded_path().stat().st_size <= 12e6
    assert embedded.manifest["people"] == dict(CAST)
    assert {len(photos) for photos in embedded.people.values()} == {40}
    assert len(embedded.people) == 64
    assert len(embedded.strangers) == 400
    assert {len(photos) for photos in embedded.strangers.values()} == {2}
    assert len(embedded.reference) == 600
    assert {len(photos) for photos in embedded.reference.values()} == {1}
    for photos in (photo for group in embedded[:3] for photo in group.values()):
        assert Image.open(io.BytesIO(photos[0])).size == (112, 112)


def test_embedded_gallery_is_what_the_renderer_makes(embedded):
    """Would catch a renderer that changed without the gallery being made again."""
    for name, number in ((NAMES[0], 0), (NAMES[40], 17)):
        kept = np.asarray(Image.open(io.BytesIO(embedded.people[name][number])).convert("RGB"))
        packed = webp(render([dict(CAST)[name]], [number])[0], quality=embedded.manifest["quality"])
        again = np.asarray(Image.open(io.BytesIO(packed)).convert("RGB"))
        assert abs(kept.astype(float) - again).mean() < 1.5


def test_raw_pixels_do_not_know_people(embedded):
    """Would catch photos so alike that any network would look good: nearest neighbours on raw
    pixels must fail for most."""
    faces, labels = [], []
    for label, photos in enumerate(embedded.people.values()):
        for photo in photos[:20]:
            faces.append(np.asarray(Image.open(io.BytesIO(photo)).convert("RGB").reduce(4)))
            labels.append(label)
    x = np.stack(faces).reshape(len(faces), -1).astype(np.float32)
    labels = np.array(labels)
    distance = (x**2).sum(1)[:, None] + (x**2).sum(1)[None] - 2 * x @ x.T
    np.fill_diagonal(distance, np.inf)
    recall = (labels[distance.argmin(1)] == labels).mean()
    assert recall < 0.6

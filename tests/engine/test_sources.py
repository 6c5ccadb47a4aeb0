"""Opening galleries from folders, zips and downloads, the bad ones above all."""

import gzip
import io
import stat
import tarfile
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from engine.errors import Cancelled, LetheError
from engine.progress import Progress
from engine.sources import SOURCES, embedded, entries, lfw, open_gallery, open_strangers
from engine.sources.base import Item, looks_aligned
from engine.sources.fetching import fetched
from tests.engine.photos import encoded, folder


def zipped(path: Path, files: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def two_people(prefix: str = "") -> dict[str, bytes]:
    return {
        f"{prefix}{who}/{photo}.png": encoded(10 * number + photo)
        for number, who in enumerate(("Ada", "Bob"))
        for photo in range(3)
    }


def one_sentence(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_folder_takes_photos_and_leaves_the_rest(tmp_path):
    """Would catch hidden files or notes taken for photos, a suffix missed, a file not counted."""
    folder(tmp_path, {"Ada": 3, "Bob": 3})
    for suffix, kind in ((".JPG", "JPEG"), (".jpeg", "JPEG"), (".webp", "WEBP"), (".bmp", "BMP")):
        (tmp_path / "Ada" / f"more{suffix}").write_bytes(encoded(7, kind))
    (tmp_path / "Ada" / ".hidden.png").write_bytes(encoded(8))
    (tmp_path / "Ada" / "notes.txt").write_text("no photo")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.png").write_bytes(encoded(9))
    found = open_gallery(tmp_path)
    assert found.identities == ("Ada", "Bob")
    assert len(found.photos) == 10
    assert [(one.key, one.reason) for one in found.skipped] == [("Ada/notes.txt", "no image: text")]
    assert found.ignored == 2


def test_bad_photos_are_named_and_the_rest_goes_on(tmp_path):
    """Would catch one bad file that ends everything, or one that disappears without a word."""
    folder(tmp_path, {"Ada": 3, "Bob": 3})
    (tmp_path / "Ada" / "fake.jpg").write_bytes(b"not an image")
    (tmp_path / "Ada" / "empty.jpg").write_bytes(b"")
    out = io.BytesIO()
    Image.new("1", (50_000, 2_000)).save(out, "PNG")
    (tmp_path / "Bob" / "wide.png").write_bytes(out.getvalue())
    found = open_gallery(tmp_path)
    assert len(found.photos) == 6
    reasons = {one.key: one.reason for one in found.skipped}
    assert reasons.keys() == {"Ada/fake.jpg", "Ada/empty.jpg", "Bob/wide.png"}
    assert "megapixels" in reasons["Bob/wide.png"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ({"Ada": 5}, "Only Ada"),
        ({"Ada": 1, "Bob": 1}, "three"),
        ({"Ada": 2, "Bob": 2}, "three"),
    ],
)
def test_too_little_to_forget_or_test(tmp_path, people, message):
    """Would catch an audit without anybody to remember, or without a photo to test with."""
    folder(tmp_path, people)
    with pytest.raises(LetheError, match=message) as error:
        open_gallery(tmp_path)
    one_sentence(error)
    assert len(open_strangers(tmp_path).identities) == len(people)


def test_missing_empty_and_flat_folders(tmp_path):
    """Would catch a traceback where a person gave the wrong folder."""
    with pytest.raises(LetheError, match="no folder, zip or gallery") as error:
        open_gallery(tmp_path / "nowhere")
    one_sentence(error)
    with pytest.raises(LetheError, match="folder per person") as error:
        open_gallery(tmp_path)
    one_sentence(error)
    (tmp_path / "loose.png").write_bytes(encoded(1))
    with pytest.raises(LetheError, match="folder of their own"):
        open_gallery(tmp_path)


@pytest.mark.parametrize(
    ("width", "height", "aligned"), [(112, 112, True), (250, 250, False), (112, 96, False)]
)
def test_alignment_is_guessed_said_and_overruled(tmp_path, width, height, aligned):
    """Would catch a guess that nobody is told of, or an override that is not one."""
    folder(tmp_path, {"Ada": 3, "Bob": 3}, width, height)
    guessed = open_gallery(tmp_path)
    assert (guessed.aligned == aligned).all()
    assert len(guessed.notes) == 1
    assert ("--align " if aligned else "--aligned") in guessed.notes[0]
    told = open_gallery(tmp_path, aligned=not aligned)
    assert (told.aligned != aligned).all()
    assert told.notes == ()
    (tmp_path / "Ada" / "other.png").write_bytes(encoded(5, width=111, height=112))
    assert np.flatnonzero(~open_gallery(tmp_path).aligned).tolist() == (
        [3] if aligned else [0, 1, 2, 3, 4, 5, 6]
    )


@pytest.mark.parametrize("prefix", ["", "my photos/"])
def test_zip_is_the_folder(tmp_path, prefix):
    """Would catch a zip that gives other photos, labels or splits than its folder."""
    files = two_people()
    for name, data in files.items():
        target = tmp_path / "folder" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    mac = {"__MACOSX/Ada/._0.png": b"junk", ".DS_Store": b"junk"}
    packed = zipped(tmp_path / "a.zip", {prefix + name: data for name, data in files.items()} | mac)
    found, same = open_gallery(packed), open_gallery(tmp_path / "folder")
    assert found.identities == same.identities
    assert found.sha256 == same.sha256
    assert np.array_equal(found.train, same.train)


@pytest.mark.parametrize(
    "name", ["../evil.png", "Ada/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png"]
)
def test_zip_that_leads_outside_is_refused(tmp_path, name):
    """Would catch a path traversal, also one written with backslashes."""
    path = zipped(tmp_path / "a.zip", two_people() | {name: encoded(1)})
    with pytest.raises(LetheError, match="outside") as error:
        open_gallery(path)
    one_sentence(error)


def test_zip_links_are_left_out(tmp_path):
    """Would catch a link in a zip that is read as a photo or followed, or lost without a word."""
    path = zipped(tmp_path / "a.zip", two_people())
    with zipfile.ZipFile(path, "a") as out:
        link = zipfile.ZipInfo("Ada/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, encoded(9))
    found = open_gallery(path)
    assert len(found.photos) == 6
    assert [(one.key, one.cause) for one in found.skipped] == [("Ada/link.png", "link")]


def test_zip_bombs_are_refused(tmp_path, monkeypatch):
    """Would catch a small zip that fills the memory: by one file, by all, or by a false size."""
    zeros = {f"Ada/{number}.bmp": bytes(6_000_000) for number in range(2)}
    large = {"Ada/large.bmp": np.random.default_rng(0).bytes(100_000)}
    for files, said in (
        (zeros, "unpacks to more than"),
        (large | {"Ada/0.bmp": bytes(11_000_000)}, "expands more than 200-fold"),
    ):
        bomb = zipped(tmp_path / "a.zip", two_people() | files)
        with pytest.raises(LetheError, match=said) as error:
            open_gallery(bomb)
        one_sentence(error)
    plain = zipped(tmp_path / "b.zip", two_people())
    monkeypatch.setattr(entries, "MAX_BYTES", 500)
    with pytest.raises(LetheError, match="unpacks to more than") as error:
        open_gallery(plain)
    one_sentence(error)


def test_one_small_file_that_shrinks_well_costs_no_zip(tmp_path):
    """Would catch photos refused for a list of zeros beside them."""
    found = open_gallery(zipped(tmp_path / "a.zip", two_people() | {"x.bin": bytes(9_000_000)}))
    assert len(found.photos) == 6
    assert [one.key for one in found.skipped] == ["x.bin"]


def test_zip_with_lying_sizes_is_bounded(tmp_path):
    """Would catch a reader that believes the table of contents: 5 MB stated as 100 bytes."""
    path = zipped(tmp_path / "a.zip", two_people() | {"Ada/bomb.bmp": bytes(5_000_000)})
    raw = bytearray(path.read_bytes())
    size = (5_000_000).to_bytes(4, "little")
    raw = raw.replace(size, (100).to_bytes(4, "little"))
    path.write_bytes(raw)
    found = open_gallery(path)
    assert {one.key: one.reason for one in found.skipped} == {"Ada/bomb.bmp": "damaged in the zip"}
    assert len(found.photos) == 6


def test_encrypted_damaged_and_false_zips(tmp_path):
    """Would catch a traceback for the zips that people really have."""
    path = zipped(tmp_path / "a.zip", two_people())
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(signature)
        while at >= 0:
            raw[at + offset] |= 1
            at = raw.find(signature, at + 4)
    (tmp_path / "locked.zip").write_bytes(raw)
    (tmp_path / "cut.zip").write_bytes(path.read_bytes()[:-40])
    (tmp_path / "text.zip").write_text("hello")
    for name, message in (("locked", "password"), ("cut", "no zip"), ("text", "no zip")):
        with pytest.raises(LetheError, match=message) as error:
            open_gallery(tmp_path / f"{name}.zip")
        one_sentence(error)


def test_zip_keeps_going_past_a_damaged_or_misplaced_photo(tmp_path):
    """Would catch a checksum error in one photo that costs the whole zip."""
    files = two_people() | {"Ada/deep/er.png": encoded(50), "loose.png": encoded(51)}
    path = zipped(tmp_path / "a.zip", files)
    raw = bytearray(path.read_bytes())
    at = raw.find(b"Ada/1.png") + len("Ada/1.png")
    raw[at + 20 : at + 24] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    found = open_gallery(path)
    assert {one.key: one.reason for one in found.skipped} == {
        "Ada/1.png": "damaged in the zip",
        "loose.png": "loose beside the folders",
    }
    assert "Ada/deep/er.png" in {photo.key for photo in found.photos}
    assert len(found.photos) == 6


def test_reading_a_zip_can_be_stopped(tmp_path):
    """Would catch a long read that ignores its watcher."""

    def stop(_):
        raise Cancelled

    with pytest.raises(Cancelled):
        open_gallery(zipped(tmp_path / "a.zip", two_people()), watch=stop)


def lfw_home(root: Path, people: dict[str, int]) -> None:
    folder(root / "lfw_home" / "lfw_funneled", people, 50, 50)


def test_lfw_is_read_from_where_the_fetcher_leaves_it(tmp_path, monkeypatch):
    """Would catch people with few photos in the gallery, or known people among the strangers."""
    import sklearn.datasets

    people = {"Ada": 70, "Bob": 10} | {f"Other_{number}": 2 for number in range(3)}
    monkeypatch.setattr(sklearn.datasets, "get_data_home", lambda: str(tmp_path))
    monkeypatch.setattr(
        sklearn.datasets, "fetch_lfw_people", lambda **_: lfw_home(tmp_path, people)
    )
    known, others = open_gallery("lfw"), open_strangers("LFW")
    assert known.identities == ("Ada", "Bob")
    assert np.bincount(known.labels).tolist() == [60, 10]
    assert not known.aligned.any()
    assert others.identities == ("Other_0", "Other_1", "Other_2")
    assert len(others.photos) == 3


def test_olivetti_becomes_a_gallery(monkeypatch):
    """Would catch floats that turn black in 8 bits, or people mixed up."""
    import sklearn.datasets

    images = np.random.default_rng(0).uniform(0, 1, (20, 64, 64)).astype(np.float32)
    bunch = SimpleNamespace(images=images, target=np.repeat([0, 1], 10))
    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", lambda **_: bunch)
    found = open_gallery("olivetti")
    assert found.identities == ("Person_01", "Person_02")
    shown = np.asarray(found.photos[12].image())[..., 0] / 255
    assert np.abs(shown - images[12]).max() <= 0.5 / 255 + 1e-6
    with pytest.raises(LetheError, match="no strangers"):
        open_strangers("olivetti")


@pytest.mark.parametrize(
    ("name", "fetcher"), [("lfw", "fetch_lfw_people"), ("olivetti", "fetch_olivetti_faces")]
)
@pytest.mark.parametrize("problem", [URLError("no route"), OSError("disk full"), TimeoutError()])
def test_no_internet_is_one_sentence(monkeypatch, name, fetcher, problem):
    """Would catch a traceback in a classroom without internet."""
    import sklearn.datasets

    def fail(**_):
        raise problem

    monkeypatch.setattr(sklearn.datasets, fetcher, fail)
    with pytest.raises(LetheError, match="photos of your own") as error:
        open_gallery(name)
    one_sentence(error)


def test_every_source_says_what_it_is():
    """Would catch a registry line that `engine list` cannot show."""
    for name, source in SOURCES.items():
        assert source.name == name == name.lower()
        assert source.summary
        assert "\n" not in source.summary


def test_embedded_people_open_or_say_what_is_missing(tmp_path, monkeypatch):
    """Would catch strangers in the gallery, or a missing asset that ends in a traceback."""
    from tools.people.packing import write_packed

    path = tmp_path / "people.zip"
    monkeypatch.setattr(embedded, "embedded_path", lambda: path)
    with pytest.raises(LetheError, match=r"people\.zip") as error:
        open_gallery("synthetic")
    one_sentence(error)
    photos = {
        f"{group}/{who}/{number:02d}.webp": encoded(10 * person + number, "WEBP")
        for group, people in (
            ("people", ("Ada", "Bob")),
            ("strangers", ("s001", "s002")),
            ("reference", ("x001",)),
        )
        for person, who in enumerate(people)
        for number in range(1, 5)
    }
    write_packed(path, photos, {})
    known, others = open_gallery("synthetic"), open_strangers("synthetic")
    assert known.identities == ("Ada", "Bob")
    assert others.identities == ("s001", "s002", "x001")
    assert (known.reserved, others.reserved) == (frozenset(), {"x001"})
    assert known.aligned.all()
    assert others.aligned.all()
    assert known.photos[4].key == "Bob/01.webp"
    assert known.photos[4].read() == photos["people/Bob/01.webp"]


def test_real_faces_open(shared_faces):
    """Would catch real galleries taken for what they are not."""
    crops, photos = open_gallery(shared_faces / "lfw_dev"), shared_faces / "lfw_dev_photos"
    assert (len(crops.identities), len(crops.photos), crops.aligned.all()) == (79, 1678, True)
    assert not open_gallery(photos).aligned.any()
    assert len(open_strangers(shared_faces / "lfw_strangers").identities) == 1000


def test_retries_of_a_download_are_not_told_twice(monkeypatch):
    """Would catch warnings of the fetcher on the page beside the sentence, a value that is lost,
    or a wait without a beginning and an end."""
    told: list[Progress] = []

    def fetcher(**options):
        warnings.warn("Retry downloading", UserWarning, stacklevel=1)
        return options

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fetched("Faces", 7, fetcher, told.append, size=3) == {"size": 3}
    assert [(one.stage, one.done, one.total) for one in told] == [
        ("Getting Faces (7 MB if it is not here yet)", 0, 1),
        ("Getting Faces", 1, 1),
    ]


def test_lfw_parts_known_people_and_strangers_at_ten_photos(tmp_path, monkeypatch):
    """Would catch a person on both sides or on none, a thumbnail taken for a photo, other
    strangers each time, or an empty download taken for a gallery."""
    import sklearn.datasets

    who = {"Nine": 9, "Ten": 10, "Three": 3, "One": 1}
    asked: list[dict] = []
    monkeypatch.setattr(sklearn.datasets, "get_data_home", lambda: str(tmp_path))
    monkeypatch.setattr(sklearn.datasets, "fetch_lfw_people", lambda **given: asked.append(given))
    with pytest.raises(LetheError, match="left no LFW photos"):
        lfw.collect()
    lfw_home(tmp_path, who)
    root = tmp_path / "lfw_home" / "lfw_funneled"
    (root / "Empty").mkdir()
    (root / "pairs.txt").write_text("x")
    (root / "Ten" / "Thumbs.db").write_text("x")
    (root / "Ten" / "note.txt").write_text("x")
    known = lfw.collect()
    assert {item.identity for item in known.items} == {"Ten"}
    assert [(item.key, item.size) for item in known.items[:1]] == [("Ten/00.png", (50, 50))]
    assert [one.key for one in known.skipped] == ["Ten/note.txt"]
    assert (known.name, known.aligned, len(known.items)) == ("LFW", False, 10)
    others = lfw.collect_strangers()
    assert [item.key for item in others.items] == ["Nine/00.png", "One/00.png", "Three/00.png"]
    monkeypatch.setattr(lfw, "STRANGERS", 2)
    chosen = {item.identity for item in lfw.collect_strangers().items}
    by_hash = sorted(("Nine", "One", "Three"), key=lambda one: sha256(one.encode()).digest())
    assert chosen == set(by_hash[:2])
    assert asked[0] == {"min_faces_per_person": 500, "resize": 0.1, "n_retries": 1}


@pytest.mark.parametrize("unit", [1.0, 255.0])
def test_olivettis_photos_are_numbered_by_person(monkeypatch, unit):
    """Would catch photos of an older scikit-learn that turn white, or two people's photos that
    are numbered as one's."""
    import sklearn.datasets

    images = np.random.default_rng(3).uniform(0, 1, (5, 8, 8)) * unit
    images[:, 0, 0] = unit
    bunch = SimpleNamespace(images=images, target=np.array([0, 39, 0, 39, 0]))
    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", lambda **_: bunch)
    found = SOURCES["olivetti"].collect(lambda _: None)
    assert [item.key for item in found.items] == [
        *("Person_01/01.png", "Person_40/01.png", "Person_01/02.png"),
        *("Person_40/02.png", "Person_01/03.png"),
    ]
    assert (found.name, found.aligned, found.skipped) == ("Olivetti", False, ())
    for item, image in zip(found.items, images, strict=True):
        with Image.open(io.BytesIO(item.source)) as shown:
            pixels = np.asarray(shown)
        assert np.abs(pixels[..., 0] - image * 255 / unit).max() <= 0.501


@pytest.mark.parametrize(
    ("sizes", "aligned"),
    [
        ([(112, 112)] * 2 + [(90, 90)], 2),
        ([(112, 112)] * 2 + [(90, 90)] * 2, 0),
        ([(224, 224)], 1),
        ([(225, 225)], 0),
        ([(112, 111)] * 3, 0),
        ([(112, 112)] * 3 + [(112, 111), (90, 90)], 3),
        ([], 0),
    ],
)
def test_the_commonest_small_square_is_taken_for_crops(sizes, aligned):
    """Would catch photos of every size taken for crops, or half of a gallery ruling the rest."""
    items = [Item("P", str(place), b"", size) for place, size in enumerate(sizes)]
    found = looks_aligned(items)
    assert found == {str(place) for place in range(len(sizes)) if place < aligned}


def test_a_tar_may_unpack_to_so_many_times_its_size(tmp_path, monkeypatch):
    """Would catch a bound that is wider or narrower than the stated ratio, or than all that may be
    unpacked; a small tar always may."""
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        for name, data in (two_people() | {"Ada/zeros.txt": bytes(60_000)}).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    whole, packed = len(gzip.decompress(path.read_bytes())), path.stat().st_size
    ratio = -(-whole // packed)
    assert ratio > 2
    monkeypatch.setattr(entries, "SMALL", 0)
    monkeypatch.setattr(entries, "MAX_RATIO", ratio)
    assert len(open_gallery(path).photos) == 6
    monkeypatch.setattr(entries, "MAX_BYTES", whole)
    assert len(open_gallery(path).photos) == 6
    monkeypatch.setattr(entries, "MAX_BYTES", whole // 2)
    with pytest.raises(LetheError, match="unpacks to more than"):
        open_gallery(path)
    monkeypatch.setattr(entries, "MAX_BYTES", 10**9)
    monkeypatch.setattr(entries, "MAX_RATIO", ratio // 2)
    with pytest.raises(LetheError, match="unpacks to more than"):
        open_gallery(path)
    monkeypatch.setattr(entries, "SMALL", whole)
    assert len(open_gallery(path).photos) == 6


def test_an_archives_limits_are_those_that_are_documented():
    """Would catch a limit that is moved and told to nobody."""
    told = (Path(__file__).parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
    gigabytes = entries.MAX_BYTES / 10**9
    assert f"at most {gigabytes:g} GB and {entries.MAX_FILES:,} files" in " ".join(told.split())
    assert f"more than {gigabytes:g} GB" in entries.too_much("a.zip")
    assert f"more than {entries.MAX_FILES:,} files" in entries.too_many("a.zip")


def test_embedded_people_may_have_a_single_photo():
    """Would catch a size that is read from a photo which nobody needs to have, or of no photo."""
    found = embedded._collection("some", {"Ada": [encoded(1, width=40)], "Bob": [encoded(2)] * 2})
    assert [(one.key, one.size) for one in found.items] == [
        *(("Ada/01.webp", (40, 40)), ("Bob/01.webp", (40, 40)), ("Bob/02.webp", (40, 40)))
    ]
    assert found.aligned
    assert embedded._collection("none", {}).items == ()

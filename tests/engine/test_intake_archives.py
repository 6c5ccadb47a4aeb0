"""Archives of photos as people have them: zips, tars, arrays, and what is none of these."""

import io
import pickle
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest

from engine.errors import Cancelled, LetheError
from engine.progress import Progress
from engine.sources import archive, entries, entry_names, handed, kinds, open_gallery, zips
from engine.sources.arrays import _eight_bits
from engine.sources.base import Found
from engine.sources.held import Held, size_of
from tests.engine.intake import (
    counts,
    encode,
    folder,
    people,
    person,
    portraits,
    reasons,
    tarred,
    zipped,
)

COVER = encode(portraits(9)[0])


def refusal(path, **options) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(LetheError) as error:
        open_gallery(path, **options)
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def renamed(path, name: str, encoding: str):
    """A zip with the person `name` in this encoding, and no word of which it is."""
    raw = name.encode(encoding)
    zipped(path, people() | person("X" * len(raw), 6))
    path.write_bytes(path.read_bytes().replace(b"X" * len(raw) + b"/", raw + b"/"))
    return path


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("prefix", ["", "./", "set/"])
def test_a_tar_is_the_folder(tmp_path, suffix, prefix):
    """Would catch a packing that is not read, or other photos and splits than the folder's."""
    files = people(4)
    same = open_gallery(folder(tmp_path / "folder", files))
    named = {prefix + path: data for path, data in files.items()}
    found = open_gallery(tarred(tmp_path / f"my.{suffix}", named))
    assert (found.sha256, found.train.tolist()) == (same.sha256, same.train.tolist())
    assert found.name == "my"


@pytest.mark.parametrize("name", ["../evil.jpg", "P0/../../evil.jpg", "/etc/evil.jpg"])
def test_a_tar_that_leads_outside_is_refused(tmp_path, name):
    """Would catch a path traversal by a tar."""
    assert "outside" in refusal(tarred(tmp_path / "a.tar", people() | {name: COVER}))


def test_links_and_devices_in_a_tar_are_left_out(tmp_path):
    """Would catch a link that is followed, or a pipe that is waited for."""
    path = tarred(tmp_path / "a.tar", people())
    with tarfile.open(path, "a") as out:
        for name, kind in (
            ("soft.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("pipe", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(f"P0/{name}")
            info.type, info.linkname = kind, "P0/0.jpg"
            out.addfile(info)
    found = open_gallery(path)
    assert len(found.photos) == 18
    assert reasons(found) == {
        "P0/hard.jpg": "link; pack the file itself",
        "P0/pipe": "no image: special file",
        "P0/soft.jpg": "link; pack the file itself",
    }


def test_tar_bombs_are_refused(tmp_path, monkeypatch):
    """Would catch a small tar that fills the memory: by its size, ratio or number of files."""
    bomb = tarred(tmp_path / "a.tar.gz", people() | {"P0/zeros": bytes(60_000_000)})
    assert bomb.stat().st_size < 300_000
    assert "unpacks to more than" in refusal(bomb)
    plain = tarred(tmp_path / "b.tar", people())
    with monkeypatch.context() as patch:
        patch.setattr(entries, "MAX_BYTES", 500)
        assert "unpacks to more than" in refusal(plain)
    monkeypatch.setattr(entries, "MAX_FILES", 10)
    assert "more than 10 files" in refusal(plain)
    assert "more than 10 files" in refusal(zipped(tmp_path / "b.zip", people()))


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_a_tar_that_breaks_off_is_used_so_far_and_says_so(tmp_path, suffix):
    """Would catch half a tar taken for a whole one, or photos lost that are there."""
    path = tarred(tmp_path / f"a.{suffix}", people(4))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.7 * len(data))])
    found = open_gallery(path)
    assert 12 <= len(found.photos) < 24
    assert any("breaks off before its end" in one for one in found.notes)
    path.write_bytes(data[:300])
    assert "no tar file, or damaged" in refusal(path)


def test_reading_a_tar_can_be_stopped(tmp_path):
    """Would catch a long read that ignores its watcher."""

    def stop(_):
        raise Cancelled

    for path in (tarred(tmp_path / "a.tar", people()), folder(tmp_path / "b", people())):
        with pytest.raises(Cancelled):
            open_gallery(path, watch=stop)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_file_twice_in_an_archive_is_listed(tmp_path, pack):
    """Would catch the first of two files of one name silently replaced by the second."""
    first = people(4)
    path = pack(tmp_path / f"a.{'zip' if pack is zipped else 'tar'}", first)
    if pack is zipped:
        with zipfile.ZipFile(path, "a") as out, pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("P0/0.jpg", COVER)
    else:
        with tarfile.open(path, "a") as out:
            info = tarfile.TarInfo("P0/0.jpg")
            info.size = len(COVER)
            out.addfile(info, io.BytesIO(COVER))
    found = open_gallery(path)
    assert len(found.photos) == 24
    assert found.photos[0].read() == first["P0/0.jpg"]
    assert reasons(found) == {"P0/0.jpg": "twice in the archive; the first is used"}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Zoë Müller", "utf-8"),
        ("山田花子", "utf-8"),
        ("山田花子", "cp932"),
        ("アンナ", "cp932"),
        ("はなこ", "cp932"),
        ("王小明", "gbk"),
        ("刘德华", "gbk"),
        ("Zoë Müller", "cp437"),
        ("José Peña", "cp437"),
        ("Renée Noël", "cp437"),
        ("Zoë Müller", "cp1252"),
        ("François Étienne", "cp1252"),
    ],
)
def test_names_without_an_encoding_are_read_as_they_were_meant(tmp_path, name, encoding):
    """Would catch mojibake on the page, for a name that cannot be typed either."""
    found = open_gallery(renamed(tmp_path / "a.zip", name, encoding))
    assert name in found.identities
    assert counts(found)[name] == 6
    assert any("--names-encoding" in one for one in found.notes) == (encoding != "utf-8")


def test_an_encoding_that_is_told_is_taken(tmp_path):
    """Would catch an option that changes nothing, or one that fails without a sentence."""
    path = renamed(tmp_path / "a.zip", "Ωμέγα", "cp737")
    assert "Ωμέγα" not in open_gallery(path).identities
    told = open_gallery(path, encoding="cp737")
    assert "Ωμέγα" in told.identities
    assert not any("--names-encoding" in one for one in told.notes)
    assert "no encoding 'klingon'" in refusal(path, encoding="klingon")
    assert "not in ascii" in refusal(path, encoding="ascii")


def test_flagged_names_need_no_guess(tmp_path):
    """Would catch a UTF-8 name that is read by the guess or by the option for the others."""
    path = zipped(tmp_path / "a.zip", people() | person("山田花子", 5))
    assert "山田花子" in open_gallery(path, encoding="cp437").identities


def test_a_zips_unicode_field_is_believed(tmp_path):
    """Would catch names of Info-ZIP guessed although they are told."""
    path = tmp_path / "a.zip"
    zipped(path, people())
    with zipfile.ZipFile(path, "a") as out:
        for place, image in enumerate(portraits(6)):
            raw, real = f"X/{place}.jpg", f"山田/{place}.jpg".encode()
            info = zipfile.ZipInfo(raw)
            field = b"\x01" + struct.pack("<I", zlib.crc32(raw.encode())) + real
            info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            out.writestr(info, encode(image))
    assert counts(open_gallery(path))["山田"] == 6


def test_names_in_a_tar_are_guessed_too(tmp_path):
    """Would catch a guess that only zips have."""
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="cp932") as out:
        for name, data in (people() | person("山田花子", 5)).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    assert "山田花子" in open_gallery(path).identities


def test_likeliest_falls_back_to_what_takes_any_bytes():
    """Would catch an error for names that nothing decodes."""
    assert entry_names.likeliest([b"\xff\xff\x80\x20"]) == "cp437"
    assert entry_names.likeliest([]) == "utf-8"


def test_some_encrypted_files_are_listed_and_the_rest_is_used(tmp_path):
    """Would catch a zip refused for one locked file, or a locked file lost without a word."""
    path = zipped(tmp_path / "a.zip", people(4))
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(signature) + offset] |= 1
    path.write_bytes(raw)
    found = open_gallery(path)
    assert len(found.photos) == 23
    assert reasons(found) == {"P0/0.jpg": "encrypted; zip the photos without a password"}


def arrays(size: int = 64, colour: bool = False) -> tuple[np.ndarray, np.ndarray]:
    pictures = [
        np.asarray(image.convert("RGB" if colour else "L").resize((size, size)))
        for number in range(4)
        for image in portraits(number)
    ]
    return np.stack(pictures), np.repeat(np.arange(4), 6)


def test_an_npz_is_read(tmp_path):
    """Would catch images and labels that lose their order, or people without their number."""
    images, target = arrays()
    np.savez(tmp_path / "arrays.npz", images=images, target=target)
    found = open_gallery(tmp_path / "arrays.npz")
    assert counts(found) == {f"Person_{number}": 6 for number in range(4)}
    for photo in found.photos:
        row = int(photo.key.split("/")[1][:6])
        assert photo.key.startswith(f"Person_{target[row]}/")
        assert (np.asarray(photo.image())[..., 0] == images[row]).all()


@pytest.mark.parametrize(
    ("change", "scale"),
    [
        (lambda x: x, 1),
        (lambda x: x / 255, 255),
        (lambda x: x.astype(np.float64), 1),
        (lambda x: x.astype(np.int64), 1),
        (lambda x: x / 127.5 - 1, None),
        (lambda x: x.reshape(len(x), -1), 1),
        (lambda x: (x / 255).astype(np.float32).reshape(len(x), -1), 255),
        (lambda x: x[..., None], 1),
    ],
)
def test_arrays_of_any_number_look_the_same(tmp_path, change, scale):
    """Would catch floats that turn black, or flat rows that are not folded."""
    images, target = arrays()
    np.savez(tmp_path / "a.npz", X=change(images), y=target)
    found = open_gallery(tmp_path / "a.npz")
    expected = images[0].astype(float)
    if scale is None:  # no unit is known: the set's own range
        low, high = images.min(), images.max()
        expected = (expected - low) * 255 / (high - low)
    assert np.abs(np.asarray(found.photos[0].image())[..., 0] - expected).max() <= 1


@pytest.mark.parametrize("first", [False, True])
def test_arrays_in_colour(tmp_path, first):
    """Would catch channels taken for rows, last or first."""
    images, target = arrays(colour=True)
    given = images.transpose(0, 3, 1, 2) if first else images
    np.savez(tmp_path / "a.npz", images=given, labels=target)
    photo = open_gallery(tmp_path / "a.npz").photos[0]
    assert (np.asarray(photo.image()) == images[0]).all()


def test_arrays_may_name_their_people(tmp_path):
    """Would catch names that are in the file and not on the page."""
    images, target = arrays()
    names = np.array(["Ada", "Bob", "Cleo", "Zoë"])
    np.savez(tmp_path / "a.npz", images=images, target=target, target_names=names)
    assert open_gallery(tmp_path / "a.npz").identities == ("Ada", "Bob", "Cleo", "Zoë")
    np.savez(tmp_path / "b.npz", images=images, labels=names[target])
    assert open_gallery(tmp_path / "b.npz").identities == ("Ada", "Bob", "Cleo", "Zoë")


def test_an_npy_needs_its_labels_beside_it(tmp_path):
    """Would catch Kaggle's Olivetti refused, or photos without people accepted."""
    images, target = arrays()
    np.save(tmp_path / "faces.npy", images / 255)
    assert "faces_labels.npy" in refusal(tmp_path / "faces.npy")
    np.save(tmp_path / "faces_target.npy", target)
    assert counts(open_gallery(tmp_path / "faces.npy")) == {f"Person_{n}": 6 for n in range(4)}
    np.save(tmp_path / "faces_target.npy", target[:-1])
    assert "one label for each image" in refusal(tmp_path / "faces.npy")


def test_arrays_that_are_none_are_refused(tmp_path):
    """Would catch a pickle that is run, or a shape that fails deep in numpy."""
    images, target = arrays()
    cases = {
        "objects": ({"images": np.array([{}, 1], dtype=object), "target": target}, "objects"),
        "nameless": ({"images": images}, "no array called target"),
        "imageless": ({"target": target}, "no array called images"),
        "shape": ({"images": images.reshape(24, 32, 128)[0], "target": target}, "shape"),
        "odd": ({"images": images.reshape(24, -1)[:, 1:], "target": target}, "shape"),
        "text": ({"images": np.array(["a"] * 24), "target": target}, "shape"),
    }
    for name, (given, message) in cases.items():
        np.savez(tmp_path / f"{name}.npz", **given)
        assert message in refusal(tmp_path / f"{name}.npz"), name
    data = (tmp_path / "nameless.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(data[:-200])
    assert "damaged" in refusal(tmp_path / "cut.npz")
    np.save(tmp_path / "cut.npy", images)
    np.save(tmp_path / "cut_y.npy", target)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-99])
    assert "damaged" in refusal(tmp_path / "cut.npy")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("train.rec", (0xCED7230A).to_bytes(4, "little") + bytes(4000), "MXNet records"),
        ("lfw.bin", pickle.dumps(([b"x"], [True]), protocol=4), "pairs for verification"),
        ("a.tfrecord", bytes([200, 1, *[0] * 6, 7, 9, 200, 1]) * 9, "TensorFlow records"),
        ("data.mdb", bytes(16) + b"\xde\xc0\xef\xbe" + bytes(99), "LMDB database"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5 file"),
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(99), "MATLAB file"),
        ("a.parquet", b"PAR1" + bytes(99), "damaged Parquet table"),
        ("a.rar", b"Rar!\x1a\x07\x01\0" + bytes(99), "RAR archive"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z archive"),
        ("me.jpg", COVER, "single photo"),
        ("list.csv", b"path,person\n", "give the folder"),
        ("notes", b"hello", "no zip file"),
    ],
)
def test_other_files_are_told_by_name(tmp_path, name, data, message):
    """Would catch "no zip" for a data set that only needs to be unpacked."""
    (tmp_path / name).write_bytes(data)
    text = refusal(tmp_path / name)
    assert message in text
    assert ";" in text


def test_a_folder_of_records_is_told_by_name(tmp_path):
    """Would catch InsightFace's folder being called empty."""
    files = {"train.rec": (0xCED7230A).to_bytes(4, "little") + bytes(99), "train.idx": b"0\t0\n"}
    text = refusal(folder(tmp_path / "faces_emore", files))
    assert "1 MXNet records" in text
    assert "mxnet.recordio" in text


def test_a_zips_other_fields_before_the_name_are_passed_over(tmp_path):
    """Would catch a time stamp that is read as a name, so that the name is guessed."""
    info = zipfile.ZipInfo("caf\u00e9/1.jpg".encode().decode("cp437"))
    raw = "caf\u00e9/1.jpg".encode()
    name = struct.pack("<BI", 1, zlib.crc32(raw)) + "Zoë/1.jpg".encode()
    stamp = struct.pack("<HH", 0x5455, 9) + bytes([1]) + bytes(8)
    info.extra = stamp + struct.pack("<HH", 0x7075, len(name)) + name
    assert zips._told(info) == "Zoë/1.jpg"


def test_the_arrays_of_an_npz_are_too_much_together(tmp_path, monkeypatch):
    """Would catch a bound on each array that many arrays pass one by one."""
    images = np.zeros((2, 32, 32, 3), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, other=images, target=np.array([0, 1]))
    monkeypatch.setattr(entries, "MAX_BYTES", images.nbytes + 300)
    assert refusal(tmp_path / "a.npz") == entries.too_much("a.npz")


def small_arrays(count: int = 6, side: int = 5) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(1).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return images, np.arange(count) % 2


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x.transpose(0, 3, 1, 2),
        lambda x: x[..., 0],
        lambda x: x[..., :1],
        lambda x: x[:, None, :, :, 0],
        lambda x: x[..., 0].reshape(len(x), -1),
        lambda x: x[:, :3],
        lambda x: x[:, :, :3, 0],
        lambda x: x[:, :, :3, :].transpose(0, 3, 1, 2)[:, :, :, :2],
    ],
)
def test_arrays_of_any_shape_are_the_same_pictures(tmp_path, change):
    """Would catch rows taken for channels, or a grey picture of which only a stripe is left, in
    shapes as odd as a picture of three columns."""
    images, target = small_arrays()
    given = change(images)
    np.savez(tmp_path / "a.npz", images=given, target=target)
    if given.ndim == 4 and given.shape[3] != 3 and given.shape[1] == 3:
        given = given.transpose(0, 2, 3, 1)
    plain = given.reshape(6, 5, 5) if given.ndim == 2 else given
    plain = plain[:, 0] if plain.ndim == 4 and plain.shape[1] == 1 else plain
    plain = plain[..., None] if plain.ndim == 3 else plain
    for photo in open_gallery(tmp_path / "a.npz").photos:
        row = int(photo.key.split("/")[1][:6])
        assert (
            np.asarray(photo.image()) == np.broadcast_to(plain[row], (*plain[row].shape[:2], 3))
        ).all()


@pytest.mark.parametrize(
    ("low", "high", "unit"),
    [(0, 1, 255), (0, 255, 1), (0, 1.5, 1), (0.5, 1, 255), (-1, 1, None), (0, 256, None)],
)
def test_numbers_of_any_range_become_the_pixels_that_they_mean(tmp_path, low, high, unit):
    """Would catch shares of one shown as black, or a range stretched that was right as it is."""
    values = np.linspace(low, high, 6 * 25).reshape(6, 5, 5)
    values[0, 0, 1] = np.nan
    np.savez(tmp_path / "a.npz", x=values, y=np.arange(6) % 2)
    clean = np.nan_to_num(values)
    low, high = clean.min(), clean.max()
    expected = clean * unit if unit else (clean - low) * 255 / (high - low)
    for photo in open_gallery(tmp_path / "a.npz").photos:
        row = int(photo.key.split("/")[1][:6])
        shown = np.asarray(photo.image())[..., 0]
        assert np.abs(shown - expected[row]).max() <= 0.501


@pytest.mark.parametrize("image", ["images", "X", "faces", "photos", "data", "arr_0"])
def test_arrays_are_known_by_any_usual_name(tmp_path, image):
    """Would catch a data set refused for what its arrays are called, or people without names."""
    images, target = small_arrays()
    labels = ("target", "targets", "labels", "label", "y", "person", "identity", "arr_1")
    for label in labels:
        np.savez(tmp_path / "a.npz", **{image: images, label: target})
        assert open_gallery(tmp_path / "a.npz").identities == ("Person_0", "Person_1")
    for names in ("target_names", "label_names", "class_names", "names"):
        np.savez(tmp_path / "a.npz", **{image: images, "y": target, names: np.array(["A", "B"])})
        assert open_gallery(tmp_path / "a.npz").identities == ("A", "B")


@pytest.mark.parametrize(
    ("labels", "names", "people_"),
    [
        ([0, 1], [b"A", b"B\xff"], ["A", "B\ufffd"]),
        ([1, 2], ["A", "B"], ["Person_1", "Person_2"]),
        ([-1, 0], ["A", "B"], ["Person_-1", "Person_0"]),
        ([0, 1], [["A", "B"]], ["Person_0", "Person_1"]),
        ([0, 1], [7, 8], ["Person_0", "Person_1"]),
        ([9, 10], None, ["Person_09", "Person_10"]),
        ([8.0, 9.0], None, ["Person_8", "Person_9"]),
        (["Zoë", "Bob"], ["A", "B"], ["Bob", "Zoë"]),
        ([b"Zo\xc3\xab", b"Bob"], None, ["Bob", "Zoë"]),
        ([False, True], None, ["Person_0", "Person_1"]),
    ],
)
def test_labels_name_people(tmp_path, labels, names, people_):
    """Would catch a number that points past the names, or backwards into them, and numbers that
    do not sort as they count."""
    images, _ = small_arrays()
    given = {"images": images, "target": np.array(labels * 3)[:, None]}
    if names is not None:
        given["names"] = np.array(names)
    np.savez(tmp_path / "a.npz", **given)
    assert sorted(open_gallery(tmp_path / "a.npz").identities) == sorted(people_)


@pytest.mark.parametrize("end", ["_labels", "_label", "_target", "_targets", "_y"])
@pytest.mark.parametrize("stem", ["set", "set_images", "set_faces"])
def test_labels_lie_beside_an_npy_under_any_usual_name(tmp_path, end, stem):
    """Would catch labels that are there and not found: behind the whole name or its beginning."""
    images, target = small_arrays()
    np.save(tmp_path / f"{stem}.npy", images)
    for name in {stem, "set"}:
        np.save(tmp_path / f"{name}{end}.npy", target)
        assert open_gallery(tmp_path / f"{stem}.npy").name == stem
        (tmp_path / f"{name}{end}.npy").unlink()
    assert "does not say who is who" in refusal(tmp_path / f"{stem}.npy")


def test_archives_of_just_as_much_as_allowed_are_read(tmp_path, monkeypatch):
    """Would catch a bound off by one file or one byte, either way, in any kind of archive."""
    files = people(2, 3)
    total = sum(map(len, files.values()))
    images, target = small_arrays()
    np.savez(tmp_path / "a.npz", images=images, target=target)
    zipped(tmp_path / "a.zip", files)
    tarred(tmp_path / "a.tar", files)
    size = (tmp_path / "a.tar").stat().st_size
    for name, many, much in (("a.zip", 6, total), ("a.tar", 6, size), ("a.npz", 6, 10**6)):
        with monkeypatch.context() as patch:
            patch.setattr(entries, "MAX_FILES", many)
            patch.setattr(entries, "MAX_BYTES", much)
            assert len(open_gallery(tmp_path / name).photos) == 6
            patch.setattr(entries, "MAX_FILES", many - 1)
            assert refusal(tmp_path / name) == entries.too_many(name)
    monkeypatch.setattr(entries, "MAX_BYTES", total - 1)
    assert refusal(tmp_path / "a.zip") == entries.too_much("a.zip")
    assert refusal(tmp_path / "a.tar") == entries.too_much("a.tar")


def test_an_entry_may_expand_just_so_far(tmp_path, monkeypatch):
    """Would catch a ratio off by one, and one that only the zip's own table is held to."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a", bytes(5000))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (info,) = archive.infolist()
        ratio, rest = divmod(5000, info.compress_size)
        assert zips.content(archive, info, 5000) == bytes(5000)
        monkeypatch.setattr(entries, "SMALL", 0)
        monkeypatch.setattr(entries, "MAX_RATIO", 5000)
        assert zips.content(archive, info, 5000) == bytes(5000)
        assert zips.content(archive, info, 4999) is None
        monkeypatch.setattr(entries, "MAX_RATIO", ratio)
        assert (zips.content(archive, info, 10**9) is None) == bool(rest)
        monkeypatch.setattr(entries, "MAX_RATIO", ratio + 1)
        assert zips.content(archive, info, 10**9) == bytes(5000)


def test_places_in_an_archive_are_harmless_and_counted():
    """Would catch a drive's letter or a way up let in, a system's folder counted as a file, or an
    empty folder not told from one that holds something."""
    found = Found()
    places = entries.Places("a.zip", found)
    assert places.place("P\\1.jpg") == ("P", "1.jpg")
    assert places.place("./P/2.jpg") == ("P", "2.jpg")
    assert places.place("P/2.jpg") is None
    assert places.place("") is None
    assert places.place(".", folder=True) is None
    for name, folder_ in (("__MACOSX/P/1", False), ("P/.x", False), ("P/@eaDir", True)):
        assert places.place(name, folder=folder_) is None
    assert found.ignored == 2
    for name in ("Q", "Q/inner", "R", "P", "S"):
        assert places.place(name, folder=True) is None
    assert places.place("S/link.jpg", link=True) is None
    places.note_empty_folders()
    assert sorted((one.parts, one.reason) for one in found.left) == [
        (("?",), "no name"),
        (("P", "2.jpg"), "twice in the archive; the first is used"),
        (("Q", "inner", ""), "empty folder"),
        (("R", ""), "empty folder"),
        (("S", "link.jpg"), "link; pack the file itself"),
    ]
    for name in ("/P/1", "P/../1", "..", "C:/1", "C:\\1", "\\1"):
        with pytest.raises(LetheError, match="leads outside"):
            places.place(name)


def test_a_zips_told_name_has_all_its_parts():
    """Would catch a field believed that is of another version, too short, or of another name."""
    info = zipfile.ZipInfo("a.jpg")
    crc = struct.pack("<I", zlib.crc32(b"a.jpg"))
    for version, check, name, told in (
        (1, crc, b"b", "b"),
        (2, crc, b"b", None),
        (1, crc, b"", None),
        (1, bytes(4), b"b", None),
    ):
        field = bytes([version]) + check + name
        info.extra = struct.pack("<HH", 0x7075, len(field)) + field
        assert zips._told(info) == told
        info.extra = struct.pack("<HH", 0x7076, len(field)) + field
        assert zips._told(info) is None
    info.extra = b"\x75\x70\x09"
    assert zips._told(info) is None
    info.flag_bits = 0x800
    assert zips._told(info) == "a.jpg"


def test_files_handed_over_are_read_like_an_archive_of_them():
    """Would catch a person's photos of the page lost, an archive among photos lost in silence, a
    way out, or a single photo taken for an archive."""
    files = people(2, 3) | {"P0/more.zip": b"PK\x03\x04" + bytes(40), "P1/.x": b"", "a.txt": b"a"}
    files["worse.zip"] = b"PK\x03\x04" + bytes(40)
    told: list[Progress] = []
    found = handed.collect([Held(path, data) for path, data in files.items()], told.append)
    assert [(one.done, one.total) for one in told] == [(0, 10)]
    assert (found.name, found.ignored) == ("Your photos", 1)
    assert [item.key for item in found.items] == sorted(people(2, 3))
    assert [item.source for item in found.items] == [files[item.key] for item in found.items]
    assert {one.key: one.reason for one in found.skipped} == {
        "P0/more.zip": "archive inside a folder; bring it beside",
        "worse.zip": "archive that cannot be read; bring it alone",
        "a.txt": "no image: text",
    }
    with pytest.raises(LetheError, match="what you brought: 1 photo but no word"):
        handed.collect([Held("me.jpg", COVER)])
    with pytest.raises(LetheError, match="Your photos holds a path that leads outside"):
        handed.collect([Held("../me.jpg", COVER), Held("P/you.jpg", COVER)])
    with pytest.raises(LetheError, match="notes is no zip file"):
        handed.collect([Held("notes", b"hello")])


@pytest.mark.parametrize(("pack", "name"), [(zipped, "b.c.zip"), (tarred, "b.c.tar.gz")])
def test_an_archive_handed_over_is_the_file_on_the_disk(tmp_path, pack, name):
    """Would catch bytes in memory read in another way than a file, or bounds not held to them."""
    path = pack(tmp_path / name, people(2, 3))
    told: list[Progress] = []
    same = archive.collect(path)
    found = handed.collect([Held(f"down\\loads/{name}", path.read_bytes())], told.append)
    assert found == same
    assert found.name == "b.c"
    assert [one.done for one in told] == [0]
    many = pack(tmp_path / f"many{name[3:]}", people(3, 6))
    told.clear()
    archive.collect(many, told.append)
    assert [one.done for one in told] == [0, 16]


def test_a_file_in_memory_is_called_like_one_on_the_disk():
    """Would catch a name with its folders in it, or files called nothing."""
    one = Held("a\\b/c.tar.GZ", b"abc")
    assert (one.name, one.stem, one.suffix) == ("c.tar.GZ", "c.tar", ".GZ")
    assert (Held("", b"").name, size_of(one), one.open().read()) == ("file", 3, b"abc")


def test_every_advice_is_for_a_kind_that_is_told(tmp_path):
    """Would catch an advice that nobody sees, because a kind is called another name there."""
    kinds_ = {
        "RAR archive": (b"Rar!\x1a\x07", "give the folder, or pack that as a zip"),
        "7z archive": (b"7z\xbc\xaf\x27\x1c", "give the folder, or pack that as a zip"),
        "HDF5 file": (b"\x89HDF\r\n\x1a\n", "h5py reads it"),
        "MATLAB file": (b"MATLAB 5.0", "scipy.io.loadmat reads it"),
        "part of a split zip": (b"PK\x07\x08", "join its parts"),
        "LMDB database": (bytes(16) + b"\xde\xc0\xef\xbe", "the lmdb package reads it"),
        "MXNet records": (b"\x0a\x23\xd7\xce", "mxnet.recordio reads it"),
        "TensorFlow records": (b"\1\2\3", "tf.data.TFRecordDataset reads it"),
        "pickled Python data": (b"\x80\x04", "pickles can run programs"),
        "camera raw": (b"FUJIFILMCCD-RAW", "export it as JPEG"),
        "zip file": (b"PK\x03\x04", "give the zip itself"),
        "tar or gzip file": (b"\x1f\x8b", "give the archive itself"),
        "NumPy array": (b"\x93NUMPY", "with its labels beside it"),
    }
    assert {*kinds_, "Parquet table"} == set(kinds.REMEDIES)
    for number, (kind, (head, advice)) in enumerate(kinds_.items()):
        name = "a.tfrecord" if kind == "TensorFlow records" else "a.dat"
        root = folder(tmp_path / str(number), {f"P/{name}": head + bytes([1]) * 40})
        with pytest.raises(LetheError) as error:
            open_gallery(root)
        assert advice in str(error.value)
        assert kind in str(error.value)


def test_arrays_without_images_or_with_a_wrong_sum_are_refused(tmp_path):
    """Would catch an empty set taken for a gallery, or damage that shows only in a checksum, in
    the size of the labels or in their kind."""
    images, target = small_arrays()
    np.savez(tmp_path / "none.npz", images=images[:0], target=target[:0])
    assert "none.npz holds no image; save it" in refusal(tmp_path / "none.npz")
    for name, labels in (("a", target[:-1]), ("b", np.eye(6)), ("c", target * 1j)):
        np.savez(tmp_path / f"{name}.npz", images=images, target=labels)
        assert "one label for each image" in refusal(tmp_path / f"{name}.npz")
    np.savez(tmp_path / "bad.npz", images=images, target=target)
    raw = bytearray((tmp_path / "bad.npz").read_bytes())
    at = raw.find(images.tobytes()[:40])
    raw[at] ^= 255
    (tmp_path / "bad.npz").write_bytes(raw)
    assert "bad.npz is damaged; save or download" in refusal(tmp_path / "bad.npz")
    np.savez(tmp_path / "good.npz", images=images, target=target)
    found = open_gallery(tmp_path / "good.npz")
    assert "6 arrays of 5 x 5 numbers" in found.notes[0]
    many = {"labels": np.load(tmp_path / "good.npz")["target"], "images": images}
    np.savez(tmp_path / "more.npz", **many, extra=np.zeros(3))
    assert len(open_gallery(tmp_path / "more.npz").photos) == 6


@pytest.mark.parametrize("value", [-1.0, 300.0])
def test_arrays_of_one_value_are_plain_photos(value):
    """Would catch a division by the range of images that have none."""
    assert _eight_bits(np.full((2, 4, 4, 3), value)).tolist() == np.zeros((2, 4, 4, 3)).tolist()

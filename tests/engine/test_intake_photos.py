"""Files of all kinds: what is a photo is read as it looks, and what is none is told by name."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import photo as photo_module
from engine.alignment import prepare
from engine.errors import LetheError
from engine.gallery import Photo, Skipped, build
from engine.photo import Unreadable, cut_off
from engine.sources import base as sources_base
from engine.sources import entries, kinds, open_gallery
from engine.sources import folder as folders
from engine.sources.kinds import kind_of
from tests.engine.intake import (
    counts,
    encode,
    folder,
    many_scans,
    people,
    person,
    portraits,
    reasons,
)

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def heif(image: Image.Image) -> bytes:
    from pillow_heif import from_pillow

    out = io.BytesIO()
    from_pillow(image).save(out)
    return out.getvalue()


def bits16(image: Image.Image, low: int = 0, high: int = 65535) -> Image.Image:
    grey = np.asarray(image.convert("L")).astype(np.float64)
    grey = (grey - grey.min()) / (grey.max() - grey.min())
    return Image.fromarray(np.round(low + grey * (high - low)).astype(np.uint16))


def stretched(image: Image.Image) -> np.ndarray:
    """The photo in grey over the whole of 8 bits."""
    grey = np.asarray(image.convert("L")).astype(np.float64)
    return (grey - grey.min()) * 255 / (grey.max() - grey.min())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jfif", "JPEG"),
        ("a.jpe", "JPEG"),
        ("A.JPG", "JPEG"),
        ("a.tif", "TIFF"),
        ("a.gif", "GIF"),
        ("a.avif", "AVIF"),
        ("a.heic", "HEIF"),
        ("a.jp2", "JPEG2000"),
        ("a.ppm", "PPM"),
        ("a.pgm", "PPM"),
        ("a", "PNG"),
        ("a.txt", "PNG"),
        ("a.jpg", "WEBP"),
    ],
)
def test_photos_are_known_by_content(tmp_path, name, kind):
    """Would catch a person who vanishes because of a suffix: each kind is read, and as it looks."""
    image = portraits(5)[0].convert("L" if name == "a.pgm" else "RGB")
    data = heif(image) if kind == "HEIF" else encode(image, kind)
    found = open_gallery(folder(tmp_path, people() | {f"Only/{name}": data}))
    assert counts(found)["Only"] == 1
    assert not found.skipped
    shown = np.asarray(found.photos[found.labels.tolist().index(0)].image()).astype(int)
    expected = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(shown - expected).mean() < (12 if kind == "GIF" else 6)


def test_a_half_read_person_is_whole(tmp_path):
    """Would catch every second photo of a person lost for its suffix."""
    half = {
        f"Half/{place}{'.jpg' if place % 2 else '.tif'}": encode(
            image, "JPEG" if place % 2 else "TIFF"
        )
        for place, image in enumerate(portraits(5, 12))
    }
    assert counts(open_gallery(folder(tmp_path, people() | half)))["Half"] == 12


VIDEO = struct.pack(">I", 24) + b"ftypisom" + bytes(200)
UNREAD = {
    "lfs.jpg": (LFS, "Git LFS pointer"),
    "page.jpg": (b"<!doctype html><title>404</title>", "no image: web page"),
    "page2.png": (b"\n <HTML><body>", "no image: web page"),
    "empty.jpg": (b"", "empty file"),
    "text.jpg": ("Größe".encode(), "no image: text"),
    "bm.jpg": (b"BM is a word of this text", "no image: text"),
    "movie.jpg": (VIDEO, "no image: video"),
    "movie.mkv": (b"\x1a\x45\xdf\xa3" + bytes(99), "no image: video"),
    "movie.avi": (b"RIFF\x10\0\0\0AVI LIST" + bytes(99), "no image: video"),
    "paper.jpg": (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "no image: PDF"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no image: drawing (SVG)"),
    "program.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no image: PostScript"),
    "more.zip": (b"PK\x03\x04" + bytes(99), "no image: zip file"),
    "secret.jpg": (b"Salted__" + bytes(range(8, 99)), "encrypted"),
    "sensor.cr2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(99), "camera raw"),
    "what": (bytes(range(1, 32)) * 4, "no image: unknown kind"),
}


def test_what_is_no_photo_is_told_by_name(tmp_path):
    """Would catch "damaged or no image" for everything, or a file that is not listed at all."""
    files = {f"Ada/{name}": data for name, (data, _) in UNREAD.items()}
    found = open_gallery(folder(tmp_path, people() | person("Ada", 5) | files))
    told = reasons(found)
    assert told.keys() == files.keys()
    for name, (_, reason) in UNREAD.items():
        assert told[f"Ada/{name}"].startswith(reason), name
    assert counts(found)["Ada"] == 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.6])
def test_photos_that_are_cut_off_say_so(tmp_path, kind, share):
    """Would catch a cut photo that enrols in half, or one called "no image": whether its header
    is cut already or only its pixels."""
    image = portraits(5)[0]
    whole = heif(image) if kind == "HEIF" else encode(image, kind)
    cut = whole[: max(int(share * len(whole)), 16)]
    files = people(4) | {"P0/cut": cut}
    prepared = open_gallery(folder(tmp_path, files), aligned=True)
    skipped = (*prepared.skipped, *prepare(prepared, 112, "arcface").skipped)
    assert [(one.key, one.cause) for one in skipped] == [("P0/cut", "cut off")]


def test_damage_is_not_called_a_cut(tmp_path):
    """Would catch every broken file being called cut off: this one ends where it should."""
    whole = bytearray(encode(portraits(5)[0], "PNG"))
    whole[18:26] = bytes(8)
    found = open_gallery(folder(tmp_path, people() | {"P0/x.png": bytes(whole)}), aligned=True)
    skipped = (*found.skipped, *prepare(found, 112, "arcface").skipped)
    assert [(one.key, one.cause) for one in skipped] == [("P0/x.png", "damaged")]


def test_unreadable_files_go_alone(tmp_path, monkeypatch):
    """Would catch one file without permission that stops the rest, or is not named."""
    folder(tmp_path, people())
    real = Path.open

    def guarded(self, *args, **options):
        if self.name == "3.jpg" and self.parent.name == "P1":
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    found = open_gallery(tmp_path)
    assert reasons(found) == {"P1/3.jpg": "not readable (Permission denied)"}
    assert len(found.photos) == 17


@pytest.mark.parametrize(("low", "high"), [(0, 65535), (100, 4095), (30000, 30900)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_by_their_own_range(low, high, kind):
    """Would catch a white face from 16 bits, or a black one from 12 bits in 16."""
    image = portraits(5)[0]
    shown = Photo("x", encode(bits16(image, low, high), kind)).image()
    assert shown.mode == "RGB"
    assert np.abs(np.asarray(shown)[..., 1] - stretched(image)).max() <= 1.5


@pytest.mark.parametrize("unit", [1.0, 255.0, 1e6, -3.0])
def test_real_numbers_are_scaled_by_their_own_range(unit):
    """Would catch a black face from floats of 0 to 1, or one unreadable for a single NaN."""
    image = portraits(5)[0]
    values = stretched(image).astype(np.float32) / 255 * unit
    expected = stretched(image) if unit > 0 else 255 - stretched(image)
    values[0, 0] = np.nan
    shown = np.asarray(Photo("x", encode(Image.fromarray(values), "TIFF")).image())[..., 0]
    error = np.abs(shown - expected)
    error[0, 0] = 0
    assert error.max() <= 1.5


@pytest.mark.parametrize("value", [0, 1000, 65535])
def test_a_photo_without_contrast_is_grey(value):
    """Would catch a division by zero for a photo of one value."""
    flat = Image.fromarray(np.full((20, 20), value, dtype=np.uint16))
    assert np.unique(np.asarray(Photo("x", encode(flat, "PNG")).image())).tolist() == [128]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_is_grey(mode):
    """Would catch colour hidden under a cut-out that shows through, whatever says where it is."""
    image = portraits(5)[0].copy()
    if mode in ("RGBA", "LA"):
        shown = image.convert(mode)
        shown.putalpha(Image.new("L", image.size, 255))
        shown.paste((10, 200, 10, 0) if mode == "RGBA" else (10, 0), (0, 0, 30, 112))
        data = encode(shown, "PNG")
    elif mode == "P":
        shown = image.quantize(200)
        shown.paste(199, (0, 0, 30, 112))
        data = encode(shown, "PNG", transparency=199)
    else:
        image.paste((1, 2, 3), (0, 0, 30, 112))
        data = encode(image, "PNG", transparency=(1, 2, 3))
    pixels = np.asarray(Photo("x", data).image())
    assert (pixels[:, :30] == 128).all()
    reference = np.asarray(image.convert("L" if mode == "LA" else "RGB").convert("RGB"))
    assert np.abs(pixels[:, 31:].astype(int) - reference[:, 31:]).mean() < 8


def test_half_transparent_is_mixed():
    """Would catch alpha that is dropped or taken for a mask of yes and no."""
    half = Image.new("RGBA", (8, 8), (228, 28, 128, 128))
    pixels = np.asarray(Photo("x", encode(half, "PNG")).image())[0, 0].astype(int)
    assert np.abs(pixels - [178, 78, 128]).max() <= 1


def test_cut_out_faces_enrol_on_grey(tmp_path):
    """Would catch the corners of cut-out faces coming into a backbone in their hidden colour."""
    y, x = np.mgrid[:112, :112]
    outside = (x - 56) ** 2 / 42**2 + (y - 56) ** 2 / 52**2 > 1
    files = people()
    for place, image in enumerate(portraits(5)):
        pixels = np.dstack([np.asarray(image), np.full((112, 112), 255, np.uint8)])
        pixels[outside] = 0
        files[f"Alpha/{place}.png"] = encode(Image.fromarray(pixels), "PNG")
    found = open_gallery(folder(tmp_path, files), aligned=True)
    faces = prepare(found, 112, "arcface").faces[found.labels == 0]
    assert (faces[:, :3, :3] == 128).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_is_used(kind):
    """Would catch the last frame, or none, of what moves."""
    first, *rest = portraits(5, 3)
    data = encode(first, kind, save_all=True, append_images=rest)
    shown = np.asarray(Photo("x", data).image()).astype(int)
    near = [np.abs(shown - np.asarray(one).astype(int)).mean() for one in (first, *rest)]
    assert np.argmin(near) == 0
    assert near[0] < 12


def test_cmyk_keeps_its_colours():
    """Would catch a negative: CMYK read as if it were inverted."""
    image = portraits(5)[0]
    shown = Photo("x", encode(image.convert("CMYK"), "JPEG", quality=95)).image()
    assert np.abs(np.asarray(shown).astype(int) - np.asarray(image)).mean() < 8


def test_broken_exif_costs_no_photo():
    """Would catch a sound photo lost for its metadata."""
    data = encode(portraits(5)[0], exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(30))
    assert Photo("x", data).image().size == (112, 112)


def test_the_account_adds_up(tmp_path):
    """Would catch a file in no sum, one counted twice, or a person who gave no face in the sum."""
    files = people(3) | {
        "P0/lfs.jpg": LFS,
        "P0/a.txt": b"a",
        "P1/b.mp4": VIDEO,
        "loose.jpg": b"",
        "cover.jpg": encode(portraits(7)[0]),
        "P0/@eaDir/0.jpg": b"",
        ".DS_Store": b"x",
    }
    found = open_gallery(folder(tmp_path, files))
    assert len(found.photos) + len(found.skipped) + found.ignored == len(files)
    assert found.account() == (
        "18 photos of 3 people used; 5 files left out (2 no image, 1 Git LFS pointer, "
        "1 loose beside the folders, 1 empty file); 2 system files ignored."
    )
    lost = [Skipped(f"P2/{place}.jpg", "no face found") for place in range(6)]
    told = found.account(lost)
    assert told.startswith("12 photos of 2 people used; 11 files left out (6 no face found, ")
    assert found.account((*found.skipped, *lost)) == told


def test_one_photo_accounts_in_the_singular():
    """Would catch "1 photos of 1 people"."""
    alone = build("toy", [("Ada", "Ada/1", encode(portraits(5)[0]))], aligned=True, ignored=1)
    assert alone.account() == "1 photo of 1 person used; 1 system file ignored."


def test_a_photo_says_why_it_gives_no_pixels():
    """Would catch a reason lost between the reading and the list."""
    with pytest.raises(LetheError, match="cut off") as error:
        Photo("x", encode(portraits(5)[0])[:900]).image()
    assert error.value.reason.startswith("cut off")


def test_kinds_are_told_by_their_first_bytes():
    """Would catch a name's suffix believed over the content."""
    assert kind_of(b"%PDF-1.4", "face.jpg") == "PDF"
    assert kind_of(b"hello", "face.mat") == "text"
    assert kind_of(bytes(16) + b"\xde\xc0\xef\xbe", "data.mdb") == "LMDB database"


def test_a_box_of_a_long_length_ends_where_it_says():
    """Would catch an AVIF whose length takes eight bytes called cut off, or not when it is."""
    start = struct.pack(">I", 16) + b"ftypavif" + bytes(4)
    whole = start + struct.pack(">I4sQ", 1, b"mdat", 400) + bytes(384)
    assert not cut_off(whole)
    assert cut_off(whole[:-1])


BINARY = bytes(range(1, 8)) * 8

STARTS = [
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "zip file"),
    (0, b"PK\x05\x06", "zip file"),
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"\x1f\x8b", "tar or gzip file"),
    (0, b"BZh", "tar or gzip file"),
    (0, b"\xfd7zXZ\0", "tar or gzip file"),
    (257, b"ustar", "tar or gzip file"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5 file"),
    (0, b"MATLAB 5.0", "MATLAB file"),
    (0, b"PAR1", "Parquet table"),
    (0, b"\x0a\x23\xd7\xce", "MXNet records"),
    (16, b"\xde\xc0\xef\xbe", "LMDB database"),
    (0, b"SQLite format 3", "database"),
    (0, b"\x1a\x45\xdf\xa3", "video"),
    (0, b"\0\0\x01\xba", "video"),
    (0, b"\0\0\x01\xb3", "video"),
    (0, b"FLV\x01", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (8, b"AVI ", "video"),
    (8, b"WAVE", "sound"),
    (0, b"OggS", "sound"),
    (0, b"ID3", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"\xd0\xcf\x11\xe0", "office file"),
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
    (0, b"\0\0\x01\0", "icon"),
    (0, b"icns", "icon"),
    (0, b"%!PS", "PostScript"),
    (8, b"CR\x02\0", "camera raw"),
    (0, b"FUJIFILMCCD-RAW", "camera raw"),
    (0, b"IIU\0", "camera raw"),
    (0, b"IIRO", "camera raw"),
    (0, b"IIRS", "camera raw"),
    *((4, word, "video") for word in (b"ftyp", b"moov", b"mdat", b"wide")),
    *((0, b"\x80" + bytes([number]), "pickled Python data") for number in (2, 3, 4, 5)),
]
"""From the formats' own specifications: where the mark stands, the mark, and what that is."""


@pytest.mark.parametrize(("at", "mark", "kind"), STARTS, ids=lambda one: repr(one))
def test_a_mark_tells_a_kind_at_its_own_place_only(at, mark, kind):
    """Would catch a kind's mark misspelt or looked for one byte off, so that people are told
    "unknown kind" of a file that they could unpack."""
    filled = (BINARY * 6)[:at]
    assert kind_of(filled + mark + BINARY, "a.bin") == kind
    assert kind_of(b"\x01" + filled + mark + BINARY, "a.bin") == "unknown kind"
    assert kinds.is_raw(filled + mark + BINARY, "a.bin") == (kind == "camera raw")
    told = kinds.reason(filled + mark + BINARY, "a.jpg")
    assert told.startswith("camera raw; export" if kind == "camera raw" else f"no image: {kind}")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"MZ and ID3, BZh are words", "text"),
        (b"ID3 is a word", "text"),
        (b"OggS is four letters", "sound"),
        (b"\t\r\n\x0c\x1b plain", "text"),
        (b"\x0b plain", "unknown kind"),
        (b"\x1f plain", "unknown kind"),
        (b" \t\r\n<!DOCTYPE HTML>", "web page"),
        (b"\xef\xbb\xbf<html>", "web page"),
        (b"<head>", "web page"),
        (b"<!-- a page -->", "web page"),
        (b"<?xml?> <!-- not first -->", "text"),
        (b"<?xml version='1.0'?><SVG>", "drawing (SVG)"),
        ("Größe".encode()[:-1] + b"", "text"),
        ("a name 名".encode()[:-1], "text"),
        ("a smile 🙂".encode()[:-1], "text"),
        (b"\xe4\xe4\xe4abcdefg", "text"),
        (b"\xe4\xe4\xe4\xe4abcdef", "unknown kind"),
        (b"\xe4\xe4\xe4\xe4", "unknown kind"),
        ("<html>".encode("utf-16"), "web page"),
        (b"\xfe\xff" + "<html>".encode("utf-16-be") + b"\0", "web page"),
        (b"\x80\x06" + BINARY, "unknown kind"),
        (b"\x80\x01" + BINARY, "unknown kind"),
    ],
)
def test_texts_of_any_encoding_are_told_from_binary_files(head, kind):
    """Would catch text called an unknown kind for its encoding, its control characters or where
    its first bytes end, and a word that begins like a program taken for one."""
    assert kind_of(head, "a.bin") == kind


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".tfrecord", "TensorFlow records"),
        (".tfrecords", "TensorFlow records"),
        (".lmdb", "LMDB database"),
        (".rec", "MXNet records"),
        (".mat", "MATLAB file"),
        (".h5", "HDF5 file"),
        (".parquet", "Parquet table"),
        (".mpg", "video"),
        (".ts", "video"),
        (".mp3", "sound"),
    ],
)
def test_what_bytes_do_not_tell_the_suffix_does(suffix, kind):
    """Would catch a data set of records called unknown, though its name says what it is and every
    such kind that can be unpacked comes with a way to do it."""
    assert kind_of(BINARY, f"set{suffix.upper()}") == kind
    assert kind_of(b"text", f"set{suffix}") == "text"
    told = kinds.REMEDIES.get(kind)
    assert told is None or ("unpack" in told) == (kind not in ("video", "sound", "Parquet table"))


def test_raw_photos_and_images_are_told_by_bytes_and_raw_ones_by_suffix_too():
    """Would catch a sensor's file of which a stamp-sized preview is enrolled, a TIFF of one's own
    refused as raw, or a broken photo called something else than an image."""
    raw = (".nef", ".nrw", ".dng", ".arw", ".sr2", ".pef", ".srw", ".cr2")
    for head in (b"II*\0", b"MM\0*"):
        assert all(kinds.is_raw(head + BINARY, f"a{end.upper()}") for end in raw)
        assert not kinds.is_raw(head + BINARY, "a.tif")
        assert not kinds.is_raw(b"\x01" + head + BINARY, "a.nef")
    assert kinds.is_raw(bytes(4) + b"ftypcrx " + BINARY, "a")
    assert not kinds.is_raw(bytes(4) + b"ftypcrw " + BINARY, "a")
    assert not kinds.is_raw(bytes(5) + b"ftypcrx " + BINARY, "a")
    images = [
        *(b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  "),
        *(b"BM" + b"size" + bytes(4), b"RIFF" + b"size" + b"WEBP"),
        *(bytes(4) + b"ftyp" + word for word in (b"avif", b"avis", b"heic", b"heix", b"hevc")),
        *(bytes(4) + b"ftyp" + word for word in (b"hevx", b"heim", b"mif1", b"msf1")),
    ]
    for head in images:
        assert kinds.is_image(head + BINARY), head
        assert not kinds.is_image(b"\x01" + head + BINARY), head
    others = (b"BM" + b"size" + b"\0\0\0\x01", b"BX" + b"size" + bytes(4), b"BM")
    for head in (*others, b"RIFFsizeWAVE", b"RIFXsizeWEBP", bytes(4) + b"ftypisom", b"xxxxftyX"):
        assert not kinds.is_image(head), head
    assert not kinds.is_image(bytes(4) + b"fty_avif")
    for head in (b"-----BEGIN PGP MESSAGE", b"age-encryption.org/v1", b"Salted__" + BINARY):
        assert kinds.reason(head, "a.jpg") == "encrypted; decrypt it first"


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        (b"\xff\xd8 pixels \xff\xd9", 1),
        (b"\x89PNG pixels IEND", 1),
        (b"GIF89a pixels ;\0\0", 3),
        (b"RIFF\x08\0\0\0WEBPVP8 ", 1),
        (b"BM\x0a\0\0\0\0\0\0\0", 1),
        (b"II*\0\x08\0\0\0\0", 1),
        (b"MM\0*\0\0\0\x08\0", 1),
        (b"\0\0\0\x0cftypavif", 1),
        (b"\0\0\0\x0cftypavif\0\0\0\0mdat and all the rest", 0),
        (b"\0\0\0\x0cftypavif\0\0\0\x02mdat", 0),
        (b"\0\0\0\x0cftypavif\0\0\0\x08mdat\0\0\0\x09meta!", 1),
        (b"\0\0\0\x0cftypavif\0\0\0\x01mdat" + (17).to_bytes(8, "big") + b"!", 1),
        (b"what else may be", 0),
    ],
)
def test_a_file_ends_where_its_kind_says(whole, cut):
    """Would catch a whole photo called cut off, or one that lacks its last byte called whole."""
    assert not cut_off(whole)
    if cut:
        assert cut_off(whole[:-cut])


def test_what_states_one_byte_more_is_cut():
    """Would catch a box counted by its header alone: what it states is missing here."""
    assert cut_off(b"\0\0\0\x0cftypavif\0\0\0\x09mdat")
    assert cut_off(b"\0\0\0\x0cftypavif\0\0\0\x08mdat\0\0\0\x10free")
    assert not cut_off(b"\0\0\0\x0cftypavif\0\0\0\x08mdat\0\0\0")
    assert cut_off(b"II*\0\x0b\0\0\0")
    assert cut_off(b"MM\0*\0\0\0\x0b")
    assert cut_off(b"RIFF\x09\0\0\0WEBPVP8 ")


@pytest.mark.parametrize("seed", range(6))
def test_deep_pixels_become_exactly_their_share_of_the_range(seed):
    """Would catch a range that begins at 1, overflows at 255, rounds down, or is another's."""
    draw = np.random.default_rng(seed)
    values = draw.normal(0, 10.0**seed, (9, 7)).astype(np.float32)
    if seed % 2:
        values = np.round((values - values.min()) % 65536).astype(np.uint16)
    deep = values.astype(np.float64)
    expected = (deep - deep.min()) * 255 / (deep.max() - deep.min())
    image = Image.fromarray(values)
    shown = np.asarray(Photo("x", encode(image, "TIFF")).image()).astype(int)
    assert (shown[..., 0].min(), shown[..., 0].max()) == (0, 255)
    assert np.abs(shown[..., 0] - expected).max() <= 0.501
    assert (shown == shown[..., :1]).all()
    nothing = Image.fromarray(np.full((3, 3), np.nan, np.float32))
    assert np.unique(np.asarray(Photo("x", encode(nothing, "TIFF")).image())).tolist() == [128]


def test_lab_and_turned_photos_look_as_they_did():
    """Would catch colours taken for others where a photo is in Lab, or a phone's photo on its
    side: orientation 6 is a quarter turn."""
    from PIL import ImageCms

    image = portraits(5)[0]
    spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.buildTransform(*spaces, "RGB", "LAB").apply(image)
    shown = np.asarray(Photo("x", encode(lab, "TIFF")).image()).astype(int)
    assert np.abs(shown - np.asarray(image)).mean() < 3
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Photo("x", encode(image, "PNG", exif=exif)).image()
    assert (np.asarray(turned) == np.rot90(np.asarray(image), -1)).all()


def test_a_photo_over_the_bound_is_refused_by_its_header_and_by_its_pixels(monkeypatch):
    """Would catch a bomb of pixels read into memory: one over the bound is refused, one of just
    that many is read, whether it is listed or opened, and what Pillow refuses is one sentence."""
    data = encode(Image.new("RGB", (10, 8)), "PNG")
    for module in (photo_module, sources_base):
        monkeypatch.setattr(module, "MAX_PIXELS", 80)
    assert sources_base.look(data, "x.png") == Photo("x", data).image().size == (10, 8)
    for module in (photo_module, sources_base):
        monkeypatch.setattr(module, "MAX_PIXELS", 79)
    assert sources_base.look(data, "x.png") == photo_module.TOO_LARGE
    with pytest.raises(photo_module.Unreadable, match="10 x 8 pixels") as error:
        Photo("x", data).image()
    assert error.value.reason == photo_module.TOO_LARGE
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    assert sources_base.look(data, "x.png") == photo_module.TOO_LARGE
    with pytest.raises(photo_module.Unreadable, match="too large; scale it down") as error:
        Photo("x", data).image()
    assert error.value.reason == photo_module.TOO_LARGE


def test_a_jpeg_may_go_over_its_pixels_just_so_often(monkeypatch):
    """Would catch kilobytes that take minutes, or a photo refused for a clip behind its end or the
    preview inside it, whose bytes look like scans too."""
    scans = b"\xff\xda\0\2" * 30
    preview = b"\xff\xed" + (len(scans) + 2).to_bytes(2, "big") + scans
    plain = many_scans(40, 20)
    whole = plain[:2] + preview + plain[2:] + scans
    monkeypatch.setattr(photo_module, "MAX_SCANNED", 40 * 40 * 20)
    assert Photo("a", whole).image().size == (40, 40)
    monkeypatch.setattr(photo_module, "MAX_SCANNED", 40 * 40 * 20 - 1)
    with pytest.raises(Unreadable, match=r"too often; save it anew\.") as error:
        Photo("a", whole).image()
    assert error.value.reason == photo_module.TOO_MANY_SCANS


def test_limits_of_what_is_read_are_the_documented_ones():
    """Would catch a bound of safety moved by a slip of the finger: these are promised."""
    assert (photo_module.MAX_PIXELS, photo_module.MAX_SCANNED) == (50_000_000, 2 * 10**9)
    assert sources_base.MAX_TABLE_BYTES == 50_000_000
    assert (entries.MAX_BYTES, entries.MAX_RATIO, entries.MAX_FILES) == (2 * 10**9, 200, 10**5)
    assert (folders.MAX_FILES, folders.MAX_DEPTH) == (500_000, 32)
    assert (kinds.HEAD, sources_base.CROP_PIXELS) == (1024, 224)


@pytest.mark.parametrize("reason", ["no image: video", "no image; x", "no image (why: y)"])
def test_a_cause_is_the_reason_without_its_details(reason):
    """Would catch files counted under their details, each as a kind of its own."""
    assert Skipped("x", reason).cause == "no image"

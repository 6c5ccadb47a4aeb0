"""Files of all kinds: what is a photo is read as it looks, and what is none is told by name."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.alignment import prepare
from engine.errors import LetheError
from engine.gallery import Photo, Skipped, build
from engine.photo import cut_off
from engine.sources import open_gallery
from engine.sources.kinds import kind_of
from tests.engine.intake import counts, encode, folder, people, person, portraits, reasons

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

"""Files that are hostile or odd: a table of what each is, what it must give, and how it is made.

`gives` is `used`, `listed: <words of the reason>` or `refused: <words of the sentence>`. Beside
each lie six sound photos, three of Ada and three of Bob, which must be used unless all is refused.
`docs/intake.md` has the same table, and a test holds the two together.
"""

import bz2
import functools
import gzip
import io
import lzma
import os
import pickle
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.engine.intake import Files, encode, folder, many_scans
from tests.engine.photos import encoded, image

SOUND: Files = {
    f"{who}/{photo}.png": encoded(10 * number + photo)
    for number, who in enumerate(("Ada", "Bob"))
    for photo in range(3)
}


class Case(NamedTuple):
    """`photos` are used at least; `who` are the people where that is the point."""

    what: str
    gives: str
    make: Callable[[Path], Path]
    photos: int
    who: frozenset[str]


CASES: list[Case] = []


def case(
    what: str,
    gives: str,
    make: Callable[[Path], Path],
    photos: int = 6,
    who: tuple[str, ...] = ("Ada", "Bob"),
) -> None:
    CASES.append(Case(what, gives, make, photos, frozenset(who)))


def file(
    what: str,
    gives: str,
    data: Callable[[], bytes],
    name: str = "odd.zip",
    photos: int = 6,
    who: tuple[str, ...] = ("Ada", "Bob"),
) -> None:
    """A case that is a file, opened by itself."""

    def make(root: Path) -> Path:
        (root / name).write_bytes(data())
        return root / name

    case(what, gives, make, photos, who)


# Photos: each is Ada's fourth.


def photo(what: str, gives: str, data: Callable[[], bytes], name: str = "odd.jpg") -> None:
    """A case that is one photo of Ada's in a folder of photos."""

    def make(root: Path) -> Path:
        return folder(root / "set", SOUND | {f"Ada/{name}": data()})

    case(what, gives, make, 6 + (gives == "used"))


def changed(data: bytes, at: int, new: bytes) -> bytes:
    """The bytes with others from a place on."""
    return data[:at] + new + data[at + len(new) :]


def png(width: int, height: int, pixels: bytes, depth: int = 8, colour: int = 0, more=b"") -> bytes:
    """A PNG that states this, whatever its pixels are."""
    about = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = chunk(b"IHDR", about) + more + chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def frames(kind: str, count: int = 40, **options: object) -> bytes:
    shots = [image(number, 64, 64) for number in range(count)]
    return encode(shots[0], kind, save_all=True, append_images=shots[1:], **options)


def bmp(width: int, height: int, pixels: bytes) -> bytes:
    about = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + about + pixels


def tiff(*tags: tuple[int, int, int, int], after: int = 0) -> bytes:
    """A TIFF of (tag, type, count, value), whose next picture lies at `after`."""
    inside = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + inside + struct.pack("<I", after)
    return head + bytes(64)


def jpeg_with(mark: int, data: bytes) -> bytes:
    """A sound JPEG with one more segment in front."""
    plain = encoded(50, "JPEG")
    return plain[:2] + bytes([255, mark]) + struct.pack(">H", len(data) + 2) + data + plain[2:]


def jpeg_size(width: int, height: int) -> bytes:
    plain = encoded(50, "JPEG")
    return changed(plain, plain.find(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


JPEG = functools.partial(encoded, 50, "JPEG", width=90, height=90)
PNG = functools.partial(encoded, 50, "PNG", width=90, height=90)
RGBA = functools.partial(Image.new, "RGBA", (50, 50), (9, 99, 200, 80))
STRIP = ((256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))
EXIF = b"Exif\0\0"

photo("an empty file", "listed: empty file", lambda: b"")
photo("a file of one byte", "listed: no image", lambda: b"\xff")
photo("a JPEG cut in half", "listed: cut off", lambda: JPEG()[: len(JPEG()) // 2])
photo("a JPEG cut in its header", "listed: cut off", lambda: JPEG()[:30])
photo("a PNG cut in half", "listed: cut off", lambda: PNG()[: len(PNG()) // 2], "odd.png")
photo("a PNG with a wrong checksum", "listed: damaged", lambda: changed(PNG(), 60, b"\0\0\0"))
photo("a PNG of 0 x 0 pixels", "listed: damaged", lambda: png(0, 0, b""))
photo(
    "a PNG that says 2,147,483,647 pixels a side",
    "listed: over 50",
    lambda: png(*[2**31 - 1] * 2, b""),
)
photo(
    "a PNG of 20,000 x 20,000 black pixels in 50 kB",
    "listed: over 50",
    lambda: png(20_000, 20_000, bytes(2501 * 20_000), 1),
)
photo(
    "a PNG whose text unpacks to 100 MB",
    "listed: damaged",
    lambda: png(2, 2, bytes(6), more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
)
photo("a PNG with fewer pixels than it says", "listed: cut off", lambda: png(300, 300, bytes(9)))
photo("a PNG with more pixels than it says", "used", lambda: png(2, 2, bytes(9**6)))
photo("a PNG with a palette that is not there", "used", lambda: png(2, 2, bytes(6), 8, 3))
photo(
    "a JPEG that goes 3,000 times over its pixels",
    "listed: too many scans",
    lambda: many_scans(2_000, 3_000),
)
photo("a JPEG that says 65,535 x 65,535 pixels", "listed: over 50", lambda: jpeg_size(65535, 65535))
photo(
    "a JPEG that says 7,000 x 7,000 pixels and has 40 x 40",
    "listed: cut off",
    lambda: jpeg_size(7000, 7000)[:-2],
)
photo("a JPEG with a zip behind it", "used", lambda: JPEG() + zip_of(SOUND))
photo(
    "a JPEG with comments of 2 MB",
    "used",
    lambda: JPEG()[:2] + b"\xff\xfe\xff\xff".ljust(65537) * 30 + JPEG()[2:],
)
photo("an animated GIF", "used", lambda: frames("GIF"), "odd.gif")
photo("an animated PNG", "used", lambda: frames("PNG"), "odd.png")
photo("an animated WebP", "used", lambda: frames("WEBP"), "odd.webp")
photo("a TIFF of many pages", "used", lambda: frames("TIFF"), "odd.tif")
photo(
    "a GIF with a frame outside of its screen",
    "used",
    lambda: changed(frames("GIF", 1), 6, struct.pack("<HH", 8, 8)),
)
photo("a GIF without pixels", "listed: damaged", lambda: b"GIF89a\2\0\2\0\0\0\0;")
photo(
    "a TIFF whose next page is itself",
    "used",
    lambda: tiff(*STRIP, (273, 4, 1, 8), (278, 4, 1, 8), (279, 4, 1, 64), after=8),
)
photo(
    "a TIFF of 4,294,967,295 strips",
    "listed: damaged",
    lambda: tiff(*STRIP, (273, 4, 2**32 - 1, 8)),
)
photo(
    "a TIFF of 65,000 x 65,000 pixels in one",
    "listed: over 50",
    lambda: tiff(
        (256, 4, 1, 65000), (257, 4, 1, 65000), *STRIP[2:], (273, 4, 1, 8), (279, 4, 1, 64)
    ),
)
photo(
    "a TIFF whose first page lies behind its end",
    "listed: cut off",
    lambda: b"II*\0\xff\xff\xff\x7f" + bytes(40),
)
photo(
    "a TIFF of real numbers, none of which is one",
    "used",
    lambda: encode(Image.fromarray(np.full((9, 9), np.nan, np.float32)), "TIFF"),
    "odd.tif",
)
photo(
    "16 bits of grey",
    "used",
    lambda: encode(Image.fromarray(np.arange(2500, dtype=np.uint16).reshape(50, 50)), "PNG"),
)
photo("16 bits of colour", "used", lambda: png(9, 9, b"\0\1" * 300, 16, 2))
photo("a CMYK JPEG", "used", lambda: encode(image(50).convert("CMYK")))
photo(
    "a palette with a transparent colour",
    "used",
    lambda: encode(image(50).convert("P"), "PNG", transparency=3),
)
photo("colours with alpha", "used", lambda: encode(RGBA(), "PNG"))
photo("grey with alpha", "used", lambda: encode(RGBA().convert("LA"), "PNG"))
photo("grey", "used", lambda: encode(image(50).convert("L")))
photo("black and white", "used", lambda: encode(image(50).convert("1"), "PNG"))
photo("one pixel", "used", lambda: encode(Image.new("RGB", (1, 1)), "PNG"))
photo("1 x 60,000 pixels", "used", lambda: encode(Image.new("RGB", (1, 60_000)), "PNG"))
photo("60,000 x 1 pixels", "used", lambda: encode(Image.new("RGB", (60_000, 1)), "PNG"))
photo(
    "EXIF that turns by 99",
    "used",
    lambda: jpeg_with(0xE1, EXIF + b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x63\0\0\0\0\0\0\0"),
)
photo("EXIF of noise", "used", lambda: jpeg_with(0xE1, EXIF + np.random.default_rng(0).bytes(900)))
photo(
    "EXIF whose pages go in a circle",
    "used",
    lambda: jpeg_with(0xE1, EXIF + tiff((34665, 4, 1, 8), (274, 3, 1, 6), after=8)),
)
photo(
    "a colour profile of noise",
    "used",
    lambda: jpeg_with(0xE2, b"ICC_PROFILE\0\1\1" + np.random.default_rng(0).bytes(900)),
)
photo(
    "a web page called .jpg",
    "listed: web page",
    lambda: b"<!DOCTYPE html><script>alert(1)</script>",
)
photo(
    "a drawing with a script",
    "listed: drawing (SVG)",
    lambda: b"<svg onload='alert(1)'/>",
    "odd.svg",
)
photo("a zip called .jpg", "listed: zip file", lambda: zip_of(SOUND))
photo(
    "a pickle called .png",
    "listed: pickled Python data",
    lambda: pickle.dumps(Runs("ran")),
    "odd.png",
)
photo(
    "a PostScript program called .jpg",
    "listed: PostScript",
    lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
)
photo("a JPEG called .txt", "used", JPEG, "odd.txt")
photo(
    "a TGA, which has no signature", "listed: no image", lambda: encode(image(50), "TGA"), "odd.tga"
)
photo("an icon", "listed: icon", lambda: encode(image(50), "ICO"), "odd.ico")
photo("a BMP from the top down", "used", lambda: bmp(2, -2, bytes(16)))
photo(
    "a BMP that says -2,147,483,648 pixels a side",
    "listed: over 50",
    lambda: bmp(*[-(2**31)] * 2, bytes(16)),
)
photo("a BMP without its pixels", "listed: cut off", lambda: bmp(500, 500, b""))
photo(
    "a PPM of 10^18 pixels",
    "listed: over 50",
    lambda: b"P6 1000000000 1000000000 255\n" + bytes(30),
)
photo(
    "a PPM with a number of a million digits",
    "listed: no image",
    lambda: b"P6 " + b"9" * 10**6 + b" 1 255\n",
)
photo(
    "a WebP that says more than it has",
    "listed: cut off",
    lambda: changed(encoded(50, "WEBP"), 4, b"\xff\xff\xff\x00")[:-40],
)
photo("an AVIF cut in half", "listed: cut off", lambda: encoded(50, "AVIF")[:300], "odd.avif")
photo(
    "an AVIF with a property that is not known",
    "listed: damaged",
    lambda: encoded(50, "AVIF").replace(b"av1C", b"av2C"),
    "odd.avif",
)
photo(
    "a HEIC of noise behind its header",
    "listed: damaged",
    lambda: (
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
        + b"\0\0\0\x64meta"
        + np.random.default_rng(0).bytes(92)
    ),
)
photo("a JPEG 2000 cut in half", "listed: ", lambda: encoded(50, "JPEG2000")[:400], "odd.jp2")
photo(
    "a QOI of 4,294,967,295 pixels a side",
    "listed: over 50",
    lambda: b"qoif" + b"\xff" * 8 + b"\3\0" + bytes(40),
)
photo(
    "a PSD of 30,000 x 30,000 pixels",
    "listed: over 50",
    lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30000, 30000, 8, 3) + bytes(40),
)


# Zips.


def zip_of(files: Files, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


class Entry(NamedTuple):
    """An entry of a zip that may say anything of itself."""

    name: bytes
    data: bytes
    size: int | None = None
    told: int | None = None  # bytes that it takes in the zip
    flags: int = 0x800
    method: int = 0
    mode: int = 0
    crc: int | None = None
    more: bytes = b""
    at: int | None = None
    time: int = 0
    local: bytes | None = None


def raw_zip(*odd: Entry, count: int | None = None, start: int | None = None) -> bytes:
    """The sound photos and odd entries; `count` and `start` are what the end says of the table."""
    body, table = b"", b""
    entries = [Entry(name.encode(), data) for name, data in SOUND.items()] + list(odd)
    for one in entries:
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        packed = len(one.data) if one.told is None else one.told
        size = packed if one.size is None else one.size
        facts = struct.pack(
            "<HHHIIIIHH",
            *(20, one.flags, one.method, one.time, crc, packed, size),
            *(len(one.name), len(one.more)),
        )
        at = len(body) if one.at is None else one.at
        rest = struct.pack("<HHHII", 0, 0, 0, one.mode << 16, at)
        table += b"PK\1\2" + struct.pack("<H", 0x031E) + facts + rest + one.name + one.more
        body += b"PK\3\4" + facts + (one.local or one.name) + one.more + one.data
    count = len(entries) if count is None else count
    start = len(body) if start is None else start
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(table), start, 0)
    return body + table + b"PK\5\6" + end


ODD = encoded(50)
DEEP = "/".join("d" * 1_000)

file("a zip of nothing", "refused: it is empty", lambda: zip_of({}))
file("a zip cut in half", "refused: is no zip file, or damaged", lambda: zip_of(SOUND)[:2000])
file("a zip with a program in front", "used", lambda: b"MZ" + bytes(5_000) + zip_of(SOUND))
file("a zip with noise behind", "used", lambda: zip_of(SOUND) + b"\0" * 200)
file(
    "a zip with a wrong checksum",
    "listed: damaged in the zip",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, crc=1)),
)
for name in (
    "../x.png",
    "Ada/../../x.png",
    "/etc/x.png",
    "C:\\x.png",
    "..\\..\\x.png",
    "\\\\host\\x.png",
):
    file(
        f"a zip with the path `{name}`",
        "refused: holds a path that leads outside it",
        lambda name=name: raw_zip(Entry(name.encode(), ODD)),
    )
file("a zip in a zip", "listed: zip file", lambda: zip_of(SOUND | {"Ada/more.zip": zip_of(SOUND)}))
file(
    "20,000 empty files",
    "listed: empty file",
    lambda: zip_of(SOUND | {f"Ada/{n}.jpg": b"" for n in range(20_000)}),
)
file(
    "5,000 people of one broken photo each",
    "listed: cut off",
    lambda: zip_of(SOUND | {f"P{n}/0.jpg": JPEG()[:200] for n in range(5_000)}),
)
file(
    "60 MB of zeros in 60 kB",
    "refused: unpacks to more than",
    lambda: zip_of(SOUND | {"Ada/x.bmp": bytes(60 * 10**6)}),
)
file(
    "a small file that shrinks 900-fold",
    "listed: no image",
    lambda: zip_of(SOUND | {"Ada/x.bmp": bytes(9 * 10**6)}),
)
file(
    "100 files that all lie in one place",
    "refused: files that lie in each other",
    lambda: raw_zip(*[Entry(f"Ada/{n}.png".encode(), b"", told=3_000, at=0) for n in range(100)]),
)
file(
    "a zip that says less than it has",
    "listed: damaged in the zip",
    lambda: raw_zip(Entry(b"Ada/x.png", zlib.compress(bytes(10**6))[2:-4], size=100, method=8)),
)
file(
    "a zip that says more than it has",
    "listed: damaged in the zip",
    lambda: raw_zip(Entry(b"Ada/x.png", zlib.compress(ODD)[2:-4], size=9 * 10**6, method=8, crc=0)),
)
file(
    "a zip64 that says 10^18 bytes",
    "refused: unpacks to more than",
    lambda: raw_zip(
        Entry(b"Ada/x.png", ODD, size=2**32 - 1, more=struct.pack("<HHQ", 1, 8, 10**18))
    ),
)
file(
    "a zip64 field that is cut",
    "refused: is no zip file, or damaged",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, size=2**32 - 1, more=struct.pack("<HHI", 1, 8, 1))),
)
file(
    "an entry that lies behind the end",
    "listed: damaged in the zip",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, at=10**9)),
)
file(
    "an entry of another name where it lies",
    "listed: damaged in the zip",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, local=b"Bob/x.png")),
)
file("a table of contents that says 65,000 files", "used", lambda: raw_zip(count=65_000))
file(
    "a table of contents that starts behind the end",
    "refused: 6 damaged in the zip",
    lambda: raw_zip(start=10**8),
)
file(
    "one locked photo", "listed: encrypted", lambda: raw_zip(Entry(b"Ada/x.png", ODD, flags=0x801))
)
file(
    "a packing that nobody knows",
    "listed: packed in a way that is not read",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, method=99)),
)
file("a photo twice", "listed: twice in the archive", lambda: raw_zip(Entry(b"Ada/0.png", ODD)))
file(
    "a file that is called like a folder",
    "listed: loose beside the folders",
    lambda: raw_zip(Entry(b"Ada", ODD), Entry(b"Bob/0.png/1.png", ODD)),
    photos=7,
)
file(
    "a link to /etc/passwd",
    "listed: link; pack the file itself",
    lambda: raw_zip(Entry(b"Ada/x.png", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)),
)
file("a file without a name", "listed: no name", lambda: raw_zip(Entry(b"", ODD)))
file(
    "a file of the 31st of a 15th month",
    "used",
    lambda: raw_zip(Entry(b"Ada/x.png", ODD, time=0xFFFFFFFF)),
    photos=7,
)
file(
    "a name of 10,000 characters",
    "listed: name longer than 255 characters",
    lambda: raw_zip(Entry(b"Ada/" + b"x" * 10_000, ODD)),
)
file(
    "a photo 1,000 folders deep",
    "listed: deeper than 32 folders",
    lambda: raw_zip(Entry(DEEP.encode(), ODD)),
)
file(
    "a name in UTF-8 that is none",
    "refused: is no zip file, or damaged",
    lambda: raw_zip(Entry(b"Ada/\xff\xfe.png", ODD)),
)
file(
    "names with a zero byte",
    "used",
    lambda: raw_zip(Entry(b"Ada/a\0.png", ODD), Entry(b"Ada/b\0.exe", ODD)),
    photos=8,
)
file(
    "a system's files alone",
    "refused: it is empty",
    lambda: zip_of({"__MACOSX/Ada/._0.jpg": b"x", "Ada/.DS_Store": b"x"}),
)
file(
    "a zip that is one of several parts",
    "refused: part of a split zip",
    lambda: b"PK\7\x08" + zip_of(SOUND)[:2000],
)
for what, who, seen in (
    ("HTML", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ("a line break", "A\nB\r", "A␊B␍"),
    ("emoji", "👩‍👧 Zoë", "👩‍👧 Zoë"),
    ("right-to-left text", "שרה", "שרה"),
    ("a sign that turns the text round", "Ada\u202egnp.exe", "Ada\u202egnp.exe"),
    ("another case", "ADA", "ADA"),
    ("spaces alone", "   ", "   "),
    ("a formula", "=1+1", "=1+1"),
    ("a device of Windows", "CON", "CON"),
):
    file(
        f"a person called by {what}",
        "used",
        lambda who=who: raw_zip(Entry(f"{who}/0.png".encode(), ODD)),
        photos=7,
        who=("Ada", "Bob", seen),
    )


def groups() -> Files:
    """10,000 folders of two people each, one of whom has enough photos."""
    more = {f"g0/p0a/{at}.png": data for at, data in enumerate(SOUND.values(), 1)}
    return more | {f"g{at}/p{at}{who}/0.png": ODD for at in range(10_000) for who in "ab"}


file(
    "10,000 folders of two people each",
    "used",
    lambda: zip_of(groups(), zipfile.ZIP_STORED),
    photos=20_006,
    who=(),
)


# Tars.


def tar_of(*odd: tarfile.TarInfo, files: Files = SOUND) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in odd:
            archive.addfile(info)
    return out.getvalue()


def head(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def sparse(file_map: bytes) -> bytes:
    """A tar with a file that has holes, of which `file_map` tells."""
    out = io.BytesIO(TAR())
    with tarfile.open(fileobj=out, mode="a", format=tarfile.PAX_FORMAT) as archive:
        info = head("Ada/x.png", size=len(file_map))
        told = {"major": "1", "minor": "0", "name": "Ada/x.png", "realsize": "9"}
        info.pax_headers = {f"GNU.sparse.{name}": value for name, value in told.items()}
        archive.addfile(info, io.BytesIO(file_map))
    return out.getvalue()


def ends(data: bytes) -> bytes:
    """A tar without the zeros at its end."""
    return data.rstrip(b"\0") + bytes(-len(data.rstrip(b"\0")) % 512)


TAR = functools.partial(tar_of)
file("a tar cut in half", "used", lambda: TAR()[: -len(TAR()) // 2], "odd.tar", photos=1, who=())
for what, packed in (("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress)):
    file(
        f"noise that begins like {what}",
        "refused: is no tar file, or damaged",
        lambda packed=packed: packed(b"")[:6] + np.random.default_rng(0).bytes(900),
        "odd.tar.gz",
    )
    file(
        f"text in {what}",
        "refused: is no tar file, or damaged",
        lambda packed=packed: packed(b"hello"),
        "odd.tar.gz",
    )
    file(
        f"60 MB of zeros behind the photos in {what}",
        "refused: unpacks to more than",
        lambda packed=packed: packed(ends(TAR()) + tar_of(files={"Ada/x.bmp": bytes(60 * 10**6)})),
        "odd.tar.gz",
    )
file(
    "a tar.gz in a tar.gz",
    "refused: is no tar file, or damaged",
    lambda: gzip.compress(gzip.compress(TAR())),
    "odd.tar.gz",
)
file(
    "a tar in a tar",
    "listed: tar or gzip file",
    lambda: tar_of(files=SOUND | {"Ada/x.tar": TAR()}),
    "odd.tar",
)
for name in ("../x.png", "/etc/x.png", "Ada/../../x.png"):
    file(
        f"a tar with the path `{name}`",
        "refused: holds a path that leads outside it",
        lambda name=name: tar_of(files=SOUND | {name: ODD}),
        "odd.tar",
    )
for what, kind, gives in (
    ("a link in a tar", tarfile.SYMTYPE, "link; pack the file itself"),
    ("a hard link in a tar", tarfile.LNKTYPE, "link; pack the file itself"),
    ("a device in a tar", tarfile.CHRTYPE, "special file"),
    ("a disk in a tar", tarfile.BLKTYPE, "special file"),
    ("a pipe in a tar", tarfile.FIFOTYPE, "special file"),
):
    file(
        what,
        f"listed: {gives}",
        lambda kind=kind: tar_of(head("Ada/x.png", kind, "/etc/passwd")),
        "odd.tar",
    )
file(
    "a file with holes and 40 MB of digits about them",
    "listed: special file",
    lambda: sparse(b"9" * 40_000_000),
    "odd.tar",
)
file(
    "a tar whose file says 10^12 bytes",
    "used",
    lambda: tar_of(head("Ada/x.png", size=10**12)),
    "odd.tar",
)
file(
    "a tar with a wrong checksum in a header",
    "used",
    lambda: changed(TAR(), TAR().find(b"Bob/2.png") + 148, b"7777777"),
    "odd.tar",
    photos=5,
)
file(
    "a tar with a header of 8 GB about a name",
    "used",
    lambda: tar_of(head("x", tarfile.GNUTYPE_LONGNAME, size=2**33)),
    "odd.tar",
)
file(
    "5,000 headers about the next file",
    "used",
    lambda: ends(TAR()) + ends(tar_of(head("x", tarfile.XGLTYPE), files={})) * 5_000,
    "odd.tar",
)
file(
    "a tar of folders alone",
    "refused: it is empty",
    lambda: tar_of(head("Ada", tarfile.DIRTYPE), files={}),
    "odd.tar",
)


# Arrays: six photos of 8 x 8 pixels, three of each person.

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
WHOSE = np.array([0, 0, 0, 1, 1, 1])
NUMBERED = ("Person_0", "Person_1")


class Runs:
    """A pickle that makes a folder when it is opened."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (self.folder,)


def npz(images: np.ndarray = PIXELS, target: np.ndarray = WHOSE, **more: np.ndarray) -> bytes:
    out = io.BytesIO()
    save = np.savez_compressed if images.any() else np.savez
    save(out, images=images, target=target, **more)
    return out.getvalue()


def raw_npz(header: str, data: bytes = b"") -> bytes:
    """An npz whose images say this of themselves."""
    text = header.encode()
    images = b"\x93NUMPY\2\0" + struct.pack("<I", len(text)) + text + data
    target = io.BytesIO()
    np.save(target, WHOSE)
    return zip_of({"images.npy": images, "target.npy": target.getvalue()})


def arrays(
    what: str,
    gives: str,
    data: Callable[[], bytes],
    photos: int = 6,
    who: tuple[str, ...] = NUMBERED,
) -> None:
    file(what, gives, data, "odd.npz", photos, who)


def say(shape: str, kind: str = "'|u1'") -> str:
    return f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}}}"


arrays(
    "an npz whose images are a pickle that runs",
    "refused: Python objects, which may run programs",
    lambda: npz(np.array([Runs("ran")] * 6, dtype=object)),
)
arrays(
    "an npz whose labels are a pickle that runs",
    "refused: Python objects, which may run programs",
    lambda: npz(target=np.array([Runs("ran")] * 6, dtype=object)),
)
arrays("an npz that is cut", "refused: is no zip file, or damaged", lambda: npz()[:-60])
arrays(
    "a header that is a program",
    "refused: is damaged",
    lambda: raw_npz(say("(__import__('os').mkdir('ran'),)")),
)
arrays(
    "a header of 10^15 numbers",
    "refused: is damaged",
    lambda: raw_npz(say("(10**15,)".replace("10**15", str(10**15))), b"x"),
)
arrays("a header of -6 photos", "refused: ", lambda: raw_npz(say("(-6, 8, 8)"), bytes(384)))
arrays("a header of 2 MB", "refused: is damaged", lambda: raw_npz(say("(" * 2_000_000)))
arrays(
    "a header of a kind that is not there",
    "refused: is damaged",
    lambda: raw_npz(say("(6, 8, 8)", "'zzz'"), bytes(384)),
)
arrays(
    "a header with 100,000 brackets",
    "refused: is damaged",
    lambda: raw_npz(say("[" * 100_000 + "]" * 100_000)),
)
arrays(
    "300 MB of ones in an npz",
    "refused: unpacks to more than",
    lambda: npz(np.ones((3, 10_000, 10_000), np.uint8), WHOSE[:3]),
)
arrays("images in the order of Fortran", "used", lambda: npz(np.asfortranarray(PIXELS)))
arrays(
    "numbers with the large end first",
    "used",
    lambda: npz(PIXELS.astype(">u2"), WHOSE.astype(">i8")),
)
arrays("images of 0 x 0 pixels", "refused: holds no image", lambda: npz(PIXELS[:, :0, :0]))
arrays("images of 8 x 0 pixels", "refused: holds no image", lambda: npz(PIXELS[:, :, :0]))
arrays("no images", "refused: holds no image", lambda: npz(PIXELS[:0], WHOSE[:0]))
arrays(
    "images over 50 megapixels",
    "refused: over 50 megapixels",
    lambda: npz(np.zeros((2, 1, 50_000_001), np.uint8), WHOSE[:2]),
)
arrays("images of one pixel", "used", lambda: npz(PIXELS[:, :1, :1]))
arrays("images of a single number each", "refused: are of shape", lambda: npz(PIXELS[:, 0, 0]))
arrays("images of five axes", "refused: are of shape", lambda: npz(PIXELS[:, None, None]))
arrays("images of complex numbers", "refused: are of shape", lambda: npz(PIXELS * 1j))
arrays("images of text", "refused: are of shape", lambda: npz(PIXELS.astype(str)))
arrays(
    "images with NaN among their numbers",
    "used",
    lambda: npz(np.where(PIXELS > 99, np.nan, PIXELS)),
)
arrays("images of 10^30", "used", lambda: npz(PIXELS * 1e30))
for what, label in (("NaN", np.nan), ("infinite", np.inf), ("halves", 0.5)):
    arrays(
        f"labels that are {what}",
        "refused: labels that are no whole numbers",
        lambda label=label: npz(target=WHOSE + label),
    )
arrays("labels below zero", "used", lambda: npz(target=WHOSE - 5), who=("Person_-5", "Person_-4"))
arrays(
    "labels of 2^64 - 1",
    "used",
    lambda: npz(target=np.array([0, 0, 0] + [2**64 - 1] * 3, np.uint64)),
    who=("Person_" + "0" * 20, f"Person_{2**64 - 1}"),
)
arrays("labels that are yes and no", "used", lambda: npz(target=WHOSE > 0))
arrays(
    "labels that are complex", "refused: one label for each image", lambda: npz(target=WHOSE * 1j)
)
arrays(
    "labels that are days",
    "refused: one label for each image",
    lambda: npz(target=WHOSE.astype("M8[D]")),
)
arrays("labels that are tables", "refused: one label for each image", lambda: npz(target=np.eye(6)))
arrays("one label too few", "refused: one label for each image", lambda: npz(target=WHOSE[1:]))
arrays(
    "one label too many",
    "refused: one label for each image",
    lambda: npz(target=np.append(WHOSE, 1)),
)
arrays(
    "no labels",
    "refused: no array called target",
    lambda: zip_of(
        {"images.npy": b"\x93NUMPY\1\0\x46\0" + say("(6, 8, 8)").ljust(70).encode() + bytes(384)}
    ),
)
arrays(
    "labels of no text",
    "refused: labels of no or more than 255",
    lambda: npz(target=np.array(["Ada"] * 3 + [""] * 3)),
)
arrays(
    "labels of 10,000 characters",
    "refused: labels of no or more than 255",
    lambda: npz(target=np.array(["Ada"] * 3 + ["x" * 10_000] * 3)),
)
arrays(
    "labels of bytes that are no text",
    "used",
    lambda: npz(target=np.array([b"Ada"] * 3 + [b"\xff\n"] * 3)),
    who=("Ada", "\ufffd␊"),
)
arrays("fewer names than labels", "used", lambda: npz(target_names=np.array(["Ada"])))


# Lists: six photos called 0.png to 5.png and a list of whose they are.

LOOSE: Files = {f"{at}.png": data for at, data in enumerate(SOUND.values())}
LINES = [f"{at}.png,{'Ada' if at < 3 else 'Bob'}" for at in range(6)]


def sheet(
    what: str,
    gives: str,
    text: Callable[[], str | bytes],
    name: str = "list.csv",
    photos: int = 6,
    who: tuple[str, ...] = ("Ada", "Bob"),
) -> None:
    """A case that is a list beside photos; as text it is encoded."""

    def make(root: Path) -> Path:
        content = text()
        data = content if isinstance(content, bytes) else content.encode()
        return folder(root / "set", LOOSE | {name: data})

    case(what, gives, make, photos, who)


def csv_of(*more: str, head: str = "path,person") -> str:
    return "\n".join((head, *LINES, *more))


def named(who: str) -> str:
    return csv_of().replace("Bob", who)


sheet("a list with a byte order mark", "used", lambda: csv_of().encode("utf-8-sig"))
sheet("a list in UTF-16", "used", lambda: csv_of().encode("utf-16"))
sheet(
    "a list with semicolons and Windows' line ends",
    "used",
    lambda: csv_of().replace(",", ";").replace("\n", "\r\n"),
)
sheet("a list with the line ends of old Macs", "used", lambda: csv_of().replace("\n", "\r"))
sheet(
    "a list in an older encoding",
    "refused: no word of who is who",
    lambda: named("Zoë").encode("cp1252"),
)
sheet("a list with a line break in a name", "used", lambda: named('"B\nob"'), who=("Ada", "B␊ob"))
sheet(
    "a list with a formula for a name",
    "used",
    lambda: named('"=HYPERLINK(""x"")"'),
    who=("Ada", '=HYPERLINK("x")'),
)
sheet("a list with HTML for a name", "used", lambda: named("<b>B</b>"), who=("Ada", "<b>B</b>"))
sheet("a list with a right-to-left name", "used", lambda: named("שרה"), who=("Ada", "שרה"))
sheet("a list with names of another case", "used", lambda: named("ADA"), who=("Ada", "ADA"))
sheet(
    "a list with a name of 10,000 characters",
    "listed: name in list.csv is too long",
    lambda: csv_of().replace("5.png,Bob", "5.png," + "x" * 10_000),
    photos=5,
)
sheet(
    "a list with a cell of 1 MB",
    "refused: no word of who is who",
    lambda: csv_of("6.png," + "x" * 10**6),
)
sheet("a list with zero bytes", "refused: no word of who is who", lambda: csv_of("\0\0"))
sheet("a list with a quote that does not end", "used", lambda: csv_of('"x'))
sheet(
    "a list with short, long and empty lines",
    "used",
    lambda: csv_of("", ",", "x", "0.png,Ada,more,more"),
)
sheet("a list of the same photo for two people", "used", lambda: csv_of("0.png,Bob"))
sheet(
    "a list of a photo that is not there",
    "listed: listed but not there",
    lambda: csv_of("6.png,Ada"),
)
for path in ("../x.png", "/etc/passwd", "C:/x.png"):
    sheet(
        f"a list with the path `{path}`",
        "listed: leads outside the folder",
        lambda path=path: csv_of(f"{path},Ada"),
    )
sheet("a list of a header alone", "refused: no word of who is who", lambda: "path,person")
sheet(
    "a list with 20,000 columns",
    "refused: no word of who is who",
    lambda: csv_of(head="path,person" + ",x" * 20_000),
)
sheet("a list with two headers for people", "used", lambda: csv_of(head="path,person,person"))
sheet(
    "CelebA's list with a line that is none",
    "refused: no word of who is who",
    lambda: "\n".join([*LINES, "and more"]),
    "identity.txt",
)
sheet(
    "a line of 1 MB without an end",
    "refused: no word of who is who",
    lambda: "a " * 500_000,
    "identity.txt",
)


sheet(
    "a line of 200,000 commas behind a photo",
    "refused: no word of who is who",
    lambda: "a.jpg" + "," * 200_000 + " x x",
    "identity.txt",
)
sheet(
    "a list of 2,000,000 photos that are not there",
    "refused: no word of who is who",
    lambda: csv_of() + "\nx,A" * 1_999_000,
)


def parquet(pictures: list, **options: object) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    who = ["Ada", "Bob"] * (len(pictures) // 2)
    pq.write_table(pa.table({"image": pictures, "person": who}), out, **options)
    return out.getvalue()


GOOD = functools.partial(parquet, list(SOUND.values()))
file(
    "a Parquet table of unreadable photos",
    "refused: 6 files, none usable: 6 cut off",
    lambda: parquet([JPEG()[:200]] * 6),
    "odd.parquet",
)
file(
    "a Parquet table of text for photos",
    "refused: 6 files, none an image: 6 text",
    lambda: parquet([b"hello"] * 6),
    "odd.parquet",
)
file(
    "a Parquet table of empty photos",
    "refused: 6 files, none usable: 6 empty file",
    lambda: parquet([b""] * 6),
    "odd.parquet",
)
file(
    "a Parquet table cut in half",
    "refused: damaged Parquet table",
    lambda: GOOD()[: len(GOOD()) // 2],
    "odd.parquet",
)
file(
    "a Parquet table whose end says 4 GB",
    "refused: damaged Parquet table",
    lambda: changed(GOOD(), len(GOOD()) - 8, b"\xff" * 4),
    "odd.parquet",
)
file(
    "a Parquet table of 30 MB of zeros in kilobytes",
    "refused: unpacks to more than",
    lambda: parquet([bytes(15 * 10**6)] * 2, compression="gzip"),
    "odd.parquet",
)


# Folders.


def files_of(files: Callable[[], Files]) -> Callable[[Path], Path]:
    return lambda root: folder(root / "set", SOUND | files())


case(
    "a photo 40 folders deep",
    "listed: deeper than 32 folders",
    files_of(lambda: {"Ada/" + "d/" * 40 + "x.png": ODD}),
)
case(
    "a folder called by HTML and a line break",
    "used",
    files_of(lambda: {"<b>\n/0.png": ODD}),
    7,
    ("Ada", "Bob", "<b>␊"),
)
case(
    "300 folders in one person's",
    "used",
    files_of(lambda: {f"Ada/{n}/x.png": ODD for n in range(300)}),
    306,
)

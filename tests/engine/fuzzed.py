"""Valid inputs to be damaged at random, and the one judge of what comes of it.

Formats that guard themselves by a sum get it mended after the damage, or nothing behind the sum
would ever be reached.
"""

import io
import re
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from engine.errors import LetheError
from engine.photo import Photo, Unreadable
from engine.sources import gallery_of, handed
from engine.sources.held import Held
from tests.engine import hostile
from tests.engine.hostile import LOOSE, SOUND, chunk
from tests.engine.photos import encoded

SECONDS = 10

Edit = tuple[str, float, bytes]
"""What to do, at which share of the length, with which bytes."""

DEEDS = ("write", "insert", "delete", "repeat", "cut")


class Seed(NamedTuple):
    """Valid bytes, and how they are brought once they are damaged: alone, or packed with others."""

    data: bytes
    bring: Callable[[bytes], list[Held]]


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes with some damage, at most 64 kB longer."""
    for deed, share, new in edits:
        at = int(share * len(data))
        if deed == "write":
            data = data[:at] + new + data[at + len(new) :]
        elif deed == "insert":
            data = data[:at] + new + data[at:]
        elif deed == "delete":
            data = data[:at] + data[at + len(new) :]
        elif deed == "repeat":
            data = data[:at] + data[at : at + 64] * (len(new) + 1) + data[at + 64 :]
        else:
            data = data[:at]
    return data


def judge(files: list[Held]) -> str:
    """What became of files that somebody brought: `used`, or the sentence that refuses them.

    Raises `AssertionError` for a sentence that is none or for more than ten seconds, and whatever
    else goes wrong.
    """
    start = time.process_time()
    try:
        found = gallery_of(handed.collect(files))
        for photo in found.photos[:20]:
            image = _pixels(photo)
            assert image is None or image == "RGB"
        said = "used"
    except LetheError as error:
        said = str(error)
        assert re.fullmatch(r"[^\n]{10,600}\.", said), said
    seconds = time.process_time() - start
    assert seconds < SECONDS, f"{seconds:.0f} s of work"
    return said


def _pixels(photo: Photo) -> str | None:
    try:
        return photo.image().mode
    except Unreadable:
        return None


@cache
def seeds() -> dict[str, Seed]:
    """The valid inputs by their names."""
    kinds = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "PCX", "SGI")
    found = {kind: Seed(encoded(9, kind, 24, 24), _photo) for kind in kinds}
    found["progressive JPEG"] = Seed(encoded(9, "JPEG", 24, 24, progressive=True), _photo)
    found["PNG with its sums mended"] = Seed(encoded(9), lambda data: _photo(mended_png(data)))
    found["animated WebP"] = Seed(hostile.frames("WEBP", 2), _photo)
    few = {name: encoded(at, "JPEG", 16, 16) for at, name in enumerate(SOUND)}
    for name, data in {
        "a.zip": hostile.zip_of(few, zipfile.ZIP_STORED),
        "a.tar": hostile.tar_of(files=few),
        "a.npz": hostile.npz(),
        "a.parquet": hostile.parquet(list(few.values())),
    }.items():
        found[name] = Seed(data, lambda data, name=name: [Held(name, data)])
    found["a.tar with its sums mended"] = Seed(
        found["a.tar"].data, lambda data: [Held("a.tar", mended_tar(data))]
    )
    found["arrays in an npz"] = Seed(_npy(hostile.PIXELS), lambda data: _npz(data, None))
    found["labels in an npz"] = Seed(_npy(hostile.WHOSE), lambda data: _npz(None, data))
    for name, text in {
        "a.csv": hostile.csv_of(),
        "a.txt": "\n".join(hostile.LINES),
    }.items():
        found[name] = Seed(
            text.encode(),
            lambda data, name=name: [Held(name, data)] + [Held(*one) for one in LOOSE.items()],
        )
    return found


def _photo(data: bytes) -> list[Held]:
    return [Held("Ada/odd", data), *(Held(*one) for one in SOUND.items())]


def _npy(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def _npz(images: bytes | None, target: bytes | None) -> list[Held]:
    images = _npy(hostile.PIXELS) if images is None else images
    target = _npy(hostile.WHOSE) if target is None else target
    return [Held("a.npz", hostile.zip_of({"images.npy": images, "target.npy": target}))]


def mended_png(data: bytes) -> bytes:
    """A PNG with the sum of every chunk as it should be."""
    whole, at = data[:8], 8
    while at + 8 <= len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        whole += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += length + 12
    return whole


def mended_tar(data: bytes) -> bytes:
    """A tar with a right sum in every block that looks like a header."""
    blocks = [data[at : at + 512] for at in range(0, len(data), 512)]
    return b"".join(_summed(one) if b"ustar" in one[257:262] else one for one in blocks)


def _summed(block: bytes) -> bytes:
    if len(block) < tarfile.BLOCKSIZE:
        return block
    total = tarfile.calc_chksums(block)[0]
    return block[:148] + b"%06o\0 " % total + block[156:]

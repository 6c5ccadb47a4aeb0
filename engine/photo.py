"""One photo: the bytes of its file, and its pixels as every detector and backbone reads them."""

import io
import re
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import LetheError
from engine.said import Said, noted, said

MAX_PIXELS = 50_000_000

FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF"),
    *("JPEG2000", "PPM", "PSD", "PCX", "SGI", "SUN", "QOI"),
)
"""What Pillow may open, beside HEIF: kinds with photos in them that a header tells for certain.

So no TGA, which any bytes may pass for, and no EPS, which is a program that another one runs.
"""

UNREADABLE = (
    *(UnidentifiedImageError, OSError, ValueError, SyntaxError, LookupError, TypeError, EOFError),
    *(RuntimeError, ArithmeticError, AttributeError, AssertionError, MemoryError),
    *(struct.error, zlib.error),
)
"""What Pillow raises, in one version or another, for a file that is damaged or no image."""

MAX_SCANNED = 40 * MAX_PIXELS
"""Pixels that a JPEG may go over, counting each of its scans: ordinary ones have a dozen at most,
and thousands over a large grey field are a few kB that take minutes."""


def why(cause: str, advice: str) -> Said:
    """Why a file takes no part, and what to do about it, as `Skipped` has it."""
    return said("{cause}; {advice}", cause=cause, advice=advice)


TOO_LARGE = why(
    said("over {megapixels} megapixels", megapixels=MAX_PIXELS // 1_000_000),
    noted("scale it down"),
)
TOO_MANY_SCANS = why(noted("too many scans for a photo"), noted("save it anew"))
CUT_OFF = why(noted("cut off"), noted("copy or download it again"))
DAMAGED = noted("damaged")

_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]", re.DOTALL)  # of a JPEG's segment, or its end
_GREY = 128  # laid under what is transparent, and the value of a photo without any contrast

# Pillow warns about large photos on its own; here they are refused, with a sentence. And it warns
# about metadata, which nobody here reads.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class Skipped:
    """A photo or other file that takes no part, and why.

    `reason` is a phrase; its words before the first `:`, `;` or `(` are the `cause`, by which such
    files are counted, and what follows is the detail or what to do. `source` is the file itself,
    where somebody may want to see what was left out.
    """

    key: str
    reason: str
    source: Path | bytes | None = field(default=None, compare=False, repr=False)

    @property
    def cause(self) -> str:
        """The reason without its details, e.g. `no image` of `no image: video`."""
        return cause_of(self.reason)


def cause_of(reason: str) -> str:
    """The words of a reason before its details: its value `cause`, where it has one."""
    if isinstance(reason, Said) and "cause" in reason.values:
        return reason.values["cause"]
    return re.split("[:;(]", reason, maxsplit=1)[0].strip() if set(":;(") & set(reason) else reason


class Unreadable(LetheError):
    """A photo that gives no pixels. `reason` says why in a phrase, as in `Skipped`."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Photo:
    """One photo, read when it is needed: `key` is unique in its gallery, e.g. `Ada/03.webp`.

    `face` is where the face in question has its centre, as shares of width and height; None leaves
    it to `engine.detection.choose`.
    """

    key: str
    source: Path | bytes
    face: tuple[float, float] | None = None

    def read(self) -> bytes:
        """The file's bytes. Raises `Unreadable` when the file is gone or may not be read."""
        if isinstance(self.source, bytes):
            return self.source
        try:
            return self.source.read_bytes()
        except OSError as error:
            raise Unreadable(
                said(
                    "The photo {key} cannot be read ({strerror}); check that the file is "
                    "there and readable.",
                    key=self.key,
                    strerror=error.strerror or error,
                ),
                not_readable(error),
            ) from error

    def image(self) -> Image.Image:
        """The photo as 8-bit RGB, upright (EXIF orientation applied), the first of several frames.

        What is transparent is laid over grey; deeper photos are scaled by their own range. Raises
        `Unreadable` when the file is damaged, is no image, has over 50 megapixels or takes minutes.
        """
        data = self.read()
        try:
            with open_image(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Unreadable(
                        said(
                            "The photo {key} is {width} x {height} pixels; scale it below {most} "
                            "megapixels.",
                            key=self.key,
                            width=image.width,
                            height=image.height,
                            most=MAX_PIXELS // 1_000_000,
                        ),
                        TOO_LARGE,
                    )
                if image.width * image.height * _scans(data) > MAX_SCANNED:
                    raise Unreadable(
                        said(
                            "The photo {key} goes over its pixels too often; save it anew.",
                            key=self.key,
                        ),
                        TOO_MANY_SCANS,
                    )
                image.load()
                return _rgb(_upright(image))
        except UNREADABLE as error:
            short = "truncated" in str(error).lower() or cut_off(data)
            reason = CUT_OFF if short else DAMAGED
            raise Unreadable(
                said(
                    "The photo {key} is cut off, damaged or no image; replace it or remove it.",
                    key=self.key,
                )
                if short
                else said(
                    "The photo {key} is damaged or no image; replace it or remove it.",
                    key=self.key,
                ),
                reason,
            ) from error
        except Image.DecompressionBombError as error:
            raise Unreadable(
                said("The photo {key} is too large; scale it down.", key=self.key), TOO_LARGE
            ) from error


def not_readable(error: OSError) -> Said:
    """The reason for a file that the system does not let us read."""
    return said(
        "{cause} ({strerror})", cause=noted("not readable"), strerror=error.strerror or error
    )


def open_image(file: BinaryIO) -> Image.Image:
    """The image in a file, its header read and its pixels not yet. Raises as Pillow does."""
    head = file.read(12)
    file.seek(0)
    if head[4:8] == b"ftyp" and head[8:12] not in (b"avif", b"avis"):
        _with_heif()
        return Image.open(file, formats=("HEIF",))
    return Image.open(file, formats=FORMATS)


@cache
def _with_heif() -> None:
    """Teach Pillow HEIF, the iPhone's kind; only once there is one, for it takes 0.1 s."""
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _scans(data: bytes) -> int:
    """How often a JPEG goes over its pixels, by its markers until its end; 1 for other kinds.

    What lies inside a segment (a small preview) or behind the end (a phone's clip) is no scan.
    """
    if not data.startswith(b"\xff\xd8"):
        return 1
    scans, at = 0, 2
    while (mark := _MARKER.search(data, at)) is not None and mark[0] != b"\xff\xd9":
        scans += mark[0] == b"\xff\xda"
        at = mark.end() + max(int.from_bytes(data[mark.end() : mark.end() + 2], "big"), 2)
    return scans


def cut_off(data: bytes) -> bool:
    """Whether an image file ends before it should, by what its kind says of its length."""
    size = len(data)
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") < 0
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    if data.startswith(b"GIF8"):
        return not data.rstrip(b"\0").endswith(b";")
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8 > size
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > size
    if data[:4] in (b"II*\0", b"MM\0*"):
        return int.from_bytes(data[4:8], "little" if data[:1] == b"I" else "big") >= size
    if data[4:8] == b"ftyp":
        return _boxes_end(data) > size
    return False


def _boxes_end(data: bytes) -> int:
    """Where the outermost boxes of an AVIF or HEIF file end, by the lengths that they state."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:  # to the end of the file
            return len(data)
        at += max(length, 8)
    return at


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned = ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF data raises all sorts of errors, and the pixels are sound
        return image
    return image if turned is None else turned


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert("RGB")
    if image.mode == "LAB":
        from PIL import ImageCms

        spaces = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(*spaces, "LAB", "RGB").apply(image)
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, (_GREY, _GREY, _GREY, 255))
        ground.alpha_composite(image.convert("RGBA"))
        return ground.convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A photo of 16-bit or real numbers as grey of 8 bits: darkest 0, brightest 255.

    Its own range, because 10 or 12 bits often come in 16 and real numbers in any unit.
    """
    values = np.asarray(image).astype(np.float32)
    known = np.isfinite(values)
    low, high = (values[known].min(), values[known].max()) if known.any() else (0.0, 0.0)
    if high <= low:
        return Image.new("L", image.size, _GREY)
    scaled = (np.where(known, values, low) - low) * (255 / (high - low))
    return Image.fromarray(np.clip(np.round(scaled), 0, 255).astype(np.uint8))

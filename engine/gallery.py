"""Photos of known people: who is who, which photos enrol and which only test."""

import difflib
import hashlib
import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import LetheError

MAX_PIXELS = 50_000_000

# Pillow warns about large photos on its own; here they are refused, with a sentence.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Photo:
    """One photo, read when it is needed: `key` is unique in its gallery, e.g. `Ada/03.webp`."""

    key: str
    source: Path | bytes

    def read(self) -> bytes:
        """The file's bytes. Raises `LetheError` when the file is gone or may not be read."""
        if isinstance(self.source, bytes):
            return self.source
        try:
            return self.source.read_bytes()
        except OSError as error:
            raise LetheError(
                f"The photo {self.key} cannot be read ({error.strerror or error}); "
                "check that the file is there and readable."
            ) from error

    def image(self) -> Image.Image:
        """The photo as RGB, upright (EXIF orientation applied).

        Raises `LetheError` when the file is damaged, is no image, or has over 50 megapixels.
        """
        try:
            with Image.open(io.BytesIO(self.read())) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise LetheError(
                        f"The photo {self.key} is {image.width} x {image.height} pixels; "
                        f"scale it below {MAX_PIXELS // 1_000_000} megapixels."
                    )
                return ImageOps.exif_transpose(image).convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise LetheError(
                f"The photo {self.key} is damaged or no image; replace it or remove it."
            ) from error
        except Image.DecompressionBombError as error:
            raise LetheError(f"The photo {self.key} is too large; scale it down.") from error


@dataclass(frozen=True)
class Skipped:
    """A photo that takes no part, and why."""

    key: str
    reason: str


@dataclass(frozen=True, eq=False)
class Gallery:
    """People and their photos. Labels index `identities`; train photos enrol, the others test."""

    name: str
    identities: tuple[str, ...]
    photos: tuple[Photo, ...]
    labels: np.ndarray
    train: np.ndarray
    sha256: str
    aligned: bool
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()  # what was assumed in opening it, one sentence each
    reserved: frozenset[str] = frozenset()  # identities that erasers may learn from, never judges

    def display(self, label: int) -> str:
        """The identity's name as people write it."""
        return self.identities[label].replace("_", " ")

    def find(self, names: Iterable[str]) -> tuple[int, ...]:
        """Labels of the named identities, whatever their case, spaces or underscores.

        Raises `LetheError` for a name that is not there and suggests the nearest ones.
        """
        known = {_plain(name): label for label, name in enumerate(self.identities)}
        found: list[int] = []
        for name in names:
            label = known.get(_plain(name))
            if label is None:
                near = difflib.get_close_matches(_plain(name), known, n=3, cutoff=0.5)
                hint = (
                    "did you mean " + " or ".join(self.display(known[one]) for one in near) + "?"
                    if near
                    else "`python -m engine list --faces ...` shows who is there."
                )
                raise LetheError(f"Nobody called {name!r} is in {self.name}; {hint}")
            if label not in found:
                found.append(label)
        return tuple(found)

    def thumbnail(self, photo: int, size: int = 112) -> bytes:
        """The photo's centre square as a WebP of `size` pixels; plain grey for a damaged photo.

        Without the file's metadata. A photo that is such a WebP already is given as it is.
        """
        try:
            ready = self.photos[photo].read()
            if _is_plain_webp(ready, size):
                return ready
            image = self.photos[photo].image()
        except LetheError:
            image = Image.new("RGB", (size, size), (208, 208, 208))
        picture = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=82)
        return out.getvalue()


def split(identity: str, keys: Sequence[str], seed: int, train_fraction: float) -> list[bool]:
    """Which of one identity's photos enrol (True) and which test.

    It depends on the seed, the identity and its own photos alone, so that adding a person leaves
    everybody else's split as it was. From 3 photos on at least one tests; below that, none.
    """
    count = len(keys)
    if count < 3:
        return [True] * count
    tests = min(max(round(count * (1 - train_fraction)), 1), count - 1)
    order = sorted(
        range(count),
        key=lambda i: hashlib.sha256(f"{seed}\0{identity}\0{keys[i]}".encode()).digest(),
    )
    test = set(order[:tests])
    return [i not in test for i in range(count)]


def build(
    name: str,
    items: Iterable[tuple[str, str, Path | bytes]],
    *,
    aligned: bool,
    seed: int = 0,
    train_fraction: float = 0.7,
    skipped: Sequence[Skipped] = (),
    notes: Sequence[str] = (),
    reserved: Iterable[str] = (),
) -> Gallery:
    """A gallery of (identity, key, photo) items, in sorted order, split and hashed.

    Raises `LetheError` when there is no photo at all or `train_fraction` is not inside (0, 1).
    """
    if not 0 < train_fraction < 1:
        raise LetheError("The train fraction must lie between 0 and 1, for example 0.7.")
    by_identity: dict[str, list[tuple[str, Path | bytes]]] = {}
    for identity, key, source in items:
        by_identity.setdefault(identity, []).append((key, source))
    if not by_identity:
        raise LetheError(
            f"There is no photo in {name}; it needs one folder per person with photos inside."
        )
    identities = tuple(sorted(by_identity))
    photos: list[Photo] = []
    labels: list[int] = []
    train: list[bool] = []
    digest = hashlib.sha256()
    for label, identity in enumerate(identities):
        own = sorted(by_identity[identity], key=lambda item: item[0])
        for key, source in own:
            photo = Photo(key, source)
            photos.append(photo)
            digest.update(f"{identity}\0{key}\0".encode())
            digest.update(hashlib.sha256(photo.read()).digest())
        labels += [label] * len(own)
        train += split(identity, [key for key, _ in own], seed, train_fraction)
    return Gallery(
        name=name,
        identities=identities,
        photos=tuple(photos),
        labels=np.array(labels, dtype=np.int64),
        train=np.array(train, dtype=bool),
        sha256=digest.hexdigest(),
        aligned=aligned,
        skipped=tuple(skipped),
        notes=tuple(notes),
        reserved=frozenset(reserved),
    )


def _is_plain_webp(data: bytes, size: int) -> bool:
    """A WebP of one chunk of pixels, `size` square, with nothing else in the file."""
    if data[:4] != b"RIFF" or data[8:15] != b"WEBPVP8" or data[15:16] not in b" L":
        return False
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        return False
    if (int.from_bytes(data[16:20], "little") + 1) // 2 * 2 + 20 != len(data):
        return False
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            image.load()
            return image.size == (size, size)
    except (OSError, ValueError, SyntaxError):
        return False


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())

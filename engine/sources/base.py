"""What a source hands over, and the checks that every source shares."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from engine.gallery import MAX_PIXELS, Skipped

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
CROP_PIXELS = 224
"""Square photos of one common size up to this side are taken for aligned face crops."""


@dataclass(frozen=True)
class Item:
    """One photo of one identity. `size` is (width, height) as its header states it."""

    identity: str
    key: str
    source: Path | bytes
    size: tuple[int, int]


@dataclass(frozen=True)
class Collection:
    """Everything found in one place. `aligned` is None where the source cannot know.

    `reserved` names strangers who serve as reference for erasers alone, never as judges.
    """

    name: str
    items: tuple[Item, ...]
    aligned: bool | None = None
    skipped: tuple[Skipped, ...] = ()
    reserved: frozenset[str] = frozenset()


def is_photo(name: str) -> bool:
    """Whether a file name (no folder) is a photo's: a known suffix and not hidden."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def inspect(
    candidates: Iterable[tuple[str, str, Path | bytes]],
) -> tuple[tuple[Item, ...], tuple[Skipped, ...]]:
    """Sort (identity, key, photo) into usable items and skipped ones, by their headers alone.

    A photo whose pixels turn out to be truncated is found later, by `engine.alignment.prepare`.
    """
    items: list[Item] = []
    skipped: list[Skipped] = []
    for identity, key, source in candidates:
        try:
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
                size = image.size
        except Image.DecompressionBombError:
            skipped.append(Skipped(key, _TOO_LARGE))
            continue
        except (UnidentifiedImageError, ValueError, SyntaxError):
            skipped.append(Skipped(key, "damaged or no image"))
            continue
        except OSError as error:
            skipped.append(Skipped(key, f"cannot be read ({error.strerror or 'damaged'})"))
            continue
        if size[0] * size[1] > MAX_PIXELS:
            skipped.append(Skipped(key, _TOO_LARGE))
        else:
            items.append(Item(identity, key, source, size))
    return tuple(items), tuple(skipped)


def looks_aligned(items: Sequence[Item]) -> bool:
    """Whether photos look like aligned face crops: all square, one size, at most 224 px.

    A guess for folders that say nothing; whoever knows better passes `aligned=`.
    """
    sizes = {item.size for item in items}
    if len(sizes) != 1:
        return False
    width, height = sizes.pop()
    return width == height <= CROP_PIXELS


_TOO_LARGE = f"over {MAX_PIXELS // 1_000_000} megapixels; scale it down"

"""What a source hands over, and the checks that every source shares."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from engine.photo import (
    CUT_OFF,
    DAMAGED,
    MAX_PIXELS,
    TOO_LARGE,
    UNREADABLE,
    Skipped,
    cut_off,
    not_readable,
    open_image,
)
from engine.progress import Watch
from engine.said import said
from engine.sources import kinds

CROP_PIXELS = 224
"""Square photos of one common size up to this side are taken for aligned face crops."""

MAX_TABLE_BYTES = 50_000_000

MAX_DEPTH = 32
TOO_DEEP = said("deeper than {most} folders", most=MAX_DEPTH)

SYSTEM = frozenset(
    {
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
        *("__macosx", "$recycle.bin", "system volume information", "lost+found", "icon\r"),
        *("thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini"),
    }
)
"""Names of files and folders that systems leave among photos, in small letters."""


def is_system(name: str) -> bool:
    """Whether a file or folder of this name is the system's or hidden, and no one's photo."""
    return name.startswith(".") or name.lower() in SYSTEM


@dataclass(frozen=True)
class Item:
    """One photo of one identity. `size` is (width, height) as its header states it.

    `train` says whether it enrols or tests, None where the photos came without a split.
    """

    identity: str
    key: str
    source: Path | bytes
    size: tuple[int, int]
    train: bool | None = None


@dataclass(frozen=True)
class Collection:
    """Everything found in one place. `aligned` is None where the source cannot know.

    `skipped` are the files that were left out, `ignored` counts the system's own, and `notes` say
    what was assumed. `reserved` names strangers who serve as reference for erasers alone, never as
    judges.
    """

    name: str
    items: tuple[Item, ...]
    aligned: bool | None = None
    skipped: tuple[Skipped, ...] = ()
    reserved: frozenset[str] = frozenset()
    ignored: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A gallery with a name. `strangers` gives other people for judging, where there are any.

    `title` is its name in a list to pick from.
    """

    name: str
    title: str
    summary: str
    collect: Callable[[Watch], Collection]
    strangers: Callable[[Watch], Collection] | None = None


class File(NamedTuple):
    """A file by its path below what was opened, its name last."""

    parts: tuple[str, ...]
    source: Path | bytes


class Shot(NamedTuple):
    """A file whose header is an image's, of (width, height) pixels."""

    parts: tuple[str, ...]
    source: Path | bytes
    size: tuple[int, int]


class Left(NamedTuple):
    """A file that is left out, and why; a folder's path ends with an empty part."""

    parts: tuple[str, ...]
    reason: str


@dataclass
class Found:
    """The files of a folder or an archive, sorted by what they are; who is who comes later.

    `tables` are lists and Parquet tables, which may say who is who and hold photos themselves.
    """

    photos: list[Shot] = field(default_factory=list)
    tables: list[File] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    ignored: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, parts: tuple[str, ...], source: Path | bytes) -> None:
        """Look at a file's header and put it where it belongs."""
        seen = look(source, parts[-1])
        if isinstance(seen, tuple):
            self.photos.append(Shot(parts, source, seen))
        elif (seen == _TEXT and parts[-1].lower().endswith(_LISTS)) or seen == _PARQUET:
            self.tables.append(File(parts, source))
        else:
            self.left.append(Left(parts, seen))


def look(source: Path | bytes, name: str) -> tuple[int, int] | str:
    """An image's (width, height) by its header alone, or in a phrase why the file is none.

    A photo whose pixels turn out to be truncated is found later, by `engine.alignment.prepare`.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            head = file.read(kinds.HEAD)
            if kinds.is_raw(head, name):
                return kinds.reason(head, name)
            file.seek(0)
            try:
                with open_image(file) as image:
                    size = image.size
            except Image.DecompressionBombError:
                return TOO_LARGE
            except UNREADABLE:
                if not kinds.is_image(head):
                    return kinds.reason(head, name)
                file.seek(0)
                return CUT_OFF if cut_off(file.read()) else DAMAGED
    except OSError as error:
        return not_readable(error)
    return TOO_LARGE if size[0] * size[1] > MAX_PIXELS else size


def inspect(
    candidates: Iterable[tuple[str, str, Path | bytes]],
) -> tuple[tuple[Item, ...], tuple[Skipped, ...]]:
    """Sort (identity, key, photo) into usable items and skipped ones, by their headers alone."""
    items: list[Item] = []
    skipped: list[Skipped] = []
    for identity, key, source in candidates:
        seen = look(source, key)
        if isinstance(seen, tuple):
            items.append(Item(identity, key, source, seen))
        else:
            skipped.append(Skipped(key, seen))
    return tuple(items), tuple(skipped)


def looks_aligned(items: Sequence[Item]) -> frozenset[str]:
    """The keys of the photos that look like aligned face crops, where they are the majority.

    They are square, of one size, the commonest, and at most 224 px. A guess for folders that say
    nothing; whoever knows better passes `aligned=`.
    """
    sizes = Counter(item.size for item in items if item.size[0] == item.size[1] <= CROP_PIXELS)
    if not sizes:
        return frozenset()
    size, count = sizes.most_common(1)[0]
    if 2 * count <= len(items):
        return frozenset()
    return frozenset(item.key for item in items if item.size == size)


_TEXT = kinds.reason(b"text", "")
_PARQUET = kinds.reason(b"PAR1\0", "")
_LISTS = (".csv", ".tsv", ".txt")

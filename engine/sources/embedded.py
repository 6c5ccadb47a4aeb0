"""The people who come with the program: rendered faces of nobody who exists."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from engine.gallery import Photo
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.sources.base import Collection, Item, Source
from engine.sources.packed import PackedPeople, embedded_path, open_packed


def collect(watch: Watch = ignore) -> Collection:
    """The embedded gallery's people. Raises `LetheError` when the file is not there."""
    return _collection(noted("Synthetic people"), _open(watch).people)


def collect_strangers(watch: Watch = ignore) -> Collection:
    """Other rendered people, whom the gallery does not know, the reserved ones among them."""
    packed = _open(watch)
    found = _collection(noted("Synthetic strangers"), packed.strangers | packed.reference)
    return replace(found, reserved=frozenset(packed.reference))


def _open(watch: Watch) -> PackedPeople:
    watch(Progress(noted("Opening the embedded people"), 0, 1))
    path = embedded_path()
    try:
        state = path.stat()
    except OSError:
        return open_packed(path)  # says what is wrong
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int, size: int) -> PackedPeople:
    """The file, read and checked once for people and strangers; its galleries hold the bytes."""
    return open_packed(path)


def _collection(name: str, people: dict[str, list[bytes]]) -> Collection:
    # The hash vouches for the photos, which have one size: four thousand headers need no reading.
    first = next((photos[0] for photos in people.values()), None)
    size = (0, 0) if first is None else Photo("first", first).image().size
    items = tuple(
        Item(who, f"{who}/{number:02d}.webp", photo, size)
        for who, photos in people.items()
        for number, photo in enumerate(photos, start=1)
    )
    return Collection(name, items, aligned=True)


SOURCE = Source(
    "synthetic",
    noted("People who never existed"),
    noted("rendered people who never existed; comes with the program"),
    collect,
    collect_strangers,
)

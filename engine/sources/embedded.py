"""The people who come with the program: rendered faces of nobody who exists."""

from engine.people.gallery_file import PackedPeople, embedded_path, open_packed
from engine.progress import Progress, Watch, ignore
from engine.sources.base import Collection, inspect


def collect(watch: Watch = ignore) -> Collection:
    """The embedded gallery's people. Raises `LetheError` when the file is not there."""
    return _collection("Synthetic people", _open(watch).people)


def collect_strangers(watch: Watch = ignore) -> Collection:
    """Other rendered people, whom the gallery does not know."""
    return _collection("Synthetic strangers", _open(watch).strangers)


def _open(watch: Watch) -> PackedPeople:
    watch(Progress("Opening the embedded people", 0, 1))
    return open_packed(embedded_path())


def _collection(name: str, people: dict[str, list[bytes]]) -> Collection:
    items, skipped = inspect(
        (who, f"{who}/{number:02d}.webp", photo)
        for who, photos in people.items()
        for number, photo in enumerate(photos, start=1)
    )
    return Collection(name, items, True, skipped)

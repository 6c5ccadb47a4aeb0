"""The people who come with the program: rendered faces of nobody who exists."""

from pathlib import Path

from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.sources.base import Collection, inspect

PEOPLE = Path(__file__).parents[2] / "assets" / "people.zip"


def collect(watch: Watch = ignore) -> Collection:
    """The embedded gallery's people. Raises `LetheError` when the file is not there."""
    return _collection("Synthetic people", _open(watch)[0])


def collect_strangers(watch: Watch = ignore) -> Collection:
    """Other rendered people, whom the gallery does not know."""
    return _collection("Synthetic strangers", _open(watch)[1])


def _open(watch: Watch) -> tuple[dict[str, list[bytes]], dict[str, list[bytes]]]:
    if not PEOPLE.is_file():
        raise LetheError(
            "The embedded people are missing (assets/people.zip); get a complete copy of the "
            "program or give a folder of photos."
        )
    from engine.people.gallery_file import open_packed

    watch(Progress("Opening the embedded people", 0, 1))
    return open_packed(PEOPLE)


def _collection(name: str, people: dict[str, list[bytes]]) -> Collection:
    items, skipped = inspect(
        (who, f"{who}/{number:02d}.webp", photo)
        for who, photos in people.items()
        for number, photo in enumerate(photos, start=1)
    )
    return Collection(name, items, True, skipped)

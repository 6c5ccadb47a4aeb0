"""A folder of photos: `<root>/<identity>/<photo>`."""

from collections.abc import Iterator
from pathlib import Path

from engine.errors import LetheError
from engine.sources.base import Collection, inspect, is_photo


def collect(root: Path) -> Collection:
    """All photos one level below `root`, one sub-folder a person; hidden files are left out.

    Raises `LetheError` when `root` is missing or unreadable, or holds no photo in a sub-folder.
    """
    if not root.is_dir():
        raise LetheError(
            f"There is no folder {root}; give one that holds a folder per person with photos."
        )
    try:
        items, skipped = inspect(_candidates(root))
    except PermissionError as error:
        raise LetheError(
            f"The folder {error.filename or root} may not be read; allow reading it or choose "
            "another one."
        ) from error
    if not items:
        loose = any(is_photo(entry.name) for entry in root.iterdir())
        hint = "put each person's photos into a folder of their own" if loose else _EXPECTED
        if skipped:
            hint = f"{skipped[0].key} for one is {skipped[0].reason}"
        raise LetheError(f"There is no usable photo in {root}: {hint}.")
    return Collection(root.resolve().name or str(root), items, None, skipped)


def _candidates(root: Path) -> Iterator[tuple[str, str, Path]]:
    for person in sorted(root.iterdir()):
        if person.name.startswith(".") or not person.is_dir():
            continue
        for photo in sorted(person.iterdir()):
            if is_photo(photo.name) and photo.is_file():
                yield person.name, f"{person.name}/{photo.name}", photo


_EXPECTED = "it needs a folder per person with jpg, png, webp or bmp files inside"

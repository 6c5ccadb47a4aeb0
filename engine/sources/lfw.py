"""Labeled Faces in the Wild: photos of public people, as they were found on the web."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.sources.base import Collection, Source, inspect, is_system
from engine.sources.fetching import fetched

PHOTOS = 10
"""People with at least so many photos are in the LFW gallery, those with fewer are strangers."""
MOST = 60
STRANGERS = 1000


def collect(watch: Watch = ignore) -> Collection:
    """LFW's people with 10 photos or more, at most 60 each, as unaligned 250-pixel photos.

    Huang et al., "Labeled Faces in the Wild" (2007), funnelled. Raises `LetheError` when the
    download fails.
    """
    people = _people(watch)
    return _collection("LFW", {who: own[:MOST] for who, own in people if len(own) >= PHOTOS})


def collect_strangers(watch: Watch = ignore) -> Collection:
    """One photo each of 1,000 other LFW people, always the same ones."""
    others = {who: own[:1] for who, own in _people(watch) if 0 < len(own) < PHOTOS}
    chosen = sorted(others, key=lambda who: hashlib.sha256(who.encode()).digest())
    return _collection(
        noted("LFW strangers"), {who: others[who] for who in sorted(chosen[:STRANGERS])}
    )


def _people(watch: Watch) -> list[tuple[str, list[Path]]]:
    """Everybody in LFW and their photo files.

    The fetcher is asked for hardly anything, because it hands out float arrays of several
    gigabytes; it leaves the original files in its data folder, and they are used.
    """
    from sklearn.datasets import fetch_lfw_people, get_data_home

    fetched("LFW", 240, fetch_lfw_people, watch, min_faces_per_person=500, resize=0.1, n_retries=1)
    root = Path(get_data_home()) / "lfw_home" / "lfw_funneled"
    people = [
        (folder.name, sorted(photo for photo in folder.iterdir() if not is_system(photo.name)))
        for folder in sorted(root.iterdir() if root.is_dir() else ())
        if folder.is_dir()
    ]
    if not people:
        raise LetheError(
            said(
                "scikit-learn left no LFW photos in {root}; delete its lfw_home folder "
                "and try again.",
                root=root,
            )
        )
    return people


def _collection(name: str, people: dict[str, list[Path]]) -> Collection:
    def candidates() -> Iterator[tuple[str, str, Path]]:
        for who, photos in people.items():
            yield from ((who, f"{who}/{photo.name}", photo) for photo in photos)

    items, skipped = inspect(candidates())
    return Collection(name, items, False, skipped)


SOURCE = Source(
    "lfw",
    "Labeled Faces in the Wild",
    noted("Labeled Faces in the Wild, people with 10 photos or more; downloads 240 MB once"),
    collect,
    collect_strangers,
)

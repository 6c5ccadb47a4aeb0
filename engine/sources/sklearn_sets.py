"""LFW and Olivetti through scikit-learn's fetchers, which download on the first request.

torchvision's `LFWPeople` refuses to download since its source is gone.
"""

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
from PIL import Image

from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.sources.base import Collection, inspect, is_system

LFW_PHOTOS = 10
"""People with at least so many photos are in the LFW gallery, those with fewer are strangers."""
LFW_MOST = 60
LFW_STRANGERS = 1000


def collect_lfw(watch: Watch = ignore) -> Collection:
    """LFW's people with 10 photos or more, at most 60 each, as unaligned 250-pixel photos.

    Huang et al., "Labeled Faces in the Wild" (2007), funnelled. Raises `LetheError` when the
    download fails.
    """
    people = _lfw_people(watch)
    return _lfw("LFW", {who: own[:LFW_MOST] for who, own in people if len(own) >= LFW_PHOTOS})


def collect_lfw_strangers(watch: Watch = ignore) -> Collection:
    """One photo each of 1,000 other LFW people, always the same ones."""
    others = {who: own[:1] for who, own in _lfw_people(watch) if 0 < len(own) < LFW_PHOTOS}
    chosen = sorted(others, key=lambda who: hashlib.sha256(who.encode()).digest())
    return _lfw("LFW strangers", {who: others[who] for who in sorted(chosen[:LFW_STRANGERS])})


def collect_olivetti(watch: Watch = ignore) -> Collection:
    """The Olivetti faces: 40 people, 10 grey photos of 64 x 64 pixels each, not aligned."""
    from sklearn.datasets import fetch_olivetti_faces

    bunch = _fetch("Olivetti faces", 4, fetch_olivetti_faces, watch, shuffle=False, n_retries=1)
    seen: dict[int, int] = {}
    candidates = []
    for image, person in zip(bunch.images, bunch.target, strict=True):
        number = seen[int(person)] = seen.get(int(person), 0) + 1
        who = f"Person_{int(person) + 1:02d}"
        candidates.append((who, f"{who}/{number:02d}.png", _png(image)))
    items, skipped = inspect(candidates)
    return Collection("Olivetti", items, False, skipped)


def _lfw_people(watch: Watch) -> list[tuple[str, list[Path]]]:
    """Everybody in LFW and their photo files.

    The fetcher is asked for hardly anything, because it hands out float arrays of several
    gigabytes; it leaves the original files in its data folder, and they are used.
    """
    from sklearn.datasets import fetch_lfw_people, get_data_home

    _fetch("LFW", 240, fetch_lfw_people, watch, min_faces_per_person=500, resize=0.1, n_retries=1)
    root = Path(get_data_home()) / "lfw_home" / "lfw_funneled"
    people = [
        (folder.name, sorted(photo for photo in folder.iterdir() if not is_system(photo.name)))
        for folder in sorted(root.iterdir() if root.is_dir() else ())
        if folder.is_dir()
    ]
    if not people:
        raise LetheError(
            f"scikit-learn left no LFW photos in {root}; delete its lfw_home folder and try again."
        )
    return people


def _lfw(name: str, people: dict[str, list[Path]]) -> Collection:
    def candidates() -> Iterator[tuple[str, str, Path]]:
        for who, photos in people.items():
            yield from ((who, f"{who}/{photo.name}", photo) for photo in photos)

    items, skipped = inspect(candidates())
    return Collection(name, items, False, skipped)


def _fetch(
    title: str, megabytes: int, fetcher: Callable[..., Any], watch: Watch, **options: Any
) -> Any:
    """What scikit-learn's fetcher gives. It downloads in one go, without telling how far it is."""
    watch(Progress(f"Getting {title} ({megabytes} MB if it is not here yet)", 0, 1))
    try:
        with warnings.catch_warnings():
            # Its retries are announced as warnings; the sentence below says what came of them.
            warnings.simplefilter("ignore", UserWarning)
            found = fetcher(**options)
    except URLError as error:
        raise LetheError(
            f"{title} needs internet for its first download ({megabytes} MB), which did not "
            "answer; try again later or use photos of your own."
        ) from error
    except (OSError, EOFError) as error:
        raise LetheError(
            f"{title} could not be fetched ({error}); check the connection and the room on the "
            "disk, or use photos of your own."
        ) from error
    watch(Progress(f"Getting {title}", 1, 1))
    return found


def _png(image: np.ndarray) -> bytes:
    """A grey image in 0..1, or in 0..255 as older versions of scikit-learn gave it."""
    scale = 255 if image.max() <= 1 else 1
    out = io.BytesIO()
    pixels = np.clip(np.round(image * scale), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).convert("RGB").save(out, "PNG")
    return out.getvalue()

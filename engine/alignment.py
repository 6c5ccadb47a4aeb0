"""From photos to the small square faces that a backbone reads."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar

import numpy as np
from PIL import Image, ImageOps

from engine.errors import LetheError
from engine.gallery import Gallery, Skipped
from engine.progress import Progress, Watch, ignore

Convention = Literal["arcface", "box"]
"""`arcface`: five landmarks on the ArcFace template. `box`: facenet's crop of the detected box."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Faces ready for a backbone.

    `faces` is uint8 RGB [m, size, size, 3]; `rows` [m] says which of the gallery's photos each
    came from, ascending; `skipped` names every photo that gave no face, and why; `remarks` names
    photos that were used although something about them deserves a word.
    """

    faces: np.ndarray
    rows: np.ndarray
    skipped: tuple[Skipped, ...]
    remarks: tuple[Skipped, ...] = ()


def prepare(gallery: Gallery, size: int, convention: Convention, watch: Watch = ignore) -> Prepared:
    """One face of `size` x `size` pixels per photo of the gallery, for a backbone's convention.

    An aligned gallery is only resized, whatever the convention. Raises `LetheError` when no
    photo gives a face, and what `watch` raises.
    """
    if convention not in ("arcface", "box"):
        raise LetheError(f"Unknown alignment {convention!r}; choose 'arcface' or 'box'.")
    prepared = _pass_through(gallery, size, watch)
    if not len(prepared.rows):
        first = prepared.skipped[0]
        raise LetheError(
            f"No photo in {gallery.name} can be used; {first.key} for one: {first.reason}."
        )
    return prepared


def _pass_through(gallery: Gallery, size: int, watch: Watch) -> Prepared:
    def shrink(photo: int) -> np.ndarray | str:
        try:
            image = gallery.photos[photo].image()
        except LetheError:
            return "damaged or no image"
        return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC))

    count = len(gallery.photos)
    faces = np.empty((count, size, size, 3), dtype=np.uint8)
    rows: list[int] = []
    skipped: list[Skipped] = []
    report = _paced(watch, "Reading photos", count)
    for photo, face in enumerate(in_threads(shrink, range(count))):
        if isinstance(face, str):
            skipped.append(Skipped(gallery.photos[photo].key, face))
        else:
            faces[len(rows)] = face
            rows.append(photo)
        report(photo + 1)
    return Prepared(faces[: len(rows)], np.array(rows, dtype=np.int64), tuple(skipped))


T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """`map` over a few threads, in order, never more than a few dozen results ahead.

    Pillow decodes outside Python's lock, so that this uses all cores.
    """
    workers = min(8, len(os.sched_getaffinity(0)))
    things = iter(things)
    pool = ThreadPoolExecutor(workers)
    try:
        pending = [pool.submit(work, thing) for thing in islice(things, 8 * workers)]
        while pending:
            yield pending.pop(0).result()
            pending += [pool.submit(work, thing) for thing in islice(things, 1)]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _paced(watch: Watch, stage: str, total: int) -> Callable[[int], None]:
    last = 0.0

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last > 0.1:
            last = now
            watch(Progress(stage, done, total))

    return report

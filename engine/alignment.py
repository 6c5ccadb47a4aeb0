"""From photos to the small square faces that a backbone reads."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar, get_args

import numpy as np
import torch
from PIL import Image, ImageOps

from engine.detection import Face, choose, detector
from engine.errors import LetheError
from engine.gallery import Gallery, Skipped
from engine.machine import cores
from engine.photo import Unreadable
from engine.progress import Progress, Watch, ignore
from engine.warp import Convention, box_crop, onto_template, template

LONGEST = 1600
"""Larger photos are shrunk to this side before faces are looked for."""

_GROUP = 4  # photos that a thread takes at once, and the detector where they are of one size


@dataclass(frozen=True, eq=False)
class Prepared:
    """Faces ready for a backbone.

    `faces` is uint8 RGB [m, size, size, 3]; `rows` [m] says which of the gallery's photos each
    came from, ascending; `skipped` names every photo that gave no face, and why; `remarks` names
    photos that were used, with something to know about them (`reason`).
    """

    faces: np.ndarray
    rows: np.ndarray
    skipped: tuple[Skipped, ...]
    remarks: tuple[Skipped, ...] = ()


def prepare(gallery: Gallery, size: int, convention: Convention, watch: Watch = ignore) -> Prepared:
    """One face of `size` x `size` pixels per photo of the gallery, for a backbone's convention.

    `arcface` and `dlib` put five landmarks on ArcFace's or dlib's template; `box` cuts facenet's
    detection box. An aligned photo, whose landmarks are on ArcFace's template, is moved to dlib's
    and only resized for the others.

    Raises `LetheError` when no photo gives a face, and what `watch` raises.
    """
    if convention not in get_args(Convention):
        raise LetheError(
            f"Unknown alignment {convention!r}; choose {', '.join(get_args(Convention))}."
        )
    count = len(gallery.photos)
    faces = np.empty((count, size, size, 3), dtype=np.uint8)
    rows: list[int] = []
    skipped: list[Skipped] = []
    remarks: list[Skipped] = []
    stage = "Reading photos" if gallery.aligned.all() else "Finding faces"
    report = _paced(watch, stage, count)
    for photo, (face, remark) in enumerate(_cuts(gallery, size, convention)):
        if face is None:
            skipped.append(Skipped(gallery.photos[photo].key, remark))
        else:
            faces[len(rows)] = face
            rows.append(photo)
            if remark:
                remarks.append(Skipped(gallery.photos[photo].key, remark))
        report(photo + 1)
    if not rows:
        raise LetheError(
            f"No photo in {gallery.name} can be used; {skipped[0].key} for one: "
            f"{skipped[0].reason}."
        )
    return Prepared(
        faces[: len(rows)], np.array(rows, dtype=np.int64), tuple(skipped), tuple(remarks)
    )


_Cut = tuple[np.ndarray | None, str]
"""A face and a remark, or None and why there is none."""


def _cuts(gallery: Gallery, size: int, convention: Convention) -> Iterator[_Cut]:
    """A cut for each photo in turn: aligned ones resized, faces looked for in the others."""
    resized = _resized(gallery, np.flatnonzero(gallery.aligned), size, convention)
    detected = _detected(gallery, np.flatnonzero(~gallery.aligned), size, convention)
    for is_aligned in gallery.aligned:
        yield next(resized if is_aligned else detected)


def _resized(
    gallery: Gallery, photos: np.ndarray, size: int, convention: Convention
) -> Iterator[_Cut]:
    def shrink(photo: int) -> _Cut:
        try:
            image = gallery.photos[photo].image()
        except Unreadable as error:
            return None, error.reason
        if convention == "dlib":
            return _from_arcface(image, size), ""
        return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)), ""

    return in_threads(shrink, photos)


def _from_arcface(image: Image.Image, size: int) -> np.ndarray:
    """dlib's cut of a face that is on the ArcFace template: a tenth closer, a little lower."""
    side = min(image.size)
    middle = ImageOps.fit(image, (side, side))
    face = onto_template(middle, template(side), size, "dlib")
    assert face is not None  # the template spans a face at any size
    return face


def _detected(
    gallery: Gallery, photos: np.ndarray, size: int, convention: Convention
) -> Iterator[_Cut]:
    if not len(photos):
        return
    finder = detector("cuda" if torch.cuda.is_available() else "cpu")

    def read(photo: int) -> Image.Image | str:
        try:
            image = gallery.photos[photo].image()
        except Unreadable as error:
            return error.reason
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=3)
        return image

    def cut_some(some: np.ndarray) -> list[_Cut]:
        images = [read(photo) for photo in some]
        cuts: list[_Cut] = [(None, image if isinstance(image, str) else "") for image in images]
        by_size: dict[tuple[int, int], list[tuple[int, Image.Image]]] = {}
        for index, image in enumerate(images):
            if not isinstance(image, str):
                by_size.setdefault(image.size, []).append((index, image))
        for alike in by_size.values():
            pixels = [np.asarray(image) for _, image in alike]
            for (index, image), array, found in zip(
                alike, pixels, finder.detect(pixels), strict=True
            ):
                found = found or finder.detect_close_up(array)
                cuts[index] = _cut(image, found, size, convention)
        return cuts

    groups = (photos[start : start + _GROUP] for start in range(0, len(photos), _GROUP))
    for cuts in in_threads(cut_some, groups):
        yield from cuts


def _cut(image: Image.Image, found: list[Face], size: int, convention: Convention) -> _Cut:
    if not found:
        return None, "no face found"
    face, others = choose(found, image.width, image.height)
    if convention == "box":
        pixels = box_crop(image, face.box, size)
    else:
        pixels = onto_template(image, face.landmarks, size, convention)
    if pixels is None:
        return None, "no face found"
    return pixels, "several faces: the largest, most central one was used" if others else ""


T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """`map` over a few threads, in order and only a few results ahead.

    Pillow and torch work outside Python's lock, so that this uses all cores.
    """
    workers = min(8, cores())
    things = iter(things)
    pool = ThreadPoolExecutor(workers)
    try:
        pending: list[Future[R]] = [pool.submit(work, one) for one in islice(things, 4 * workers)]
        while pending:
            yield pending.pop(0).result()
            pending += [pool.submit(work, one) for one in islice(things, 1)]
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

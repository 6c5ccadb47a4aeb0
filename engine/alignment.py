"""From photos to the small square faces that a backbone reads."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar, get_args

import numpy as np
import torch
from PIL import Image, ImageOps

from engine.clarity import ACROSS, SIDE, Sight, sharpness
from engine.detection import Face, choose, detector, nearest, worth_choosing
from engine.errors import LetheError
from engine.gallery import Gallery, Skipped
from engine.machine import cores
from engine.photo import Unreadable
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.warp import Convention, box_crop, onto_template, template

LONGEST = 1600
"""Larger photos are shrunk to this side before faces are looked for."""

NO_FACE = noted("no face found")

_GROUP = 4  # photos that a thread takes at once, and the detector where they are of one size


@dataclass(frozen=True, eq=False)
class Prepared:
    """Faces ready for a backbone.

    `faces` is uint8 RGB [m, size, size, 3]; `rows` [m] says which of the gallery's photos each
    came from, ascending; `skipped` names every photo that gave no face, and why; `remarks` names
    photos that were used, with something to know about them (`reason`); `sights` [m] say the same
    as data.
    """

    faces: np.ndarray
    rows: np.ndarray
    skipped: tuple[Skipped, ...]
    remarks: tuple[Skipped, ...] = ()
    sights: tuple[Sight, ...] = ()


def prepare(gallery: Gallery, size: int, convention: Convention, watch: Watch = ignore) -> Prepared:
    """One face of `size` x `size` pixels per photo of the gallery, for a backbone's convention.

    `arcface` and `dlib` put five landmarks on ArcFace's or dlib's template; `box` cuts facenet's
    detection box. An aligned photo, whose landmarks are on ArcFace's template, is moved to dlib's
    and only resized for the others.

    Raises `LetheError` when no photo gives a face, and what `watch` raises.
    """
    if convention not in get_args(Convention):
        raise LetheError(
            said(
                "Unknown alignment {convention!r}; choose {choices}.",
                convention=convention,
                choices=", ".join(get_args(Convention)),
            )
        )
    count = len(gallery.photos)
    faces = np.empty((count, size, size, 3), dtype=np.uint8)
    rows: list[int] = []
    skipped: list[Skipped] = []
    remarks: list[Skipped] = []
    sights: list[Sight] = []
    stage = noted("Reading photos") if gallery.aligned.all() else noted("Finding faces")
    report = _paced(watch, stage, count)
    for photo, cut in enumerate(_cuts(gallery, size, convention)):
        one = gallery.photos[photo]
        if isinstance(cut, str):
            skipped.append(Skipped(one.key, cut, one.source))
        else:
            faces[len(rows)] = cut.face
            rows.append(photo)
            sights.append(cut.sight)
            if remark := cut.sight.remark:
                remarks.append(Skipped(one.key, remark))
        report(photo + 1)
    if not rows:
        raise LetheError(
            said(
                "No photo in {name} can be used; {key} for one: {reason}.",
                name=gallery.name,
                key=skipped[0].key,
                reason=skipped[0].reason,
            )
        )
    return Prepared(
        faces[: len(rows)],
        np.array(rows, dtype=np.int64),
        tuple(skipped),
        tuple(remarks),
        tuple(sights),
    )


class _Face(NamedTuple):
    face: np.ndarray
    sight: Sight


_Cut = _Face | str
"""A face, or why there is none."""


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
            return error.reason
        plain = fitted(image, SIDE)
        sight = Sight(np.empty((0, 4)), 0, ACROSS * min(image.size), sharpness(plain))
        if convention == "dlib":
            return _Face(_from_arcface(image, size), sight)
        return _Face(plain if size == SIDE else fitted(image, size), sight)

    def fitted(image: Image.Image, side: int) -> np.ndarray:
        return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC))

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

    def read(photo: int) -> tuple[Image.Image, int] | str:
        try:
            image = gallery.photos[photo].image()
        except Unreadable as error:
            return error.reason
        width = image.width
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=3)
        return image, width

    def cut_some(some: np.ndarray) -> list[_Cut]:
        images = [read(photo) for photo in some]
        cuts: list[_Cut] = [one if isinstance(one, str) else "" for one in images]
        by_size: dict[tuple[int, int], list[tuple[int, Image.Image, int]]] = {}
        for index, one in enumerate(images):
            if not isinstance(one, str):
                by_size.setdefault(one[0].size, []).append((index, *one))
        for alike in by_size.values():
            pixels = [np.asarray(image) for _, image, _ in alike]
            for (index, image, width), array, found in zip(
                alike, pixels, finder.detect(pixels), strict=True
            ):
                found = found or finder.detect_close_up(array)
                place = gallery.photos[some[index]].face
                cuts[index] = _cut(image, found, size, convention, place, width / image.width)
        return cuts

    groups = (photos[start : start + _GROUP] for start in range(0, len(photos), _GROUP))
    for cuts in in_threads(cut_some, groups):
        yield from cuts


def _cut(
    image: Image.Image,
    found: list[Face],
    size: int,
    convention: Convention,
    place: tuple[float, float] | None,
    shrunk: float,
) -> _Cut:
    """The face at a `place` (shares of the photo), or the one that the photo is about.

    `shrunk` is how many times larger the photo was as it came.
    """
    if not found:
        return NO_FACE
    if place is None:
        face, _ = choose(found, image.width, image.height)
    else:
        face = nearest(found, place[0] * image.width, place[1] * image.height)
    if convention == "box":
        pixels = box_crop(image, face.box, size)
    else:
        pixels = onto_template(image, face.landmarks, size, convention)
    if pixels is None:
        return NO_FACE
    plain = pixels if (size, convention) == (SIDE, "arcface") else _close(image, face)
    others = worth_choosing(found)
    sides = [image.width, image.height, image.width, image.height]
    sight = Sight(
        boxes=np.clip(np.array([one.box for one in others]) / sides, 0, 1),
        taken=next(at for at, one in enumerate(others) if one is face),
        width=float(face.box[2] - face.box[0]) * shrunk,
        sharpness=0.0 if plain is None else sharpness(plain),
        by_hand=place is not None,
    )
    return _Face(pixels, sight)


def _close(image: Image.Image, face: Face) -> np.ndarray | None:
    """The face on ArcFace's template, out of its surroundings: shrinking a photo is slow."""
    side = float((face.box[2:] - face.box[:2]).max())
    left, top = (max(int(edge - side), 0) for edge in face.box[:2])
    right, bottom = (int(edge + side) for edge in face.box[2:])
    near = image.crop((left, top, min(right, image.width), min(bottom, image.height)))
    return onto_template(near, face.landmarks - (left, top), SIDE)


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

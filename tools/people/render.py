"""Photos of people who never existed, from two seeds each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from engine.errors import LetheError
from tools.people.finish import backdrop, develop
from tools.people.person import Person, sample_person
from tools.people.photo import Shot, sample_shot
from tools.people.scene import compile_scene

SMALLEST, LARGEST = 16, 1024


def photograph(person: Person, shot: Shot, size: int = 112) -> np.ndarray:
    """One photo of `person` as uint8 [size, size, 3] RGB, aligned to `scene.template(size)`."""
    from tools.people.kernel import front, picture  # numba takes a second to import

    record = compile_scene(person, shot, front)
    image = np.empty((size, size, 3))
    depth = np.empty((size, size))
    kind = np.empty((size, size), np.int64)
    picture(record[()], size, backdrop(shot, size), image, depth, kind, np.empty((size, size)))
    return develop(image, shot)


def render(
    persons: Sequence[int],
    shots: Sequence[int],
    size: int = 112,
    progress: Callable[[int, int], None] | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Photos of people: uint8 [n, size, size, 3] RGB.

    `persons` and `shots` are seeds of the same length n; photo i depends on its two seeds and
    `size` only, not on the other photos nor on the number of threads. `progress(done, n)` is
    called from the calling thread and may raise to stop. Raises LetheError for a bad size or
    lengths that differ.
    """
    check_size(size)
    if len(persons) != len(shots):
        raise LetheError(
            f"{len(persons)} people but {len(shots)} shots were given; give one shot per person."
        )
    photos = np.empty((len(persons), size, size, 3), np.uint8)

    def one(i: int) -> int:
        person = sample_person(persons[i])
        photos[i] = photograph(person, sample_shot(shots[i], person), size)
        return i

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        try:
            for done, _ in enumerate(pool.map(one, range(len(persons))), 1):
                if progress is not None:
                    progress(done, len(persons))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return photos


def check_size(size: int) -> None:
    if not SMALLEST <= size <= LARGEST:
        raise LetheError(
            f"A photo of {size} px cannot be made; choose a size from {SMALLEST} to {LARGEST}."
        )

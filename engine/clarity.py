"""How well a photo shows the face that was taken from it: among which others, how wide, how sharp.

Nothing is left out for it; it is said, so that whoever brought the photo may leave it out.
"""

from dataclasses import dataclass

import numpy as np

from engine.said import joined, noted, said

SIDE = 112
"""Pixels of a face on the ArcFace template, on which sharpness is measured."""

BLURRED = 0.44
"""Sharpness below which a face is called blurred.

Measured on 790 aligned photos of 79 people of LFW, blurred by a Gaussian of so many pixels of the
112-pixel face; in brackets the mean cosine that EdgeFace leaves between a photo and its blurred
self. Of the photos as they are 0.1 % lie below it, at 1 pixel (.99) 16 %, at 1.5 (.96) 81 %, at 2
(.89) 99 %, at 2.5 (.80) all; of those shaken along 9 pixels (.79) 99.9 %. No rendered face does. At
.4 of its light 0.1 % do. The customary variance of the Laplacian, at the same rate of false alarms,
finds 23 % of the shaken and calls 61 % of the dark ones blurred.
"""

TINY = 32
"""Pixels across below which a face is called tiny.

The same photos scaled down: EdgeFace leaves a cosine of .99 at 36 pixels, .97 at 32, .95 at 27, .88
at 23 and .79 at 18, where dlib finds the right person 92 times in 100 instead of 99.
"""

ACROSS = 0.7
"""How much of an aligned crop's side the detector's box takes on average."""

_WINDOW = 11
_BEFORE, _AFTER = _WINDOW // 2, _WINDOW - _WINDOW // 2
_INNER = slice(16, 104), slice(16, 96)  # of the aligned face: eyes to chin, no ground


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen in one photo.

    `boxes` float64 [k, 4] are the faces to choose from, from left to right: left, top, right and
    bottom as shares of the photo's width and height; none where the photo is a face crop already.
    `taken` is the place of the one that was used, `by_hand` whether somebody chose it. `width` is
    its pixels across in the photo as it came, `sharpness` that of `sharpness`.
    """

    boxes: np.ndarray
    taken: int
    width: float
    sharpness: float
    by_hand: bool = False

    @property
    def is_several(self) -> bool:
        """Whether there are other faces to choose."""
        return len(self.boxes) > 1

    @property
    def is_tiny(self) -> bool:
        """Whether the face is so small that a model hardly knows it."""
        return round(self.width) < TINY

    @property
    def is_blurred(self) -> bool:
        """Whether the face lacks the detail that its size could show."""
        return not self.is_tiny and self.sharpness < BLURRED

    @property
    def remark(self) -> str:
        """What is worth knowing about the photo, in a phrase; empty where nothing is."""
        remarks = []
        if self.is_several and self.by_hand:
            remarks.append(said("several faces: the one you chose was used"))
        elif self.is_several:
            remarks.append(said("several faces: the largest, most central one was used"))
        if self.is_tiny:
            remarks.append(said("the face is only {width} pixels wide", width=round(self.width)))
        if self.is_blurred:
            remarks.append(noted("blurred"))
        return joined(*remarks, by="; ")


def sharpness(face: np.ndarray) -> float:
    """How much of a face's contrast is in its details: 0 (none of it) to 1.

    `face` uint8 RGB [112, 112, 3] lies on the ArcFace template. It is one less the blur effect of
    Crete et al., "The blur effect: perception and estimation with a new no-reference perceptual
    blur metric" (2007): the share of the differences between neighbouring pixels that goes when
    the face is blurred, across or along, whichever loses less. Light and contrast cancel out. A
    face without any contrast has 0.
    """
    grey = face.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return min(_lost(grey, 0), _lost(grey, 1))


def _lost(grey: np.ndarray, axis: int) -> float:
    sums = np.cumsum(grey, axis=axis, dtype=np.float64)
    start = np.zeros_like(np.take(sums, [0], axis))
    sums = np.concatenate([start, sums], axis=axis)
    high = grey.shape[axis]
    means = (
        np.take(sums, range(_WINDOW, high + 1), axis)
        - np.take(sums, range(high + 1 - _WINDOW), axis)
    ) / _WINDOW
    # `means` begins half a window later than the face.
    rows, columns = _INNER
    inner = grey[rows, columns]
    shift = [slice(rows.start, rows.stop), slice(columns.start, columns.stop)]
    shift[axis] = slice(shift[axis].start - _BEFORE, shift[axis].stop - _BEFORE)
    sharp = np.abs(np.diff(inner, axis=axis))
    soft = np.abs(np.diff(means[tuple(shift)], axis=axis))
    total = float(sharp.sum())
    return float(np.maximum(sharp - soft, 0).sum()) / total if total else 0.0

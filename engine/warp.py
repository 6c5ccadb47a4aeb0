"""Cutting a face out of a photo: onto the template of ArcFace or of dlib, or by its box."""

from typing import Literal

import numpy as np
from PIL import Image

Convention = Literal["arcface", "box", "dlib"]
"""How a backbone wants its faces cut: on a template, or by the detector's box."""

TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""ArcFace's landmarks [5, 2] in a 112-pixel face: eyes, nose, mouth corners (Deng et al. 2019).
A pixel's centre has whole coordinates."""

DLIB_TEMPLATE = np.array(
    [
        [48.38, 46.57],
        [102.77, 46.55],
        [75.38, 78.86],
        [51.80, 107.11],
        [99.04, 107.13],
    ]
)
"""Where the same landmarks lie on dlib's chips of 150 pixels (`get_face_chip`, padding .25).

dlib lays its own five on fixed places: two corners of each eye, the nose's base. Measured on 1,676
photos of LFW: MTCNN's landmarks, by the map that dlib cut each chip with, on average. A photo's own
lie 2 to 7 pixels away from it (standard deviation), since the two detectors mark other points."""

REDUCED = 3
"""Times the wanted size down to which whole pixels are averaged, quickly, before the filter."""

BOX_MARGIN = 14
"""Pixels of a 160-pixel face that facenet-pytorch's LFW protocol adds around the box."""


def template(size: int, convention: Convention = "arcface") -> np.ndarray:
    """The landmarks [5, 2] in a face of `size` pixels: dlib's for `dlib`, else ArcFace's."""
    points, side = (DLIB_TEMPLATE, 150) if convention == "dlib" else (TEMPLATE, 112)
    return (points + 0.5) * (size / side) - 0.5


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation, scale and shift that best takes `source` [n, 2] to `target` [n, 2]: [2, 3].

    Least squares, without reflection: Umeyama, "Least-squares estimation of transformation
    parameters between two point patterns" (1991), which in the plane needs no decomposition, the
    map being [[a, -b], [b, a]] and a shift. Points that all coincide give scale 0.
    """
    source_mean, target_mean = source.mean(0), target.mean(0)
    s, t = source - source_mean, target - target_mean
    norm = float((s**2).sum()) or 1.0
    a = float((s * t).sum()) / norm
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / norm
    (x, y), (to_x, to_y) = source_mean, target_mean
    return np.array([[a, -b, to_x - a * x + b * y], [b, a, to_y - b * x - a * y]])


def onto_template(
    image: Image.Image, landmarks: np.ndarray, size: int, convention: Convention = "arcface"
) -> np.ndarray | None:
    """The face as uint8 [size, size, 3] with its landmarks [5, 2] on the convention's template.

    Outside the photo is black. None when the landmarks do not span a face.
    """
    target = template(size, convention)
    matrix = similarity(landmarks, target)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not 1e-3 < scale < 1e3:
        return None
    if scale < 1:
        # An affine warp reads only the nearest few pixels, so that shrinking is done before, with
        # a filter that averages.
        small = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
        factor = np.array(small) / image.size
        image = image.resize(small, Image.Resampling.LANCZOS, reducing_gap=REDUCED)
        matrix = similarity((landmarks + 0.5) * factor - 0.5, target)
    inverse = np.linalg.inv(matrix[:, :2])
    # Pillow counts from the corner of a pixel and not from its centre.
    shift = 0.5 - inverse @ (matrix[:, 2] + 0.5)
    coefficients = np.column_stack([inverse, shift]).ravel()
    face = image.transform(
        (size, size), Image.Transform.AFFINE, tuple(coefficients), Image.Resampling.BICUBIC
    )
    return np.asarray(face)


def box_crop(image: Image.Image, box: np.ndarray, size: int) -> np.ndarray | None:
    """The box and some margin as uint8 [size, size, 3], cut as facenet-pytorch cuts it.

    None when nothing of the box lies inside the photo.
    """
    margin = BOX_MARGIN * size / 160
    around = margin * (box[2:] - box[:2]) / (size - margin) / 2
    left, top = (int(max(edge, 0)) for edge in box[:2] - around)
    right = int(min(box[2] + around[0], image.width))
    bottom = int(min(box[3] + around[1], image.height))
    if right <= left or bottom <= top:
        return None
    face = image.crop((left, top, right, bottom))
    return np.asarray(face.resize((size, size), Image.Resampling.BILINEAR))


def around(image: Image.Image, box: np.ndarray, room: float) -> Image.Image:
    """The square around a face, `room` times as wide as its `box`, as far as the photo has it.

    `box` is left, top, right and bottom as shares of the photo's width and height.
    """
    sides = np.array(image.size)
    low, high = box[:2] * sides, box[2:] * sides
    side = int(min(max(room * float((high - low).max()), 1), *image.size))
    left, top = np.clip((low + high - side) / 2, 0, sides - side).astype(int)
    return image.crop((left, top, left + side, top + side))

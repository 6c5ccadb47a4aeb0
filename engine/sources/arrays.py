"""Photos as NumPy arrays, as scikit-learn's and Kaggle's sets come: `.npz`, `.npy` and labels."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tokenize import TokenError

import numpy as np
from PIL import Image

from engine.errors import LetheError
from engine.photo import MAX_PIXELS, TOO_LARGE
from engine.said import noted, said, said_n
from engine.sources import entries, zips
from engine.sources.base import Collection, Item
from engine.sources.entry_names import LONGEST, legible
from engine.sources.held import Held, size_of

_IMAGES = ("images", "x", "faces", "photos", "data", "arr_0")
_LABELS = ("target", "targets", "labels", "label", "y", "person", "identity", "arr_1")
_NAMES = ("target_names", "label_names", "class_names", "names")
_BESIDE = ("_labels", "_label", "_target", "_targets", "_y")

BROKEN = (
    *(ValueError, OSError, EOFError, MemoryError, OverflowError, RecursionError, TypeError),
    *(SyntaxError, TokenError, struct.error),
)
"""What NumPy raises for a file that is damaged, be it an accident or not."""

_SHAPES = noted("[n, height, width], [n, height, width, 3] or square photos as [n, height x width]")


def are_arrays(names: Sequence[str]) -> bool:
    """Whether a zip with these files is a `.npz`."""
    return bool(names) and all(name.endswith(".npy") for name in names)


def collect_npz(path: Path | Held, archive: zipfile.ZipFile) -> Collection:
    """The photos in a `.npz` by its labels; `target_names` name people where they are there.

    Raises `LetheError` when images or labels are missing, are Python objects, or do not fit.
    """
    left = entries.bound(size_of(path))
    arrays: dict[str, np.ndarray] = {}
    try:
        for info in archive.infolist():
            data = zips.content(archive, info, left)
            if data is None:
                raise LetheError(entries.too_much(path.name))
            left -= len(data)
            name = info.filename.removesuffix(".npy")
            arrays[name.lower()] = _array(
                io.BytesIO(data), said("{name} in {file}", name=name, file=path.name)
            )
    except zips.BROKEN as error:
        raise LetheError(
            said("{name} is damaged; save or download it again.", name=path.name)
        ) from error
    images, labels = _first(arrays, _IMAGES), _first(arrays, _LABELS)
    if images is None and _first(arrays, ("embeddings", "embedding", "features")) is not None:
        raise LetheError(
            said(
                "{name} holds embeddings and no photos; open it with --features, or bring it "
                "alone.",
                name=path.name,
            )
        )
    if images is None or labels is None:
        missing = "images" if images is None else "target"
        raise LetheError(
            said(
                "{name} holds {arrays} but no array called {missing}; save it with "
                "images and target, a label for each image.",
                name=path.name,
                arrays=", ".join(arrays),
                missing=missing,
            )
        )
    return _collection(path, images, labels, _first(arrays, _NAMES))


def collect_npy(path: Path | Held) -> Collection:
    """The photos in a `.npy`, whose labels lie beside it as `..._labels.npy` or `..._target.npy`.

    Raises `LetheError` when there are no such labels, or the arrays do not fit.
    """
    stem = path.stem.removesuffix("_images").removesuffix("_faces")
    names = [f"{one}{end}.npy" for one in dict.fromkeys((path.stem, stem)) for end in _BESIDE]
    beside = None
    if isinstance(path, Path):
        files = (path.with_name(name) for name in names)
        beside = next((one for one in files if one.is_file()), None)
    if beside is None:
        raise LetheError(
            said(
                "{name} does not say who is who; put the labels beside it as "
                "{stem}_labels.npy, a label for each image.",
                name=path.name,
                stem=path.stem,
            )
        )
    with path.open("rb") as images, beside.open("rb") as labels:
        return _collection(path, _array(images, path.name), _array(labels, beside.name), None)


def _array(file: io.BufferedIOBase, title: str) -> np.ndarray:
    try:
        # Not np.load, which opens a zip in a zip and whatever else it knows.
        return np.lib.format.read_array(file, allow_pickle=False)
    except BROKEN as error:
        objects = "Object arrays" in str(error)
        raise LetheError(
            said(
                "{title} holds Python objects, which may run programs; save it as plain numbers or "
                "text.",
                title=title,
            )
            if objects
            else said("{title} is damaged; save it as plain numbers or text.", title=title)
        ) from error


def _first(arrays: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _collection(
    path: Path | Held, images: np.ndarray, labels: np.ndarray, names: np.ndarray | None
) -> Collection:
    labels = labels.squeeze()
    pixels = _photos(images, path.name)
    if len(pixels) > entries.MAX_FILES:
        raise LetheError(entries.too_many(path.name))
    if labels.ndim != 1 or len(labels) != len(pixels) or labels.dtype.kind not in "iufbUS":
        raise LetheError(
            said_n(
                "{name} has {count:,} image and labels of shape {shape}; one label for each image "
                "is needed.",
                "{name} has {count:,} images and labels of shape {shape}; one label for each image "
                "is needed.",
                len(pixels),
                name=path.name,
                shape=list(labels.shape),
            )
        )
    if pixels.size == 0:
        raise LetheError(
            said("{name} holds no image; save it with images and target.", name=path.name)
        )
    if pixels.shape[1] * pixels.shape[2] > MAX_PIXELS:
        raise LetheError(said("{name} has images {reason}.", name=path.name, reason=TOO_LARGE))
    if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == labels.round())).all():
        raise LetheError(
            said(
                "{name} has labels that are no whole numbers; give each image the "
                "number or the name of its person.",
                name=path.name,
            )
        )
    people = people_of(labels, names)
    if any(not 0 < len(who.strip()) <= LONGEST for who in people):
        raise LetheError(
            said(
                "{name} has labels of no or more than {most} characters; give each "
                "image the name of its person.",
                name=path.name,
                most=LONGEST,
            )
        )
    items = []
    for row, (picture, who) in enumerate(zip(_eight_bits(pixels), people, strict=True)):
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "PNG", compress_level=1)
        size = (picture.shape[1], picture.shape[0])
        items.append(Item(who, f"{who}/{row:06d}.png", out.getvalue(), size))
    shape = " x ".join(str(side) for side in pixels.shape[1:3])
    note = said(
        "The photos are {count:,} arrays of {shape} numbers, named by their labels.",
        count=len(items),
        shape=shape,
    )
    return Collection(path.stem, tuple(items), None, notes=(note,))


def _photos(images: np.ndarray, title: str) -> np.ndarray:
    """Images as [n, h, w] or [n, h, w, 3]."""
    if images.dtype.kind in "iufb":
        if images.ndim == 4 and images.shape[3] == 1:
            return images[..., 0]
        if images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[3] != 3:
            return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)
        if images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3):
            return images
        if images.ndim == 2 and (side := round(images.shape[1] ** 0.5)) ** 2 == images.shape[1]:
            return images.reshape(len(images), side, side)
    raise LetheError(
        said(
            "The images in {title} are of shape {shape} and kind {kind}; save numbers as {shapes}.",
            title=title,
            shape=list(images.shape),
            kind=images.dtype,
            shapes=_SHAPES,
        )
    )


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    """uint8 of the same shape: 0..255 as it is, 0..1 times 255, anything else by the whole range.

    The whole set's range, because its photos were scaled together.
    """
    if pixels.dtype == np.uint8 or not pixels.size:
        return pixels.astype(np.uint8)
    values = np.nan_to_num(pixels.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255:
        values = (values - low) * (255 / ((high - low) or 1.0))
    elif high <= 1:
        values = values * 255
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def people_of(labels: np.ndarray, names: np.ndarray | None) -> list[str]:
    """A name for each label: the label itself where it is text, else by `names`, else numbered."""
    if labels.dtype.kind == "S":
        return [legible(label.decode("utf-8", "replace")) for label in labels]
    if labels.dtype.kind == "U":
        return [legible(str(label)) for label in labels]
    numbers = [int(label) for label in labels]  # Python's, which hold any
    if names is not None and names.ndim == 1 and names.dtype.kind in "US":
        known = people_of(names, None)
        if min(numbers) >= 0 and max(numbers) < len(known):
            return [known[number] for number in numbers]
    width = len(str(max(numbers)))
    return [f"Person_{number:0{width}d}" for number in numbers]

"""How a model wants its faces: the order of the axes, the number type, the size, the batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backbones.onnx_settings import Axes
from engine.errors import LetheError
from engine.said import either, noted, said

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_LONGEST_SHAPE = 1.5
"""A face that is taller or wider than this, cut from a square one, would lose too much."""


@dataclass(frozen=True)
class Layout:
    """A model's one input, [N, 3, H, W] or with `colours_last` [N, H, W, 3].

    `batch` is the number of faces that it insists on, or None.
    """

    name: str
    height: int
    width: int
    batch: int | None
    kind: type
    colours_last: bool

    @property
    def size(self) -> int:
        """The side of the square faces it is fed from, in pixels."""
        return max(self.height, self.width)

    def arrange(self, faces: np.ndarray, mean: float, std: float) -> np.ndarray:
        """The input for uint8 faces [b, size, size, 3]: cut, normalised, its axes in order."""
        top, left = (self.size - self.height) // 2, (self.size - self.width) // 2
        faces = faces[:, top : top + self.height, left : left + self.width]
        if not self.colours_last:
            faces = faces.transpose(0, 3, 1, 2)
        if self.kind is np.uint8:
            return np.ascontiguousarray(faces)
        pixels = np.ascontiguousarray(faces, dtype=np.float32)
        pixels -= mean
        pixels /= std
        return pixels.astype(self.kind, copy=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out about the input, where it is not the usual one."""
        notes = []
        if self.colours_last:
            notes.append(
                noted("The model reads its colours last (N x H x W x 3), and is given them so.")
            )
        if self.kind is np.uint8:
            notes.append(
                noted("The model reads plain pixels, 0 to 255: mean and std do not apply.")
            )
        if self.height != self.width:
            notes.append(
                said(
                    "The model reads faces of {height} x {width} (height x width): the "
                    "middle of faces of {size} x {size}.",
                    height=self.height,
                    width=self.width,
                    size=self.size,
                )
            )
        return tuple(notes)


def read_layout(inputs: Sequence[Any], name: str, size: int, axes: Axes = "auto") -> Layout:
    """The layout of the model called `name`; `size` is the face's side where it leaves it open.

    `inputs` have a `name`, a `shape` and a `type`, as onnxruntime gives them. Raises `LetheError`
    for several inputs and for one that no face fits, or not in this order of the `axes`.
    """
    if len(inputs) != 1:
        raise LetheError(
            said(
                "{name} has {count} inputs; a face-recognition model has one, the face.",
                name=name,
                count=len(inputs),
            )
        )
    shape, kind = inputs[0].shape, inputs[0].type
    four = len(shape) == 4
    by_shape = four and shape[3] == 3 and shape[1] != 3
    colours_last = by_shape if axes == "auto" else axes == "nhwc"
    sides = (shape[1:3] if colours_last else shape[2:4]) if four else []
    # An axis without a number is open: None, or a name.
    colours = shape[3 if colours_last else 1] if four else None
    fits = four and kind in _TYPES and (colours == 3 or not _fixed(colours))
    height, width = _sides(sides, size) if fits else (size, size)
    if not fits or max(height, width) > _LONGEST_SHAPE * min(height, width):
        wanted = " x ".join(str(side) for side in shape)
        ways = {"nchw": ("N x 3 x S x S",), "nhwc": ("N x S x S x 3",)}
        right = either(ways.get(axes, ("N x 3 x S x S", "N x S x S x 3")))
        raise LetheError(
            said(
                "{name} reads {kind} of {wanted}; a face-recognition model reads {right} floats or "
                "bytes.",
                name=name,
                kind=kind,
                wanted=wanted,
                right=right,
            )
            if axes == "auto"
            else said(
                "{name} reads {kind} of {wanted}; a face-recognition model with the layout {axes} "
                "reads {right} floats or bytes.",
                name=name,
                kind=kind,
                wanted=wanted,
                axes=axes,
                right=right,
            )
        )
    for side in (height, width):
        if not 16 <= side <= 1024:
            raise LetheError(
                said("Faces of {side} pixels are not supported; choose 16 to 1024.", side=side)
            )
    batch = shape[0] if _fixed(shape[0]) else None
    return Layout(inputs[0].name, height, width, batch, _TYPES[kind], colours_last)


def _fixed(side: Any) -> bool:
    return isinstance(side, int) and side > 0


def _sides(sides: list[Any], size: int) -> tuple[int, int]:
    """Height and width: an open one is as long as the other."""
    given = [side for side in sides if _fixed(side)]
    height, width = (side if _fixed(side) else (given or [size])[0] for side in sides)
    return height, width

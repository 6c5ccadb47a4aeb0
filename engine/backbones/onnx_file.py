"""An ONNX model's file, with the files beside it that hold its weights."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.errors import LetheError
from engine.said import said

_LOCATION = b"\x0a\x08location\x12"  # an entry of TensorProto.external_data, up to its value
_EXTERNAL_DATA = 0x6A  # that entry's own tag, two or three bytes before
_NUMBERS = frozenset({1, 5})  # the fields of ModelProto that are numbers ...
_OTHERS = frozenset({2, 3, 4, 6, 7, 8, 14, 20, 25, 26})  # ... and those with a length


@dataclass(frozen=True)
class ModelFile:
    """The bytes of a model, and by name those of its weights that lie in other files."""

    path: Path
    data: bytes
    beside: dict[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """sha256 over all bytes that the model is made of."""
        own = hashlib.sha256(self.data)
        for name in sorted(self.beside):
            own.update(hashlib.sha256(self.beside[name]).digest())
        return own.digest()

    @property
    def quantises_dynamically(self) -> bool:
        """Whether an operator scales its input by all of the batch, as their names say."""
        return b"DynamicQuantize" in self.data


def read_model(path: Path) -> ModelFile:
    """The model at `path`, all of it read once.

    Raises `LetheError` when it, or a file of weights that it names, is missing or unreadable.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise LetheError(
            said("There is no model file {path}; check the path.", path=path)
        ) from error
    except OSError as error:
        raise LetheError(
            said(
                "The model file {path} cannot be read ({strerror}); check its permissions.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error
    return ModelFile(path, data, {name: _beside(path, name) for name in _other_files(data)})


def handed_model(name: str, data: bytes) -> ModelFile:
    """A model of this name that somebody handed over; nothing beside it is looked for."""
    return ModelFile(Path(PurePosixPath(name.replace("\\", "/")).name or "model.onnx"), data)


def is_cut_off(data: bytes) -> bool:
    """Whether `data` is the beginning of an ONNX model that once went on."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0 and tag >> 3 in _NUMBERS:
            _, at = _varint(data, at)
        elif tag & 7 == 2 and tag >> 3 in _OTHERS:
            length, at = _varint(data, at)
            at += length
        else:
            return False
    return at > len(data)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in protobuf's format and where it ends: past the end where it is cut off."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 127) << shift
        shift += 7
        at += 1
        if byte < 128:
            return value, at
    return value, len(data) + 1


def _other_files(data: bytes) -> list[str]:
    """The files of weights that the model names, found without parsing all of it."""
    names: dict[str, None] = {}
    at = data.find(_LOCATION)
    while at >= 0:
        if _EXTERNAL_DATA in data[max(at - 3, 0) : at - 1]:
            length, start = _varint(data, at + len(_LOCATION))
            names[data[start : start + length].decode(errors="replace")] = None
        at = data.find(_LOCATION, at + 1)
    return list(names)


def _beside(path: Path, name: str) -> bytes:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        raise LetheError(
            said(
                "{name} looks for its weights outside its own folder, in {other}; save "
                "the model as one file.",
                name=path.name,
                other=name,
            )
        )
    try:
        return (path.parent / inside).read_bytes()
    except OSError as error:
        raise LetheError(
            said(
                "{name} is not the whole model, its weights lie in another file, "
                "{other}: put it beside the model, or save the model as one file.",
                name=path.name,
                other=name,
            )
        ) from error

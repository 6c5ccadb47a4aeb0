"""Erasers on disk: safetensors with metadata, never a pickle."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as packed

from engine.erasure import METHODS
from engine.erasure.base import Eraser
from engine.errors import LetheError
from engine.said import restored, said, stored

SCHEMA = "2"


def as_bytes(eraser: Eraser) -> bytes:
    """The eraser's file; docs/take-away.md says what is in it."""
    metadata = {
        "lethe_eraser": SCHEMA,
        "kind": eraser.kind,
        "method": eraser.method,
        "rank": str(eraser.rank),
        "parameters": json.dumps(dict(eraser.parameters)),
        "warnings": json.dumps([stored(one) for one in eraser.warnings]),
    }
    return packed({k: t.contiguous() for k, t in eraser.tensors().items()}, metadata)


def save(eraser: Eraser, path: Path) -> None:
    """Write the eraser to `path`. Raises `LetheError` when the disk will not take it."""
    try:
        path.write_bytes(as_bytes(eraser))
    except OSError as error:
        raise LetheError(
            said("The eraser cannot be written to {path}: {error}.", path=path, error=error)
        ) from error


def load(path: Path) -> Eraser:
    """Read an eraser that `save` wrote, bit for bit.

    Raises `LetheError` when the file is missing, damaged or no eraser of a kind known here.
    """
    kinds = {one.kind: one for method in METHODS.values() for one in method.erasers}
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise LetheError(
            said("{path} cannot be read as an eraser: {error}.", path=path, error=error)
        ) from error
    cls = kinds.get(metadata.get("kind", ""))
    if metadata.get("lethe_eraser") != SCHEMA or cls is None:
        raise LetheError(
            said("{path} holds no eraser that this version knows; fit it again.", path=path)
        )
    return cls.from_tensors(
        tensors,
        method=metadata["method"],
        rank=int(metadata["rank"]),
        parameters=json.loads(metadata["parameters"]),
        warnings=tuple(restored(one) for one in json.loads(metadata["warnings"])),
    )

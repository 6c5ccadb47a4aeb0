"""Reports as files: values in JSON's own types, and nothing half-written."""

import errno
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from engine.errors import LetheError
from engine.placed import placed
from engine.said import said


def plain(value: Any) -> Any:
    """The value in JSON's own types; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def as_text(document: Mapping[str, Any]) -> str:
    """A document as JSON. Raises `ValueError` for what is not finite."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Write a report. Raises `LetheError` when the path cannot be written."""
    write(as_text(document), path)


def write(text: str, path: Path) -> None:
    """Write a report beside its place, and then into it: nobody ever reads half of one.

    Raises `LetheError` when the path cannot be written.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        placed(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    except OSError as error:
        raise LetheError(
            said(
                "The report cannot be written to {path}: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error

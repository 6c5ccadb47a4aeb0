"""What is taken away, written beside its place and then into it: nobody ever reads half of one."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from engine.erasure.base import Eraser
from engine.erasure.files import save
from engine.errors import LetheError
from engine.export.embeddings import SIDES
from engine.placed import placed
from engine.said import said


def write_model(data: bytes, path: Path) -> None:
    """Write a model. Raises `LetheError` when the path cannot be written."""
    _placed(path, lambda part: part.write_bytes(data))


def eraser_paths(path: Path, count: int) -> list[Path]:
    """Where `count` erasers go: `path`, or `path` numbered from 1 where there are several."""
    return [path.with_name(name) for name in eraser_names(path.name, count)]


def eraser_names(name: str, count: int) -> list[str]:
    """`name` for one eraser; for several, numbered from 1."""
    if count == 1:
        return [name]
    place = Path(name)
    return [f"{place.stem}-{at}{place.suffix}" for at in range(1, count + 1)]


def side_paths(path: Path) -> dict[str, Path]:
    """Where embeddings before and after the deletions go: `OUT-before.npz`, `OUT-after.npz`."""
    return {side: path.with_name(f"{path.stem}-{side}{path.suffix}") for side in SIDES}


def write_erasers(erasers: Sequence[Eraser], path: Path) -> list[Path]:
    """Write the erasers, one a file, in the order in which they are applied, and say where.

    Raises `LetheError` when a path cannot be written.
    """
    paths = eraser_paths(path, len(erasers))
    for eraser, place in zip(erasers, paths, strict=True):
        _placed(place, partial(save, eraser))
    return paths


def _placed(path: Path, write: Callable[[Path], object]) -> None:
    try:
        placed(path, write)
    except OSError as error:
        raise LetheError(
            said(
                "{path} cannot be written: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error

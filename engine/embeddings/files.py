"""Files of embeddings: `.npz`, `.npy` with a table of the same name beside it, or Parquet.

They hold a row of numbers for each photo, whose it is and, where somebody knows, its side of the
split and the photo's name. Nothing is ever unpickled, and nothing gigantic is read.
"""

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.embeddings import Embeddings, from_arrays
from engine.embeddings.checks import check_shape
from engine.embeddings.tables import LABELS, VALUES, from_parquet, labels_beside
from engine.errors import LetheError
from engine.said import said
from engine.sources import entries, zips
from engine.sources.arrays import BROKEN
from engine.sources.held import Held, size_of
from engine.sources.parquet import MARK

NAMES = ("names", "target_names", "label_names", "class_names")
SPLIT = ("split", "train")
PHOTOS = ("photos", "photo", "paths", "path", "files", "file", "ids")
HEAD = {"weight": "head_weight", "bias": "head_bias", "names": "head_names"}

TABLES = (".csv", ".tsv")
STRANGERS = "stranger"
"""What is in the name of a file of strangers that comes beside one of people."""
NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"


def read(path: Path | Held, table: Held | None = None) -> Embeddings:
    """The embeddings in a file, told by its content.

    A `.npy` needs a table of who is who: a file of the same name beside it, or `table`.

    Raises `LetheError`, in one sentence and before any work, for whatever is wrong with them.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(NPY))
    except OSError as error:
        raise LetheError(
            said(
                "{name} cannot be opened ({reason}); give a file of embeddings.",
                name=path.name,
                reason=error.strerror or error,
            )
        ) from error
    if head.startswith(ZIP):
        return _from_npz(path)
    if head == NPY:
        return _from_npy(path, table)
    if head.startswith(MARK):
        return from_parquet(path)
    raise LetheError(
        said(
            "{name} is no file of embeddings; give a .npz, a .npy with a .csv of the same name "
            "beside it, or a .parquet.",
            name=path.name,
        )
    )


Brought = tuple[Held, Held | None]
"""A file of embeddings, and the table beside it."""


def among(files: Sequence[Held]) -> tuple[Brought, Brought | None] | None:
    """The embeddings that were handed over, and those of strangers; None where they are photos.

    Of two files the one called strangers holds those. Raises `LetheError` where it is not clear
    which of several does.
    """
    arrays = [one for one in files if _holds_embeddings(one)]
    tables = [one for one in files if one.suffix.lower() in TABLES]
    if not arrays or len(arrays) + len(tables) != len(files) or len(tables) > len(arrays):
        return None
    if len(arrays) == 1:
        return (arrays[0], next(iter(tables), None)), None
    beside = {one.stem: one for one in tables}
    called = [(one, beside.get(one.stem)) for one in arrays if STRANGERS in one.stem.lower()]
    people = [(one, beside.get(one.stem)) for one in arrays if STRANGERS not in one.stem.lower()]
    if len(people) != 1 or len(called) != 1:
        raise LetheError(
            said(
                "{count} files of embeddings came and it is not clear what each holds; bring one "
                "of people, and one called strangers.npz of strangers at most.",
                count=len(arrays),
            )
        )
    return people[0], called[0]


def _holds_embeddings(file: Held) -> bool:
    """Whether a file's content says so: names of arrays, a matrix, a column of lists."""
    if file.data.startswith(NPY):
        try:
            shape, dtype = _header(file.open(), file.name)
        except LetheError:
            return False
        return len(shape) == 2 and dtype.kind == "f"
    if file.data.startswith(ZIP):
        try:
            with zipfile.ZipFile(file.open()) as archive:
                names = archive.namelist()
        except zips.BROKEN:
            return False
        return any(name.removesuffix(".npy").lower() in VALUES for name in names)
    if file.data.startswith(MARK):
        try:
            from pyarrow.parquet import read_schema

            return any(name.lower() in VALUES for name in read_schema(file.open()).names)
        except Exception:  # no pyarrow, or a damaged file: told where photos are looked for
            return False
    return False


def _from_npz(path: Path | Held) -> Embeddings:
    wanted = {*VALUES, *LABELS, *NAMES, *SPLIT, *PHOTOS, *HEAD.values()}
    arrays: dict[str, np.ndarray] = {}
    left = entries.bound(size_of(path))
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy").lower()
                if name not in wanted:
                    continue
                title = said("{name} in {file}", name=name, file=path.name)
                with archive.open(info) as opened:
                    shape, dtype = _header(opened, title)
                if name in VALUES:
                    check_shape(shape, dtype, path.name)
                data = zips.content(archive, info, left)
                if data is None:
                    raise LetheError(entries.too_much(path.name))
                left -= len(data)
                _check_whole(shape, dtype, len(data), title)
                arrays[name] = _array(io.BytesIO(data), title)
    except (NotImplementedError, *zips.BROKEN) as error:
        raise LetheError(
            said("{name} is damaged; save or download it again.", name=path.name)
        ) from error
    values, labels, names = (_first(arrays, one) for one in (VALUES, LABELS, NAMES))
    if labels is None:
        labels, names = names, None
    if values is None or labels is None:
        raise LetheError(
            said(
                "{name} holds no array called {missing}; save it with embeddings [n, d] and "
                "labels, a name for each row.",
                name=path.name,
                missing="embeddings" if values is None else "labels",
            )
        )
    head = {key: arrays[name] for key, name in HEAD.items() if name in arrays}
    return from_arrays(
        values,
        labels,
        names=names,
        split=_first(arrays, SPLIT),
        photos=_first(arrays, PHOTOS),
        head=head or None,
        name=path.name,
    )


def _from_npy(path: Path | Held, table: Held | None) -> Embeddings:
    with path.open("rb") as file:
        shape, dtype = _header(file, path.name)
    check_shape(shape, dtype, path.name)
    _check_whole(shape, dtype, size_of(path), path.name)
    beside: Path | Held | None = table
    if isinstance(path, Path):
        beside = next(
            (one for end in TABLES if (one := path.with_suffix(end)).is_file()),
            None,
        )
    if beside is None:
        raise LetheError(
            said(
                "{name} does not say who is who; put a table beside it as {stem}.csv, with a "
                "column called label and a line for each row.",
                name=path.name,
                stem=path.stem,
            )
        )
    columns = labels_beside(beside)
    with path.open("rb") as file:
        values = _array(file, path.name)
    return from_arrays(values, name=path.name, **columns)


def _header(file: Any, title: str) -> tuple[tuple[int, ...], np.dtype]:
    """An array's shape and kind, without its numbers."""
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = read(file)
    except (*BROKEN, KeyError) as error:
        raise LetheError(
            said("{title} is damaged; save it as plain numbers or text.", title=title)
        ) from error
    return shape, dtype


def _check_whole(shape: tuple[int, ...], dtype: np.dtype, size: int, title: str) -> None:
    """Raises `LetheError` where so many bytes cannot hold what a header claims."""
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > size:
        raise LetheError(said("{title} is damaged; save it as plain numbers or text.", title=title))


def _array(file: Any, title: str) -> np.ndarray:
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except BROKEN as error:
        raise LetheError(
            said(
                "{title} holds Python objects, which may run programs; save it as plain numbers or "
                "text.",
                title=title,
            )
            if "Object arrays" in str(error)
            else said("{title} is damaged; save it as plain numbers or text.", title=title)
        ) from error


def _first(arrays: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray | None:
    return next((arrays[name] for name in names if name in arrays), None)

"""Tables of embeddings: Parquet, and the CSV beside an array that says whose its rows are."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.embeddings import Embeddings, from_arrays
from engine.embeddings.checks import check_shape
from engine.errors import LetheError
from engine.said import said
from engine.sources import entries, listing
from engine.sources.base import MAX_TABLE_BYTES
from engine.sources.held import Held, size_of
from engine.sources.parquet import MISSING

VALUES = ("embeddings", "embedding", "features", "feature", "vectors", "vector")
"""What embeddings are called in a `.npz` or a Parquet table."""

LABELS = ("labels", "label", "people", "person", "identities", "identity", "target", "targets", "y")


def from_parquet(path: Path | Held) -> Embeddings:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise LetheError(
            said("{name} cannot be read: {reason}.", name=path.name, reason=MISSING)
        ) from error
    broken = (pyarrow.ArrowException, OSError, ValueError, KeyError, MemoryError)
    try:
        with path.open("rb") as file, ParquetFile(file, pre_buffer=False) as opened:
            about = opened.metadata
            names: list[str] = opened.schema_arrow.names
            if len(names) > listing.MAX_COLUMNS:
                raise LetheError(entries.too_much(path.name))
            at = next((names.index(one) for one in names if one.lower() in VALUES), None)
            if at is None:
                raise LetheError(
                    said(
                        "{name} has no column called embedding, a list of numbers a row.",
                        name=path.name,
                    )
                )
            whole = sum(about.row_group(one).total_byte_size for one in range(about.num_row_groups))
            if about.num_rows > listing.MAX_ROWS or whole > entries.bound(size_of(path)):
                raise LetheError(entries.too_much(path.name))
            places = _columns(names, path.name, skip=at)
            read = opened.read([names[at], *(names[one] for one in places.values())])
            values = _lists(read.column(names[at]), path.name)
            cells = {what: read.column(names[one]).to_pylist() for what, one in places.items()}
    except broken as error:
        raise LetheError(
            said("{name} is damaged; save or download it again.", name=path.name)
        ) from error
    return from_arrays(values, name=path.name, **_text(cells))


def _lists(column: Any, name: str) -> np.ndarray:
    """A Parquet column of lists as an array [n, d]. Raises `LetheError` where they differ."""
    from pyarrow import compute, types

    kind = column.type
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        raise LetheError(
            said("{name} has no column called embedding, a list of numbers a row.", name=name)
        )
    lengths = compute.list_value_length(column)
    least, most = compute.min(lengths).as_py(), compute.max(lengths).as_py()
    flat = compute.list_flatten(column)
    if column.null_count or flat.null_count or not types.is_floating(kind.value_type):
        raise LetheError(
            said(
                "The column of embeddings in {name} has rows without numbers; give each row "
                "floating-point numbers.",
                name=name,
            )
        )
    if least != most:
        raise LetheError(
            said(
                "The embeddings in {name} are {least} to {most} numbers long; all rows need the "
                "same length.",
                name=name,
                least=least,
                most=most,
            )
        )
    check_shape((len(column), most or 0), np.dtype(flat.type.to_pandas_dtype()), name)
    return np.asarray(flat.to_numpy()).reshape(len(column), most)


def labels_beside(path: Path | Held) -> dict[str, Any]:
    """The labels, split and photos of a CSV beside an array, by what `from_arrays` calls them."""
    if size_of(path) > MAX_TABLE_BYTES:
        raise LetheError(entries.too_much(path.name))
    with path.open("rb") as file:
        data = file.read()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
        mark = max(",;\t", key=text.partition("\n")[0].count)
        header, *lines = [line for line in csv.reader(io.StringIO(text), delimiter=mark) if line]
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise LetheError(
            said("{name} is no table in UTF-8; save it as CSV UTF-8.", name=path.name)
        ) from error
    places = _columns(header, path.name)
    for number, line in enumerate(lines):
        if len(line) != len(header):
            raise LetheError(
                said(
                    "{name} has {cells} cells in row {row:,} (counted from 0) and {columns} "
                    "columns; give each row the same.",
                    name=path.name,
                    cells=len(line),
                    row=number,
                    columns=len(header),
                )
            )
    return _text({what: [line[at] for line in lines] for what, at in places.items()})


def _columns(header: Sequence[str], name: str, skip: int | None = None) -> dict[str, int]:
    """Where labels, split and photos stand. Raises `LetheError` without labels, or for a twin."""
    words = [cell.strip().lower() for cell in header]
    twin, count = Counter(words).most_common(1)[0]
    if count > 1:
        raise LetheError(
            said(
                "{name} has {count} columns called {twin}; keep one.",
                name=name,
                count=count,
                twin=twin,
            )
        )
    photos, people, split = listing.places_of(
        ["" if at == skip else word for at, word in enumerate(words)]
    )
    if people is None:
        people = next((words.index(one) for one in LABELS if one in words), None)
    if people is None:
        raise LetheError(
            said(
                "{name} has no column that names people; call it label and give each row the name "
                "of its person.",
                name=name,
            )
        )
    found = {"labels": people, "split": split, "photos": photos}
    return {what: at for what, at in found.items() if at is not None}


def _text(cells: Mapping[str, Sequence[object]]) -> dict[str, Any]:
    return {
        what: ["" if one is None else str(one).strip() for one in column]
        for what, column in cells.items()
    }

"""Parquet tables: lists of photos and people, and data sets whose photos lie in the table itself.

The latter is how Hugging Face hands out images: a column of `{bytes, path}` and one of labels,
whose names stand in the file's metadata. pyarrow reads them where it is installed, since it takes
170 MB; the lighter fastparquet crashes the whole process on a damaged file.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import LetheError
from engine.photo import not_readable, why
from engine.said import noted, said
from engine.sources import entries, kinds, listing
from engine.sources.base import File
from engine.sources.entry_names import legible
from engine.sources.listing import Row, Table

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MARK = b"PAR1"
KIND = noted("Parquet table")
MISSING = said(
    "{cause}: {kind}; {advice}",
    cause=noted("no image"),
    kind=KIND,
    advice=kinds.REMEDIES[KIND],
)
_DAMAGED = noted("damaged Parquet table")
_NO_COLUMNS = kinds.no_image(noted("Parquet table without columns of photos and people"))
_PICTURES = ("image", "img", "photo", "picture", "face", "jpg", "jpeg", "png", "webp")
_AT_ONCE = 64  # rows


class Sheet(NamedTuple):
    """What a Parquet file holds: who is who, and photos by the names that the table has for them.

    `breaks` says in a phrase why it could not be read to its end.
    """

    table: Table
    photos: list[tuple[str, bytes]]
    breaks: str = ""


class _Columns(NamedTuple):
    """Names of the columns to read. `picture` holds bytes, `path` says where a photo lies."""

    picture: str | None
    path: str | None
    person: str
    split: str | None
    names: list[str]  # what the numbers of a label mean
    certain: bool


def is_parquet(file: File) -> bool:
    """Whether a file is a Parquet table by its first bytes."""
    if isinstance(file.source, bytes):
        return file.source.startswith(MARK)
    try:
        with file.source.open("rb") as opened:
            return opened.read(len(MARK)) == MARK
    except OSError:
        return False


def read(file: File, most: int, files: int) -> Sheet | str:
    """The rows of a Parquet file, or in a phrase why there are none.

    Raises `LetheError` for one with more than `most` bytes of photos, or more rows than `files`.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        return MISSING
    title = file.parts[-1]
    broken = (pyarrow.ArrowException, OSError, ValueError, KeyError, MemoryError)
    try:
        source = io.BytesIO(file.source) if isinstance(file.source, bytes) else file.source
        size = source.stat().st_size if isinstance(source, Path) else len(source.getbuffer())
        with ParquetFile(source, pre_buffer=False, memory_map=False) as opened:
            columns = _columns(opened)
            if columns is None:
                return _NO_COLUMNS
            _bound(opened, title, size, most, files if columns.picture else listing.MAX_ROWS)
            return _sheet(file, opened, columns, most, broken)
    except PermissionError as error:
        return not_readable(error)
    except broken:
        return _DAMAGED


def _bound(opened: ParquetFile, title: str, size: int, most: int, rows: int) -> None:
    """Refuse a table by what it says of itself. A page that lies is read alone, and then no more.

    Raises `LetheError`.
    """
    about = opened.metadata
    if about.num_rows > rows:
        raise LetheError(
            said("{title} holds more than {rows:,} rows; make it smaller.", title=title, rows=rows)
        )
    whole = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    if whole > min(most, entries.bound(size)):
        raise LetheError(entries.too_much(title))


def _sheet(
    file: File,
    opened: ParquetFile,
    columns: _Columns,
    most: int,
    broken: tuple[type[Exception], ...],
) -> Sheet:
    title = file.parts[-1]
    rows: list[Row] = []
    photos: list[tuple[str, bytes]] = []
    own_side = _side(file.parts)
    breaks = ""
    left = most
    lines = _lines(opened, columns)
    while True:
        try:
            line = next(lines, None)
        except broken:
            breaks = why(
                _DAMAGED,
                said(
                    "{count:,} of {rows:,} rows were read",
                    count=len(rows),
                    rows=opened.metadata.num_rows,
                ),
            )
            break
        if line is None:
            break
        picture, path = _picture(line, columns)
        if picture is not None:
            name = f"{title}/{len(rows):06d}"
            left -= len(picture)
            if left < 0:
                raise LetheError(entries.too_much(title))
            photos.append((name, picture))
        else:
            name = legible(path)
        train = own_side
        if columns.split is not None:
            train = listing.part(str(line[columns.split]))
        if name:
            rows.append(Row(name, _person(line[columns.person], columns.names), train))
    certain = bool(photos) or columns.certain
    return Sheet(Table(file.parts, rows, certain), photos, breaks)


def _lines(opened: ParquetFile, columns: _Columns) -> Iterator[dict[str, Any]]:
    """The rows. Values that a dictionary repeats are unfolded one by one: each may be large."""
    about = opened.metadata
    folded = any(
        about.row_group(group).column(column).has_dictionary_page
        for group in range(about.num_row_groups)
        for column in range(about.num_columns)
        if about.schema.column(column).path.split(".")[0] == columns.picture
    )
    wanted = [one for one in columns[:4] if one is not None]
    at_once = 1 if folded else _AT_ONCE
    for group in range(about.num_row_groups):  # alone, so that those before a damaged one are read
        for batch in opened.iter_batches(
            at_once, row_groups=[group], columns=[*dict.fromkeys(wanted)], use_threads=False
        ):
            yield from batch.to_pylist()


def _columns(opened: ParquetFile) -> _Columns | None:
    """Which columns are of use, None where nobody is named or there is nothing to look at."""

    from pyarrow import types

    schema = opened.schema_arrow
    names: list[str] = schema.names
    if len(names) > listing.MAX_COLUMNS:
        return None

    def holds_bytes(name: str) -> bool:
        kind = schema.field(names.index(name)).type
        if types.is_struct(kind):
            inner = [kind.field(at).name for at in range(kind.num_fields)]
            kind = kind.field(inner.index("bytes")).type if inner.count("bytes") == 1 else kind
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    single = [name for name in names if names.count(name) == 1]
    pictures = [name for name in single if holds_bytes(name)]
    picture = next(
        (one for one in pictures if one.lower() in _PICTURES), next(iter(pictures), None)
    )
    header = [] if picture is None else ["path"]
    header += [name for name in single if name not in pictures]
    found = listing.columns_of(header)
    if found is None or found.persons is None:
        return None
    person = header[found.persons]
    return _Columns(
        picture,
        None if picture is not None else header[found.paths],
        person,
        None if found.splits is None else header[found.splits],
        _label_names(schema.metadata, person),
        found.certain,
    )


def _label_names(metadata: dict[bytes, bytes] | None, column: str) -> list[str]:
    """What a label's numbers mean, as Hugging Face writes it down; empty where nobody did."""
    try:
        told = json.loads((metadata or {})[b"huggingface"])
        names = told["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def _picture(line: dict[str, Any], columns: _Columns) -> tuple[bytes | None, str]:
    """A row's photo, None where the row only says where it lies, and that path."""
    if columns.picture is None:
        return None, str(line[columns.path or ""] or "")
    value = line[columns.picture]
    path = ""
    if isinstance(value, dict):
        path = str(value.get("path") or "")
        value = value["bytes"]
    return (b"" if value is None and not path else value), path


def _person(value: object, names: list[str]) -> str:
    if isinstance(value, int) and 0 <= value < len(names):
        value = names[value]
    return "" if value is None else legible(str(value).strip())


def _side(parts: tuple[str, ...]) -> bool | None:
    """The side of the split by the file's name (`test-00000-of-00002.parquet`) or its folders."""
    words = (re.split(r"[-._]", parts[-1])[0], *reversed(parts[:-1]))
    sides = (listing.side(word) for word in words)
    return next((one for one in sides if one is not None), None)

"""Tables that say who is on which photo: `path,person`, as data sets come with them."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.photo import not_readable
from engine.sources.base import MAX_TABLE_BYTES, File

# In the order in which they are believed; a name with "_id", "_name" or "_path" behind counts too.
_PATHS = ("path", "filepath", "file", "filename", "image", "img", "photo")
_PERSONS = ("person", "identity", "subject", "name", "label", "class", "id")
_SPLITS = ("split", "set", "partition")
_CERTAIN = ("person", "identity", "subject", "name")
"""Columns that name a person; the others may as well name a mood or a year."""

_SIDES = {
    **dict.fromkeys(("train", "training"), True),
    **dict.fromkeys(("val", "valid", "validation", "dev", "test", "testing"), False),
}


def side(word: str) -> bool | None:
    """Whether photos under this word enrol (train) or test (val, test); None: no such word."""
    return _SIDES.get(word.strip().lower())


class Row(NamedTuple):
    """One line: a photo's path as written there, whose it is, and its side of the split."""

    path: str
    person: str
    train: bool | None


class Table(NamedTuple):
    """A CSV file that says who is who. `certain`: its column's name leaves no doubt of that."""

    parts: tuple[str, ...]
    rows: list[Row]
    certain: bool


def read(file: File) -> Table | str:
    """The table in a CSV file, or in a phrase why there is none."""
    try:
        if isinstance(file.source, Path) and file.source.stat().st_size > MAX_TABLE_BYTES:
            return "no image: large table"
        data = file.source if isinstance(file.source, bytes) else file.source.read_bytes()
    except OSError as error:
        return not_readable(error)
    if len(data) > MAX_TABLE_BYTES:
        return "no image: large table"
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, "replace")
    for delimiter in ",;\t":
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error:
            continue
        header = [_plain(cell) for cell in rows[0]] if rows else []
        paths, persons = _column(header, _PATHS), _column(header, _PERSONS)
        if paths is None or persons is None:
            continue
        if "\ufffd" in text:
            return "list not in UTF-8; save it as CSV UTF-8"
        splits = _column(header, _SPLITS)
        own_side = side(file.parts[-1].rsplit(".", 1)[0])
        found = [
            Row(
                row[paths].strip(),
                row[persons].strip(),
                own_side if splits is None else _part(row[splits]),
            )
            for row in rows[1:]
            if len(row) > max(paths, persons, splits or 0) and row[paths].strip()
        ]
        return Table(file.parts, found, header[persons] in _CERTAIN)
    return "no image: text"


def _plain(cell: str) -> str:
    """A column's name without case, spaces and the words that say no more: `Image_Path`, image."""
    word = re.sub(r"[\s_-]+", "_", cell.strip().lower())
    return re.sub(r"(?<=[a-z])_(id|ids|name|path|no|number)$", "", word)


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _part(cell: str) -> bool | None:
    word = cell.strip().lower()
    # CelebA's numbers: 0 is train, 1 validation, 2 test.
    return {"0": True, "1": False, "2": False}.get(word, side(word))

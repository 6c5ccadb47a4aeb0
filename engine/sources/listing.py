"""Tables that say who is on which photo, or its split: `path,person`, as data sets have them."""

import csv
import io
import re
import string
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from engine.photo import not_readable, why
from engine.said import noted
from engine.sources import kinds
from engine.sources.base import MAX_TABLE_BYTES, File
from engine.sources.entry_names import legible

MAX_ROWS = 500_000
MAX_COLUMNS = 10_000
TOO_LARGE = kinds.no_image(noted("large table"))
NO_LIST = kinds.no_image(noted("text"))

# In the order in which they are believed; a name with "_id", "_name" or "_path" behind counts too.
_PATHS = ("path", "filepath", "file", "filename", "image", "img", "photo")
_PERSONS = (
    *("person", "identity", "subject", "celebrity", "celeb", "name"),
    *("label", "class", "id"),
)
_SPLITS = ("split", "set", "partition")
_CERTAIN = ("person", "identity", "subject", "celebrity", "celeb", "name")
"""Columns that name a person; the others may as well name a mood or a year."""

# A photo, then one word: told by the photo's ending, since a text may well have two words a line.
_ENDING = re.compile(
    r"\S\.(?:jpe?g|jfif|png|webp|bmp|gif|tiff?|pgm|ppm|avif|hei[cf])[\s,;]+", flags=re.IGNORECASE
)

_BETWEEN = string.whitespace + ",;"

_SIDES = {
    **dict.fromkeys(("train", "training"), True),
    **dict.fromkeys(("val", "valid", "validation", "dev", "test", "testing"), False),
}


def side(word: str) -> bool | None:
    """Whether photos under this word enrol (train) or test (val, test); None: no such word."""
    return _SIDES.get(word.strip().lower())


class Row(NamedTuple):
    """One line: a photo's path as written there, whose it is, and its side of the split.

    `person` is empty where the line names nobody, None where the table is of the split alone.
    """

    path: str
    person: str | None
    train: bool | None


class Columns(NamedTuple):
    """Places of the columns of a table. `certain` is that of `Table`."""

    paths: int
    persons: int | None
    splits: int | None
    certain: bool


class Table(NamedTuple):
    """A list that says who is who. `certain`: its column's name leaves no doubt of that."""

    parts: tuple[str, ...]
    rows: list[Row]
    certain: bool

    @property
    def names_people(self) -> bool:
        """Whether it says who is who, and not the split alone."""
        return any(row.person is not None for row in self.rows[:1])


def read(file: File) -> Table | str:
    """The table in a CSV file or a plain list, or in a phrase why there is none."""
    try:
        if isinstance(file.source, Path) and file.source.stat().st_size > MAX_TABLE_BYTES:
            return TOO_LARGE
        data = file.source if isinstance(file.source, bytes) else file.source.read_bytes()
    except OSError as error:
        return not_readable(error)
    if len(data) > MAX_TABLE_BYTES:
        return TOO_LARGE
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, "replace")
    if file.parts[-1].lower().endswith(".txt"):
        return _plain_list(file.parts, text)
    for delimiter in ",;\t":
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            header = next(lines, [])
            columns = None if len(header) > MAX_COLUMNS else columns_of(header)
            if columns is None:
                continue
            if "\ufffd" in text:
                return why(noted("list not in UTF-8"), noted("save it as CSV UTF-8"))
            rows = list(islice(_rows(lines, columns, file.parts), MAX_ROWS + 1))
        except csv.Error:
            continue
        return TOO_LARGE if len(rows) > MAX_ROWS else Table(file.parts, rows, columns.certain)
    return NO_LIST


def columns_of(header: Sequence[str]) -> Columns | None:
    """Where a table names photos, people and the split; None where it has no such columns."""
    paths, persons, splits = places_of(header)
    if paths is None or (persons is None and splits is None):
        return None
    certain = persons is not None and _plain(header[persons]) in _CERTAIN
    return Columns(paths, persons, splits, certain)


def places_of(header: Sequence[str]) -> tuple[int | None, int | None, int | None]:
    """Where a table's columns name photos, people and the split; None for each that it lacks."""
    words = [_plain(cell) for cell in header]
    return _column(words, _PATHS), _column(words, _PERSONS), _column(words, _SPLITS)


def _rows(lines: Iterable[list[str]], columns: Columns, parts: tuple[str, ...]) -> Iterator[Row]:
    own_side = side(parts[-1].rsplit(".", 1)[0])
    last = max(one for one in columns[:3] if one is not None)
    for line in lines:
        if len(line) <= last or not line[columns.paths].strip():
            continue
        yield Row(
            legible(line[columns.paths].strip()),
            None if columns.persons is None else legible(line[columns.persons].strip()),
            own_side if columns.splits is None else part(line[columns.splits]),
        )


def _plain_list(parts: tuple[str, ...], text: str) -> Table | str:
    """A list without a header, `000001.jpg 2880` a line, as CelebA's are.

    It gives the split where its name says so and it knows no other words, else people.
    """
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        # The last ending, looked for once: a line that is tried at every place takes minutes.
        end = next(iter(deque(_ENDING.finditer(line), maxlen=1)), None)
        words = line[end.end() :].split() if end else []
        if end is None or len(words) != 1:
            return NO_LIST
        found.append((legible(line[: end.end()].strip(_BETWEEN)), legible(words[0])))
    if not found:
        return NO_LIST
    if len(found) > MAX_ROWS:
        return TOO_LARGE
    stem = parts[-1].lower()
    sides = [part(word) for _, word in found]
    if None not in sides and any(word in stem for word in _SPLITS):
        rows = [Row(path, None, train) for (path, _), train in zip(found, sides, strict=True)]
        return Table(parts, rows, False)
    own_side = side(stem.rsplit(".", 1)[0])
    rows = [Row(path, who, own_side) for path, who in found]
    return Table(parts, rows, any(word in stem for word in _CERTAIN))


def _plain(cell: str) -> str:
    """A column's name without case, spaces and the words that say no more: `Image_Path`, image."""
    word = re.sub(r"[\s_-]+", "_", cell.strip().lower())
    return re.sub(r"(?<=[a-z])_(id|ids|name|path|no|number)$", "", word)


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def part(cell: str) -> bool | None:
    """`side`, also for the numbers that CelebA writes instead of words."""
    word = cell.strip().lower()
    # CelebA's numbers: 0 is train, 1 validation, 2 test.
    return {"0": True, "1": False, "2": False}.get(word, side(word))

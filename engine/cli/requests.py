"""Requests to be forgotten as somebody wrote them down: CSV, TOML or plain lines."""

import csv
import datetime
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.erasure import METHODS
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.names import listed
from engine.policy.table import Table, parsed, places, read_text
from engine.service.schedule import Request

TITLES = {"date": "day", "day": "day", "name": "names", "names": "names", "people": "names"}
TITLES |= {"method": "method"}
"""What the columns of a CSV file may be called, and what they hold."""

SIGN = "|"
"""In a plain line, what stands between names and method."""


@dataclass(frozen=True)
class Asked:
    """A request as it is written; `at` says where, `named` is what stands there of the people.

    `day` is still text where it came as such.
    """

    at: str
    day: object
    named: tuple[str, ...]
    method: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def read_requests(path: Path) -> tuple[Asked, ...]:
    """The requests in a file, by its name's ending CSV or TOML, else plain lines.

    Raises `LetheError` for a file that cannot be read, a date that is none or goes backwards, a
    request that names nobody, and a method or option that is not there.
    """
    reader = {".toml": _toml, ".csv": _csv}.get(path.suffix.lower(), _plain)
    found = tuple(_checked(one) for one in reader(path))
    if not found:
        example = "2026-03-01 Ada, Omar"
        if reader is _toml:
            example = '[[request]], date = 2026-03-01 and names = ["Ada", "Omar"], a line each'
        raise LetheError(f"{path} holds no request; write for example: {example}")
    for before, after in pairwise(found):
        if day_of(after) < day_of(before):
            raise LetheError(
                f"{after.at}: {after.day} comes after {before.day}; put the requests in the order "
                "in which they came."
            )
    return found


def meant(
    asked: Sequence[Asked], gallery: Gallery, method: str, options: Mapping[str, Any]
) -> tuple[Request, ...]:
    """The requests about a gallery's people, by `method` where they name none.

    Raises `LetheError` for a name that is not there or may be several people's, and for somebody
    who is named twice.
    """
    out: list[Request] = []
    first: dict[int, str] = {}
    for one in asked:
        with _said_at(one.at):
            people = gallery.find(
                name for value in one.named for name in listed(value, gallery.identities)
            )
        for label in people:
            if label in first:
                raise LetheError(
                    f"{one.at}: {gallery.display(label)} is forgotten already by {first[label]}."
                )
        first |= dict.fromkeys(people, one.at)
        how = (one.method, one.options) if one.method else (method, options)
        out.append(Request(people, *how, day=day_of(one)))
    return tuple(out)


def day_of(one: Asked) -> datetime.date:
    """The day of a request that was read."""
    assert isinstance(one.day, datetime.date)
    return one.day


def _checked(one: Asked) -> Asked:
    with _said_at(one.at):
        day = one.day
        if isinstance(day, datetime.datetime):
            day = day.date()
        if not isinstance(day, datetime.date):
            try:
                day = datetime.date.fromisoformat(str(day))
            except ValueError:
                raise LetheError(f"{day!r} is no date; write it as 2026-03-01.") from None
        if not any(value.strip(", ") for value in one.named):
            raise LetheError("nobody is named.")
        if one.method and one.method not in METHODS:
            raise LetheError(f"there is no method {one.method!r}; choose of {', '.join(METHODS)}.")
        if one.options and not one.method:
            raise LetheError("options are a method's; name it beside them.")
        if one.method:
            METHODS[one.method].resolve(one.options)
    return Asked(one.at, day, one.named, one.method, one.options)


@contextmanager
def _said_at(where: str) -> Iterator[None]:
    """What goes wrong inside says where."""
    try:
        yield
    except LetheError as error:
        raise LetheError(f"{where}: {error}") from error


def _plain(path: Path) -> Iterator[Asked]:
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            day, _, rest = line.strip().replace("\t", " ").partition(" ")
            names, _, method = rest.partition(SIGN)
            yield Asked(
                f"{path}, line {number}", day.rstrip(":,"), (names.strip(),), method.strip()
            )


def _csv(path: Path) -> Iterator[Asked]:
    text = read_text(path)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        titles = [TITLES.get(one.strip().lower()) for one in next(rows, [])]
        if not {"day", "names"} <= {*titles}:
            raise LetheError(
                f"{path}: the first line must name the columns date and name (and method), such "
                "as: date,name,method"
            )
        if len(held := [one for one in titles if one]) > len({*held}):
            raise LetheError(f"{path}: two columns say the same; leave one out.")
        for cells in rows:
            row = {title: cell.strip() for title, cell in zip(titles, cells, strict=False) if title}
            if any(cells):
                names = tuple(row.get("names", "").split(";"))
                at = f"{path}, line {rows.line_num}"
                yield Asked(at, row.get("day", ""), names, row.get("method", ""))
    except csv.Error as error:
        raise LetheError(f"{path}, line {rows.line_num}: this is no CSV ({error}).") from error


def _toml(path: Path) -> Iterator[Asked]:
    text, data = parsed(path)
    top, blocks = places(text, "request")
    Table(path, data, top).known(("request",))
    tables = data.get("request", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise LetheError(f"{path}: write each request below a line [[request]].")
    if len(blocks) != len(tables):
        blocks = [{}] * len(tables)  # written in another way than by headers
    for number, (one, lines) in enumerate(zip(tables, blocks, strict=True), 1):
        table = Table(path, one, lines, f"request {number}")
        table.known(("date", "names", "method", "options"))
        names = one.get("names", [])
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise table.wrong("names", f"names must be a list of names in quotes, not {names!r}.")
        options = one.get("options", {})
        if not isinstance(options, dict):
            raise table.wrong("options", "options must be such as { rank = 3 }.")
        yield Asked(table.at(""), one.get("date", ""), tuple(names), table.text("method"), options)

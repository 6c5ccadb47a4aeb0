"""A table of a TOML file whose faults say the line and the key at which they stand."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import LetheError

KEY = re.compile(r"\s*[\"']?(\w+)[\"']?\s*=")

Lines = Mapping[str, int]
"""The lines, from 1, at which the keys of a table stand, and its header as the empty key."""


def read_text(path: Path) -> str:
    """A file's text. Raises `LetheError` where it cannot be read, or is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LetheError(f"{path} is not text in UTF-8; save it as such.") from error
    except OSError as error:
        raise LetheError(
            f"{path} cannot be read ({error.strerror or error}); check the path."
        ) from error


def parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file and what it holds. Raises `LetheError` where it is none."""
    text = read_text(path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LetheError(f"{path} is no valid TOML: {error}.") from error


def places(text: str, name: str) -> tuple[Lines, list[Lines]]:
    """Where the keys at the top stand, and those of each `[[name]]` in order."""
    header = re.compile(rf"\s*\[\[\s*[\"']?{name}[\"']?\s*\]\]")
    top: dict[str, int] = {}
    blocks: list[Lines] = []
    here = top
    for number, line in enumerate(text.splitlines(), 1):
        if header.match(line):
            here = {"": number}
            blocks.append(here)
        elif key := KEY.match(line):
            here.setdefault(key[1], number)
    return top, blocks


class Table:
    """A table, by key and with the type that a value must have.

    Where the text gives no line (`lines` is empty) a fault says `what` instead, such as `limit 2`.
    """

    def __init__(
        self, path: Path, data: Mapping[str, Any], lines: Lines | None = None, what: str = ""
    ) -> None:
        self.path, self.data, self.lines, self.what = path, data, lines or {}, what

    def wrong(self, key: str, problem: str) -> LetheError:
        """The fault at `key`, as a sentence."""
        return LetheError(f"{self.at(key)}: {problem}")

    def at(self, key: str) -> str:
        """Where a key stands, or the table for the empty one."""
        line = self.lines.get(key) or self.lines.get("")
        return f"{self.path}" + (
            f", line {line}" if line else f", {self.what}" if self.what else ""
        )

    def known(self, keys: Sequence[str]) -> None:
        """Raises `LetheError` for a key that is none of these."""
        for key in self.data:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}."
                raise self.wrong(key, f"{key!r} means nothing here; {hint}")

    def text(self, key: str) -> str:
        """A string, empty where there is none."""
        value = self.data.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, f"{key} must be text in quotes, not {value!r}.")
        return value

    def flag(self, key: str) -> bool:
        """True or false, false where there is none."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false, not {value!r}.")
        return value

    def count(self, key: str, default: int) -> int:
        """A whole number from 1 on."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, f"{key} must be a whole number from 1 on, not {value!r}.")
        return value

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """One of these, empty where there is none."""
        value, known = self.text(key), tuple(choices)
        if key in self.data and value not in known:
            raise self.wrong(key, f"{key} is one of {', '.join(known)}, not {value!r}.")
        return value

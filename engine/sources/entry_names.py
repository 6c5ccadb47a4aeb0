"""Names of files and people as they may be shown, and those whose encoding nobody wrote down."""

import re
import unicodedata
from collections.abc import Sequence

from engine.errors import LetheError
from engine.said import said

LONGEST = 255
"""Characters of a name; no disk takes a longer one, so that nobody's photo has it."""

TOO_LONG = said("name longer than {most} characters", most=LONGEST)

_BREAKS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")


def legible(name: str) -> str:
    """The name without signs that break a line or cannot be written; pictures of these instead."""
    return _BREAKS.sub(lambda sign: _picture(ord(sign[0])), name)


def _picture(sign: int) -> str:
    return chr(0x2400 + sign) if sign < 32 else "\u2421" if sign == 127 else "\ufffd"


def shown(name: str, most: int = 80) -> str:
    """The name as part of a sentence: legible, and not longer than a line."""
    name = legible(name)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def decode(raw: Sequence[bytes], encoding: str | None, place: str) -> tuple[list[str], str]:
    """The names and the encoding that they were read in: the given one, or the likeliest.

    Raises `LetheError` when a given encoding is unknown or does not fit.
    """
    chosen = encoding or likeliest(raw)
    try:
        return [name.decode(chosen) for name in raw], chosen
    except LookupError as error:
        raise LetheError(
            said(
                "There is no encoding {encoding!r}; choose for example utf-8, cp932, gbk or cp437.",
                encoding=encoding,
            )
        ) from error
    except UnicodeDecodeError as error:
        raise LetheError(
            said(
                "The names in {place} are not in {encoding}; leave the encoding out or "
                "choose another one.",
                place=place,
                encoding=encoding,
            )
        ) from error


def likeliest(raw: Sequence[bytes]) -> str:
    """The encoding in which all names make sense: UTF-8, CP932, GBK, CP1252 or CP437.

    CP437 takes any bytes, and CP932 and GBK much of what is Latin, so that it is not enough that
    names decode: Latin words are letters with a few accents, Japanese needs no half-width kana,
    and Chinese keeps to the common characters of GB2312.
    """
    names = [name for name in raw if not name.isascii()]
    if all(_decodes(name, "utf-8") for name in names):
        return "utf-8"
    if all(_latin(name.decode("cp437")) for name in names):
        return "cp437"
    if all(
        _decodes(name, "cp932") and not _HALF_WIDTH.search(name.decode("cp932")) for name in names
    ):
        return "cp932"
    if all(_decodes(name, "gb2312") for name in names):
        return "gbk"
    if all(_decodes(name, "cp1252") and _latin(name.decode("cp1252")) for name in names):
        return "cp1252"
    for encoding in ("gbk", "cp932"):
        if all(_decodes(name, encoding) for name in names):
            return encoding
    return "cp437"


def _decodes(name: bytes, encoding: str) -> bool:
    try:
        name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _latin(text: str) -> bool:
    """Whether every word looks Latin: beyond ASCII only letters, and these few among plain ones."""
    for word in re.split(r"[\s\d_./\\()\-]+", text):
        accented = [letter for letter in word if ord(letter) > 127]
        if any(not unicodedata.name(letter, "").startswith("LATIN") for letter in accented):
            return False
        plain = sum(letter.isascii() and letter.isalpha() for letter in word)
        if len(accented) > 1 and plain < 2 * len(accented):
            return False
    return True

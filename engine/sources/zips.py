"""A zip of photos, read into memory; nothing in its own table of contents is believed."""

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from engine.errors import LetheError
from engine.photo import why
from engine.progress import Progress, Watch
from engine.said import noted, said
from engine.sources import entries, entry_names
from engine.sources.base import Found, Left
from engine.sources.held import Held, size_of

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, RuntimeError, OverflowError, MemoryError),
)
"""What `zipfile` raises for a zip that is damaged, be it an accident or not."""


class _Entry(NamedTuple):
    parts: tuple[str, ...]
    info: zipfile.ZipInfo


def read(
    archive: zipfile.ZipFile, path: Path | Held, watch: Watch, encoding: str | None = None
) -> Found:
    """The files of a zip. Raises `LetheError` for paths that lead outside and for zip bombs.

    Files that lie in each other are such a bomb: each is harmless, and together they are endless.
    """
    infos = archive.infolist()
    if len(infos) > entries.MAX_FILES:
        raise LetheError(entries.too_many(path.name))
    left = entries.bound(size_of(path))
    if sum(info.file_size for info in infos) > left:
        raise LetheError(entries.too_much(path.name))
    if sum(info.compress_size for info in infos) > size_of(path):
        raise LetheError(
            said(
                "{name} has files that lie in each other, which no program packs; zip "
                "the folder of photos again.",
                name=path.name,
            )
        )
    found = Found()
    names = _names(infos, path, encoding, found)
    harmless = _harmless(infos, names, path, found)
    for done, (parts, info) in enumerate(harmless):
        if done % 16 == 0:
            watch(Progress(noted("Reading the zip"), done, len(harmless)))
        try:
            data = content(archive, info, left)
        except NotImplementedError:
            found.left.append(
                Left(parts, why(noted("packed in a way that is not read"), noted("zip it anew")))
            )
            continue
        except BROKEN:
            found.left.append(Left(parts, noted("damaged in the zip")))
            continue
        if data is None:
            raise LetheError(entries.too_much(path.name))
        left -= len(data)
        found.add(parts, data)
    return found


def content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | None:
    """An entry's bytes; None when there are more than `most`, or more than a photo expands to.

    The sizes in the zip's own table may lie, so that the reading is bounded as well.
    """
    allowed = min(most, entries.bound(info.compress_size))
    with archive.open(info) as file:
        data = file.read(allowed + 1)
    return data if len(data) <= allowed else None


def _harmless(
    infos: list[zipfile.ZipInfo], names: list[str], path: Path | Held, found: Found
) -> list[_Entry]:
    """The files to read, in order of their paths, once all entries have been found harmless."""
    places = entries.Places(path.name, found)
    kept: list[_Entry] = []
    for info, name in zip(infos, names, strict=True):
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        is_folder = name.replace("\\", "/").endswith("/")  # Windows' own zips have backslashes
        parts = places.place(name, folder=is_folder, link=is_link)
        if parts is None:
            continue
        if info.file_size > entries.bound(info.compress_size):
            raise LetheError(
                said(
                    "{path} in {name} expands more than {ratio}-fold, which no photo "
                    "does; zip the photos themselves.",
                    path=entry_names.shown(parts[-1]),
                    name=path.name,
                    ratio=entries.MAX_RATIO,
                )
            )
        if info.flag_bits & 1:
            found.left.append(
                Left(parts, why(noted("encrypted"), noted("zip the photos without a password")))
            )
        else:
            kept.append(_Entry(parts, info))
    places.note_empty_folders()
    return sorted(kept, key=lambda entry: entry.parts)


def _names(
    infos: list[zipfile.ZipInfo], path: Path | Held, encoding: str | None, found: Found
) -> list[str]:
    """The entries' names: in UTF-8 where the zip says so, otherwise in the likeliest encoding."""
    names = [_told(info) for info in infos]
    asked = [at for at, name in enumerate(names) if name is None]
    decoded, chosen = entry_names.decode([_raw(infos[at]) for at in asked], encoding, path.name)
    for at, name in zip(asked, decoded, strict=True):
        names[at] = name
    if encoding is None and chosen != "utf-8":
        found.notes.append(entries.names_note(path.name, chosen))
    return [name or "" for name in names]


def _raw(info: zipfile.ZipInfo) -> bytes:
    # zipfile reads unmarked names as CP437, which goes there and back without loss.
    return info.orig_filename.split("\0", 1)[0].encode("cp437")


def _told(info: zipfile.ZipInfo) -> str | None:
    """A name that is UTF-8 by its flag, or by Info-ZIP's field of a Unicode path; else None."""
    if info.flag_bits & 0x800:
        return info.filename
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and len(field) > 5 and field[0] == 1:
            belongs = int.from_bytes(field[1:5], "little") == zlib.crc32(_raw(info))
            return field[5:].decode("utf-8", "replace") if belongs else None
    return None

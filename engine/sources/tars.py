"""A tar of photos, packed or not, read in one pass into memory."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

from engine.errors import LetheError
from engine.progress import Progress, Watch
from engine.sources import entries, entry_names
from engine.sources.base import Found, Left
from engine.sources.held import Held, size_of

_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)
_SMALL = 10_000_000  # so much may always be unpacked, for headers and text do shrink 200-fold


class _Member(NamedTuple):
    name: bytes
    kind: str
    data: bytes


def read(path: Path | Held, watch: Watch, encoding: str | None = None) -> Found:
    """The files of a tar (.tar, .gz, .bz2, .xz). Raises `LetheError` for one that is none, or bad.

    A tar that breaks off gives the files until there, and says so.
    """
    members: list[_Member] = []
    broken = False
    try:
        with _unpacked(path) as inner:
            stream = _Bounded(inner, path)
            with tarfile.open(fileobj=stream, mode="r|", encoding="latin-1") as archive:
                for info in archive:
                    if len(members) % 16 == 0:
                        watch(Progress("Reading the tar", len(members), len(members) + 1))
                    if len(members) >= entries.MAX_FILES:
                        raise LetheError(entries.too_many(path.name))
                    members.append(_member(archive, info))
    except _BROKEN as error:
        if not members:
            raise LetheError(
                f"{path.name} is no tar file, or damaged; pack the folder of photos again."
            ) from error
        broken = True
    found = _placed(members, path, encoding)
    if broken:
        found.notes.append(
            f"{path.name} breaks off before its end: what came after {len(members):,} entries is "
            "missing."
        )
    return found


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    # Latin-1 takes any byte and gives it back; which encoding it is comes later.
    name = info.name.encode("utf-8" if "path" in info.pax_headers else "latin-1")
    if info.isdir():
        return _Member(name, "folder", b"")
    if info.issym() or info.islnk():
        return _Member(name, "link", b"")
    file = archive.extractfile(info) if info.isreg() and not info.issparse() else None
    if file is None:
        return _Member(name, "special", b"")
    return _Member(name, "file", file.read())


def _placed(members: list[_Member], path: Path | Held, encoding: str | None) -> Found:
    found = Found()
    names, chosen = entry_names.decode([member.name for member in members], encoding, path.name)
    if encoding is None and chosen != "utf-8":
        found.notes.append(entries.names_note(path.name, chosen))
    places = entries.Places(path.name, found)
    files: list[tuple[tuple[str, ...], bytes]] = []
    for name, member in zip(names, members, strict=True):
        parts = places.place(name, folder=member.kind == "folder", link=member.kind == "link")
        if parts is None:
            continue
        if member.kind == "special":
            found.left.append(Left(parts, "no image: special file"))
        else:
            files.append((parts, member.data))
    places.note_empty_folders()
    for parts, data in sorted(files, key=lambda file: file[0]):
        found.add(parts, data)
    return found


class _Bounded(io.BufferedIOBase):
    """A stream that may not give more than photos of this size could come to."""

    def __init__(self, inner: io.BufferedIOBase, path: Path | Held) -> None:
        self._inner, self._path = inner, path
        expanded = max(entries.MAX_RATIO * size_of(path), _SMALL)
        self._left = min(entries.MAX_BYTES, expanded)

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._inner.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise LetheError(entries.too_much(self._path.name))
        return data


def _unpacked(path: Path | Held) -> io.BufferedIOBase:
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path.open("rb"))
    if head.startswith(b"BZh"):
        return bz2.open(path.open("rb"))
    return lzma.open(path.open("rb")) if head == b"\xfd7zXZ\0" else path.open("rb")

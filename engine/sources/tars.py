"""A tar of photos, packed or not, read in one pass into memory."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple, Self

from engine.errors import LetheError
from engine.progress import Progress, Watch
from engine.said import noted, said
from engine.sources import entries, entry_names, kinds
from engine.sources.base import Found, Left
from engine.sources.held import Held, size_of

_BROKEN = (
    *(tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError),
    *(ValueError, RecursionError, OverflowError, MemoryError),
)
# Python before 3.11.10 and 3.12.6 takes time by the square of such a header's length.
_LONG_HEADER = 32_768
_HEADER_COST = 4 * _LONG_HEADER**2


_ABOUT_THE_NEXT = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


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
            with tarfile.open(
                fileobj=stream, mode="r|", encoding="latin-1", tarinfo=_headers()
            ) as archive:
                for info in archive:
                    if len(members) % 16 == 0:
                        watch(Progress(noted("Reading the tar"), len(members), len(members) + 1))
                    if len(members) >= entries.MAX_FILES:
                        raise LetheError(entries.too_many(path.name))
                    members.append(_member(archive, info))
    except _BROKEN as error:
        if not members:
            raise LetheError(
                said(
                    "{name} is no tar file, or damaged; pack the folder of photos again.",
                    name=path.name,
                )
            ) from error
        broken = True
    found = _placed(members, path, encoding)
    if broken:
        found.notes.append(
            said(
                "{name} breaks off before its end: what came after {count:,} entries is missing.",
                name=path.name,
                count=len(members),
            )
        )
    return found


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    # Latin-1 takes any byte and gives it back; which encoding it is comes later.
    told = "path" in info.pax_headers or any(ord(letter) > 255 for letter in info.name)
    name = info.name.encode("utf-8" if told else "latin-1", "replace")
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
            found.left.append(Left(parts, kinds.no_image(noted("special file"))))
        else:
            files.append((parts, member.data))
    places.note_empty_folders()
    for parts, data in sorted(files, key=lambda file: file[0]):
        found.add(parts, data)
    return found


def _headers() -> type[tarfile.TarInfo]:
    """The headers of one tar: a damaged one is an error, where tarfile takes it for the end."""
    cost = 0

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
            nonlocal cost
            if not any(buf):
                return super().frombuf(buf, encoding, errors)
            try:
                info = super().frombuf(buf, encoding, errors)
            except tarfile.HeaderError as error:
                raise tarfile.ReadError(str(error)) from error
            if info.size < 0:
                raise tarfile.ReadError("negative size")
            if info.type in _ABOUT_THE_NEXT and info.size > 2048:
                cost += min(info.size, _LONG_HEADER + 1) ** 2
                if info.size > _LONG_HEADER or cost > _HEADER_COST:
                    raise tarfile.ReadError("headers without end")
            return info

        def _proc_gnusparse_10(self, following: tarfile.TarInfo, *_: object) -> None:
            # Such a file is left out anyhow; its map of any length is read by the square of it.
            following.sparse = []  # type: ignore[assignment]

    return Header


class _Bounded(io.BufferedIOBase):
    """A stream that may not give more than photos of this size could come to."""

    def __init__(self, inner: io.BufferedIOBase, path: Path | Held) -> None:
        self._inner, self._path = inner, path
        self._left = entries.bound(size_of(path))

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

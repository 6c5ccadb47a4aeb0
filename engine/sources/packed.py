"""The packed file of rendered people: a stored zip of WebP photos and a manifest.

`people/<Name>/<NN>.webp`, `strangers/<sNNN>/<N>.webp` and `reference/<xNNN>/<N>.webp`, numbered
from 1, and `manifest.json` with the seeds, the command that makes the file again, and a hash over
all photos.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.assets import ASSETS, restore
from engine.errors import LetheError
from engine.said import said

VERSION = 1
MANIFEST = "manifest.json"


class PackedPeople(NamedTuple):
    """The photos of a packed file as WebP bytes, by person, in the order of their numbers.

    `reference` are more strangers, for erasers to learn from; nobody is judged by them.
    """

    people: dict[str, list[bytes]]
    strangers: dict[str, list[bytes]]
    reference: dict[str, list[bytes]]
    manifest: dict[str, Any]


def embedded_path() -> Path:
    """Where the gallery that comes with the program lies."""
    return ASSETS / "people.zip"


def digest(photos: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and bytes of all photos, whatever their order."""
    whole = hashlib.sha256()
    for name in sorted(photos):
        whole.update(name.encode() + b"\0" + hashlib.sha256(photos[name]).digest())
    return whole.hexdigest()


def _stored(whole: bytes, listed: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """The photos by name, cut out of the whole file.

    Opening four thousand of them one by one takes three times as long, mostly for checksums that
    the manifest's hash makes needless. Raises `zipfile.BadZipFile` where one does not lie there as
    it is.
    """
    photos = {}
    for one in listed:
        if one.filename == MANIFEST:
            continue
        start = one.header_offset
        head = whole[start : start + 30]
        start += 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:], "little")
        photos[one.filename] = whole[start : start + one.file_size]
        if one.compress_type != zipfile.ZIP_STORED or head[:4] != b"PK\3\4":
            raise zipfile.BadZipFile(one.filename)
    return photos


def open_packed(path: Path) -> PackedPeople:
    """Read and check a packed file. Raises LetheError when it is missing or damaged."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = json.loads(packed.read(MANIFEST))
            photos = _stored(path.read_bytes(), packed.infolist())
        if manifest["sha256"] != digest(photos):
            raise ValueError("the photos do not match the manifest's hash")
        groups: dict[str, dict[str, list[bytes]]]
        groups = {"people": {}, "strangers": {}, "reference": {}}
        for name in sorted(photos):
            group, who, _ = name.split("/")
            groups[group].setdefault(who, []).append(photos[name])
    except FileNotFoundError:
        raise LetheError(
            said(
                "There is no packed gallery at {path}; {restore}",
                path=path,
                restore=restore(path.name, "make"),
            )
        ) from None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, KeyError, TypeError) as reason:
        raise LetheError(
            said(
                "{name} is damaged ({reason}); {restore}",
                name=path.name,
                reason=reason,
                restore=restore(path.name, "make"),
            )
        ) from reason
    return PackedPeople(**groups, manifest=manifest)

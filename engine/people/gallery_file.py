"""The packed file of rendered people: a stored zip of WebP photos and a manifest.

`people/<Name>/<NN>.webp`, `strangers/<sNNN>/<N>.webp` and `reference/<xNNN>/<N>.webp`, numbered
from 1, and `manifest.json` with the seeds, the command that makes the file again, and a hash over
all photos.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from engine.errors import LetheError

VERSION = 1
MANIFEST = "manifest.json"
_NO_DATE = (1980, 1, 1, 0, 0, 0)


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
    return Path(__file__).resolve().parents[2] / "assets" / "people.zip"


def webp(photo: np.ndarray, quality: int) -> bytes:
    """A photo [h, w, 3] uint8 as WebP bytes."""
    packed = io.BytesIO()
    Image.fromarray(photo).save(packed, "WEBP", quality=quality, method=6)
    return packed.getvalue()


def digest(photos: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and bytes of all photos, whatever their order."""
    whole = hashlib.sha256()
    for name in sorted(photos):
        whole.update(name.encode() + b"\0" + hashlib.sha256(photos[name]).digest())
    return whole.hexdigest()


def write_packed(path: Path, photos: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write photos by their names in the zip; the same photos and manifest give the same file."""
    full = {**manifest, "version": VERSION, "sha256": digest(photos)}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
        text = json.dumps(full, indent=1, ensure_ascii=False)
        packed.writestr(zipfile.ZipInfo(MANIFEST, _NO_DATE), text)
        for name in sorted(photos):
            packed.writestr(zipfile.ZipInfo(name, _NO_DATE), photos[name])
    partial.replace(path)


def open_packed(path: Path) -> PackedPeople:
    """Read and check a packed file. Raises LetheError when it is missing or damaged."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            photos = {name: packed.read(name) for name in packed.namelist() if name != MANIFEST}
            manifest = json.loads(packed.read(MANIFEST))
        if manifest["sha256"] != digest(photos):
            raise ValueError("the photos do not match the manifest's hash")
        groups: dict[str, dict[str, list[bytes]]]
        groups = {"people": {}, "strangers": {}, "reference": {}}
        for name in sorted(photos):
            group, who, _ = name.split("/")
            groups[group].setdefault(who, []).append(photos[name])
    except FileNotFoundError:
        raise LetheError(f"There is no packed gallery at {path}; {_restore(path)}") from None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, KeyError, TypeError) as reason:
        raise LetheError(f"{path.name} is damaged ({reason}); {_restore(path)}") from reason
    return PackedPeople(**groups, manifest=manifest)


def _restore(path: Path) -> str:
    return (
        f"restore it with `git checkout {path.parent.name}/{path.name}` or make it again "
        "with `python -m engine people make`."
    )

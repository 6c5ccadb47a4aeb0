"""Writing the packed file of rendered people that `engine.sources.packed` reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.sources.packed import MANIFEST, VERSION, digest

_NO_DATE = (1980, 1, 1, 0, 0, 0)


def webp(photo: np.ndarray, quality: int) -> bytes:
    """A photo [h, w, 3] uint8 as WebP bytes."""
    packed = io.BytesIO()
    Image.fromarray(photo).save(packed, "WEBP", quality=quality, method=6)
    return packed.getvalue()


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

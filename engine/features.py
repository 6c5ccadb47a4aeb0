"""From photos to embeddings: once per gallery and backbone, then from the cache."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.alignment import Prepared, prepare
from engine.backbones.base import Backbone
from engine.clarity import Sight
from engine.errors import LetheError
from engine.gallery import NO_PHOTOS, Gallery, Skipped
from engine.machine import all_threads, threads
from engine.progress import Progress, Watch, ignore
from engine.said import noted, restored, said, stored
from engine.store import Store, content_key

VERSION = 3
"""Raised whenever the same photos and backbone would give other embeddings."""


@dataclass(frozen=True, eq=False)
class Features:
    """Embeddings of a gallery's usable photos, as extracted; never edited in place.

    `values` float32 [n, d] of unit norm, `labels` int64 [n], `train` bool [n], and `rows` [n] the
    photos' places in `gallery.photos`. `faces` gives the pixels that the backbone saw, uint8
    [n, s, s, 3], for methods that train weights. `skipped` names photos that take no part,
    `remarks` those that do although something about them deserves a word (several faces, say).
    `sights` say what was seen in the first of them: in none where they came from a cache, in own
    photos' alone where these are in company.
    """

    values: Tensor
    labels: Tensor
    train: Tensor
    identities: tuple[str, ...]
    rows: np.ndarray
    backbone: str
    key: str
    skipped: tuple[Skipped, ...] = ()
    remarks: tuple[Skipped, ...] = ()
    sights: tuple[Sight, ...] = field(default=(), repr=False)
    faces: Callable[[], np.ndarray] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def pixels(self) -> np.ndarray:
        """What `faces` gives. Raises `LetheError` for embeddings that came without their photos."""
        if self.faces is None:
            raise LetheError(NO_PHOTOS)
        return self.faces()


def feature_key(gallery: Gallery, backbone: Backbone) -> str:
    """The cache key of a gallery's embeddings under a backbone."""
    # True or False where it holds for all photos: the keys of the shipped caches rest on that.
    aligned: object = bool(gallery.aligned.all())
    if not aligned and gallery.aligned.any():
        aligned = hashlib.sha256(np.packbits(gallery.aligned).tobytes()).hexdigest()
    return content_key(VERSION, gallery.sha256, aligned, backbone.fingerprint, backbone.convention)


def embed_all(
    faces: np.ndarray, backbone: Backbone, *, batch: int = 32, watch: Watch = ignore
) -> Tensor:
    """Unit-norm embeddings float32 [n, d] of faces uint8 [n, s, s, 3].

    Raises `LetheError` when the backbone answers with something that is not finite.
    """
    parts = []
    for start in range(0, len(faces), batch):
        watch(Progress(noted("embedding"), start, len(faces)))
        with threads(all_threads() if len(faces) > 1 else 1):
            parts.append(backbone.embed(faces[start : start + batch]).float().cpu())
    watch(Progress(noted("embedding"), len(faces), len(faces)))
    values = torch.cat(parts) if parts else torch.empty(0, backbone.dimension)
    if not torch.isfinite(values).all():
        raise LetheError(
            said(
                "The backbone {name} gives embeddings that are not finite; check its "
                "normalisation options or use precision fp32.",
                name=backbone.name,
            )
        )
    return normalize(values, dim=1)


def extract(
    gallery: Gallery,
    backbone: Backbone,
    *,
    batch: int = 32,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Features:
    """Embeddings of every usable photo of the gallery; `skipped` names the others and why.

    A cancelled extraction leaves no cache entry. Raises `LetheError` when no photo is usable.
    """
    key = feature_key(gallery, backbone)

    def faces_of(rows: np.ndarray) -> Callable[[], np.ndarray]:
        def read() -> np.ndarray:
            prepared = prepare(gallery, backbone.size, backbone.convention)
            place = {int(row): at for at, row in enumerate(prepared.rows)}
            return prepared.faces[[place[int(row)] for row in rows]]

        return read

    sights: tuple[Sight, ...] = ()
    kept = store.get(key) if store is not None else None
    if kept is not None and _sound(kept, gallery, backbone):
        values, rows = kept["values"].float(), kept["rows"].numpy()
        skipped, remarks = _noted(kept, "skipped"), _noted(kept, "remarks")
    else:
        prepared: Prepared = prepare(gallery, backbone.size, backbone.convention, watch)
        values = embed_all(prepared.faces, backbone, batch=batch, watch=watch)
        rows, skipped, remarks = prepared.rows, prepared.skipped, prepared.remarks
        sights = prepared.sights
        if store is not None:
            tensors = {"values": values, "rows": torch.as_tensor(rows, dtype=torch.int64)}
            tensors |= _note("skipped", skipped) | _note("remarks", remarks)
            store.put(key, tensors, {"gallery": gallery.name, "backbone": backbone.name})
    return Features(
        values=normalize(values, dim=1),
        labels=torch.as_tensor(gallery.labels[rows]),
        train=torch.as_tensor(gallery.train[rows]),
        identities=gallery.identities,
        rows=rows,
        backbone=backbone.name,
        key=key,
        skipped=(*gallery.skipped, *skipped),
        remarks=remarks,
        sights=sights,
        faces=faces_of(rows),
    )


def _sound(kept: dict[str, Tensor], gallery: Gallery, backbone: Backbone) -> bool:
    if not {"values", "rows"} <= kept.keys():
        return False
    values, rows = kept["values"], kept["rows"]
    return (
        values.ndim == 2
        and values.shape[1] == backbone.dimension
        and len(rows) == len(values) > 0
        and int(rows.max()) < len(gallery.photos)
        and bool(torch.isfinite(values).all())
    )


def _note(name: str, notes: tuple[Skipped, ...]) -> dict[str, Tensor]:
    """Notes as a tensor of JSON bytes, none for none: the cache holds tensors only."""
    if not notes:
        return {}
    text = json.dumps([[one.key, stored(one.reason)] for one in notes])
    return {name: torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)}


def _noted(kept: dict[str, Tensor], name: str) -> tuple[Skipped, ...]:
    if name not in kept:
        return ()
    return tuple(Skipped(key, restored(why)) for key, why in json.loads(bytes(kept[name].numpy())))

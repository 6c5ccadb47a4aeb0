"""The map: every photo a point, before and after a deletion in one frame."""

import hashlib
import threading
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine import umaps
from engine.errors import LetheError
from engine.neighbours import memberships, neighbours, principal
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.store import Store, content_key

VERSION = 2
SETTLING = noted("settling the map")
"""Raised whenever the same embeddings would give another map."""

NEIGHBOURS = 14
"""Other photos that a photo is drawn towards; `umap-learn`'s default of 15 counts itself."""

CAP = 12_000
"""Photos that take part in the layout; more are placed beside their neighbours."""

NEAR = 0.95
"""Cosine to its original embedding above which a photo's neighbours cannot have changed much."""

LIVELY = 400
"""Photos whose neighbours are looked up at one step of a slider, at most."""

HELD, MOVED = 0.7, 0.4
"""Share of its neighbours still the same above which a photo stays, below which it is free."""


def beside(xy: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whose photo lies nearest on a map to each of `rows` [r]: labels [r].

    `xy` [n, 2] are the places, `labels` [n] who is on them; a photo is not nearest to itself.
    """
    from scipy.spatial import cKDTree

    _, near = cKDTree(xy).query(xy[rows], k=2)
    # Of photos in one place either may be named first.
    return labels[np.where(near[:, 0] == rows, near[:, 1], near[:, 0])]


class Atlas:
    """The map of one gallery (and strangers), shared by everybody who looks at it.

    `values` float32 [n, d] of unit norm; `strangers` [m, d] or None. Positions are float32
    [n + m, 2], strangers last, with the map before inside the unit square. A point may travel as
    its nearest neighbours change, never because of who it is: a method that harms the others is
    seen to move them. Safe to use from several threads.

    With `sketch` the map before, where the store has none, is a quick one without `umap-learn`,
    and is not kept: for who cannot wait until that is loaded (`ready`).
    """

    def __init__(
        self,
        values: Tensor,
        strangers: Tensor | None = None,
        *,
        store: Store | None = None,
        seed: int = 0,
        sketch: bool = False,
    ) -> None:
        self._count = len(values)
        self._values = _stack(values, strangers)
        self._store, self._seed, self._sketch = store, seed, sketch
        self._lock = threading.Lock()
        self._fitted = np.arange(len(self._values))
        if len(self._values) > CAP:
            shuffled = np.random.default_rng(seed).permutation(len(self._values))
            self._fitted = np.sort(shuffled[:CAP])
        self._opened: _Opened | None = None

    def __len__(self) -> int:
        return len(self._values)

    @property
    def note(self) -> str:
        """One sentence when the map is not what it would be for a small gallery, else empty."""
        if self.sketched:
            return said("This is a first sketch of the map; the full one comes with a later click.")
        if len(self) <= CAP:
            return ""
        return said(
            "The map is laid out from {most:,} of {count:,} photos; the others stand "
            "beside their nearest neighbours.",
            most=CAP,
            count=len(self),
        )

    @property
    def sketched(self) -> bool:
        """Whether the map before is the quick one, as asked for and not found in the store."""
        return self._sketch and self._open().sketched

    @property
    def before(self) -> np.ndarray:
        """Positions of the original embeddings: computed once, then from the store."""
        return self._open().xy

    def place(self, values: Tensor, strangers: Tensor | None = None) -> np.ndarray:
        """Where changed embeddings [n, d] belong on the map before: beside what they are now near.

        Quick enough for every step of a slider: of the photos whose embedding moved, the `LIVELY`
        that moved most are looked at, the others stay.
        """
        changed = self._changed(values, strangers)
        alive = _alive(changed)
        return self._placed(changed, alive, self._freedom(changed, alive, LIVELY))

    def after(
        self, values: Tensor, strangers: Tensor | None = None, *, watch: Watch = ignore
    ) -> np.ndarray:
        """The map of changed embeddings [n, d] in the frame of the map before.

        UMAP settles those whose neighbours changed among those that kept theirs, which do not
        move; a change that leaves the features alone gives `before` exactly. Where hardly anybody
        kept their neighbours, UMAP lays all out anew from where `place` puts them. Between its
        stages `watch` is called and may raise `Cancelled`.
        """
        watch(Progress(SETTLING, 0, 1))
        changed = self._changed(values, strangers)
        alive = _alive(changed)
        freedom = self._freedom(changed, alive)
        placed = self._placed(changed, alive, freedom)
        moving = np.flatnonzero((freedom > 0) & alive)
        if not 0 < len(moving) <= CAP:
            return placed
        watch(Progress(SETTLING, 0, 1))
        opened, settled = self._open(), placed.copy()
        anchors = self._anchors(freedom, alive)
        if len(anchors):
            near, gaps = neighbours(changed, NEIGHBOURS + 1, moving, anchors)
            held = np.searchsorted(anchors, near)
            joined = umaps.join(
                opened.xy[anchors] * opened.span, held, gaps, seed=self._seed, watch=watch
            )
            settled[moving] = joined / opened.span
        else:
            rows = self._among(alive)
            near, gaps = neighbours(changed, NEIGHBOURS, rows, rows)
            anew = self._umap(changed, rows, near, gaps, placed[rows] * opened.span, watch)
            settled[rows] = _laid_over(anew / opened.span, placed[rows])
        return _blend(opened.xy, settled, freedom)

    def _changed(self, values: Tensor, strangers: Tensor | None) -> Tensor:
        """Changed embeddings of unit or zero norm [n + m, d]; strangers as they were if None."""
        if len(values) != self._count:
            raise LetheError(
                said(
                    "The map holds {count} photos and got {values}; open the gallery again.",
                    count=self._count,
                    values=len(values),
                )
            )
        originals = self._values[self._count :]
        if strangers is None or len(strangers) != len(originals):
            strangers = originals
        return _stack(values, strangers)

    def _among(self, alive: np.ndarray) -> np.ndarray:
        return self._fitted[alive[self._fitted]]

    def _anchors(self, freedom: np.ndarray, alive: np.ndarray) -> np.ndarray:
        """The photos that hold the frame: none where too few hold still to be one."""
        among = self._among(alive)
        anchors = among[freedom[among] < 0.5]
        return anchors if len(anchors) >= max(NEIGHBOURS + 2, len(self) // 10) else anchors[:0]

    def _freedom(self, changed: Tensor, alive: np.ndarray, most: int | None = None) -> np.ndarray:
        """How far each photo may leave its place, 0 to 1: by the share of new neighbours.

        With `most`, only so many are asked about, those that moved furthest.
        """
        freedom = np.zeros(len(self), np.float32)
        cosine = (changed * self._values).sum(1).numpy()
        freedom[~alive] = 1
        doubtful = np.flatnonzero((cosine < NEAR) & alive)
        if most is not None and len(doubtful) > most:
            doubtful = doubtful[np.argpartition(cosine[doubtful], most)[:most]]
        indices, _ = neighbours(changed, NEIGHBOURS, doubtful, self._among(alive))
        if indices.size:
            old = self._open().neighbours[doubtful]
            same = (indices[:, :, None] == old[:, None, :]).any(2).sum(1) / old.shape[1]
            freedom[doubtful] = np.clip((HELD - same) / (HELD - MOVED), 0, 1)
        return freedom

    def _placed(self, changed: Tensor, alive: np.ndarray, freedom: np.ndarray) -> np.ndarray:
        """Freed photos at the weighted middle of the held ones that they are now nearest to."""
        before = self.before
        out = before.copy()
        moving = np.flatnonzero((freedom > 0) & alive)
        anchors = self._anchors(freedom, alive)
        if not len(anchors):
            anchors = self._among(alive)
        out[moving] = _beside(before, changed, moving, anchors)
        erased = np.flatnonzero(~alive)
        out[erased] = before.mean(0) + 0.03 * _sunflower(len(erased))
        return _blend(before, out, freedom)

    def _open(self) -> "_Opened":
        with self._lock:
            if self._opened is None:
                self._opened = self._read()
        return self._opened

    def _read(self) -> "_Opened":
        digest = hashlib.sha256(self._values.numpy().tobytes()).hexdigest()
        key = content_key("map", VERSION, umaps.MIN_DIST, NEIGHBOURS, CAP, self._seed, digest)
        kept, sketched = None if self._store is None else self._store.get(key), False
        if kept is None or kept.keys() != {"xy", "neighbours"} or len(kept["xy"]) != len(self):
            sketched = self._sketch
            raw, near = self._layout()
            kept = {"xy": torch.from_numpy(raw), "neighbours": torch.from_numpy(near)}
            if self._store is not None and not sketched:
                self._store.put(key, kept)
        raw, near = kept["xy"].numpy(), kept["neighbours"].numpy()
        low, high = raw.min(0), raw.max(0)
        span = max(float((high - low).max()), 1e-6)
        xy = ((raw - (low + high) / 2) / span + 0.5).astype(np.float32)
        xy.setflags(write=False)
        return _Opened(xy, near, span, sketched)

    def _layout(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions float32 [n + m, 2] in UMAP's own units, and neighbours int32 [n + m, k]."""
        rows, n = self._fitted, len(self)
        near, gaps = neighbours(self._values, NEIGHBOURS, among=rows)
        out = np.zeros((n, 2), np.float32)
        if not near.size:
            return out, near.astype(np.int32)
        start = principal(self._values[torch.as_tensor(rows)])
        if self._sketch:
            out[rows] = start
            out[rows] = _beside(out, self._values, rows, rows)
        else:
            out[rows] = self._umap(self._values, rows, near[rows], gaps[rows], start)
        out[rows] = _upright(out[rows])
        rest = np.setdiff1d(np.arange(n), rows)
        out[rest] = _beside(out, self._values, rest, rows)
        return out, near.astype(np.int32)

    def _umap(
        self,
        values: Tensor,
        rows: np.ndarray,
        near: np.ndarray,
        gaps: np.ndarray,
        start: np.ndarray,
        watch: Watch = ignore,
    ) -> np.ndarray:
        """UMAP's positions [r, 2] of the rows alone, which are sorted and each other's `near`."""
        local = np.searchsorted(rows, near)[:, : len(rows) - 2]
        return umaps.lay_out(
            values[torch.as_tensor(rows)].numpy(),
            local,
            gaps[:, : local.shape[1]],
            start,
            seed=self._seed,
            watch=watch,
        )


@dataclass(frozen=True)
class _Opened:
    """The map before [n + m, 2], each photo's neighbours [n + m, k], layout units a map unit."""

    xy: np.ndarray
    neighbours: np.ndarray
    span: float
    sketched: bool


def warm() -> None:
    """Make the first map quick: load `umap-learn`. Seconds, meant for a background thread."""
    umaps.warm()


def ready() -> bool:
    """Whether a map takes no more than its own time, because `warm` is through."""
    return umaps.ready()


def _stack(values: Tensor, strangers: Tensor | None) -> Tensor:
    both = values if strangers is None else torch.cat([values, strangers])
    return normalize(both.detach().float().cpu(), dim=1)


def _beside(xy: np.ndarray, values: Tensor, rows: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """For each of the rows the weighted middle of its nearest anchors, [r, 2]."""
    indices, distances = neighbours(values, NEIGHBOURS // 2, rows, anchors)
    if not indices.size:
        return xy[rows]
    weights = memberships(distances)
    weights /= weights.sum(1, keepdims=True)
    return (xy[indices] * weights[:, :, None]).sum(1)


def _blend(start: np.ndarray, target: np.ndarray, share: np.ndarray) -> np.ndarray:
    return start + share[:, None] * (target - start)


def _alive(values: Tensor) -> np.ndarray:
    """Which rows point anywhere at all; an embedding erased to zero has no neighbours."""
    return (values.square().sum(1) > 0.5).numpy()


def _laid_over(xy: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Positions [r, 2] turned and shifted, not scaled, to lie as near `goal` [r, 2] as they can."""
    from scipy.linalg import orthogonal_procrustes

    centred = xy - xy.mean(0)
    turn, _ = orthogonal_procrustes(centred, goal - goal.mean(0))
    return (centred @ turn + goal.mean(0)).astype(np.float32)


def _upright(xy: np.ndarray) -> np.ndarray:
    """The map turned so that its long side lies flat: the page gives it a wide frame."""
    if len(xy) < 3:
        return xy
    centred = xy - xy.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(centred @ axes[:, ::-1], np.float32)


def _sunflower(count: int) -> np.ndarray:
    """Evenly spread points of the unit disc, [count, 2]."""
    index = np.arange(count) + 0.5
    radius, angle = np.sqrt(index / max(count, 1)), index * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32)

"""`umap-learn`, which lays out the maps: loaded once, used by one thread at a time.

Only what it documents is called: `umap.UMAP` with `precomputed_knn`, `fit`, `transform`,
`set_params` and the fitted attribute `embedding_`. That `transform` reads sparse distances, and no
search index, for `metric="precomputed"` holds for 0.5.12 and later (tests/engine/test_umaps.py),
so requirements.txt names the minor version.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.compiled import keep_compiled
from engine.progress import Progress, Watch, ignore
from engine.said import noted

if TYPE_CHECKING:
    from umap import UMAP

MIN_DIST = 0.5
"""With the usual .1 all photos of a person fall on one dot that nobody can point into."""

EPOCHS = 200
JOIN_EPOCHS = 120
FEWEST = 4
"""Points below which there is no neighbourhood that UMAP could keep."""

WAIT = 0.1
"""Seconds between two looks at whether to go on waiting for another layout."""

_one = threading.Lock()
_warmed = threading.Event()


def ready() -> bool:
    """Whether `umap-learn` is loaded and compiled, so that a layout takes no more than its own
    time."""
    return _warmed.is_set()


def warm() -> None:
    """Load and compile `umap-learn`: seconds, more on a machine that never did. Idempotent."""
    if ready():
        return
    ring = np.arange(FEWEST + 1)
    near = np.stack([(ring + 1) % len(ring), (ring + 2) % len(ring)], 1)
    gaps = np.full(near.shape, 0.5, np.float32)
    start = np.stack([np.cos(ring), np.sin(ring)], 1).astype(np.float32)
    join(lay_out(np.eye(len(ring), dtype=np.float32), near, gaps, start), near[:, :2], gaps[:, :2])
    _warmed.set()


def lay_out(
    values: np.ndarray,
    indices: np.ndarray,
    distances: np.ndarray,
    start: np.ndarray,
    *,
    seed: int = 0,
    watch: Watch = ignore,
) -> np.ndarray:
    """UMAP's positions float32 [n, 2] in its own units; same seed, same positions.

    `values` float32 [n, d], their nearest others `indices` [n, k] at cosine `distances` [n, k] in
    rising order (k < n - 1), `start` [n, 2]. Fewer than `FEWEST` points stay at the start. `watch`
    is called while another layout is waited for, and may raise `Cancelled` to stop.
    """
    n, k = indices.shape
    if n < FEWEST or not k:
        return np.array(start, np.float32)
    # UMAP counts a point among its own neighbours, and scales both axes of the start to the same
    # length: a trace of noise keeps one that is flat from becoming 0 / 0.
    near = np.hstack([np.arange(n)[:, None], indices])
    gaps = np.hstack([np.zeros((n, 1), np.float32), distances])
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=(n, 2))
    with _alone(watch):
        model = _umap(
            k + 1,
            seed,
            metric="cosine",
            precomputed_knn=(near, gaps),
            init=(start + noise).astype(np.float32),
            n_epochs=EPOCHS,
        )
        return np.asarray(model.fit_transform(values), np.float32)


def join(
    held: np.ndarray,
    indices: np.ndarray,
    distances: np.ndarray,
    *,
    seed: int = 0,
    watch: Watch = ignore,
) -> np.ndarray:
    """Where new points settle among held ones that do not move at all, float32 [r, 2].

    `held` [h, 2] in UMAP's units; `indices` [r, k] into it are the new points' nearest held ones
    at `distances` [r, k] in rising order (1 < k < h). `watch` as for `lay_out`.
    """
    from scipy.sparse import csr_matrix

    (r, k), h = indices.shape, len(held)
    # Fitted for the number of points alone: `transform` reads neither the graph nor the distances
    # of the fit, and takes as `embedding_` what it is given.
    ring = (np.arange(h)[:, None] + np.arange(k)) % h
    sparse = csr_matrix(
        (distances.ravel(), indices.ravel(), np.arange(0, r * k + 1, k)), (r, h), np.float32
    )
    with _alone(watch):
        model = _umap(
            k,
            seed,
            metric="precomputed",
            precomputed_knn=(ring, np.zeros(ring.shape, np.float32)),
            init="random",
            n_epochs=0,
        ).fit(csr_matrix((h, h), dtype=np.float32))
        model.embedding_ = np.array(held, np.float32, order="C")
        model.set_params(n_epochs=3 * JOIN_EPOCHS)  # `transform` takes a third of a fit's
        return np.asarray(model.transform(sparse), np.float32)


def _umap(k: int, seed: int, **options: Any) -> "UMAP":
    keep_compiled()
    # It warns that the neighbours come without a search index, and that distances cannot be
    # turned into photos again; neither is wanted here.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"umap\.umap_")
    from umap import UMAP

    return UMAP(
        n_neighbors=k,
        min_dist=MIN_DIST,
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
        **options,
    )


@contextmanager
def _alone(watch: Watch) -> Iterator[None]:
    """Its compiled parts and its import are not made for several threads."""
    while not _one.acquire(timeout=WAIT):
        watch(Progress(noted("waiting for another map"), 0, 1))
    try:
        yield
    finally:
        _one.release()

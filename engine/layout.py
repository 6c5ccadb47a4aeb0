"""UMAP (McInnes, Healy and Melville, arXiv 1802.03426) on cosine distances, small and re-entrant.

The stages are those of `umap-learn`: neighbours, fuzzy memberships, stochastic descent of the
cross-entropy. Two things differ. The neighbours are exact, by matrix products. And rows can be
held, which is what keeps one frame for "before" and "after": only what moved in feature space
moves on the map. One compiled kernel does it, without umap-learn's import (15 s when cold) and
without its global state, so that it runs beside other threads.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.compiled import Kernel

if TYPE_CHECKING:  # imported where it is used: the first page is served without a layout
    from scipy.sparse import coo_matrix

A, B = 0.5830300203968329, 1.3341669926352966
"""The curve 1 / (1 + A d^2B) that UMAP fits for min_dist 0.5 and spread 1.

With the usual min_dist of 0.1 all photos of a person fall on one dot that nobody can point into.
"""

NEGATIVES = 5
BLOCK = 1024


def neighbours(
    values: Tensor, k: int, rows: np.ndarray | None = None, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other rows by cosine: indices int64 [r, k] and distances float32 [r, k].

    `values` float32 [n, d] of unit (or zero) norm; `rows` [r] whose neighbours are wanted and
    `among` [m] where they are sought, both all n by default. At most BLOCK x m products at a time.
    """
    n = len(values)
    rows = np.arange(n) if rows is None else rows
    among = np.arange(n) if among is None else among
    k = min(k, len(among) - 1)
    if k < 1 or not len(rows):
        return np.empty((len(rows), 0), np.int64), np.empty((len(rows), 0), np.float32)
    base = values if len(among) == n else values[torch.as_tensor(among)]
    place = np.full(n, -1)
    place[among] = np.arange(len(among))
    indices, similarities = [], []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        products = values[torch.as_tensor(block)] @ base.T
        own = place[block]
        held = np.flatnonzero(own >= 0)
        products[torch.as_tensor(held), torch.as_tensor(own[held])] = -3
        top = products.topk(k, dim=1)
        indices.append(top.indices.numpy())
        similarities.append(top.values.numpy())
    distances = np.clip(1 - np.concatenate(similarities), 0, 2).astype(np.float32)
    return among[np.concatenate(indices)], distances


def memberships(distances: np.ndarray) -> np.ndarray:
    """UMAP's fuzzy memberships float32 [r, k] of sorted neighbour distances [r, k].

    exp(-(d - nearest) / s), with s such that a row's memberships sum to log2(k + 1).
    """
    k = distances.shape[1]
    gap = np.maximum(distances - distances[:, :1], 0)
    target = np.log2(k + 1)
    low = np.zeros((len(gap), 1))
    high = np.full((len(gap), 1), np.inf)
    scale = np.ones((len(gap), 1))
    for _ in range(48):
        above = np.exp(-gap / scale).sum(1, keepdims=True) > target
        high = np.where(above, scale, high)
        low = np.where(above, low, scale)
        scale = np.where(np.isinf(high), scale * 2, (low + high) / 2)
        scale = np.clip(scale, 1e-6, 1e6)
    floor = 1e-3 * max(float(distances.mean()), 1e-6)
    return np.exp(-gap / np.maximum(scale, floor)).astype(np.float32)


def graph(n: int, rows: np.ndarray, indices: np.ndarray, weights: np.ndarray) -> "coo_matrix":
    """The fuzzy union [n, n] of the rows' memberships: w + w' - w w'."""
    from scipy import sparse

    directed = sparse.csr_matrix(
        (weights.ravel(), (np.repeat(rows, indices.shape[1]), indices.ravel())), (n, n)
    )
    return sparse.coo_matrix(directed + directed.T - directed.multiply(directed.T))


def descend(
    start: np.ndarray,
    edges: "coo_matrix",
    *,
    free: np.ndarray | None = None,
    epochs: int = 200,
    rate: float = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Positions float32 [n, 2] after UMAP's descent from `start` [n, 2]; same seed, same map.

    Rows outside `free` (bool [n]) attract and repel the others and stay where they are.
    """
    positions = np.array(start, np.float32, order="C")
    free = np.ones(len(positions), bool) if free is None else free
    strongest = float(edges.data.max()) if edges.nnz else 0.0
    if not strongest:
        return positions
    keep = (edges.data >= strongest / epochs) & (free[edges.row] | free[edges.col])
    period = strongest / edges.data[keep].astype(np.float64)
    _descent(
        positions,
        edges.row[keep].astype(np.int32),
        edges.col[keep].astype(np.int32),
        period,
        np.ascontiguousarray(free),
        epochs,
        rate,
        np.uint64(2 * seed + 1),
    )
    return positions


def pca(values: Tensor) -> np.ndarray:
    """The two leading principal coordinates, float32 [n, 2], scaled into [-10, 10]."""
    centred = values - values.mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    plane = centred @ vectors[:, -2:].flip(1)
    plane = plane * torch.where(plane.sum(0) < 0, -1.0, 1.0)
    return (10 * plane / plane.abs().max().clamp_min(1e-9)).numpy()


def warm() -> None:
    """Compile the kernel (once a machine: the result is kept on disk)."""
    from scipy.sparse import coo_matrix

    edges = coo_matrix((np.ones(2, np.float32), ([0, 1], [1, 0])), (2, 2))
    descend(np.array([[0, 0], [1, 1]], np.float32), edges, epochs=1)


def _epochs(positions, head, tail, period, free, epochs, rate, state):
    """All epochs in place. An edge of weight w takes part in a share w / max(w) of them."""
    n = len(positions)
    due = period.copy()
    pause = period / NEGATIVES
    due_negative = pause.copy()
    for epoch in range(epochs):
        alpha = rate * (1 - epoch / epochs)
        for e in range(len(head)):
            if due[e] > epoch:
                continue
            j, k = head[e], tail[e]
            dx = positions[j, 0] - positions[k, 0]
            dy = positions[j, 1] - positions[k, 1]
            square = dx * dx + dy * dy
            if square > 0:
                power = square**B
                pull = -2 * A * B * power / square / (A * power + 1)
                gx = min(4.0, max(-4.0, pull * dx)) * alpha
                gy = min(4.0, max(-4.0, pull * dy)) * alpha
                if free[j]:
                    positions[j, 0] += gx
                    positions[j, 1] += gy
                if free[k]:
                    positions[k, 0] -= gx
                    positions[k, 1] -= gy
            due[e] += period[e]
            count = int((epoch - due_negative[e]) / pause[e])
            due_negative[e] += count * pause[e]
            if not free[j]:
                continue
            for _ in range(count):
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                other = np.int64((state >> np.uint64(33)) % np.uint64(n))
                dx = positions[j, 0] - positions[other, 0]
                dy = positions[j, 1] - positions[other, 1]
                square = dx * dx + dy * dy
                if square > 0:
                    push = 2 * B / ((0.001 + square) * (A * square**B + 1))
                    positions[j, 0] += min(4.0, max(-4.0, push * dx)) * alpha
                    positions[j, 1] += min(4.0, max(-4.0, push * dy)) * alpha


_descent = Kernel(
    _epochs, "void(f4[:,::1], i4[::1], i4[::1], f8[::1], b1[::1], i8, f8, u8)", fastmath=True
)

"""Nearest neighbours by cosine, exactly and by matrix products, and what is made of them."""

import numpy as np
import torch
from torch import Tensor

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

    exp(-(d - nearest) / s), with s such that a row's memberships sum to log2(k + 1). They weigh
    the neighbours of a photo that is put among them before `umap-learn` has been loaded.
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


def principal(values: Tensor) -> np.ndarray:
    """The two leading principal coordinates, float32 [n, 2], scaled into [-10, 10].

    An axis points to where the points reach furthest: its mean is zero and would leave the sign to
    rounding, by which machines differ.
    """
    centred = values - values.mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    plane = centred @ vectors[:, -2:].flip(1)
    plane = plane * torch.where(plane.pow(3).sum(0) < 0, -1.0, 1.0)
    return (10 * plane / plane.abs().max().clamp_min(1e-9)).numpy()

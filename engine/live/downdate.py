"""Retrieval at any rank of a projection, from one similarity matrix."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.live.counting import places

PAIRS = 1 << 25
"""Query-gallery pairs held at most; beyond them a sample of the queries of the rest stands in."""

GONE = 1e-6
"""Squared norm below which rounding is all that is left of a unit-norm feature."""


class DowndatedRetrieval:
    """recall@1, recall@5 and average precision of the test photos after I - U_k U_kᵀ, for any k.

    `values` [n, d] and orthonormal `directions` [d, K]; x_i·x_j becomes
    x_i·x_j - (U_kᵀx_i)·(U_kᵀx_j), so neither the erased features nor new similarities are formed.
    Queries without an enrolled photo of their person take no part. `rows` [q] are the queries'
    places in `values`; `sampled` says that not all of the rest are among them.
    """

    def __init__(
        self,
        values: Tensor,
        labels: Tensor,
        train: Tensor,
        forget: tuple[int, ...],
        directions: Tensor,
        seed: int = 0,
    ) -> None:
        theirs = labels[train]
        rows = (~train & torch.isin(labels, theirs)).nonzero()[:, 0]
        forgotten = torch.isin(labels[rows], torch.tensor(forget, dtype=labels.dtype))
        allowed = max(PAIRS // max(len(theirs), 1), int(forgotten.sum()), 1)
        self.sampled = len(rows) > allowed
        if self.sampled:
            order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
            order = torch.cat([order[forgotten[order]], order[~forgotten[order]]])[:allowed]
            rows, forgotten = rows[order], forgotten[order]
        self.rows, self.forgotten = rows, forgotten
        queries, gallery = values[rows], values[train]
        self._gallery = gallery
        self._whole = queries @ gallery.T
        self._norm = gallery.square().sum(1)
        self._q, self._g = queries @ directions, gallery @ directions
        same = labels[rows][:, None] == theirs
        most = int(same.sum(1).max()) if len(rows) else 0
        self._relevant, self._index = same.float().topk(most, dim=1)

    def cosines(self, query: Tensor, directions: Tensor, ranks: Sequence[int]) -> Tensor:
        """One feature's cosine to every enrolled photo at each rank, float32 [r, g].

        `query` [d] as it is before this erasure, `directions` [d, K] those given at first. What is
        erased to nothing is like nobody: 0.
        """
        own = query @ directions
        at = torch.tensor(ranks)
        taken = torch.cat([own.new_zeros(len(self._g), 1), (self._g * own).cumsum(1)], 1)[:, at]
        less = torch.cat([own.new_zeros(len(self._g), 1), self._g.square().cumsum(1)], 1)[:, at]
        left = torch.cat([own.new_zeros(1), own.square().cumsum(0)])[at]
        products = (self._gallery @ query)[:, None] - taken
        norm, length = self._norm[:, None] - less, query.square().sum() - left
        scale = torch.where(norm > GONE, norm.clamp_min(GONE).rsqrt(), 0)
        scale = scale * torch.where(length > GONE, length.clamp_min(GONE).rsqrt(), 0)
        return (products * scale).T

    def at(self, rank: int) -> Tensor:
        """recall@1, recall@5 and average precision, float32 [3, q].

        Ties count against: an embedding of which nothing is left finds nobody.
        """
        q, g = self._q[:, :rank], self._g[:, :rank]
        norm = self._norm - g.square().sum(1)
        # a query's own norm would scale its whole row, which changes no order
        scale = torch.where(norm > GONE, norm.clamp_min(GONE).rsqrt(), 0)
        cosine = torch.addmm(self._whole, q, g.T, alpha=-1).mul_(scale)
        relevant = self._relevant  # topk left the ones in front, as sorting leaves the scores
        right = cosine.gather(1, self._index).masked_fill(relevant == 0, -torch.inf)
        right = right.sort(dim=1, descending=True).values
        place = places(cosine, right, relevant.sum(1).long())
        hits = torch.arange(1, place.shape[1] + 1, dtype=torch.float32)
        precision = (hits / place * relevant).sum(1) / relevant.sum(1).clamp_min(1)
        best = place[:, 0] if place.shape[1] else torch.full((len(place),), cosine.shape[1] + 1)
        return torch.stack([(best <= 1).float(), (best <= 5).float(), precision])

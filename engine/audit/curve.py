"""The forgetting curve: what is still known, against the number of directions removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.audit.linear_probe import fit_linear
from engine.audit.ridge_probe import fit_ridge
from engine.erasure.factor import ForgetFactor
from engine.progress import Progress, Watch, ignore

POINTS = 32
"""The curve reaches at least this rank, where the photos span as many directions."""

PAIRS = 1 << 25
"""Query-gallery pairs compared per rank at most; beyond it a sample of the rest queries."""

GONE = 1e-6
"""Squared norm below which rounding is all that is left of a unit-norm feature."""


@dataclass(frozen=True)
class Point:
    """One rank: KR and mAP of the test photos of the forgotten and of the rest, fractions.

    `probe` says which probe gave KR: "discriminant" (closed form) or "converged". None where
    nobody has a test photo.
    """

    rank: int
    kr_forget: float | None
    kr_retain: float | None
    map_forget: float | None
    map_retain: float | None
    probe: str


def curve_ranks(factor: ForgetFactor) -> list[int]:
    """0 to four directions a forgotten person, at least `POINTS` where there are as many."""
    last = min(max(4 * len(factor.people), POINTS), factor.directions.shape[1])
    return sorted({round(rank) for rank in np.linspace(0, last, min(last, 2 * POINTS) + 1)})


def forgetting_curve(
    values: Tensor,
    labels: Tensor,
    train: Tensor,
    classes: int,
    factor: ForgetFactor,
    *,
    ranks: Sequence[int] | None = None,
    probe: Literal["discriminant", "converged"] = "discriminant",
    seed: int = 0,
    watch: Watch = ignore,
) -> Iterator[Point]:
    """Yield the points of increasing rank as they are computed.

    `values` [n, d] before this erasure, `labels` int64 [n], `train` bool [n]. KR looks at features
    as ESC leaves them, retrieval at renormalised ones. Neither forms the erased features per rank:
    similarities x_i·x_j lose (U_kᵀx_i)·(U_kᵀx_j), the closed-form probe loses a rank-1 term.
    """
    ranks = sorted(ranks) if ranks is not None else curve_ranks(factor)
    directions = factor.directions[:, : max(ranks, default=0)]
    test = ~train
    forget = torch.isin(labels[test], torch.tensor(factor.people, dtype=labels.dtype))
    if probe == "converged":
        answers = _converged(values, labels, train, classes, directions, ranks, watch)
    else:
        path = fit_ridge(values[train], labels[train], classes).path(directions, values[test])
        answers = path.sweep(ranks)
    retrieval = _Retrieval(values, labels, train, forget, directions, seed)
    for at, (rank, answer) in enumerate(zip(ranks, answers, strict=True)):
        watch(Progress("the forgetting curve", at, len(ranks)))
        right = (answer == labels[test]).float()
        precision, of_forgotten = retrieval.at(rank)
        yield Point(
            rank,
            _mean(right[forget]),
            _mean(right[~forget]),
            _mean(precision[of_forgotten]),
            _mean(precision[~of_forgotten]),
            probe,
        )


def _converged(
    values: Tensor,
    labels: Tensor,
    train: Tensor,
    classes: int,
    directions: Tensor,
    ranks: Sequence[int],
    watch: Watch,
) -> Iterator[Tensor]:
    enrolled, asked = values[train], values[~train]
    probe = None
    for rank in ranks:
        u = directions[:, :rank]
        erased = enrolled - (enrolled @ u) @ u.T
        probe = fit_linear(erased, labels[train], classes, start=probe, watch=watch)
        yield probe.predict(asked - (asked @ u) @ u.T)


class _Retrieval:
    """Average precision of the queries under growing rank, by downdated similarities."""

    def __init__(
        self,
        values: Tensor,
        labels: Tensor,
        train: Tensor,
        forget: Tensor,
        directions: Tensor,
        seed: int,
    ):
        gallery_labels = labels[train]
        rows = (~train).nonzero()[:, 0]
        enrolled = torch.isin(labels[rows], gallery_labels)
        rows, forget = rows[enrolled], forget[enrolled]
        allowed = max(PAIRS // max(len(gallery_labels), 1), int(forget.sum()), 1)
        if len(rows) > allowed:
            order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
            order = torch.cat([order[forget[order]], order[~forget[order]]])[:allowed]
            rows, forget = rows[order], forget[order]
        self.forget = forget
        queries, gallery = values[rows], values[train]
        self.similarity = queries @ gallery.T
        self.q, self.g = queries @ directions, gallery @ directions
        self.norm = gallery.square().sum(1)
        self.rank = 0
        same = labels[rows][:, None] == gallery_labels
        most = int(same.sum(1).max()) if len(rows) else 0
        self.relevant, self.index = same.float().topk(most, dim=1)

    def at(self, rank: int) -> tuple[Tensor, Tensor]:
        """Average precision [q] at `rank`, not below the last one asked, and who is forgotten.

        Ties count against: an embedding of which nothing is left finds nobody.
        """
        q, g = self.q[:, self.rank : rank], self.g[:, self.rank : rank]
        self.similarity.addmm_(q, g.T, alpha=-1)
        self.norm -= g.square().sum(1)
        self.rank = rank
        scale = torch.where(self.norm > GONE, self.norm.clamp_min(GONE).rsqrt(), 0)
        cosine = self.similarity * scale  # up to each query's own norm, which orders nothing
        found = cosine.gather(1, self.index)
        ordered = torch.from_numpy(np.sort(cosine.numpy(), axis=1))
        behind = torch.searchsorted(ordered, found)  # how many are strictly less similar
        place = cosine.shape[1] - behind
        place = torch.where(self.relevant > 0, place, cosine.shape[1] + 1).sort(dim=1).values
        hits = torch.arange(1, place.shape[1] + 1, dtype=torch.float32)
        exists = self.relevant.sort(dim=1, descending=True).values
        precision = (hits / place * exists).sum(1) / exists.sum(1).clamp_min(1)
        return precision, self.forget


def _mean(x: Tensor) -> float | None:
    return float(x.mean()) if len(x) else None

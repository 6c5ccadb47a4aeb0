"""Photos of kept people that a probe may come to take for the forgotten, foreseen when fitting.

Whoever names every photo must also name those of the forgotten. Where these lie everywhere, as
strangers do, their classes catch what is like nobody: hard photos of people who stay among it.
"""

import torch
from torch import Tensor

PHOTOS = 20_000
"""Enrolled photos that are asked at most; more change nothing but the time."""

RIDGE = 1.0
"""The penalty, in photos: features are unit vectors."""

CHUNK = 1024


def caught(values: Tensor, labels: Tensor, gone: Tensor) -> float:
    """The share of the kept people's photos that a linear probe gives to somebody of `gone`.

    Ridge regression on the enrolled photos `values` [n, d] as the eraser leaves them, each photo
    judged by the probe that has not seen it (leave one out, in closed form). `labels` [n] say who
    is who, `gone` [f] who is forgotten. 0 where nobody is kept.
    """
    step = len(values) // PHOTOS + 1
    people, own = labels[::step].unique(return_inverse=True)
    x = values[::step].double()
    x = torch.cat([x, x.new_ones(len(x), 1)], 1)
    sums = x.new_zeros(len(people), x.shape[1]).index_add_(0, own, x)
    gram = x.T @ x + RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
    factor = torch.linalg.cholesky(gram)
    weight = torch.cholesky_solve(sums.T, factor)
    leverage = (x * torch.cholesky_solve(x.T, factor).T).sum(1)
    is_gone = torch.isin(people, gone)
    kept = (~is_gone[own]).nonzero()[:, 0]
    if not len(kept):
        return 0.0
    found = 0
    for rows in kept.split(CHUNK):
        # Without its own photo a score is this over 1 - leverage: the order stays the same.
        scores = x[rows] @ weight
        scores[torch.arange(len(rows)), own[rows]] -= leverage[rows]
        found += int(is_gone[scores.argmax(1)].sum())
    return found / len(kept)

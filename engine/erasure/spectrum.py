"""The singular values of the forget features, and where to cut them."""

import math

import torch
from torch import Tensor

from engine.errors import LetheError
from engine.said import said

NEGLIGIBLE = 1e-5
"""Singular values below this share of the largest are rounding noise, not directions."""


def factor(z: Tensor) -> tuple[Tensor, Tensor]:
    """Directions and singular values of the forget features.

    For Z [n_f, d] the uncentred SVD Zᵀ = U S Vᵀ; returned are U [d, r] and S [r] with r <=
    min(n_f, d), without the directions of negligible singular values. Only these leading columns
    are ever dropped: the orthogonal complement, which a reduced SVD does not hold, stays in I.
    Source: arXiv 2504.02199, section 3.
    Raises `LetheError` when nothing is left to erase.
    """
    _, values, right = torch.linalg.svd(z.double(), full_matrices=False)
    keep = values > NEGLIGIBLE * values[:1]
    if not len(values) or float(values[0]) < NEGLIGIBLE:
        raise LetheError(
            said("These people's features are already zero: nothing is left to erase.")
        )
    return right[keep].T.contiguous(), values[keep]


def auto_rank(values: Tensor, people: int) -> int:
    """The largest relative gap of the spectrum S [r], between half and twice a direction a person.

    Face embeddings have one large singular value per person and then a cliff. Without the lower
    bound a person with many photos dwarfs the others and the gap behind them alone is taken for
    the cliff (15 to 45 % of random groups of 5 to 20 people); without the upper one the thin tail
    of few photos is.
    """
    if len(values) <= people:
        return len(values)
    first, last = math.ceil(people / 2), min(len(values) - 1, 2 * people)
    gaps = values[first - 1 : last] / values[first : last + 1]
    return first + int(gaps.argmax())


def paper_rank(dimension: int, p: float) -> int:
    """k = floor(d p / 100), at least 1. Source: arXiv 2504.02199, section 4 (p = 1.5)."""
    return max(math.floor(dimension * p / 100), 1)


def choose_rank(rank: int | str, p: float, values: Tensor, people: int, dimension: int) -> int:
    """The rank that `auto`, `paper` or a number stands for, never above the directions there are.

    Raises `LetheError` for a number outside 1 to `dimension`.
    """
    if rank == "auto":
        chosen = auto_rank(values, people)
    elif rank == "paper":
        chosen = paper_rank(dimension, p)
    else:
        chosen = int(rank)
        if not 1 <= chosen <= dimension:
            raise LetheError(
                said(
                    "A rank of {chosen} is outside 1 to {dimension}, the dimension of the "
                    "features; choose one inside, or auto.",
                    chosen=chosen,
                    dimension=dimension,
                )
            )
    return min(chosen, len(values))

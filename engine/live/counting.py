"""Places of the right matches among all, by counting instead of sorting."""

import numpy as np
import torch
from torch import Tensor

from engine.compiled import Kernel


def places(scores: Tensor, right: Tensor, counts: Tensor) -> Tensor:
    """How many of a query's scores are at least as high as each right one, int64 [q, m].

    `scores` float32 [q, g]; `right` float32 [q, m], of which the first `counts` [q] of each row
    count and are in falling order, all of them scores of that row. So 1 is the best match, and
    ties count against. Other entries are g + 1.
    """
    found = np.full(right.shape, scores.shape[1] + 1, np.int64)
    _count(
        scores.contiguous().numpy(), right.contiguous().numpy(), counts.contiguous().numpy(), found
    )
    return torch.from_numpy(found)


def _above(scores: np.ndarray, right: np.ndarray, counts: np.ndarray, found: np.ndarray) -> None:
    """Most scores of a row are below its lowest right one and cost a single comparison."""
    for row in range(len(scores)):
        many = counts[row]
        if many == 0:
            continue
        found[row, :many] = 0
        lowest = right[row, many - 1]
        for column in range(scores.shape[1]):
            score = scores[row, column]
            if score < lowest:
                continue
            low, high = 0, many - 1
            while low < high:
                middle = (low + high) // 2
                if score >= right[row, middle]:
                    high = middle
                else:
                    low = middle + 1
            found[row, low] += 1
        for place in range(1, many):
            found[row, place] += found[row, place - 1]


_count = Kernel(_above, "void(f4[:,::1], f4[:,::1], i8[::1], i8[:,::1])")


def warm() -> None:
    """Compile the kernel (once a machine: the result is kept on disk)."""
    one = torch.ones(1, 1)
    places(one, one, one[0].long())

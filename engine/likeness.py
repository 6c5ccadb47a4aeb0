"""Who is who in photos that nobody named: groups of faces that look like one person."""

import numpy as np
from torch import Tensor


def groups(values: Tensor, alike: float) -> np.ndarray:
    """The group of each face, int64 [n], the largest group 0, by average linkage of cosines.

    `values` float32 [n, d] are of unit norm. Two groups are one where their faces have a mean
    cosine above `alike`.
    """
    from sklearn.cluster import AgglomerativeClustering  # most of a second, which no start pays

    if len(values) < 2:
        return np.zeros(len(values), dtype=np.int64)
    found = AgglomerativeClustering(
        None, metric="cosine", linkage="average", distance_threshold=1 - alike
    ).fit_predict(values.double().numpy())
    # By size, and among equals by who comes first.
    first = [int(np.flatnonzero(found == one)[0]) for one in range(found.max() + 1)]
    order = sorted(range(found.max() + 1), key=lambda one: (-(found == one).sum(), first[one]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[found]

"""How close photos come to the enrolled ones."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

CHUNK = 512


def best_similarities(
    queries: Tensor,
    gallery: Tensor,
    query_labels: Tensor | None = None,
    gallery_labels: Tensor | None = None,
) -> Tensor:
    """Each query's highest cosine [q] with a gallery photo, with labels: of another person."""
    gallery = normalize(gallery, dim=1)
    best = []
    for start in range(0, len(queries), CHUNK):
        block = normalize(queries[start : start + CHUNK], dim=1) @ gallery.T
        if query_labels is not None and gallery_labels is not None:
            own = query_labels[start : start + CHUNK, None] == gallery_labels
            block = block.masked_fill(own, -1.0)
        best.append(block.amax(1))
    return torch.cat(best)

"""A k-nearest-neighbour probe: whom the most similar enrolled photos say it is."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

NEIGHBOURS = 5
TEMPERATURE = 0.07
CHUNK = 1024


def knn(
    gallery: Tensor,
    labels: Tensor,
    classes: int,
    neighbours: int = NEIGHBOURS,
    temperature: float = TEMPERATURE,
) -> Callable[[Tensor], Tensor]:
    """A weighted k-nearest-neighbour classifier on cosine: each neighbour votes exp(cos / T).

    `gallery` [g, d] with `labels` [g]; the answer maps features [n, d] to classes [n].
    Source: Wu et al., CVPR 2018 (T = 0.07), with few neighbours because people have few photos.
    """
    reference = normalize(gallery, dim=1)
    votes = one_hot(labels, classes).float()
    count = min(neighbours, len(labels))

    def predict(x: Tensor) -> Tensor:
        out = []
        for block in normalize(x, dim=1).split(CHUNK):
            similarity, index = (block @ reference.T).topk(count, dim=1)
            weight = (similarity / temperature).softmax(1)
            out.append(torch.einsum("nk,nkc->nc", weight, votes[index]).argmax(1))
        return torch.cat(out) if out else torch.empty(0, dtype=labels.dtype)

    return predict

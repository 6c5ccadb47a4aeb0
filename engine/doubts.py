"""Photos that look more like somebody else than like the person whose name they carry."""

from typing import NamedTuple

import torch
from torch import Tensor

LIKE, MARGIN = 0.5, 0.3
"""A photo is doubtful that is that like somebody else, and that much less like its own person.

Both on a scale from how alike two people usually are (0) to one person's photos (1). Measured with
3 to 8 photos of each of 2 to 60 people of LFW (EdgeFace, dlib) and of rendered ones (mini), one
photo in ten people moved to somebody else: between 83 and 100 of 100 are found, from five photos
each on 96 or more, and of the others at most 3 in 1,000 are called doubtful (dlib, three photos
each). Of 790 photos of LFW as they came one is, which is indeed somebody else's.
"""

TELLING = 0.8
"""The share of photos that must look most like their own person before a name is doubted.

A model that hardly tells these people apart would doubt half of them. Of photos of LFW under mini,
which knows rendered people alone, .67 to .78 do; under dlib .96 with two wrong ones among 47.
"""

CHUNK = 4096


class Doubt(NamedTuple):
    """A row of the embeddings, and the label of whom it looks more like."""

    row: int
    like: int


def doubts(
    values: Tensor, labels: Tensor, people: int, telling: float = TELLING
) -> tuple[Doubt, ...]:
    """The doubtful ones among unit-norm `values` [n, d] with `labels` [n] of so many people.

    A photo is compared by its mean cosine with everybody's photos, itself not among them. Somebody
    with a single photo is never in doubt: there is nothing to compare it with. Nobody is where the
    model hardly tells these people apart (`telling`).
    """
    count = labels.bincount(minlength=people).float()
    if int((count > 0).sum()) < 2 or int((count > 1).sum()) < 1:
        return ()
    sums = torch.zeros(people, values.shape[1]).index_add_(0, labels, values)
    within = ((sums * sums).sum(1) - count) / (count * (count - 1)).clamp_min(1)
    one = within[count > 1].median()
    there = (count > 0).nonzero()[:, 0]
    means = sums[there] / count[there, None]
    zero = (means @ means.T)[~torch.eye(len(there), dtype=torch.bool)].median()
    scale = (one - zero).clamp_min(1e-6)
    everybody = sums / count.clamp_min(1)[:, None]
    found = []
    at_home = 0
    for start in range(0, len(values), CHUNK):
        block, own = values[start : start + CHUNK], labels[start : start + CHUNK]
        at = torch.arange(len(block))
        alike = block @ everybody.T
        mine = (alike[at, own] * count[own] - 1) / (count[own] - 1).clamp_min(1)
        alike[:, count == 0] = -torch.inf
        alike[at, own] = -torch.inf
        best, who = alike.max(1)
        several = count[own] > 1
        at_home += int(((mine >= best) & several).sum())
        doubtful = (best - mine > MARGIN * scale) & (best - zero > LIKE * scale) & several
        found += [Doubt(start + row, int(who[row])) for row in doubtful.nonzero()[:, 0].tolist()]
    compared = int(count[count > 1].sum())
    return tuple(found) if at_home >= telling * compared else ()

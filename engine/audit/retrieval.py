"""Who is this? Test photos query the enrolled ones by cosine."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit.base import FORGOTTEN, REST, Metric, Question
from engine.said import noted
from engine.view import View

CHUNK = 512
FEW = 8
"""Up to so many right photos of a query, all others are compared with each; nothing is sorted."""
PAIRS = 1 << 23
"""Query-gallery pairs ranked at once: a million enrolled photos, for 8 queries at a time."""


@dataclass(frozen=True)
class Hit:
    """One enrolled photo: its row in the features, whose it is, and how similar."""

    index: int
    label: int
    similarity: float
    accepted: bool | None


def top_k(view: View, query: Tensor, k: int = 8, exclude: Collection[int] = ()) -> list[Hit]:
    """The `k` enrolled photos most similar to `query` [d], best first.

    `exclude` are rows never returned (the query photo itself). `accepted` compares with the
    view's threshold, None where there is none.
    """
    rows = view.train.nonzero().squeeze(1)
    if exclude:
        rows = rows[~torch.isin(rows, torch.tensor([*exclude]))]
    similarity = normalize(view.values[rows], dim=1) @ normalize(query[None], dim=1)[0]
    best = similarity.topk(min(k, len(rows)))
    return [
        hit_of(view, int(rows[i]), float(s)) for s, i in zip(best.values, best.indices, strict=True)
    ]


def hit_of(view: View, row: int, similarity: float) -> Hit:
    """An enrolled photo of the view that is so similar; accepted where the view's threshold is."""
    passes = None if view.threshold is None else similarity >= view.threshold
    return Hit(row, int(view.labels[row]), similarity, passes)


def relevance(
    queries: Tensor, query_labels: Tensor, gallery: Tensor, gallery_labels: Tensor
) -> Iterator[Tensor]:
    """Sorted relevance, bool [chunk, g], best match first, a chunk of queries at a time.

    Chunked so that no queries x gallery matrix of a large gallery is ever held.
    """
    scale = 1 / gallery.norm(dim=1).clamp_min(1e-12)  # no normalised copy of a large gallery
    chunk = max(1, min(CHUNK, PAIRS // max(len(gallery), 1)))
    for start in range(0, len(queries), chunk):
        block = (normalize(queries[start : start + chunk], dim=1) @ gallery.T).mul_(scale)
        order = block.argsort(dim=1, descending=True, stable=True)
        yield gallery_labels[order] == query_labels[start : start + chunk, None]


def counted(
    queries: Tensor, query_labels: Tensor, gallery: Tensor, gallery_labels: Tensor
) -> Iterator[Tensor]:
    """What `scores` makes of `relevance`, float32 [3, chunk] a chunk, without an order of all.

    Each right photo's place is 1 plus the photos above it, and of equal ones those before it: a
    stable sort's order. Every query has a photo of its person in the gallery.
    """
    scale = 1 / gallery.norm(dim=1).clamp_min(1e-12)
    order = gallery_labels.argsort(stable=True)
    counts = gallery_labels.bincount()
    ends = counts.cumsum(0)
    chunk = max(1, min(CHUNK, PAIRS // max(len(gallery), 1)))
    for start in range(0, len(queries), chunk):
        block = (normalize(queries[start : start + chunk], dim=1) @ gallery.T).mul_(scale)
        own = query_labels[start : start + chunk]
        first, many = ends[own] - counts[own], counts[own]
        hits = torch.arange(1, int(many.max()) + 1)
        inside = hits <= many[:, None]
        index = order[(first[:, None] + hits - 1).clamp_max(len(order) - 1)]
        places = _above(block, index, inside) + 1
        places = places.masked_fill_(~inside, len(gallery) + 1).sort(dim=1).values
        precision = torch.where(inside, hits / places, 0).sum(1) / many
        best = places[:, 0]
        yield torch.stack([(best <= 1).float(), (best <= 5).float(), precision])


def _above(block: Tensor, index: Tensor, inside: Tensor) -> Tensor:
    """How many of each row of `block` [q, g] stand above its columns `index` [q, m], int64 [q, m].

    Only entries that are `inside` count. A few columns are compared with all; for more of them the
    bare scores that are not below the lowest are sorted, and only those that are equal compared.
    """
    asked = block.gather(1, index)
    if index.shape[1] <= FEW:
        above = torch.stack([(block > one[:, None]).sum(1) for one in asked.unbind(1)], 1)
        equal = torch.ones_like(asked, dtype=torch.bool)
    else:
        lowest = asked.masked_fill(~inside, torch.inf).amin(1)
        above, equal = torch.empty_like(index), torch.empty_like(inside)
        for rows, rising in _rising(block, lowest, 2 * index.shape[1]):
            upto = torch.searchsorted(rising, asked[rows], right=True)
            above[rows] = rising.shape[1] - upto
            equal[rows] = upto - torch.searchsorted(rising, asked[rows]) > 1
        equal &= inside
    columns = torch.arange(block.shape[1])
    for at in equal.any(0).nonzero()[:, 0].tolist():
        rows = equal[:, at]
        before = columns < index[rows, at, None]
        above[rows, at] += ((block[rows] == asked[rows, at, None]) & before).sum(1)
    return above


def _rising(block: Tensor, lowest: Tensor, few: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows of `block` [q, g] and their scores from `lowest` [q] on, in rising order.

    Most queries find their person first: of them there are `few` scores at most, and sorting those
    takes a fraction of sorting all. What fills up such a row is below every score.
    """
    scores = block.numpy()
    high = scores >= lowest.numpy()[:, None]
    counts = high.sum(1)
    short = counts <= few
    if short.any():
        picked = np.full((int(short.sum()), few), -np.inf, scores.dtype)
        picked[np.arange(few) < counts[short, None]] = scores[short][high[short]]
        picked.sort(axis=1)
        yield torch.from_numpy(short.nonzero()[0]), torch.from_numpy(picked)
    if not short.all():
        long = ~short
        yield torch.from_numpy(long.nonzero()[0]), torch.from_numpy(np.sort(scores[long], axis=1))


def scores(sorted_relevance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """recall@1, recall@5 and average precision, each [q], from relevance [q, g] best first."""
    rel = sorted_relevance.float()
    rank = torch.arange(1, rel.shape[1] + 1)
    precision = rel.cumsum(1) / rank
    ap = (precision * rel).sum(1) / rel.sum(1).clamp_min(1)
    return rel[:, 0], rel[:, :5].amax(1), ap


def measure(view: View, seed: int = 0) -> dict:
    """recall@1, recall@5 and mAP of test photos of the forgotten and of the rest.

    Features are renormalised first, as a matcher would. A query with no enrolled photo of its
    person cannot be found and takes no part.
    """
    train, test = view.train, ~view.train
    use = test & torch.isin(view.labels, view.labels[train])

    def rank() -> Tensor:
        asked = view.values[use], view.labels[use], view.values[train], view.labels[train]
        parts = list(counted(*asked))
        return torch.cat(parts, 1) if parts else torch.empty(3, 0)

    return figures(view, use.nonzero()[:, 0], view.once("ranking", rank))


def figures(view: View, rows: Tensor, table: Tensor) -> dict:
    """The answer from recall@1, recall@5 and average precision [3, q] of the queries `rows` [q]."""
    train = view.train
    forget = view.is_forget[rows]
    out: dict = {}
    for who, mask in (("forget", forget), ("retain", ~forget)):
        for name, row in zip(("recall_at_1", "recall_at_5", "map"), table, strict=True):
            out[f"{who}_{name}"] = float(row[mask].mean()) if bool(mask.any()) else None
    labels = view.labels[rows]
    counts = labels.bincount(minlength=view.classes)
    sums = labels.bincount(table[0], minlength=view.classes)
    out["per_identity_recall_at_1"] = [
        float(s / c) if c else None for s, c in zip(sums, counts, strict=True)
    ]
    shares = view.labels[train].bincount(minlength=view.classes) / max(int(train.sum()), 1)
    forgotten = list(view.forget)
    out["chance_forgotten"] = float(shares[forgotten].mean()) if forgotten else None
    return out


QUESTION = Question(
    "retrieval",
    noted("Who is this?"),
    (
        Metric(
            "retrieval.forget_recall_at_1",
            noted("Found at rank 1"),
            noted(
                "How often the best match of a forgotten person's photo is another photo of them."
            ),
            "down",
            chance="chance_forgotten",
            column=noted("R@1"),
            spelled=noted("Found first (recall@1)"),
            whom=FORGOTTEN,
            each="per_identity_recall_at_1",
        ),
        Metric(
            "retrieval.retain_recall_at_1",
            noted("Found at rank 1"),
            noted("How often the best match of somebody kept is a photo of them."),
            "up",
            column=noted("Rest R@1"),
            spelled=noted("Found first (recall@1)"),
            whom=REST,
            each="per_identity_recall_at_1",
        ),
        Metric(
            "retrieval.forget_map",
            noted("mAP"),
            noted(
                "How far up the list of nearest photos a forgotten person's own stand; 1 is "
                "all first."
            ),
            "down",
            "score",
            chance="chance_forgotten",
            column=noted("mAP"),
            spelled=noted("All photos found (mAP)"),
            whom=FORGOTTEN,
        ),
        Metric(
            "retrieval.retain_map",
            noted("mAP"),
            noted(
                "How far up the photos of somebody kept stand in the list that one of them finds."
            ),
            "up",
            "score",
            spelled=noted("All photos found (mAP)"),
            whom=REST,
        ),
    ),
    measure,
    "always",
)

"""Collateral: what the deletion did to the people who were to be kept, one by one."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit.base import Metric, Question
from engine.audit.retrieval import relevance
from engine.said import noted
from engine.view import View


@dataclass(frozen=True)
class Person:
    """One kept person before and after; None where there is no photo to measure with.

    `energy_removed` is the mean of |x - h(x)|^2 / |x|^2 over their photos, for a projection the
    removed energy |U_k^T x|^2 / |x|^2. `recall` is recall@1 of their test photos, `similarity`
    the mean cosine of their test photos to their own enrolled ones.
    """

    label: int
    photos: int
    energy_removed: float
    recall_before: float | None
    recall_after: float | None
    similarity_before: float | None
    similarity_after: float | None

    @property
    def recall_change(self) -> float:
        """After less before; 0 where it cannot be measured."""
        return _change(self.recall_before, self.recall_after)

    @property
    def similarity_change(self) -> float:
        """After less before; 0 where it cannot be measured."""
        return _change(self.similarity_before, self.similarity_after)


def collateral(before: View, after: View) -> list[Person]:
    """Every kept person, worst hit first: by recall lost, then similarity lost, then energy.

    Both views hold the same photos in the same order; who counts as forgotten is `after.forget`.
    """
    removed = (before.values - after.values).pow(2).sum(1)
    removed = removed / before.values.pow(2).sum(1).clamp_min(1e-12)
    recall_before, similarity_before = _own(before)
    recall_after, similarity_after = _own(after)
    kept = [label for label in range(after.classes) if label not in set(after.forget)]
    people = []
    for label in kept:
        mine = after.labels == label
        if not bool(mine.any()):
            continue
        people.append(
            Person(
                label=label,
                photos=int(mine.sum()),
                energy_removed=float(removed[mine].mean()),
                recall_before=recall_before[label],
                recall_after=recall_after[label],
                similarity_before=similarity_before[label],
                similarity_after=similarity_after[label],
            )
        )
    return sorted(
        people, key=lambda one: (one.recall_change, one.similarity_change, -one.energy_removed)
    )


def measure(view: View, seed: int = 0) -> dict:
    """The kept person who is found worst, and how close the kept stay to their own photos."""
    recall, similarity = _own(view)
    kept = [label for label in range(view.classes) if label not in set(view.forget)]
    recalls = [value for label in kept if (value := recall[label]) is not None]
    close = [value for label in kept if (value := similarity[label]) is not None]
    return {
        "worst_recall_at_1": min(recalls, default=None),
        "below_half": sum(one < 0.5 for one in recalls) / len(recalls) if recalls else None,
        "similarity": sum(close) / len(close) if close else None,
    }


def _own(view: View) -> tuple[list[float | None], list[float | None]]:
    """recall@1 and mean cosine to the own enrolled photos, by person; None without photos."""
    train, labels = view.train, view.labels
    use = ~train & torch.isin(labels, labels[train])
    first = [
        block[:, 0].float()
        for block in relevance(view.values[use], labels[use], view.values[train], labels[train])
    ]
    hits = torch.cat(first) if first else torch.empty(0)
    # The mean cosine to a person's photos is the dot product with the mean of their unit vectors.
    unit = normalize(view.values, dim=1)
    centres = torch.zeros(view.classes, unit.shape[1]).index_add_(0, labels[train], unit[train])
    counts = torch.bincount(labels[train], minlength=view.classes).clamp_min(1)
    close = (unit[use] * (centres / counts[:, None])[labels[use]]).sum(1)
    return _by_person(hits, labels[use], view.classes), _by_person(close, labels[use], view.classes)


def _by_person(values: Tensor, labels: Tensor, classes: int) -> list[float | None]:
    counts = torch.bincount(labels, minlength=classes)
    sums = torch.bincount(labels, values.double(), minlength=classes)
    return [float(s / c) if c else None for s, c in zip(sums, counts, strict=True)]


def _change(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else after - before


QUESTION = Question(
    "collateral",
    noted("Who else was hurt?"),
    (
        Metric(
            "collateral.worst_recall_at_1",
            noted("Worst kept person"),
            noted("How often the kept person who is found worst is still found."),
            "up",
            aspect="rest",
            whom=noted("found at rank 1"),
        ),
        Metric(
            "collateral.similarity",
            noted("Likeness of the kept to themselves"),
            noted("Mean similarity of a kept person's new photos to their own enrolled ones."),
            "up",
            "score",
            aspect="rest",
        ),
    ),
    measure,
)

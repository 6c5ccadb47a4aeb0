"""Innocent matches: is a forgotten face now taken for somebody else?"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit.base import Metric, Question
from engine.audit.statistics import wilson
from engine.said import noted
from engine.view import View

CHUNK = 1024


@dataclass(frozen=True)
class Match:
    """A photo (row of the view) accepted as an innocent person, and at which similarity."""

    row: int
    label: int
    taken_for: int
    similarity: float


def closest_innocent(view: View, queries: Tensor) -> tuple[Tensor, Tensor]:
    """Similarity [q] to, and label [q] of, the most similar enrolled photo of a kept person."""
    rows = (view.train & ~view.is_forget).nonzero().squeeze(1)
    gallery = normalize(view.values[rows], dim=1)
    best = [(block @ gallery.T).max(1) for block in normalize(queries, dim=1).split(CHUNK)]
    similarity = torch.cat([one.values for one in best]) if best else torch.empty(0)
    at = torch.cat([one.indices for one in best]) if best else torch.empty(0, dtype=torch.long)
    return similarity, view.labels[rows[at]]


def closest_people(view: View, queries: Tensor) -> Tensor:
    """Similarity [q, C] to each person's most similar enrolled photo; -inf where there is none."""
    rows = view.train.nonzero().squeeze(1)
    rows = rows[view.labels[rows].argsort(stable=True)]
    people, counts = view.labels[rows].unique_consecutive(return_counts=True)
    out = torch.full((len(queries), view.classes), -torch.inf)
    gallery, first = normalize(view.values[rows], dim=1), (counts.cumsum(0) - counts).numpy()
    for at, block in enumerate(normalize(queries, dim=1).split(CHUNK)):
        best = np.maximum.reduceat((block @ gallery.T).numpy(), first, axis=1)
        out[at * CHUNK : (at + 1) * CHUNK, people] = torch.from_numpy(best)
    return out


def matches(view: View) -> list[Match]:
    """Test photos of the forgotten that pass the threshold as a kept person, most similar first."""
    rows = (view.is_forget & ~view.train).nonzero().squeeze(1)
    if view.threshold is None or not len(rows):
        return []
    similarity, label = closest_innocent(view, view.values[rows])
    found = [
        Match(int(row), int(view.labels[row]), int(who), float(how))
        for row, who, how in zip(rows, label, similarity, strict=True)
        if how >= view.threshold
    ]
    return sorted(found, key=lambda match: -match.similarity)


def taken_for(view: View) -> tuple[int, ...]:
    """Labels of the kept people for whom a test photo of the forgotten is accepted, in order."""
    return tuple(sorted({match.taken_for for match in matches(view)}))


def measure(view: View, seed: int = 0) -> dict:
    """Share of the forgotten's test photos accepted as a kept person, beside that of strangers.

    The accept threshold is that of the original model. `excess` is the forgotten's share less the
    strangers': only that is the deletion's doing. None where there is no threshold or nobody is
    forgotten.
    """
    test = view.is_forget & ~view.train
    if view.threshold is None or not bool(test.any()) or not bool((~view.is_forget).any()):
        return dict.fromkeys(("forget", "strangers", "excess"))
    similarity, _ = closest_innocent(view, view.values[test])
    accepted = similarity >= view.threshold
    out: dict = {"forget": float(accepted.float().mean())}
    out["forget_low"], out["forget_high"] = wilson(int(accepted.sum()), len(accepted))
    out["strangers"] = out["excess"] = None
    strangers = view.strangers
    if strangers is not None and len(strangers):
        # Whoever is forgotten, strangers look like the same people.
        similar = view.once("strangers", lambda: closest_people(view, strangers))
        kept = torch.ones(view.classes, dtype=torch.bool)
        kept[list(view.forget)] = False
        passed = similar[:, kept].amax(1) >= view.threshold
        out["strangers"] = float(passed.float().mean())
        out["excess"] = out["forget"] - out["strangers"]
    return out


QUESTION = Question(
    "innocent",
    noted("Taken for somebody else?"),
    (
        Metric(
            "innocent.forget",
            noted("Innocent matches"),
            noted("How often a forgotten face is accepted as a person who was kept."),
            "down",
            chance="strangers",
            interval=True,
            column=noted("Innocent"),
            aspect="innocent",
        ),
    ),
    measure,
    "for the verdict",
    needs_threshold=True,
)

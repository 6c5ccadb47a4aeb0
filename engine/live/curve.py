"""The forgetting curve: what is still known, against the number of directions removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.audit.sample import some_people
from engine.audit.statistics import share
from engine.erasure.factor import ForgetFactor
from engine.live.downdate import DowndatedRetrieval
from engine.probes.linear import fit_linear
from engine.probes.ridge import fit_ridge
from engine.progress import Progress, Watch, ignore
from engine.said import noted

POINTS = 32
"""The curve reaches at least this rank, where the photos span as many directions."""


@dataclass(frozen=True)
class Point:
    """One rank: KR and mAP of the test photos of the forgotten and of the rest, fractions.

    `probe` says which probe gave KR: "discriminant" (closed form) or "converged". None where
    nobody has a test photo.
    """

    rank: int
    kr_forget: float | None
    kr_retain: float | None
    map_forget: float | None
    map_retain: float | None
    probe: str


def last_rank(people: int, directions: int) -> int:
    """Four directions a forgotten person, at least `POINTS`, where there are as many."""
    return min(max(4 * people, POINTS), directions)


def curve_ranks(factor: ForgetFactor) -> list[int]:
    """0 to `last_rank`; more than twice `POINTS` are spread over them."""
    last = last_rank(len(factor.people), factor.directions.shape[1])
    return sorted({round(rank) for rank in np.linspace(0, last, min(last, 2 * POINTS) + 1)})


def forgetting_curve(
    values: Tensor,
    labels: Tensor,
    train: Tensor,
    classes: int,
    factor: ForgetFactor,
    *,
    ranks: Sequence[int] | None = None,
    probe: Literal["discriminant", "converged"] = "discriminant",
    seed: int = 0,
    watch: Watch = ignore,
) -> Iterator[Point]:
    """Yield the points of increasing rank as they are computed.

    `values` [n, d] before this erasure, `labels` int64 [n], `train` bool [n]. KR looks at features
    as ESC leaves them (of a large gallery, at a sample of the rest: `engine.audit.sample`),
    retrieval at renormalised ones. Neither forms the erased features per rank:
    similarities x_i·x_j lose (U_kᵀx_i)·(U_kᵀx_j), the closed-form probe loses a rank-1 term.
    """
    ranks = sorted(ranks) if ranks is not None else curve_ranks(factor)
    directions = factor.directions[:, : max(ranks, default=0)]
    retrieval = DowndatedRetrieval(values, labels, train, factor.people, directions, seed)
    people = some_people(classes, factor.people, seed)
    if people is not None:
        inside = torch.isin(labels, people)
        values, labels, train = values[inside], labels[inside], train[inside]
    test = ~train
    forget = torch.isin(labels[test], torch.tensor(factor.people, dtype=labels.dtype))
    if probe == "converged":
        answers = _converged(values, labels, train, classes, directions, ranks, watch)
    else:
        path = fit_ridge(values[train], labels[train], classes).path(directions, values[test])
        answers = path.sweep(ranks)
    for at, (rank, answer) in enumerate(zip(ranks, answers, strict=True)):
        watch(Progress(noted("the forgetting curve"), at, len(ranks)))
        right = (answer == labels[test]).float()
        precision, of_forgotten = retrieval.at(rank)[2], retrieval.forgotten
        yield Point(
            rank,
            share(right[forget]),
            share(right[~forget]),
            share(precision[of_forgotten]),
            share(precision[~of_forgotten]),
            probe,
        )


def _converged(
    values: Tensor,
    labels: Tensor,
    train: Tensor,
    classes: int,
    directions: Tensor,
    ranks: Sequence[int],
    watch: Watch,
) -> Iterator[Tensor]:
    enrolled, asked = values[train], values[~train]
    probe = None
    for rank in ranks:
        u = directions[:, :rank]
        erased = enrolled - (enrolled @ u) @ u.T
        probe = fit_linear(erased, labels[train], classes, start=probe, watch=watch)
        yield probe.predict(asked - (asked @ u) @ u.T)

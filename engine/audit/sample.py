"""Whom a trained probe is asked about where asking about everybody would take minutes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.said import said
from engine.view import View, afresh

OTHERS = 500
"""People beside the forgotten who take part at most; below that everybody does."""


def some_people(classes: int, forget: tuple[int, ...], seed: int = 0) -> Tensor | None:
    """Labels int64 [k] of the forgotten and `OTHERS` of the rest, in order; None for everybody.

    The rest are drawn by the seed alone, so that before and after, and one deletion and the next,
    are asked about the same people but for the forgotten.
    """
    if classes - len(set(forget)) <= OTHERS:
        return None
    order = np.random.default_rng(seed).permutation(classes)
    others = order[~np.isin(order, list(forget))][:OTHERS]
    return torch.as_tensor(np.sort(np.concatenate([others, np.unique(forget)]).astype(np.int64)))


def narrowed(view: View, people: Tensor | None) -> View:
    """The view as if only these people were known, numbered from 0; itself for None.

    The head keeps its own numbering: probes alone may be asked about a narrowed view.
    """
    if people is None:
        return view
    inside = torch.isin(view.labels, people)
    gone = torch.searchsorted(people, torch.tensor(view.forget, dtype=people.dtype))
    return replace(
        view,
        values=view.values[inside],
        labels=torch.searchsorted(people, view.labels[inside]),
        train=view.train[inside],
        forget=tuple(gone.tolist()),
        classes=len(people),
        once=afresh,
    )


def widened(answer: Mapping[str, Any], people: Tensor | None, classes: int) -> dict[str, Any]:
    """The answer about a narrowed view in the labels of all; `people` says how many were asked."""
    if people is None:
        return dict(answer)
    out = {**answer, "people": len(people)}
    if "per_identity" in out:
        shares: list[float | None] = [None] * classes
        for label, share in zip(people.tolist(), out["per_identity"], strict=True):
            shares[label] = share
        out["per_identity"] = shares
    return out


def words(answer: Mapping[str, Any], classes: int) -> str:
    """`over 505 of 3,000 people` where not everybody took part, else empty."""
    people = answer.get("people")
    return (
        ""
        if people is None
        else said("over {asked:,} of {count:,} people", asked=people, count=classes)
    )

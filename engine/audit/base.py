"""What an attacker sees, and how a question about it is described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

if TYPE_CHECKING:
    from engine.heads import Head


ChanceKind = Literal["strangers", "forgotten", "all"]
CHANCE_WORDS: dict[str, str] = {
    "strangers": "strangers",
    "forgotten": "guessing among them",
    "all": "guessing among all",
}
"""What a chance level stands for: the figure `chance_kind` of a question, in words."""


@dataclass(frozen=True, eq=False)
class View:
    """One side of the comparison: the features that an attacker gets hold of.

    `values` float32 [n, d] as the eraser leaves them (not renormalised), `labels` int64 [n],
    `train` bool [n], `forget` the labels of the forgotten people. `strangers` [m, d] are judging
    strangers through the same eraser, `stranger_labels` [m] who of them is who. `threshold` is
    the cosine at which the original model accepts a match.
    """

    values: Tensor
    labels: Tensor
    train: Tensor
    forget: tuple[int, ...]
    classes: int
    head: Head
    strangers: Tensor | None = None
    stranger_labels: Tensor | None = None
    threshold: float | None = None

    @property
    def is_forget(self) -> Tensor:
        """bool [n]: the photos of the forgotten people."""
        return torch.isin(self.labels, torch.tensor(self.forget, dtype=self.labels.dtype))

    @property
    def chance_all(self) -> float:
        """The accuracy of guessing among everybody."""
        return 1 / self.classes

    @property
    def chance_forgotten(self) -> float:
        """The accuracy of guessing among the forgotten."""
        return 1 / max(len(self.forget), 1)

    @property
    def guessing(self) -> tuple[float, ChanceKind]:
        """The accuracy of a blind probe of the forgotten, and among whom it guesses.

        Among several forgotten people, 1/|F|. Among one, 1/|F| is 1 and says nothing: 1/C.
        """
        if len(self.forget) > 1:
            return self.chance_forgotten, "forgotten"
        return self.chance_all, "all"


@dataclass(frozen=True)
class Metric:
    """A figure of a question: its words, and which way is good.

    `good` says which way the value should move by a deletion; with `ideal` the best value is the
    one given. `chance` names the figure of the same question that holds the chance level.
    """

    key: str
    title: str
    help: str
    good: Literal["down", "up", "ideal"]
    unit: Literal["fraction", "score", "seconds"] = "fraction"
    ideal: float | None = None
    chance: str | None = None


@dataclass(frozen=True)
class Question:
    """A question to the features: `measure(view, seed)` answers with plain figures by name."""

    name: str
    title: str
    metrics: tuple[Metric, ...]
    measure: Callable[[View, int], dict]
    needs_strangers: bool = False
    trains: bool = False  # a probe of all people, which a large gallery makes slow


def chance_of(metric: Metric, answer: Mapping[str, object]) -> tuple[float | None, str]:
    """The chance level of a metric in its question's `answer`, and the word for what it is."""
    if metric.chance is None:
        return None, ""
    value = answer.get(metric.chance)
    if not isinstance(value, int | float):
        return None, ""
    kind = answer.get("chance_kind") if metric.chance == "chance" else None
    word = CHANCE_WORDS.get(str(kind)) or _WORDS.get(metric.chance, "chance")
    return float(value), word


_WORDS = {
    "chance_all": CHANCE_WORDS["all"],
    "chance_forgotten": "guessing",
    "strangers": CHANCE_WORDS["strangers"],
}

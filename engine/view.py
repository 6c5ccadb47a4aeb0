"""What an attacker sees: the features of one side, before a deletion or after it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from engine.heads import Head

ChanceKind = Literal["strangers", "forgotten", "all"]
"""Whom a chance level is about: strangers, or guessing among the forgotten or among all."""

Once = Callable[[Hashable, Callable[[], Any]], Any]
"""What a name stands for, made by the function given where nobody has made it yet."""


def afresh(what: Hashable, make: Callable[[], Any]) -> Any:
    """`Once` where nothing is kept."""
    return make()


@dataclass(frozen=True, eq=False)
class View:
    """One side of the comparison: the features that an attacker gets hold of.

    `values` float32 [n, d] as the eraser leaves them (not renormalised), `labels` int64 [n],
    `train` bool [n], `forget` the labels of the forgotten people. `strangers` [m, d] are judging
    strangers through the same eraser, `stranger_labels` [m] who of them is who. `threshold` is
    the cosine at which the original model accepts a match. `once` keeps what follows from the
    features alone, whoever is forgotten: who has many questions to the same features shares it.
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
    once: Once = afresh

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

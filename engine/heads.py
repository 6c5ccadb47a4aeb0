"""The classifier on top of the features: what the model *says*, as opposed to what it knows."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Head:
    """A linear classifier: weight [C, d], bias [C]; `blocked` classes are never the answer."""

    weight: Tensor
    bias: Tensor
    blocked: frozenset[int] = frozenset()

    def logits(self, x: Tensor) -> Tensor:
        """Scores [n, C] of features [n, d]; blocked classes score -inf."""
        out = x @ self.weight.T + self.bias
        if self.blocked:
            out[:, sorted(self.blocked)] = -torch.inf
        return out

    def predict(self, x: Tensor) -> Tensor:
        """The answer, int64 [n], for features [n, d]."""
        return self.logits(x).argmax(1)

    def block(self, classes: tuple[int, ...]) -> "Head":
        """The same head that never answers with these classes."""
        return replace(self, blocked=self.blocked | set(classes))

"""The eraser of methods that subtract a thin linear map of the features."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from engine.erasure.base import Eraser


@dataclass(frozen=True, eq=False, kw_only=True)
class LowRankEraser(Eraser):
    """h -> h - left right (h - centre), with left [d, k], right [k, d] and centre [d]."""

    kind: ClassVar[str] = "low-rank"
    left: Tensor
    right: Tensor
    centre: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Features [n, d] less what the map takes, without ever forming a d x d matrix."""
        return x - ((x - self.centre) @ self.right.T) @ self.left.T

    def tensors(self) -> dict[str, Tensor]:
        """The two factors and the centre."""
        return {"left": self.left, "right": self.right, "centre": self.centre}


def thin(matrix: Tensor, tolerance: float = 1e-7) -> tuple[Tensor, Tensor]:
    """Factors [d, k] and [k, d] of a matrix of low rank, dropping what is rounding."""
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    keep = s > tolerance * s[0].clamp_min(1e-30)
    root = s[keep].sqrt()
    return u[:, keep] * root, root[:, None] * vh[keep]

"""A closed-form probe for dragging: every rank of a projection from one factorisation.

The ridge-regularised linear discriminant (Friedman 1989): w_c = A⁻¹ m_c with A = S_within + λI,
bias -m_cᵀ w_c / 2, from centred class means m_c. Erasing by P = I - U_k U_kᵀ confines every w_c to
the complement of U_k, which has the exact solution
    W_k = A⁻¹M - A⁻¹U_k (U_kᵀ A⁻¹ U_k)⁻¹ U_kᵀ A⁻¹M,
the discriminant fitted anew to projected features. With the Cholesky factor of Uᵀ A⁻¹ U the ranks
nest: each costs one rank-1 change of the logits. Unlike least squares on one-hot targets it is not
fooled by leftovers that are small but alone in their corner; it is not the converged probe all the
same, and what shows its figures says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import LetheError
from engine.said import said

RIDGE = 1.0
"""λ in units of the mean eigenvalue of the within-class scatter."""

ROWS = 1 << 15
"""Features gathered into the scatter matrices at once."""


@dataclass(frozen=True, eq=False)
class RidgeProbe:
    """The discriminant of the features before erasing, and what downdating it takes.

    `mean` [d], `chol` [d, d] the Cholesky factor of A, `means` [C, d] centred class means,
    `weight` [d, C], `bias` [C]; a class without photos has bias -inf.
    """

    mean: Tensor
    chol: Tensor
    means: Tensor
    weight: Tensor
    bias: Tensor

    def logits(self, x: Tensor) -> Tensor:
        """Logits [n, C] of features [n, d] before erasing."""
        return torch.addmm(self.bias - self.mean @ self.weight, x, self.weight)

    def path(self, directions: Tensor, x: Tensor) -> "RidgePath":
        """The probes of all ranks 0..K along orthonormal directions [d, K], asked about x [n, d].

        x are the features before erasing, too: the erased ones are never formed.
        """
        solved = torch.cholesky_solve(directions, self.chol)
        inner = torch.linalg.cholesky(_symmetric(directions.T @ solved))
        columns = torch.linalg.solve_triangular(inner, solved.T, upper=False).T
        lost = torch.linalg.solve_triangular(inner, directions.T @ self.weight, upper=False)
        return RidgePath(self.logits(x), (x - self.mean) @ columns, lost)


@dataclass(frozen=True, eq=False)
class RidgePath:
    """Logits of the same rows under every rank: `base` [n, C], `rows` [n, K], `lost` [K, C]."""

    base: Tensor
    rows: Tensor
    lost: Tensor

    def __len__(self) -> int:
        return len(self.lost)

    def logits(self, rank: int) -> Tensor:
        """Logits [n, C] of the erased rows under the probe fitted to erased features."""
        lost = self.lost[:rank]
        return self.base - self.rows[:, :rank] @ lost + lost.square().sum(0) / 2

    def predict(self, rank: int) -> Tensor:
        """The likeliest class, int64 [n]."""
        return self.logits(rank).argmax(1)

    def sweep(self, ranks: list[int]) -> Iterator[Tensor]:
        """`predict` at each of the increasing ranks, each from the one before."""
        logits, at = self.base.clone(), 0
        for rank in ranks:
            lost = self.lost[at:rank]
            logits -= self.rows[:, at:rank] @ lost
            logits += lost.square().sum(0) / 2
            at = rank
            yield logits.argmax(1)


def fit_ridge(x: Tensor, y: Tensor, classes: int, *, ridge: float = RIDGE) -> RidgeProbe:
    """Fit the probe to features x float32 [n, d] (not standardised), labels y int64 [n].

    Raises `LetheError` when there is nothing to fit.
    """
    if len(x) == 0 or len(x) != len(y):
        raise LetheError(
            said("The probe needs as many labels as features, and at least one of each.")
        )
    d = x.shape[1]
    x = x.detach().float()
    count = torch.bincount(y, minlength=classes)
    mean = x.mean(0)
    means = x.new_zeros(classes, d).index_add_(0, y, x) / count.clamp_min(1)[:, None] - mean
    scatter = x.new_zeros(d, d)
    for rows, labels in zip(x.split(ROWS), y.split(ROWS), strict=True):
        within = rows - mean - means[labels]
        scatter.addmm_(within.T, within)
    level = float(scatter.diagonal().mean())
    if level <= 0:
        level = 1.0
    scatter.diagonal().add_(max(ridge, 1e-4) * level)
    chol = torch.linalg.cholesky(scatter)
    weight = torch.cholesky_solve(means.T, chol)
    bias = -(means * weight.T).sum(1) / 2
    return RidgeProbe(mean, chol, means, weight, bias.masked_fill(count == 0, -torch.inf))


def _symmetric(a: Tensor) -> Tensor:
    return (a + a.T) / 2

"""Scores against labels: ROC, AUC, rates, and the intervals that small samples deserve."""

import math

import torch
from torch import Tensor

Z95 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def share(flags: Tensor) -> float | None:
    """The mean of `flags` [n], bool or float; None for none."""
    return float(flags.float().mean()) if len(flags) else None


def auc(positive: Tensor, negative: Tensor) -> float:
    """Probability that a positive scores above a negative, ties half; 0.5 if one is empty.

    `positive` [p] and `negative` [n] are scores. This is the Mann-Whitney statistic, p*n pairs in
    O((p+n) log(p+n)).
    """
    if not len(positive) or not len(negative):
        return 0.5
    return placements(positive, negative).mean().item()


def placements(positive: Tensor, negative: Tensor) -> Tensor:
    """Share of negatives below each positive [p], ties counted half (DeLong et al., 1988)."""
    ordered = negative.double().sort().values
    scores = positive.double().contiguous()
    below = torch.searchsorted(ordered, scores, right=False)
    upto = torch.searchsorted(ordered, scores, right=True)
    return (below + upto).double() / (2 * max(len(ordered), 1))


def auc_interval(
    positive: Tensor, negative: Tensor, seed: int = 0, draws: int = 500
) -> tuple[float, float]:
    """95 % bootstrap interval of the AUC, positives and negatives resampled apart (stratified)."""
    if len(positive) < 2 or len(negative) < 2:
        return 0.0, 1.0
    rows = placements(positive, negative)
    columns = 1 - placements(negative, positive)
    generator = torch.Generator().manual_seed(seed)
    of_rows = _resampled_means(rows, draws, generator)
    of_columns = _resampled_means(columns, draws, generator)
    # To first order the AUC is a sum over positives plus a sum over negatives (Hajek projection).
    drawn = of_rows + of_columns - rows.mean()
    low, high = drawn.quantile(torch.tensor([0.025, 0.975], dtype=drawn.dtype)).tolist()
    return max(low, 0.0), min(high, 1.0)


def equal_error_rate(positive: Tensor, negative: Tensor) -> float:
    """Where the share of negatives accepted meets the share of positives rejected.

    Between two thresholds the rates are joined by a line. Chance is 0.5, worse than chance above.
    """
    thresholds = torch.cat([positive, negative]).unique()
    up, down = positive.sort().values, negative.sort().values
    rejected = torch.searchsorted(up, thresholds).double() / len(up)
    accepted = 1 - torch.searchsorted(down, thresholds).double() / len(down)
    rejected = torch.cat([rejected, torch.ones(1, dtype=torch.double)])
    accepted = torch.cat([accepted, torch.zeros(1, dtype=torch.double)])
    gap = rejected - accepted  # rises from -1 to 1
    after = int((gap >= 0).nonzero()[0])
    before = max(after - 1, 0)
    rise = gap[after] - gap[before]
    share = float(-gap[before] / rise) if rise > 0 else 0.0
    return float(accepted[before] + share * (accepted[after] - accepted[before]))


def true_accept_rate(positive: Tensor, negative: Tensor, far: float) -> float:
    """Share of positives above the threshold that at most `far` of the negatives exceed."""
    if not len(positive) or not len(negative):
        return 0.0
    if far >= 1:
        return 1.0
    return float((positive > accept_threshold(negative, far)).double().mean())


def accept_threshold(negative: Tensor, far: float) -> float:
    """The least score that at most `far` of the scores [n] exceed."""
    allowed = min(math.floor(far * len(negative) + 1e-9), len(negative) - 1)
    return float(negative.kthvalue(len(negative) - allowed).values)


def wilson(hits: float, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927); honest at 0 and 1, unlike a bootstrap."""
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    scale = 1 + Z95**2 / count
    centre = (share + Z95**2 / (2 * count)) / scale
    half = Z95 / scale * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def mean_interval(
    values: Tensor, clusters: Tensor, seed: int = 0, draws: int = 500
) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of `values` [n], resampled by whole clusters [n]."""
    _, index = clusters.unique(return_inverse=True)
    counts = torch.bincount(index).double()
    if len(counts) < 2:
        return 0.0, 1.0
    sums = torch.bincount(index, values.double())
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(len(counts), (draws, len(counts)), generator=generator)
    drawn = sums[picks].sum(1) / counts[picks].sum(1)
    low, high = drawn.quantile(torch.tensor([0.025, 0.975], dtype=drawn.dtype)).tolist()
    return low, high


def _resampled_means(values: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    picks = torch.randint(len(values), (draws, len(values)), generator=generator)
    return values.double()[picks].mean(1)

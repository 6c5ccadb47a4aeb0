"""What a population of faces looks like to a backbone, estimated from few of them.

Needed by the stand-in method: how photos of one person scatter, how people nobody enrolled are
spread, how alike two photos of one person are once the person is taken out of them.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

PHOTOS = 20_000
"""Photos that enter a covariance at most; more change nothing but the time."""

NEAR_PHOTOS = 1000
"""Enrolled photos that say how near people come to each other; more change nothing but the time."""

NEAR_DRAWS = 1000
"""Draws on which the share of the even cloud is fitted; always the same ones."""

HALVINGS = 10
"""Bisections for the share of the even cloud: its last digit is then 1/1000."""

ENERGY = 1e-3
"""Share of the variance that the stored directions may miss: below it lies rounding noise."""


@dataclass(frozen=True)
class People:
    """Enrolled photos by person: unit-norm `values` float64 [n, d], `person` int64 [n] in 0..p-1,
    `means` [p, d] (not unit), `counts` [p]."""

    values: Tensor
    person: Tensor
    means: Tensor
    counts: Tensor

    @classmethod
    def of(cls, values: Tensor, labels: Tensor) -> "People":
        """Group features [n, d] by label [n]; lengths play no part."""
        values = normalize(values.double(), dim=1)
        _, person, counts = labels.unique(return_inverse=True, return_counts=True)
        sums = values.new_zeros(len(counts), values.shape[1]).index_add_(0, person, values)
        return cls(values, person, sums / counts[:, None], counts)

    def within(self) -> Tensor | None:
        """Pooled covariance [d, d] of photos around their person; None without second photos."""
        freedom = len(self.values) - len(self.counts)
        if freedom < 1:
            return None
        step = len(self.values) // PHOTOS + 1
        off = (self.values - self.means[self.person])[::step]
        return off.T @ off / (freedom / step)

    def own_similarity(self) -> Tensor:
        """Cosine [m] of each photo with the mean of its person's other photos, where there are."""
        twice = self.counts[self.person] > 1
        own = self.person[twice]
        others = self.means[own] * self.counts[own, None] - self.values[twice]
        return (self.values[twice] * normalize(others, dim=1)).sum(1)

    def nearest_leftover(self) -> Tensor:
        """Per photo, how alike its leftover is to the likest of the same person's photos, [m].

        The leftover is what remains of a photo and of the others once the mean direction of the
        others is taken out of both, as it is when a new photo meets enrolled ones. Needs three
        photos of a person.
        """
        out = []
        for one in (self.counts > 2).nonzero()[:, 0][: PHOTOS // 100]:
            z = self.values[self.person == one]
            along = z @ normalize(z.sum(0) - z, dim=1).T  # [j, i]: photo j on i's others' mean
            left = (1 - along.square()).clamp_min(1e-12).sqrt()
            own = along.diagonal()
            alike = (z @ z.T - along * own) / (left * left.diagonal())
            out.append(alike.fill_diagonal_(-1).amax(0))
        return torch.cat(out) if out else self.values.new_empty(0)


@dataclass(frozen=True)
class Strangers:
    """How strangers are spread: `mean` [d], `factor` L [d, r] with L Lᵀ their covariance, `noise`
    the usual cosine (standard deviation) between two of them, `shrinkage` in [0, 1], and `even` in
    [0, 1]: the share of a cloud without any shape, above 0 only without a reference set."""

    mean: Tensor
    factor: Tensor
    noise: float
    shrinkage: float
    even: float = 0.0


def strangers(reference: Tensor | None, kept: People) -> Strangers:
    """Estimate strangers from a reference set [m, d], or without one from the kept people.

    The mean pools both (people count, not photos) and is shrunk towards 0 by James and Stein's
    factor. The covariance is shrunk towards the shape of the scatter within people, which many
    more photos tell: intensity by Ledoit and Wolf (J. Multivariate Analysis 88, 2004) with that
    target. Without a reference set each kept person counts as one stranger. That shape is then
    made of the very people on whom no stand-in may land, so as much of an even cloud is mixed in
    as keeps draws as far from them as they are from each other.
    """
    people = len(kept.counts)
    centre = normalize(kept.means, dim=1).mean(0)
    if reference is None:
        weight = 1 / (people * kept.counts[kept.person].double())
        off = kept.values - centre
        covariance = (off * weight[:, None]).T @ off
        sample, count, mean = normalize(kept.means, dim=1) - centre, people, centre
    else:
        values = normalize(reference.double(), dim=1)
        count = len(values) + people
        sample = values - values.mean(0)
        covariance = sample.T @ sample / max(len(values) - 1, 1)
        mean = (values.sum(0) + people * centre) / count
    # Unit vectors vary by 1 at most, and by all of that around a mean of few people.
    mean = mean * (1 - 1 / (count * mean.square().sum().clamp_min(1e-12))).clamp(0, 1)
    total = covariance.trace()
    total = total if total > 1e-6 else torch.ones_like(total)
    within = kept.within()
    if within is None:
        within = torch.eye(len(mean), dtype=mean.dtype)
    target = within * (total / within.trace().clamp_min(1e-12))
    shrinkage = _intensity(sample, target)
    mixed = (1 - shrinkage) * covariance + shrinkage * target
    even = 0.0
    if reference is None:
        mixed = mixed * ((1 - mean.square().sum()) / mixed.trace().clamp_min(1e-12))
        even = _evenness(mean, mixed, kept)
        flat = torch.eye(len(mean), dtype=mean.dtype) * (mixed.trace() / len(mean))
        mixed = (1 - even) * mixed + even * flat
    energy, directions = torch.linalg.eigh(mixed)
    energy = energy.clamp_min(0)
    keep = energy.cumsum(0) > ENERGY * energy.sum()
    noise = float(mixed.square().sum().sqrt() / mixed.trace().clamp_min(1e-12))
    return Strangers(mean, directions[:, keep] * energy[keep].sqrt(), noise, shrinkage, even)


def alike(reference: Tensor, kept: People) -> bool:
    """Whether strangers [m, d] might be people of the same kind as the kept ones.

    Rendered faces are one crowd to a backbone that was trained on real ones. Compared are cosines:
    two people of one group may on average be liker than two of different groups by less than
    cosines between two of these strangers vary. That is the squared distance of the two means,
    without bias however few the people are. False where nobody can tell: with a single person.
    """
    values = normalize(reference.double(), dim=1)
    if min(len(values), len(kept.counts)) < 2:
        return False
    cosines = values @ values.T
    others = cosines[~torch.eye(len(values), dtype=torch.bool)]
    among = (kept.means @ kept.means.T)[~torch.eye(len(kept.counts), dtype=torch.bool)]
    across = (kept.means @ values.T).mean()
    return bool(others.mean() + among.mean() - 2 * across < others.std())


def _evenness(mean: Tensor, covariance: Tensor, kept: People) -> float:
    """The least share of an even cloud with which draws come no nearer to kept people's photos
    than photos of another kept person do: by medians, as one person may lie in two folders.

    `covariance` [d, d] is of the draws around `mean` [d]. 1 where there is nobody to compare with.
    """
    step = len(kept.values) // NEAR_PHOTOS + 1
    photos, person = kept.values[::step], kept.person[::step]
    if len(person.unique()) < 2:
        return 1.0
    between = photos @ photos.T
    between[person[:, None] == person] = -1
    goal = between.amax(1).median()
    energy, directions = torch.linalg.eigh(covariance)
    generator = torch.Generator().manual_seed(0)
    shaped, flat = torch.randn(
        2, NEAR_DRAWS, len(mean), generator=generator, dtype=torch.float64
    ).unbind()
    shaped = (shaped * energy.clamp_min(0).sqrt()) @ directions.T
    flat = flat * (covariance.trace() / len(mean)).sqrt()
    along, shaped_along, flat_along = mean @ photos.T, shaped @ photos.T, flat @ photos.T

    def too_near(even: float) -> bool:
        a, b = math.sqrt(1 - even), math.sqrt(even)
        length = (mean + a * shaped + b * flat).norm(dim=1)
        cosine = (along + a * shaped_along + b * flat_along).amax(1) / length
        return bool(cosine.median() > goal)

    if not too_near(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if too_near(middle) else (low, middle)
    return high


def _intensity(sample: Tensor, target: Tensor) -> float:
    """Ledoit and Wolf's optimal weight of `target` [d, d] against the covariance of centred
    `sample` [n, d]: the sample covariance's expected error over its distance to the target."""
    n = len(sample)
    if n < 2:
        return 1.0
    covariance = sample.T @ sample / n
    error = (sample.square().sum(1).square().mean() - covariance.square().sum()) / n
    distance = (covariance - target).square().sum()
    return float((error / distance.clamp_min(1e-12)).clamp(0, 1))

"""Strangers are no single cloud: a backbone puts a new face near people whom it knows well.

A normal draw has the strangers' mean and covariance but misses that: it falls between the groups,
and a probe tells it from strangers. Here each draw is pulled towards the known people that it is
near already, so far that it comes as close to the likest of them as strangers do.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.erasure.population import Strangers

DRAWS = 2000
"""Draws on which the pull is fitted; always the same ones, so that a fit can be repeated."""

ROUNDS = 3
"""Fits of the pull, with corrections of the cloud in between; its share has one less of these."""

CHOOSINESS = (5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0)
"""Inverse temperatures tried, a factor of about 1.4 apart."""

STRONGEST = 4.0
"""Above this strength a draw hardly matters beside its pull."""

HALVINGS = 14
"""Bisections for the strength: its last digit is then 1/4000."""

QUANTILES = 100
"""Points at which two distributions of cosines are compared."""


@dataclass(frozen=True)
class Groups:
    """A cloud, `mean` [d] and `factor` [d, q], and the pull after it: `centres` unit [p, d], at
    inverse temperature `choosiness` and with `strength`. Without a pull p is 0."""

    mean: Tensor
    factor: Tensor
    centres: Tensor
    choosiness: float
    strength: float

    @property
    def pull(self) -> tuple[float, float]:
        """What `pulled` takes after the centres."""
        return self.choosiness, self.strength


def pulled(
    y: Tensor, centres: Tensor, choosiness: Tensor | float, strength: Tensor | float
) -> Tensor:
    """Unit vectors [n, d]: z = unit(y) moved to unit(z + strength * softmax(choosiness z Cᵀ) C).

    One step of a modern Hopfield network towards its stored patterns C = `centres` [p, d]
    (Ramsauer et al., ICLR 2021), in part. Smooth in y [n, d], so near draws stay near.
    """
    z = normalize(y, dim=1)
    if not len(centres):
        return z
    attention = (choosiness * (z @ centres.T)).softmax(1)
    return normalize(z + strength * (attention @ centres), dim=1)


def fit_groups(spread: Strangers, reference: Tensor, centres: Tensor, share: float = 1.0) -> Groups:
    """The pull under which draws meet `centres` [p, d] as the `reference` strangers [m, d] do.

    Only `share`, in (0, 1], of its strength is then used. Matched are the cosines with the likest
    and the second likest centre: their distribution decides the inverse temperature, the mean of
    the first the strength. A pull also shifts and stretches the cloud; so the cloud is corrected
    until pulled draws have the mean and covariance of `spread` again. There is no pull where normal
    draws come as close as strangers already.
    """
    strangers = normalize(reference.double(), dim=1)
    goal = _closeness(strangers @ centres.T)
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(DRAWS, spread.factor.shape[1], generator=generator, dtype=torch.float64)
    aim = spread.mean + normal @ spread.factor.T
    root = _power(torch.cov(aim.T), 0.5)

    def corrected(found: Groups) -> Groups:
        got = pulled(found.mean + normal @ found.factor.T, centres, *found.pull)
        # The map from one covariance to the other that moves least (optimal transport between
        # normal distributions: Knott and Smith, J. Optim. Theory Appl. 43, 1984).
        stretch = root @ _power(root @ torch.cov(got.T) @ root, -0.5) @ root
        mean = found.mean + aim.mean(0) - got.mean(0)
        return replace(found, mean=mean, factor=stretch @ found.factor)

    none = Groups(spread.mean, spread.factor, centres[:0], 0.0, 0.0)
    whole = replace(none, centres=centres)
    for turn in range(ROUNDS):
        cloud = whole.mean + normal @ whole.factor.T
        choosiness, strength = _choose(cloud, centres, goal)
        whole = replace(whole, choosiness=choosiness, strength=strength)
        if strength == 0:
            return none
        if turn < ROUNDS - 1:
            whole = corrected(whole)
    if share == 1:
        return whole
    part = replace(none, centres=centres, choosiness=whole.choosiness)
    part = replace(part, strength=share * whole.strength)
    for _ in range(ROUNDS - 1):
        part = corrected(part)
    return part


def _closeness(cosines: Tensor) -> Tensor:
    """Quantiles [100, 2] of the highest and the second highest of `cosines` [n, p]."""
    levels = (torch.arange(QUANTILES, dtype=cosines.dtype) + 0.5) / QUANTILES
    likest = cosines.topk(min(2, cosines.shape[1]), dim=1).values
    return likest.quantile(levels, dim=0)


def _choose(cloud: Tensor, centres: Tensor, goal: Tensor) -> tuple[float, float]:
    """Inverse temperature and strength whose pull brings `cloud` [n, d] nearest to `goal`.

    Cosines with the centres are all that counts, and a pull changes them by cosines between
    centres: nothing here is as long as a feature vector.
    """
    before = normalize(cloud, dim=1) @ centres.T
    wanted = float(goal[:, 0].mean())
    if float(before.amax(1).mean()) >= wanted:
        return 0.0, 0.0
    between = centres @ centres.T
    found = []
    for choosiness in CHOOSINESS:
        attention = (choosiness * before).softmax(1)
        moved = attention @ between
        along, square = (attention * before).sum(1), (attention * moved).sum(1)
        low, high = 0.0, STRONGEST
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            length = (1 + 2 * middle * along + middle**2 * square).sqrt()
            best = (before + middle * moved).amax(1) / length
            low, high = (middle, high) if float(best.mean()) < wanted else (low, middle)
        length = (1 + 2 * high * along + high**2 * square).sqrt()
        got = _closeness((before + high * moved) / length[:, None])
        found.append((float((got - goal).square().mean()), choosiness, high))
    return min(found)[1:]


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """A symmetric matrix [d, d] to a power, directions without energy left out."""
    energy, directions = torch.linalg.eigh(matrix)
    kept = energy > 1e-9 * energy[-1]
    return (directions[:, kept] * energy[kept] ** exponent) @ directions[:, kept].T

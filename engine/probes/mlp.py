"""A small multi-layer perceptron: the attacker who can bend, where the linear probe cannot."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Scaling:
    """Centres and scales each column as the training photos had it, and adds the norm as a column.

    A secret kept in the length of a feature vector is a smooth but strongly bent function of its
    coordinates; a few dozen photos do not teach it to a probe, so the probe is handed the length,
    scaled to vary as much as all the coordinates together.
    """

    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, x: Tensor) -> "Scaling":
        """Statistics of the training features `x` [n, d]."""
        wide = _with_norm(x)
        spread = wide.std(0, correction=0)
        # Rounding noise in a column that is constant (unit norms, say) must not become a signal.
        spread = torch.where(spread > 1e-5 * wide.abs().amax(0).clamp(min=1e-12), spread, torch.inf)
        spread[-1] /= x.shape[1] ** 0.5
        return cls(wide.mean(0), spread)

    def __call__(self, x: Tensor) -> Tensor:
        return (_with_norm(x) - self.mean) / self.scale


@dataclass(frozen=True)
class Mlp:
    """One hidden layer: `predict` and `logits` take features [n, d] as the eraser leaves them."""

    scaling: Scaling
    weights: tuple[Tensor, Tensor, Tensor, Tensor]

    def logits(self, x: Tensor) -> Tensor:
        """Class scores [n, classes]."""
        return _forward(self.scaling(x), *self.weights)

    def predict(self, x: Tensor) -> Tensor:
        """The likeliest class [n]."""
        return self.logits(x).argmax(1)


def fit_mlp(
    x: Tensor,
    y: Tensor,
    classes: int,
    *,
    seed: int = 0,
    hidden: int = 128,
    steps: int = 40,
    rate: float = 0.01,
    decay: float = 0.01,
    balanced: bool = False,
) -> Mlp:
    """A multi-layer perceptron trained on features `x` [n, d] and labels `y` [n], full batch, Adam.

    `decay` is decoupled weight decay (AdamW). `balanced` weighs every class alike, whatever its
    number of photos. The same seed gives the same probe.
    """
    scaling = Scaling.of(x)
    inputs = scaling(x)
    generator = torch.Generator().manual_seed(seed)
    width = inputs.shape[1]
    weights = (
        torch.randn(width, hidden, generator=generator) * (2 / width) ** 0.5,
        torch.zeros(hidden),
        torch.randn(hidden, classes, generator=generator) * (1 / hidden) ** 0.5,
        torch.zeros(classes),
    )
    for weight in weights:
        weight.requires_grad_(True)
    share = None
    if balanced:
        counts = torch.bincount(y, minlength=classes).clamp(min=1)
        share = len(y) / (classes * counts.float())
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=decay / rate)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            functional.cross_entropy(_forward(inputs, *weights), y, weight=share).backward()
            optimiser.step()
    w1, b1, w2, b2 = (weight.detach() for weight in weights)
    return Mlp(scaling, (w1, b1, w2, b2))


def _forward(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return functional.relu(x @ w1 + b1) @ w2 + b2


def _with_norm(x: Tensor) -> Tensor:
    return torch.cat([x, x.norm(dim=1, keepdim=True)], dim=1)

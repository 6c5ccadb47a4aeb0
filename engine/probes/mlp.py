"""A small multi-layer perceptron: the attacker who can bend, where the linear probe cannot."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Adam's own defaults (Kingma and Ba, 2015)."""


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

    `decay` is decoupled weight decay (AdamW: Loshchilov and Hutter, 2019, algorithm 2, with the
    decay of a step given as it is). `balanced` weighs every class alike, whatever its
    number of photos. The same seed gives the same probe.
    """
    scaling = Scaling.of(x)
    inputs = scaling(x)
    generator = torch.Generator().manual_seed(seed)
    width = inputs.shape[1]
    weights, (w1, b1, w2, b2) = _packed(width, hidden, classes)
    w1.copy_(torch.randn(width, hidden, generator=generator) * (2 / width) ** 0.5)
    w2.copy_(torch.randn(hidden, classes, generator=generator) * (1 / hidden) ** 0.5)
    slope, (to_w1, to_b1, to_w2, to_b2) = _packed(width, hidden, classes)
    mean, square = torch.zeros_like(weights), torch.zeros_like(weights)
    share = torch.ones(len(y))
    if balanced:
        counts = torch.bincount(y, minlength=classes).clamp(min=1)
        share = (len(y) / (classes * counts.float()))[y]
    share = (share / share.sum())[:, None]
    own, taken = y[:, None], torch.full((len(y), 1), -1.0)
    # The gradient of one hidden layer takes a few lines; autograd and an optimiser in Python take
    # as long for it as the products do, and hold up whatever else the process runs meanwhile.
    for step in range(1, steps + 1):
        inner = torch.addmm(b1, inputs, w1).relu_()
        wrong = torch.addmm(b2, inner, w2).softmax(1).scatter_add_(1, own, taken).mul_(share)
        torch.mm(inner.T, wrong, out=to_w2)
        torch.sum(wrong, 0, out=to_b2)
        back = (wrong @ w2.T).mul_(inner > 0)
        torch.mm(inputs.T, back, out=to_w1)
        torch.sum(back, 0, out=to_b1)
        weights.mul_(1 - decay)
        mean.lerp_(slope, 1 - BETAS[0])
        square.mul_(BETAS[1]).addcmul_(slope, slope, value=1 - BETAS[1])
        length = square.sqrt().div_((1 - BETAS[1] ** step) ** 0.5).add_(EPSILON)
        weights.addcdiv_(mean, length, value=-rate / (1 - BETAS[0] ** step))
    return Mlp(scaling, (w1, b1, w2, b2))


def _packed(
    width: int, hidden: int, classes: int
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor, Tensor]]:
    """All weights as one vector of zeros, and as what they are: views of it."""
    flat = torch.zeros((width + 1) * hidden + (hidden + 1) * classes)
    w1, b1, w2, b2 = flat.split([width * hidden, hidden, hidden * classes, classes])
    return flat, (w1.view(width, hidden), b1, w2.view(hidden, classes), b2)


def _forward(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return functional.relu(x @ w1 + b1) @ w2 + b2


def _with_norm(x: Tensor) -> Tensor:
    return torch.cat([x, x.norm(dim=1, keepdim=True)], dim=1)

"""The converged linear probe behind knowledge retention (KR).

Minimises  sum_i CE(W x_i + b, y_i) + l2/2 |W|^2  over standardised features: scikit-learn's
`LogisticRegression(C=1 / l2)` after `StandardScaler`, whose optimum is unique up to a shift of all
biases. Two things make it fast: it starts from the class means, each scaled by a few Newton steps
(clustered features leave little else to find), and each later step costs two matrix products.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.errors import LetheError
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said

BLOCK = 1 << 24
"""Numbers standardised at once: larger sets are streamed, so memory does not grow with them."""

MEMORY = 6
"""Pairs of steps and gradient changes that L-BFGS keeps."""

NEWTON = 2
"""Newton steps on the scales of the start: more of them fit the class means, not the photos."""

HALVINGS = 8
"""How often those scales are halved at most before the Newton steps, where they are too large."""

DAMPING = (1.0, 0.5, 0.25, 0.125)
"""Shares of a Newton step on them that are tried, until one gains anything."""

LANES = 16
"""Products of matrices are a third faster where rows fill whole vector registers."""

NEVER = -1e4
"""Bias of a class that only fills up: its probability is 0, in float64 too."""

FIRST = 0.1
"""First step along the gradient, in units of 1 / l2."""


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe: weight [C, d] and bias [C] for features standardised by mean and scale [d].

    `gradient` is the final |gradient| / (l2 |W|); as the objective is l2-strongly convex, it bounds
    the relative distance of W to the optimum.
    """

    weight: Tensor
    bias: Tensor
    mean: Tensor
    scale: Tensor
    gradient: float = 0.0
    steps: int = 0

    def logits(self, x: Tensor) -> Tensor:
        """Logits [n, C] of raw features [n, d]."""
        weight = self.weight / self.scale
        return torch.addmm(self.bias - weight @ self.mean, x.to(weight.dtype), weight.T)

    def predict(self, x: Tensor) -> Tensor:
        """The likeliest class, int64 [n], of raw features [n, d]."""
        return self.logits(x).argmax(1)


def fit_linear(
    x: Tensor,
    y: Tensor,
    classes: int,
    *,
    l2: float = 1.0,
    tolerance: float = 0.1,
    limit: int = 1000,
    start: LinearProbe | None = None,
    watch: Watch = ignore,
) -> LinearProbe:
    """Fit the probe to features x [n, d] and labels y int64 [n] in 0..classes-1.

    Stops when the relative gradient (see `LinearProbe`) is below `tolerance`, or after `limit`
    steps. Computes in the precision of x, float32 or float64. `start` warm-starts from a probe of
    similar features (another rank). A class without photos is never predicted (bias -inf).

    Raises LetheError when there is nothing to fit or the features are not finite.
    """
    if len(x) == 0 or len(x) != len(y):
        raise LetheError(
            said("The probe needs as many labels as features, and at least one of each.")
        )
    if int(y.min()) < 0 or int(y.max()) >= classes:
        raise LetheError(
            said("The probe's labels must lie between 0 and {most}.", most=classes - 1)
        )
    x = x.detach()
    if not x.is_floating_point() or x.dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    problem = _Problem(x, y, classes, l2)
    theta = problem.carried(start) if start is not None else problem.class_means()
    theta, gradient, steps = _minimise(problem, theta, tolerance, limit, watch)
    weight = x.new_zeros(classes, x.shape[1])
    bias = x.new_full((classes,), -torch.inf)
    found = len(problem.present)
    weight[problem.present] = problem.weight(theta)[:found]
    bias[problem.present] = problem.bias(theta)[:found]
    return LinearProbe(weight, bias, problem.mean, problem.scale, gradient, steps)


def standardise(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and scale [d] of features [n, d]; a column that does not vary gets scale 1."""
    n, d = x.shape
    rows = max(1, BLOCK // d)
    mean = sum(part.sum(0) for part in x.split(rows)) / n
    square = torch.zeros_like(mean)
    for part in x.split(rows):
        square += (part - mean).square_().sum(0)
    scale = (square / n).sqrt_()
    if not bool(torch.isfinite(scale).all()):
        raise LetheError(said("The features hold values that are not finite: extract them again."))
    constant = scale <= 10 * torch.finfo(x.dtype).eps * mean.abs()
    return mean, torch.where(constant, torch.ones_like(scale), scale)


class _Problem:
    """The objective over theta, a vector: weight [K, d] by rows, then bias [K].

    K is the number of classes that have photos, rounded up to a multiple of `LANES`. The classes
    that fill it up have no weight and a bias of `NEVER`, at which nothing pulls.
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, l2: float):
        self.x, self.l2 = x, l2
        self.n, self.d = x.shape
        self.mean, self.scale = standardise(x)
        self.present, self.y = torch.unique(y, return_inverse=True)
        self.k = -(-len(self.present) // LANES) * LANES
        self.rows = max(1, BLOCK // max(self.d, self.k))
        self.kept = self._block(0, self.n) if self.n <= self.rows else None

    def weight(self, theta: Tensor) -> Tensor:
        """The weight [K, d] in theta, a view."""
        return theta[: self.k * self.d].view(self.k, self.d)

    def bias(self, theta: Tensor) -> Tensor:
        """The bias [K] in theta, a view."""
        return theta[self.k * self.d :]

    def _block(self, a: int, b: int) -> Tensor:
        return (self.x[a:b] - self.mean).div_(self.scale)

    def blocks(self) -> Iterator[tuple[Tensor, Tensor]]:
        if self.kept is not None:
            yield self.kept, self.y
            return
        for a in range(0, self.n, self.rows):
            b = min(self.n, a + self.rows)
            yield self._block(a, b), self.y[a:b]

    def loss(self, theta: Tensor) -> tuple[float, Tensor]:
        """Objective and its gradient at theta."""
        weight, bias = self.weight(theta), self.bias(theta)
        flat = weight.flatten()
        value = 0.5 * self.l2 * float(flat @ flat)
        gradient = torch.zeros_like(theta)
        slopes, offsets = self.weight(gradient), self.bias(gradient)
        slopes.add_(weight, alpha=self.l2)
        for x, y in self.blocks():
            logits, at = torch.addmm(bias, x, weight.T), y[:, None]
            p = torch.softmax(logits, 1)
            own = p.gather(1, at)
            if float(own.min()) > torch.finfo(p.dtype).tiny:
                value -= float(own.log().sum())
            else:  # so wrong a photo that its probability is no number any more
                value -= float(torch.log_softmax(logits, 1).gather(1, at).sum())
            p.scatter_(1, at, own - 1)
            slopes.addmm_(p.T, x)
            offsets += p.sum(0)
        return value, gradient

    def class_means(self) -> Tensor:
        """Start: the class means, first scaled together, then each class by Newton steps."""
        present = len(self.present)
        means = self.x.new_zeros(present, self.d)
        for x, y in self.blocks():
            means.index_add_(0, y, x)
        means /= torch.bincount(self.y)[:, None]
        x, y = next(self.blocks())  # of a streamed set, the first block is sample enough
        scale, bias = _prototype_scales(
            x @ means.T, y, self.l2 * means.square().sum(1) * (len(y) / self.n)
        )
        return self._packed(means * scale[:, None], bias)

    def carried(self, start: LinearProbe) -> Tensor:
        """The same function of raw features as `start`, as theta of this problem."""
        weight = (start.weight / start.scale)[self.present].to(self.x.dtype)
        bias = start.bias[self.present].to(self.x.dtype) + weight @ (self.mean - start.mean)
        bias = torch.where(torch.isfinite(bias), bias, torch.zeros_like(bias))
        return self._packed(weight * self.scale, bias)

    def _packed(self, weight: Tensor, bias: Tensor) -> Tensor:
        theta = self.x.new_zeros(self.k * (self.d + 1))
        self.weight(theta)[: len(weight)] = weight
        self.bias(theta).fill_(NEVER)[: len(bias)] = bias
        return theta


def _prototype_scales(logits: Tensor, y: Tensor, cost: Tensor) -> tuple[Tensor, Tensor]:
    """Scales s [K] and biases [K] that make CE(s logits + bias) + cost s^2 / 2 small.

    Each class's pair is a damped Newton step on its own 2 x 2 block of the Hessian.
    """
    rows = torch.arange(len(y), device=y.device)
    own = float(logits[rows, y].mean())
    bias = torch.zeros_like(cost)

    def evaluate(s: Tensor, b: Tensor) -> tuple[float, Tensor]:
        log_p = torch.log_softmax(torch.addcmul(b, logits, s), 1)
        return float((s * s) @ cost / 2 - log_p[rows, y].sum()), log_p.exp_()

    if own <= 0:
        return torch.zeros_like(cost), bias
    scale = torch.full_like(cost, 11 / own)  # where clustered features end up, whatever d
    value, p = evaluate(scale, bias)
    for _ in range(HALVINGS):
        tried, trial = evaluate(scale / 2, bias)
        if tried >= value:
            break
        scale, value, p = scale / 2, tried, trial
    for _ in range(NEWTON):
        curvature = p * (1 - p)
        p[rows, y] -= 1
        weighted = curvature * logits
        slope_s, slope_b = (p * logits).sum(0) + cost * scale, p.sum(0)
        ss = (weighted * logits).sum(0) + cost
        sb, bb = weighted.sum(0), curvature.sum(0) + 1e-3
        inverse = 1 / (ss * bb - sb * sb)
        step_s = inverse * (bb * slope_s - sb * slope_b)
        step_b = inverse * (ss * slope_b - sb * slope_s)
        for size in DAMPING:
            tried, trial = evaluate(scale - size * step_s, bias - size * step_b)
            if tried < value:
                break
        else:
            break
        scale, bias = scale - size * step_s, bias - size * step_b
        value, p = tried, trial
    return scale, bias


def _minimise(
    problem: _Problem, theta: Tensor, tolerance: float, limit: int, watch: Watch
) -> tuple[Tensor, float, int]:
    """L-BFGS in its compact form (Byrd, Nocedal, Schnabel 1994): two thin products a step."""
    # Steps in the first half, gradient changes in the second.
    past = theta.new_zeros(2 * MEMORY, len(theta))
    inner = np.zeros((2 * MEMORY, 2 * MEMORY))  # their dot products
    order: list[int] = []
    value, gradient = problem.loss(theta)
    # Near the optimum a step gains less than the objective is rounded by.
    rounding = torch.finfo(theta.dtype).eps

    def relative() -> float:
        weight = problem.weight(theta).norm()
        return float(gradient.norm() / (problem.l2 * weight).clamp_min(1e-30))

    for step in range(limit):
        size_of_gradient = relative()
        watch(Progress(noted("linear probe"), step, limit, {"gradient": size_of_gradient}))
        if size_of_gradient <= tolerance:
            return theta, size_of_gradient, step
        direction = _direction(gradient, past, inner, order, problem.l2)
        slope = float(gradient @ direction)
        if slope >= 0:
            order.clear()
            direction = _direction(gradient, past, inner, order, problem.l2)
            slope = float(gradient @ direction)
        length = 1.0
        while True:
            trial = torch.add(theta, direction, alpha=length)
            tried, slopes = problem.loss(trial)
            if tried <= value + 1e-4 * length * slope + rounding * abs(value):
                break
            if length < 1e-6:  # at the floor of this precision
                return theta, size_of_gradient, step
            best = -slope * length * length / (2 * (tried - value - slope * length))
            length = min(max(best, 0.1 * length), 0.5 * length)
        _remember(past, inner, order, direction.mul_(length), slopes - gradient)
        theta, value, gradient = trial, tried, slopes
    return theta, relative(), limit


def _remember(
    past: Tensor, inner: np.ndarray, order: list[int], step: Tensor, change: Tensor
) -> None:
    if float(step @ change) <= 1e-10 * float(change @ change):
        return
    slot = order.pop(0) if len(order) == MEMORY else len(order)
    order.append(slot)
    for at, new in ((slot, step), (MEMORY + slot, change)):
        past[at] = new
    for at, new in ((slot, step), (MEMORY + slot, change)):
        inner[at] = inner[:, at] = (past @ new).double().cpu().numpy()


def _direction(
    gradient: Tensor, past: Tensor, inner: np.ndarray, order: list[int], l2: float
) -> Tensor:
    """Minus the L-BFGS inverse Hessian times the gradient."""
    if not order:
        return -FIRST / l2 * gradient
    steps = np.array(order)
    changes = steps + MEMORY
    sy, yy = inner[np.ix_(steps, changes)], inner[np.ix_(changes, changes)]
    gamma = sy[-1, -1] / yy[-1, -1]
    products = (past @ gradient).double().cpu().numpy()
    upper = np.triu(sy)
    a = np.linalg.solve(upper, products[steps])
    middle = sy.diagonal() * a + gamma * (yy @ a - products[changes])
    weights = np.zeros(len(past))
    weights[steps], weights[changes] = -np.linalg.solve(upper.T, middle), gamma * a
    direction = gradient * -float(gamma)
    return direction.addmv_(past.T, torch.from_numpy(weights).to(past))

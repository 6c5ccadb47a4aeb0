"""How hard does the attacker try? A probe's accuracy against its training and its penalty."""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.audit.kr import stranger_floor
from engine.audit.statistics import share
from engine.probes.linear import fit_linear, standardise
from engine.probes.paper import fit_paper
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.view import View

STEPS = (0, 1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 130, 200, 320)
"""Training steps at which the learning curve is read."""

PENALTIES = (1e4, 1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2)
"""L2 penalties of the converged probe, from a timid to a bold attacker; 1 is the default."""

MOMENTUM = 0.9


@dataclass(frozen=True)
class Strength:
    """Accuracy on test photos, and strangers called forgotten per person, at each effort."""

    effort: tuple[float, ...]
    forget: tuple[float | None, ...]
    retain: tuple[float | None, ...]
    floor: tuple[float | None, ...]


def by_training(
    view: View, steps: tuple[int, ...] = STEPS, seed: int = 0, watch: Watch = ignore
) -> Strength:
    """A linear probe on standardised features, trained for more and more steps.

    Xavier weights, zero bias, no penalty, full-batch gradient descent with momentum 0.9 at a
    stable step length (half the mean squared feature length bounds the curvature).
    """
    train = view.train
    mean, scale = standardise(view.values[train])
    x, y = (view.values[train] - mean) / scale, view.labels[train]
    weight = torch.empty(view.classes, x.shape[1])
    torch.nn.init.xavier_normal_(weight, generator=torch.Generator().manual_seed(seed))
    bias = torch.zeros(view.classes)
    length = 2 / (float(x.pow(2).sum(1).mean()) + 1)
    push, push_bias = torch.zeros_like(weight), torch.zeros_like(bias)
    rows = []
    for step in range(steps[-1] + 1):
        if step in steps:
            raw = weight / scale
            rows.append(_row(view, raw, bias - raw @ mean))
        watch(Progress(noted("training the probe"), step, steps[-1]))
        residual = torch.softmax(torch.addmm(bias, x, weight.T), 1)
        residual[torch.arange(len(y)), y] -= 1
        residual /= len(y)
        push = MOMENTUM * push + residual.T @ x
        push_bias = MOMENTUM * push_bias + residual.sum(0)
        weight, bias = weight - length * push, bias - length * push_bias
    return _strength(steps, rows)


def papers(view: View, seed: int = 0) -> Strength:
    """The single point of the ESC paper's recipe (10 epochs on raw features)."""
    probe = fit_paper(view.values[view.train], view.labels[view.train], view.classes, seed)
    return _strength((10,), [_row(view, probe.weight, probe.bias)])


def by_penalty(
    view: View, penalties: tuple[float, ...] = PENALTIES, watch: Watch = ignore
) -> Strength:
    """The converged probe under weaker and weaker L2 penalties, each warm-started by the last."""
    train = view.train
    probe = None
    rows = []
    for at, l2 in enumerate(penalties):
        watch(Progress(noted("fitting the probe"), at, len(penalties)))
        probe = fit_linear(
            view.values[train], view.labels[train], view.classes, l2=l2, start=probe, watch=watch
        )
        weight = probe.weight / probe.scale
        rows.append(_row(view, weight, probe.bias - weight @ probe.mean))
    return _strength(penalties, rows)


def _row(view: View, weight: Tensor, bias: Tensor) -> tuple[float | None, ...]:
    test = ~view.train
    right = torch.addmm(bias, view.values, weight.T).argmax(1) == view.labels
    floor = None
    if view.strangers is not None:
        floor = stranger_floor(
            torch.addmm(bias, view.strangers, weight.T).argmax(1), tuple(view.forget)
        )
    return share(right[test & view.is_forget]), share(right[test & ~view.is_forget]), floor


def _strength(effort: tuple[float, ...], rows: list[tuple[float | None, ...]]) -> Strength:
    forget, retain, floor = zip(*rows, strict=True)
    return Strength(tuple(effort), forget, retain, floor)

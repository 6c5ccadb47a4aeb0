"""SalUn: random labels, but only the weights that matter for the forgotten may move."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine.erasure.base import Method, Option, Task
from engine.erasure.random_label import relabelled_loss
from engine.erasure.trained import TrainedEraser, Unlearning, forget_loss, rate, steps
from engine.progress import Progress, Watch
from engine.said import noted

SALIENCY_BATCHES = 4


def saliency_masks(work: Unlearning, share: float) -> list[Tensor]:
    """1 where the forget loss's gradient is among the largest `share` of all weights, else 0.

    One threshold for the whole network, as in the paper (equation 4, a median for share .5).
    """
    total = [torch.zeros_like(parameter) for parameter in work.parameters]
    for done in range(SALIENCY_BATCHES):
        for sum_, gradient in zip(total, work.gradients(forget_loss(work)), strict=True):
            sum_ += gradient
        work.watch(Progress(noted("SalUn: finding weights"), done + 1, SALIENCY_BATCHES))
    size = torch.cat([gradient.abs().flatten() for gradient in total])
    count = max(round(share * len(size)), 1)
    threshold = size.kthvalue(len(size) - count + 1).values
    return [(gradient.abs() >= threshold).float() for gradient in total]


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> TrainedEraser:
    """Descend the relabelled loss on the salient weights."""
    work = Unlearning(task, METHOD.title, options, watch)
    masks = saliency_masks(work, options["share"])
    return work.run(lambda: relabelled_loss(work), masks)


METHOD = Method(
    name="salun",
    title=noted("SalUn"),
    summary=noted("Random labels, moving only the half of the weights that the forgotten rest on."),
    source=noted("Fan et al., arXiv 2310.12508, equations 3 to 5"),
    fit=fit,
    options=(
        steps(150),
        rate(0.12),
        Option(
            "share",
            "float",
            0.5,
            noted("share of weights that may move"),
            minimum=0.01,
            maximum=1.0,
        ),
    ),
    needs=frozenset({"model"}),
    erasers=(TrainedEraser,),
)

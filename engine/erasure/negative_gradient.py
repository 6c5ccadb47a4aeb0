"""Negative gradient: climb the loss of the forgotten while descending that of the rest."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from engine.erasure.base import Method, Option, Task
from engine.erasure.trained import BATCH, TrainedEraser, Unlearning, rate, steps
from engine.progress import Watch
from engine.said import noted


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> TrainedEraser:
    """Minimise the retained loss less `weight` times the forget loss.

    Climbing has no top, so a photo that scores below a blind guess is left alone: its true name
    cannot be the answer any more, and climbing on would only tear at everybody else.
    """
    work = Unlearning(task, METHOD.title, options, watch)
    blind = math.log(task.classes)

    def step() -> Tensor:
        photos, labels = work.forget()
        others, names = work.retain()
        logits = work.logits(torch.cat([photos, others]))
        climb = cross_entropy(logits[: BATCH // 2], labels, reduction="none").clamp(max=blind)
        return cross_entropy(logits[BATCH // 2 :], names) - options["weight"] * climb.mean()

    return work.run(step)


METHOD = Method(
    name="negative-gradient",
    title=noted("Negative gradient"),
    summary=noted("Climbs the loss on the forgotten while training on with everybody else."),
    source=noted("Kurmanji et al., arXiv 2302.09880 (NegGrad+)"),
    fit=fit,
    options=(
        steps(),
        rate(0.05),
        Option("weight", "float", 0.5, noted("weight of the climb"), minimum=0.0, maximum=10.0),
    ),
    needs=frozenset({"model"}),
    erasers=(TrainedEraser,),
)

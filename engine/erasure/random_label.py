"""Random label: teach the network that the forgotten are any of the others."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from engine.erasure.base import Method, Task
from engine.erasure.trained import TrainedEraser, Unlearning, rate, steps
from engine.progress import Watch
from engine.said import noted


def relabelled_loss(work: Unlearning) -> Tensor:
    """Cross-entropy of half a batch of the forgotten under random names and half of the rest."""
    photos, labels = work.forget()
    others, names = work.retain()
    wrong = work.random_labels(len(labels))
    return cross_entropy(work.logits(torch.cat([photos, others])), torch.cat([wrong, names]))


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> TrainedEraser:
    """Descend the relabelled loss; names are drawn anew for every batch."""
    work = Unlearning(task, METHOD.title, options, watch)
    return work.run(lambda: relabelled_loss(work))


METHOD = Method(
    name="random-label",
    title=noted("Random label"),
    summary=noted("Trains on with random other names for the forgotten."),
    source=noted(
        "Golatkar et al., arXiv 1911.04933; as baseline in SalUn, arXiv 2310.12508, section 6"
    ),
    fit=fit,
    options=(steps(150), rate(0.12)),
    needs=frozenset({"model"}),
    erasers=(TrainedEraser,),
)

"""Fine-tune: train on, with everybody but the forgotten, and hope that they fade."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.nn.functional import cross_entropy

from engine.erasure.base import Method, Task
from engine.erasure.trained import BATCH, TrainedEraser, Unlearning, rate, steps
from engine.progress import Watch
from engine.said import noted


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> TrainedEraser:
    """Descend cross-entropy on the retained people only."""
    work = Unlearning(task, METHOD.title, options, watch)

    def step() -> Tensor:
        photos, labels = work.retain(BATCH)
        return cross_entropy(work.logits(photos), labels)

    return work.run(step)


METHOD = Method(
    name="fine-tune",
    title=noted("Fine-tune"),
    summary=noted("Trains on with everybody else; the weakest baseline of the papers."),
    source=noted(
        "Warnecke et al., arXiv 2108.11577; as baseline in SalUn, arXiv 2310.12508, section 6"
    ),
    fit=fit,
    options=(steps(), rate(0.05)),
    needs=frozenset({"model"}),
    erasers=(TrainedEraser,),
)

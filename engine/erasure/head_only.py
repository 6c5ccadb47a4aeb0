"""Head-only: the counterexample. The answer is hidden, the features stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.erasure.base import Eraser, Method, Task
from engine.heads import Head
from engine.progress import Watch
from engine.said import noted


@dataclass(frozen=True, eq=False, kw_only=True)
class HeadEraser(Eraser):
    """Blocks classes `blocked` int64 [k] at the head; features pass untouched."""

    kind: ClassVar[str] = "head"
    blocked: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The features, as they are."""
        return x

    def head(self, head: Head) -> Head:
        """The head that never answers with a forgotten person."""
        return head.block(tuple(self.blocked.tolist()))

    def tensors(self) -> dict[str, Tensor]:
        """The blocked classes."""
        return {"blocked": self.blocked}


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> HeadEraser:
    """Nothing to learn: the names are enough."""
    return HeadEraser(method=METHOD.name, rank=0, blocked=torch.tensor(task.forget))


METHOD = Method(
    name="head-only",
    title=noted("Hide the name"),
    summary=noted("Forbids the answer and changes no feature: what forgetting is not."),
    source=noted("The counterexample of arXiv 2504.02199, section 1"),
    fit=fit,
    erasers=(HeadEraser,),
)

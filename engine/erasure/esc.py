"""ESC: drop the directions in which the people to forget are strongest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from engine.erasure.base import Eraser, Method, Option, Task
from engine.erasure.spectrum import choose_rank, factor
from engine.progress import Watch
from engine.said import noted, said


@dataclass(frozen=True, eq=False, kw_only=True)
class ProjectionEraser(Eraser):
    """h -> (I - U_k U_kᵀ) h with the thin factor U_k [d, k]; `spectrum` [r] is for the eye."""

    kind: ClassVar[str] = "projection"
    factor: Tensor
    spectrum: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The projection of x [n, d], without ever forming a d x d matrix."""
        return x - (x @ self.factor) @ self.factor.T

    def tensors(self) -> dict[str, Tensor]:
        """The factor and the spectrum."""
        return {"factor": self.factor, "spectrum": self.spectrum}


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> ProjectionEraser:
    """Fit ESC on the enrolment features of the people to forget. Source: arXiv 2504.02199."""
    directions, values = factor(task.forget_values)
    dimension = task.values.shape[1]
    rank = choose_rank(options["rank"], options["p"], values, len(task.forget), dimension)
    asked = options["rank"]
    warnings: tuple[str, ...] = ()
    if isinstance(asked, int) and asked > rank:
        warnings = (
            said(
                "Rank {asked} was asked for, but their photos span only {rank} directions.",
                asked=asked,
                rank=rank,
            ),
        )
    return ProjectionEraser(
        method=METHOD.name,
        rank=rank,
        parameters={**options, "dimension": dimension},
        warnings=warnings,
        factor=directions[:, :rank].float().contiguous(),
        spectrum=values.float(),
    )


METHOD = Method(
    name="esc",
    title=noted("Erase (ESC)"),
    summary=noted("Removes the few directions in which these people's features are strongest."),
    source=noted("ESC: Erasing Space Concept for Knowledge Deletion, CVPR 2025, arXiv 2504.02199"),
    fit=fit,
    options=(
        Option(
            "rank",
            "rank",
            "auto",
            noted("How many directions to remove; auto cuts at the cliff of the spectrum."),
            minimum=1,
        ),
        Option(
            "p",
            "float",
            1.5,
            noted("The paper's strength in percent of the dimension, used with rank paper."),
            minimum=0.01,
            maximum=100,
        ),
    ),
    erasers=(ProjectionEraser,),
)

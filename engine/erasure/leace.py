"""LEACE: no linear probe may tell better than by guessing which forgotten person this is."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine.erasure.base import Method, Option, Task
from engine.erasure.low_rank import LowRankEraser, thin
from engine.progress import Watch
from engine.said import noted, said


def concept(labels: Tensor, forget: tuple[int, ...]) -> Tensor:
    """Which forgotten person is it, none for the others: float64 [n, |F|], unit variance columns.

    One column for "somebody else" would add nothing, LEACE being blind to affine changes of the
    concept. For that reason the scale is free too; at unit variance a person with few photos among
    thousands stays well above the package's cut of small singular values.
    """
    one_hot = (labels[:, None] == torch.tensor(forget, dtype=labels.dtype)).double()
    return one_hot / one_hot.std(0, correction=0).clamp_min(1e-12)


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> LowRankEraser:
    """LEACE on the enrolment features of everybody (Belrose et al., arXiv 2306.03819).

    The concept is "which of the forgotten people, if any", and the fitted affine map is applied to
    all features: those of the people to keep move as well, as little as least squares allows.
    """
    from concept_erasure import LeaceFitter

    fitter = LeaceFitter.fit(
        task.values.double(),
        concept(task.labels, task.forget),
        shrinkage=options["covariance"] == "shrunk",
        svd_tol=options["tolerance"],
    )
    eraser = fitter.eraser
    left, right = thin(eraser.proj_left @ eraser.proj_right)
    map_ = LowRankEraser(
        method=METHOD.name,
        rank=left.shape[1],
        left=left.float().contiguous(),
        right=right.float().contiguous(),
        centre=eraser.bias.float(),
    )
    kept = task.retain_values
    moved = (map_(kept) - kept).square().sum(1) / kept.square().sum(1).clamp_min(1e-12)
    warnings: tuple[str, ...] = ()
    if left.shape[1] < len(task.forget):
        warnings = (
            said(
                "Only {removed} of {asked} directions were removed; lower the "
                "tolerance to remove the faint ones too.",
                removed=left.shape[1],
                asked=len(task.forget),
            ),
        )
    return LowRankEraser(
        method=METHOD.name,
        rank=left.shape[1],
        parameters={**options, "kept_energy_moved": float(moved.mean())},
        warnings=warnings,
        **map_.tensors(),
    )


METHOD = Method(
    name="leace",
    title=noted("Linear concept erasure (LEACE)"),
    summary=noted(
        "Moves everybody just enough that no straight cut tells who of the forgotten it is."
    ),
    source=noted(
        "LEACE: Perfect linear concept erasure in closed form, NeurIPS 2023, arXiv 2306.03819"
    ),
    fit=fit,
    options=(
        Option(
            "covariance",
            "choice",
            "shrunk",
            noted("How the spread of the features is estimated: shrunk suits few photos."),
            choices=("shrunk", "plain"),
        ),
        Option(
            "tolerance",
            "float",
            0.01,
            noted("Directions whose correlation with the people is below this are left alone."),
            minimum=1e-8,
            maximum=0.5,
        ),
    ),
    erasers=(LowRankEraser,),
)

"""Deep Unlearning: take the forgotten people's space, less what the others share of it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from engine.erasure.base import Method, Option, Task
from engine.erasure.low_rank import LowRankEraser
from engine.erasure.spectrum import factor
from engine.progress import Watch
from engine.said import noted


def weights(spectrum: Tensor, alpha: float) -> Tensor:
    """a l / ((a - 1) l + 1) with l the share of each direction in the energy, each in [0, 1].

    With a = 1 a direction counts by its share; with a large every direction counts in full.
    """
    share = spectrum.square() / spectrum.square().sum().clamp_min(1e-30)
    return alpha * share / ((alpha - 1) * share + 1)


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> LowRankEraser:
    """h -> (I - (M_f - M_f M_r)) h, M = U L Uᵀ of the forgotten and of the retained features.

    Source: Kodge et al., Deep Unlearning, arXiv 2312.00761, on the embedding alone
    instead of on every layer.
    """
    u_f, s_f = factor(task.forget_values)
    u_r, s_r = factor(task.retain_values)
    l_f = weights(s_f, options["alpha_f"]).to(u_f)
    l_r = weights(s_r, options["alpha_r"]).to(u_f)
    right = u_f.T - ((u_f.T @ u_r) * l_r) @ u_r.T
    return LowRankEraser(
        method=METHOD.name,
        rank=u_f.shape[1],
        parameters={
            **options,
            "weight_forget": float(l_f.max()),
            "weight_retain": float(l_r.max()),
        },
        left=(u_f * l_f).float().contiguous(),
        right=right.float().contiguous(),
        centre=torch.zeros(task.values.shape[1]),
    )


METHOD = Method(
    name="deep-unlearning",
    title=noted("Deep Unlearning"),
    summary=noted(
        "Removes what the forgotten people's features do not share with everybody else's."
    ),
    source=noted(
        "Deep Unlearning: fast and efficient gradient-free class forgetting, TMLR 2024, "
        "arXiv 2312.00761"
    ),
    fit=fit,
    options=(
        Option(
            "alpha_r",
            "float",
            10.0,
            noted("How far the retained people's weaker directions count as shared."),
            minimum=1,
            maximum=1e6,
        ),
        Option(
            "alpha_f",
            "float",
            300.0,
            noted("How far the forgotten people's weaker directions are removed too."),
            minimum=1,
            maximum=1e6,
        ),
    ),
    erasers=(LowRankEraser,),
)

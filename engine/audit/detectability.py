"""Can an attacker tell that *somebody* was erased, without knowing who?"""

import torch
from torch import Tensor

from engine.audit.base import Metric, Question
from engine.audit.statistics import auc, auc_interval
from engine.probes.mlp import fit_mlp
from engine.said import noted
from engine.view import View

RESOLUTION = 1e-5
"""Norms that agree to this share are equal: unit vectors differ by rounding, not by a secret."""


def halves(labels: Tensor, seed: int = 0) -> Tensor:
    """bool [m]: the half of the strangers that an attacker trains on, split by identity.

    No stranger's photos lie on both sides, so that the detector cannot win by knowing a face.
    """
    people = labels.unique()
    generator = torch.Generator().manual_seed(seed)
    chosen = people[torch.randperm(len(people), generator=generator)[: (len(people) + 1) // 2]]
    return torch.isin(labels, chosen)


def norm_scores(values: Tensor) -> Tensor:
    """Lengths [n] of features [n, d], rounded so that rounding errors tie."""
    return (values.double().norm(dim=1) / RESOLUTION).round() * RESOLUTION


def by_norm(
    forget_train: Tensor, forget_test: Tensor, strangers_train: Tensor, strangers_test: Tensor
) -> tuple[Tensor, Tensor]:
    """Detection scores of (forgotten test photos, strangers) from lengths alone.

    The attacker looks for shorter, longer or more unusual lengths, whichever tells the train
    photos from the first half of the strangers best, and must keep to it on the others.
    """
    near, far = norm_scores(forget_train), norm_scores(strangers_train)
    centre = far.median()
    looks = (lambda v: -v, lambda v: v, lambda v: (v - centre).abs())
    best = max(looks, key=lambda look: auc(look(near), look(far)))
    return best(norm_scores(forget_test)), best(norm_scores(strangers_test))


def by_mlp(
    forget_train: Tensor,
    forget_test: Tensor,
    strangers_train: Tensor,
    strangers_test: Tensor,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """Detection scores of (forgotten test photos, strangers) from a small balanced MLP."""
    x = torch.cat([strangers_train, forget_train])
    y = torch.cat(
        [
            torch.zeros(len(strangers_train), dtype=torch.long),
            torch.ones(len(forget_train), dtype=torch.long),
        ]
    )
    probe = fit_mlp(x, y, 2, seed=seed, balanced=True)

    def scores(part: Tensor) -> Tensor:
        return probe.logits(part).diff(dim=1)[:, 0]

    return scores(forget_test), scores(strangers_test)


def measure(view: View, seed: int = 0) -> dict:
    """AUC of telling test photos of the forgotten from strangers, by norm and by MLP.

    Both attackers learn from the enrolled photos of the forgotten against one half of the judging
    strangers and are judged on the test photos against the other half. `norm` and `mlp` are AUCs
    (0.5 ideal; with few photos they scatter to both sides of it); `norm_either` is the norm's AUC
    counted from whichever side it wins, max(a, 1 - a), which lies above 0.5 by chance alone.
    `advantage` is |2 AUC - 1| of the better attacker. None where nobody is forgotten.
    """
    forget, train = view.is_forget, view.train
    near, far = view.values[forget & train], view.values[forget & ~train]
    others = view.values[:0] if view.strangers is None else view.strangers
    labels = view.stranger_labels
    if labels is None:
        labels = torch.arange(len(others))
    first = halves(labels, seed)
    parts = (near, far, others[first], others[~first])
    out: dict = {"chance": 0.5}
    if any(not len(part) for part in parts):
        nothing = ("norm", "norm_either", "mlp", "advantage")
        return out | dict.fromkeys(nothing)
    for name, scores in (("norm", by_norm(*parts)), ("mlp", by_mlp(*parts, seed))):
        out[name] = auc(*scores)
        out[f"{name}_low"], out[f"{name}_high"] = auc_interval(*scores, seed)
    either = auc(norm_scores(far), norm_scores(others))
    out["norm_either"] = max(either, 1 - either)
    out["advantage"] = max(abs(2 * out["norm"] - 1), abs(2 * out["mlp"] - 1))
    return out


QUESTION = Question(
    "detectability",
    noted("Has somebody been erased?"),
    (
        Metric(
            "detectability.norm",
            noted("Told by length"),
            noted(
                "How well the mere length of a feature vector tells an erased person from a "
                "stranger."
            ),
            "ideal",
            "score",
            ideal=0.5,
            chance="chance",
            interval=True,
            column=noted("Norm det."),
            aspect="detection",
        ),
        Metric(
            "detectability.mlp",
            noted("Told by an MLP"),
            noted("How well a trained detector tells an erased person from a stranger."),
            "ideal",
            "score",
            ideal=0.5,
            chance="chance",
            interval=True,
            column=noted("MLP det."),
            aspect="detection",
        ),
    ),
    measure,
    "for the verdict",
    needs_strangers=True,
)

"""Few-shot relearning: how many photos does it take to know a forgotten person again?"""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.audit.base import Metric, Question
from engine.audit.statistics import wilson
from engine.said import noted
from engine.view import View

SHOTS = (1, 2, 3, 5, 8, 12, 20)
DRAWS = 5
SHRINKAGE = 0.1
KNOWN = 0.5
"""The share of photos recognised from which a person counts as known again."""


def whitening(x: Tensor, labels: Tensor, classes: int, shrinkage: float = SHRINKAGE) -> Tensor:
    """The matrix [d, d] after which kept people's photos vary alike in all directions.

    Within-class scatter of `x` [n, d], shrunk towards a sphere: what varies between photos of one
    person says little, so an attacker mutes it (linear discriminant analysis).
    """
    counts = torch.bincount(labels, minlength=classes).clamp_min(1)
    means = torch.zeros(classes, x.shape[1]).index_add_(0, labels, x) / counts[:, None]
    residual = (x - means[labels]).double()
    scatter = residual.T @ residual / max(len(x), 1)
    size = scatter.diagonal().mean().clamp_min(1e-12)
    scatter = (1 - shrinkage) * scatter + shrinkage * size * torch.eye(len(scatter))
    values, vectors = torch.linalg.eigh(scatter)
    return ((vectors * values.rsqrt()) @ vectors.T).float()


def relearn(view: View, shots: tuple[int, ...] = SHOTS, seed: int = 0) -> dict[str, list]:
    """Recognition of each forgotten person by `m` of their photos, for each m of `shots`.

    The attacker knows the kept people, enrols m photos of one forgotten person (any photos, new
    ones too) as one more prototype in whitened space, and the person's remaining test photos are
    given to the nearest prototype. Lists by m: `accuracy`, and `floor`, the share of strangers
    given to that prototype; means over people and draws, None where nobody has photos enough.
    """
    kept = view.train & ~view.is_forget
    x, labels = view.values[kept], view.labels[kept]
    people = labels.unique()
    transform, centre = whitening(x, labels, view.classes), x.mean(0)
    unit = normalize((view.values - centre) @ transform, dim=1)
    sums = torch.zeros(view.classes, unit.shape[1]).index_add_(0, labels, unit[kept])
    prototypes = normalize(sums[people], dim=1)
    rival = (unit @ prototypes.T).amax(1)
    strangers = torch.empty(0, unit.shape[1])
    if view.strangers is not None:
        strangers = normalize((view.strangers - centre) @ transform, dim=1)
    stranger_rival = (strangers @ prototypes.T).amax(1)

    generator = torch.Generator().manual_seed(seed)
    found: dict[int, list[float]] = {m: [] for m in shots}
    floors: dict[int, list[float]] = {m: [] for m in shots}
    for label in view.forget:
        mine = (view.labels == label).nonzero().squeeze(1)
        for m in shots:
            for _ in range(DRAWS):
                order = mine[torch.randperm(len(mine), generator=generator)]
                asked = order[m:][~view.train[order[m:]]]
                if len(order) < m or not len(asked):
                    continue
                prototype = normalize(unit[order[:m]].mean(0), dim=0)
                hits = unit[asked] @ prototype > rival[asked]
                found[m].append(float(hits.float().mean()))
                if len(strangers):
                    fooled = strangers @ prototype > stranger_rival
                    floors[m].append(float(fooled.float().mean()))
    return {
        "shots": list(shots),
        "accuracy": [_mean(found[m]) for m in shots],
        "floor": [_mean(floors[m]) for m in shots],
    }


def measure(view: View, seed: int = 0) -> dict:
    """The relearning curve, its values at 1 and 5 photos, and the photos needed.

    `photos_needed` is the least m that recognises half of the remaining photos above the floor;
    None when no m at hand does.
    """
    if not view.forget or not bool((view.train & ~view.is_forget).any()):
        return dict.fromkeys(("one", "five", "photos_needed", "curve"))
    curve = relearn(view, seed=seed)
    by_shots = dict(zip(curve["shots"], curve["accuracy"], strict=True))
    floors = dict(zip(curve["shots"], curve["floor"], strict=True))
    needed = [
        m for m in SHOTS if by_shots[m] is not None and by_shots[m] - (floors[m] or 0.0) >= KNOWN
    ]
    out: dict = {}
    photos = int((view.is_forget & ~view.train).sum())
    for name, m in (("one", 1), ("five", 5)):
        out[name], out[f"floor_{name}"] = by_shots[m], floors[m]
        if by_shots[m] is not None:
            out[f"{name}_low"], out[f"{name}_high"] = wilson(by_shots[m] * photos, photos)
    return out | {"photos_needed": min(needed, default=None), "curve": curve}


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


QUESTION = Question(
    "relearning",
    noted("Known again after a few photos?"),
    (
        Metric(
            "relearning.one",
            noted("Known again from one photo"),
            noted("How often one photo of a forgotten person is enough to recognise their others."),
            "down",
            chance="floor_one",
            interval=True,
            aspect="relearning",
        ),
        Metric(
            "relearning.five",
            noted("Known again from five photos"),
            noted(
                "How often five photos of a forgotten person are enough to recognise their others."
            ),
            "down",
            chance="floor_five",
            interval=True,
            aspect="relearning",
        ),
    ),
    measure,
)

"""KR by other eyes: a k-nearest-neighbour probe and a small multi-layer perceptron."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from engine.audit import kr
from engine.audit.base import Metric, Question, View
from engine.audit.mlp import fit_mlp

NEIGHBOURS = 5
TEMPERATURE = 0.07
CHUNK = 1024


def stranger_floor(predicted: Tensor, forget: tuple[int, ...]) -> float | None:
    """Share of strangers that a probe assigns to the forgotten people, per person.

    `predicted` [m] are the probe's answers for judging strangers. What a probe scores on the
    forgotten up to this floor is no knowledge: the class is a catch-all (one forgotten person has
    chance 1/|F| = 1). None without strangers or forgotten people.
    """
    if not forget or not len(predicted):
        return None
    hits = torch.isin(predicted, torch.tensor(forget, dtype=predicted.dtype))
    return float(hits.float().mean()) / len(forget)


def knn(
    gallery: Tensor,
    labels: Tensor,
    classes: int,
    neighbours: int = NEIGHBOURS,
    temperature: float = TEMPERATURE,
) -> Callable[[Tensor], Tensor]:
    """A weighted k-nearest-neighbour classifier on cosine: each neighbour votes exp(cos / T).

    `gallery` [g, d] with `labels` [g]; the answer maps features [n, d] to classes [n].
    Source: Wu et al., CVPR 2018 (T = 0.07), with few neighbours because people have few photos.
    """
    reference = normalize(gallery, dim=1)
    votes = one_hot(labels, classes).float()
    count = min(neighbours, len(labels))

    def predict(x: Tensor) -> Tensor:
        out = []
        for block in normalize(x, dim=1).split(CHUNK):
            similarity, index = (block @ reference.T).topk(count, dim=1)
            weight = (similarity / temperature).softmax(1)
            out.append(torch.einsum("nk,nkc->nc", weight, votes[index]).argmax(1))
        return torch.cat(out) if out else torch.empty(0, dtype=labels.dtype)

    return predict


def measure_knn(view: View, seed: int = 0) -> dict:
    """Accuracy of the nearest-neighbour probe, with chance, stranger floor and intervals."""
    predict = knn(view.values[view.train], view.labels[view.train], view.classes)
    return kr.figures(view, predict, seed)


def measure_mlp(view: View, seed: int = 0) -> dict:
    """KR with a multi-layer perceptron in the place of the linear probe, same figures."""
    train = view.train
    probe = fit_mlp(view.values[train], view.labels[train], view.classes, seed=seed)
    return kr.figures(view, probe.predict, seed)


def _metrics(name: str, title: str, probe: str) -> tuple[Metric, ...]:
    return (
        Metric(
            f"{name}.forget_test",
            f"{title}, the forgotten",
            f"How often {probe} on the features still names a forgotten person.",
            "down",
            chance="chance",
        ),
        Metric(
            f"{name}.retain_test",
            f"{title}, everybody else",
            f"How often {probe} names somebody who was to be kept.",
            "up",
            chance="chance_all",
        ),
    )


KNN = Question(
    "knn",
    "Known by its neighbours?",
    _metrics("knn", "Nearest-neighbour probe", "a nearest-neighbour probe"),
    measure_knn,
    trains=True,
)
MLP = Question(
    "mlp",
    "Known to a bending probe?",
    _metrics("mlp", "MLP probe", "an MLP probe"),
    measure_mlp,
    trains=True,
)

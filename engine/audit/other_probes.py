"""KR by other eyes: a k-nearest-neighbour probe and a small multi-layer perceptron."""

from engine.audit import kr
from engine.audit.base import FORGOTTEN, REST, Metric, Question
from engine.probes.mlp import fit_mlp
from engine.probes.neighbours import knn
from engine.said import noted, said
from engine.view import View


def measure_knn(view: View, seed: int = 0) -> dict:
    """Accuracy of the nearest-neighbour probe, with chance, stranger floor and intervals."""
    predict = knn(view.values[view.train], view.labels[view.train], view.classes)
    return kr.figures(view, predict, seed)


def measure_mlp(view: View, seed: int = 0) -> dict:
    """KR with a multi-layer perceptron in the place of the linear probe, same figures."""
    train = view.train
    probe = fit_mlp(view.values[train], view.labels[train], view.classes, seed=seed)
    return kr.figures(view, probe.predict, seed)


def _metrics(name: str, title: str, column: str, probe: str, spelled: str) -> tuple[Metric, ...]:
    return (
        Metric(
            f"{name}.forget_test",
            title,
            said("How often {probe} still names a forgotten person.", probe=probe),
            "down",
            chance="chance",
            interval=True,
            column=column,
            aspect="identity",
            spelled=spelled,
            whom=FORGOTTEN,
            each="per_identity",
        ),
        Metric(
            f"{name}.retain_test",
            title,
            noted("How often the same probe names somebody who was to be kept."),
            "up",
            chance="chance_all",
            interval=True,
            spelled=spelled,
            whom=REST,
            each="per_identity",
        ),
    )


KNN = Question(
    "knn",
    noted("Known by its neighbours?"),
    _metrics(
        "knn",
        noted("Nearest-neighbour probe"),
        noted("kNN probe"),
        noted("a vote of the nearest enrolled photos"),
        noted("Nearest-neighbour probe (kNN)"),
    ),
    measure_knn,
    trains=True,
)
MLP = Question(
    "mlp",
    noted("Known to a bending probe?"),
    _metrics(
        "mlp",
        noted("MLP probe"),
        noted("MLP probe"),
        noted("a small neural network (multi-layer perceptron) trained on the features"),
        noted("Bending probe (MLP)"),
    ),
    measure_mlp,
    trains=True,
)

"""KR by other eyes: a k-nearest-neighbour probe and a small multi-layer perceptron."""

from engine.audit import kr
from engine.audit.base import Metric, Question
from engine.probes.mlp import fit_mlp
from engine.probes.neighbours import knn
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
            f"{title}, the forgotten",
            f"How often {probe} still names a forgotten person.",
            "down",
            chance="chance",
            interval=True,
            column=column,
            aspect="identity",
            spelled=spelled,
        ),
        Metric(
            f"{name}.retain_test",
            f"{title}, everybody else",
            "How often the same probe names somebody who was to be kept.",
            "up",
            chance="chance_all",
            interval=True,
            spelled=spelled,
        ),
    )


KNN = Question(
    "knn",
    "Known by its neighbours?",
    _metrics(
        "knn",
        "Nearest-neighbour probe",
        "kNN probe",
        "a vote of the nearest enrolled photos",
        "Nearest-neighbour probe (kNN)",
    ),
    measure_knn,
    trains=True,
)
MLP = Question(
    "mlp",
    "Known to a bending probe?",
    _metrics(
        "mlp",
        "MLP probe",
        "MLP probe",
        "a small neural network (multi-layer perceptron) trained on the features",
        "Bending probe (MLP)",
    ),
    measure_mlp,
    trains=True,
)

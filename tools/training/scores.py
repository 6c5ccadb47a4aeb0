"""How well a backbone knows the embedded people, and how hard they are: figures for the docs."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn.functional import normalize

from engine.backbones.mini import MiniBackbone, MiniNet
from engine.gallery import Gallery
from engine.probes.linear import fit_linear


def faces_of(gallery: Gallery) -> np.ndarray:
    """All photos of a gallery of aligned, equally large photos, uint8 [n, s, s, 3]."""
    return np.stack([np.asarray(photo.image()) for photo in gallery.photos])


def recall_at_1(values: Tensor, labels: np.ndarray, train: np.ndarray) -> float:
    """Share of test photos whose nearest train photo by cosine is of the same person."""
    unit = normalize(values, dim=1)
    nearest = (unit[~train] @ unit[train].T).argmax(1).numpy()
    return float((labels[train][nearest] == labels[~train]).mean())


def linear_probe(values: Tensor, labels: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Whether a converged logistic regression on scaled train features is right, per test photo."""
    classes = int(labels.max()) + 1
    probe = fit_linear(values[train], torch.from_numpy(labels[train]), classes, tolerance=0.01)
    return probe.predict(values[~train]).numpy() == labels[~train]


def pair_auc(values: Tensor, labels: np.ndarray) -> float:
    """AUC of telling pairs of one person from pairs of two by cosine, over all pairs."""
    unit = normalize(values, dim=1)
    first, second = np.triu_indices(len(labels), k=1)
    similarity = (unit @ unit.T).numpy()[first, second]
    return float(roc_auc_score(labels[first] == labels[second], similarity))


def raw_pixels(faces: np.ndarray, side: int = 28) -> Tensor:
    """Centred pixels [n, 3 * side * side]: what a nearest neighbour has without any backbone."""
    pixels = torch.from_numpy(faces).permute(0, 3, 1, 2).float()
    small = torch.nn.functional.adaptive_avg_pool2d(pixels, side).flatten(1)
    return small - small.mean(0)


def observer(gallery: Gallery, strangers: Gallery) -> Callable[[MiniNet], dict[str, float]]:
    """What `training.train` notes down on the way: recall@1 and the AUC on pairs of strangers."""
    known, others = faces_of(gallery), faces_of(strangers)

    def measure(module: MiniNet) -> dict[str, float]:
        backbone = MiniBackbone(module, None, ())
        return {
            "recall_at_1": round(
                recall_at_1(backbone.embed(known), gallery.labels, gallery.train), 4
            ),
            "stranger_auc": round(pair_auc(backbone.embed(others), strangers.labels), 4),
        }

    return measure


def score(
    backbone: MiniBackbone, gallery: Gallery, strangers: Gallery, without: Sequence[str] = ()
) -> dict[str, float]:
    """The figures of `docs/people.md`: known people, strangers, and the pixel baseline.

    The head's accuracy counts the people that it knows, so it leaves out those in `without`.
    """
    faces, labels, train = faces_of(gallery), gallery.labels, gallery.train
    values = normalize(backbone.embed(faces), dim=1)
    figures = {
        "recall_at_1": recall_at_1(values, labels, train),
        "linear_probe": float(linear_probe(values, labels, train).mean()),
        "stranger_auc": pair_auc(backbone.embed(faces_of(strangers)), strangers.labels),
        "pixel_recall_at_1": recall_at_1(raw_pixels(faces), labels, train),
    }
    if backbone.head is not None:
        known = [
            backbone.head_identities.index(name) if name in backbone.head_identities else -1
            for name in gallery.identities
        ]
        truth = np.array(known)[labels]
        asked = ~train & (truth >= 0)
        answers = backbone.head.logits(values[asked]).argmax(1).numpy()
        figures["head_accuracy"] = float((answers == truth[asked]).mean())
    return {name: round(value, 4) for name, value in figures.items()}

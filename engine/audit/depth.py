"""KR by depth: an eraser at the end of a network leaves the layers before it as they were."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.audit.sample import some_people
from engine.audit.statistics import share
from engine.probes.linear import fit_linear
from engine.progress import Progress, Watch, ignore
from engine.said import noted

MAX_DIMENSION = 512

SWEEPS = 2
"""Times that a drawn basis is turned towards the principal directions; more of them gain little."""


@dataclass(frozen=True)
class Layer:
    """What a linear probe reads at one depth: accuracy on test photos of both groups."""

    name: str
    dimension: int
    forget_test: float | None
    retain_test: float | None


def kr_by_depth(
    depths: Mapping[str, Tensor],
    labels: Tensor,
    train: Tensor,
    forget: tuple[int, ...],
    classes: int,
    watch: Watch = ignore,
) -> list[Layer]:
    """A fresh linear probe at every depth, from the first layer to the last.

    `depths` are activations [n, ...] by layer name in network order, as `embed_depths` of a
    backbone gives them (add the erased features as the last). Wide layers are first projected to
    `MAX_DIMENSION` principal directions of the training photos, so a probe stays a matter of
    seconds; a linear probe loses next to nothing by it where photos are fewer than directions.
    """
    people = some_people(classes, forget)
    if people is not None:
        inside = torch.isin(labels, people)
        depths = {name: activations[inside] for name, activations in depths.items()}
        labels, train = labels[inside], train[inside]
    is_forget = torch.isin(labels, torch.tensor(forget, dtype=labels.dtype))
    layers = []
    for at, (name, activations) in enumerate(depths.items()):
        watch(Progress(noted("probing layers"), at, len(depths)))
        flat = activations.flatten(1).float()
        x = _narrow(flat, train)
        right = fit_linear(x[train], labels[train], classes).predict(x) == labels
        layers.append(
            Layer(
                name,
                flat.shape[1],
                share(right[is_forget & ~train]),
                share(right[~is_forget & ~train]),
            )
        )
    watch(Progress(noted("probing layers"), len(depths), len(depths)))
    return layers


def _narrow(x: Tensor, train: Tensor) -> Tensor:
    if x.shape[1] <= MAX_DIMENSION:
        return x
    centre = x[train].mean(0)
    generator = torch.Generator().manual_seed(0)
    rank = min(MAX_DIMENSION, int(train.sum()))
    directions = _principal(x[train] - centre, rank, generator)
    return (x - centre) @ directions


def _principal(x: Tensor, rank: int, generator: torch.Generator) -> Tensor:
    # Seeded here because torch.svd_lowrank draws from the global generator.
    sample = x @ torch.randn(x.shape[1], rank, generator=generator)
    for _ in range(SWEEPS):
        sample = x @ (x.T @ torch.linalg.qr(sample).Q)
    basis = torch.linalg.qr(sample).Q
    return torch.linalg.svd(basis.T @ x, full_matrices=False).Vh.T

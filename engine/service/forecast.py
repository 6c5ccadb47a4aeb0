"""How long the methods that train will take here, measured on a few photos before they run."""

import copy
import time
from collections.abc import Callable, Iterable, Sequence

import torch

from engine.audit import audit
from engine.backbones.network import to_input
from engine.compare import RETRAINED
from engine.erasure import METHODS
from engine.erasure.trained import BATCH
from engine.workspace import Workspace, start

SAMPLE = 8
"""Photos of the measured step; a step's time grows with its photos."""

WARM = 0.5
"""Seconds from which on what a first run takes for itself makes no difference."""


def seconds_to_train(workspace: Workspace, methods: Iterable[str]) -> dict[str, float]:
    """Seconds that each of these rows of a comparison will take; none without a trainable network.

    A gradient step is measured on `SAMPLE` photos of this workspace, on a copy of the network, and
    so is embedding them. A row's time is its method's default number of steps, and all photos
    embedded once. Attacks on the outcome are left out: they take as long after any method.
    """
    model = workspace.trainable
    if model is None or workspace.features.faces is None:
        return {}
    faces = workspace.features.pixels()[:SAMPLE]
    network = copy.deepcopy(model.module).requires_grad_(True)
    photos = to_input(torch.from_numpy(faces)).to(model.device)

    def step() -> None:
        torch.autograd.grad(network(photos).square().mean(), [*network.parameters()])

    a_step = _seconds(step) * BATCH / len(faces)
    others = 0 if workspace.strangers is None else len(workspace.strangers.features.values)
    everything = _seconds(lambda: model.embed(faces)) / len(faces)
    everything *= len(workspace.features.values) + others
    return {method: _steps(method) * a_step + everything for method in methods}


def seconds_a_request(workspace: Workspace, method: str, questions: Sequence[str]) -> float:
    """Seconds to forget one more person by a method that trains no network, and to ask again.

    Measured by doing it, about the first person.
    """
    origin, people = start(workspace), (int(workspace.features.labels[0]),)

    def once() -> None:
        audit(origin.forget(people, method).view(), questions, workspace.seed)

    return _seconds(once)


def _steps(method: str) -> int:
    if method == RETRAINED:
        return 0
    return sum(option.default for option in METHODS[method].options if option.name == "steps")


def _seconds(work: Callable[[], object]) -> float:
    """How long it takes; what is quick is measured again, since a first run warms up."""
    seconds = _once(work)
    return _once(work) if seconds < WARM else seconds


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

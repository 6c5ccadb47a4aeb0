"""What the training baselines share: unlearning by gradient steps on a copy of the backbone."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from engine.backbones import TrainableBackbone, rebuilt
from engine.backbones.network import to_input
from engine.erasure.base import Eraser, Option, Task
from engine.errors import LetheError
from engine.heads import Head
from engine.progress import Progress, Watch
from engine.said import noted, said

BATCH = 64
"""Photos of one gradient step, in halves of forgotten and retained where a method uses both."""
MOMENTUM = 0.9
TEMPERATURE = 4.0
"""What the head's logits are divided by while unlearning.

A head of scale 32 is so sure of every training photo that cross-entropy has no gradient left to
climb (1 - p is below 1e-6); the answer is the same at any temperature, the gradient is not.
"""


def steps(default: int = 100) -> Option:
    """How long to train, as an option with the method's own default."""
    help_ = noted("gradient steps of 64 photos each")
    return Option("steps", "int", default, help_, minimum=1, maximum=2000)


def rate(default: float) -> Option:
    """The learning rate as an option with the method's own default."""
    help_ = noted("learning rate of the first step; it falls to zero in a line")
    return Option("lr", "float", default, help_, minimum=1e-6, maximum=1.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedEraser(Eraser):
    """Unlearned weights: the photos have to be embedded again by `backbone`."""

    kind: ClassVar[str] = "trained"
    network: Mapping[str, Tensor]
    classifier: Head
    model: TrainableBackbone

    def __call__(self, x: Tensor) -> Tensor:
        """Raises `LetheError`: trained weights act on photos and not on features."""
        raise LetheError(
            said(
                "This deletion trained the backbone's weights, so it acts on photos "
                "only; embed them with its backbone."
            )
        )

    def head(self, head: Head) -> Head:
        """The head that was trained along; classes that were blocked stay blocked."""
        return Head(self.classifier.weight, self.classifier.bias, head.blocked)

    @property
    def backbone(self) -> TrainableBackbone:
        """The backbone with the unlearned weights."""
        return self.model

    def tensors(self) -> dict[str, Tensor]:
        """Network and head."""
        return {f"net.{name}": value for name, value in self.network.items()} | {
            "head.weight": self.classifier.weight,
            "head.bias": self.classifier.bias,
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], **common: Any) -> "TrainedEraser":
        """The eraser that gave `tensors()`, on the CPU in fp32."""
        network = {
            name.removeprefix("net."): value
            for name, value in tensors.items()
            if name.startswith("net.")
        }
        return cls(
            network=network,
            classifier=Head(tensors["head.weight"], tensors["head.bias"]),
            model=rebuilt(network, common["method"]),
            **common,
        )


class Unlearning:
    """A copy of network and head, in training, with the photos of those to forget and the rest.

    Batch statistics stay frozen: a few steps on few people would spoil them for everybody.
    Everything random comes from the task's seed. `forget` and `retain` give batches of
    (photos, labels) without end; `step` descends a loss.
    """

    def __init__(self, task: Task, title: str, options: Mapping[str, Any], watch: Watch) -> None:
        if task.model is None or task.faces is None:
            raise LetheError(
                said(
                    "{title} trains weights; choose the mini backbone, dlib or another method.",
                    title=title,
                )
            )
        self.task, self.title, self.watch = task, title, watch
        self.model = task.model
        self.steps, self.rate = options["steps"], options["lr"]
        self.device = task.model.device
        self.module = copy.deepcopy(task.model.module).requires_grad_(True)
        self.weight = nn.Parameter(task.head.weight.clone().to(self.device))
        self.bias = task.head.bias.to(self.device)
        self.parameters = [*self.module.parameters(), self.weight]
        self.optimizer = torch.optim.SGD(self.parameters, lr=self.rate, momentum=MOMENTUM)
        self.generator = torch.Generator().manual_seed(task.seed)
        self.faces = torch.from_numpy(task.faces())
        gone = torch.tensor((*task.forget, *task.forgotten), dtype=task.labels.dtype)
        self._rows = {
            "forget": torch.nonzero(task.is_forget).flatten(),
            "retain": torch.nonzero(~torch.isin(task.labels, gone)).flatten(),
        }
        self._queue = {name: rows[:0] for name, rows in self._rows.items()}
        self.retained_classes = task.labels[self._rows["retain"]].unique()

    def forget(self, count: int = BATCH // 2) -> tuple[Tensor, Tensor]:
        """Photos [count, 3, s, s] of the people to forget, and their labels."""
        return self._batch("forget", count)

    def retain(self, count: int = BATCH // 2) -> tuple[Tensor, Tensor]:
        """Photos [count, 3, s, s] of the others, and their labels."""
        return self._batch("retain", count)

    def logits(self, photos: Tensor) -> Tensor:
        """The head's answer [b, C] to photos [b, 3, s, s], at `TEMPERATURE`."""
        scores = normalize(self.module(photos), dim=1) @ self.weight.T + self.bias
        return scores / TEMPERATURE

    def random_labels(self, count: int) -> Tensor:
        """Labels of retained people, drawn evenly."""
        drawn = torch.randint(len(self.retained_classes), (count,), generator=self.generator)
        return self.retained_classes[drawn].to(self.device)

    def gradients(self, loss: Tensor) -> list[Tensor]:
        """The gradient of the loss for each of `parameters`."""
        return list(torch.autograd.grad(loss, self.parameters))

    def run(self, step: Callable[[], Tensor], masks: list[Tensor] | None = None) -> TrainedEraser:
        """Descend the loss that `step` gives, `steps` times, and freeze what comes of it.

        `masks` (0 or 1 for every entry of `parameters`) confine the change.
        """
        for done in range(self.steps):
            loss = step()
            gradients = self.gradients(loss)
            for index, parameter in enumerate(self.parameters):
                mask = 1.0 if masks is None else masks[index]
                parameter.grad = gradients[index] * mask
            nn.utils.clip_grad_norm_(self.parameters, 5.0)
            self.optimizer.param_groups[0]["lr"] = self.rate * (1 - done / self.steps)
            self.optimizer.step()
            self.watch(Progress(self.title, done + 1, self.steps, {"loss": loss.item()}))
        if not all(bool(torch.isfinite(p).all()) for p in self.parameters):
            raise LetheError(
                said("{title} ran away to infinity; choose a smaller lr.", title=self.title)
            )
        return self._eraser()

    def _eraser(self) -> TrainedEraser:
        name = self.title.lower().replace(" ", "-")
        model = self.model.retrained(self.module, f"{self.model.name}+{name}")
        network = {key: value.detach().cpu() for key, value in self.module.state_dict().items()}
        head = Head(self.weight.detach().cpu(), self.bias.cpu())
        changed = sum(int(p.numel()) for p in self.parameters)
        return TrainedEraser(
            method=name,
            rank=0,
            parameters={"steps": self.steps, "trained_parameters": changed},
            network=network,
            classifier=head,
            model=model,
        )

    def _batch(self, name: str, count: int) -> tuple[Tensor, Tensor]:
        while len(self._queue[name]) < count:
            rows = self._rows[name]
            fresh = rows[torch.randperm(len(rows), generator=self.generator)]
            self._queue[name] = torch.cat([self._queue[name], fresh])
        rows, self._queue[name] = self._queue[name][:count], self._queue[name][count:]
        photos = to_input(self.faces[rows])
        mirrored = torch.rand(count, generator=self.generator) < 0.5
        photos[mirrored] = photos[mirrored].flip(3)
        return photos.to(self.device), self.task.labels[rows].to(self.device)


def forget_loss(work: Unlearning) -> Tensor:
    """Cross-entropy on a batch of the people to forget, under their true names."""
    photos, labels = work.forget(BATCH)
    return cross_entropy(work.logits(photos), labels)

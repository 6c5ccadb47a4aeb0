"""Training of the mini backbone, from nothing, with a margin loss; interruptible and repeatable."""

import copy
import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from pytorch_metric_learning.losses import CosFaceLoss
from torch import Tensor, nn

from engine.backbones.mini import MiniNet, Shape
from engine.machine import cpu_has_bf16
from engine.progress import Progress, Watch, ignore
from tools.training.augment import augment
from tools.training.training_set import TrainingSet


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, given the photos.

    `margin` and `scale` are CosFace's m and s (arXiv 1801.09414). The learning rate rises
    linearly over the first `warmup` of the steps, the margin with it, and falls as a cosine.
    `hidden` photos more of each person have a part of the face covered, and in `disguised` ones a
    hat or sunglasses do it. With `half` the network multiplies in bf16, where the processor does.
    """

    people: int = 2000
    shots: int = 8
    hidden: int = 4
    disguised: int = 8
    epochs: int = 28
    batch: int = 96
    half: bool = True
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    margin: float = 0.3
    scale: float = 32.0
    warmup: float = 0.15
    seed: int = 0
    shape: Shape = field(default_factory=Shape)

    def key(self) -> str:
        """Names the recipe: a checkpoint of another recipe is not continued."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Trained:
    """The network, one class weight per training identity [C, dimension], figures per epoch."""

    module: MiniNet
    class_weights: Tensor
    curve: tuple[dict[str, float], ...]


class Trainer:
    """One training run. `step` is public so that tests can watch a single one."""

    def __init__(self, photos: TrainingSet, recipe: Recipe) -> None:
        self.photos = photos
        self.recipe = recipe
        self.half = recipe.half and cpu_has_bf16()
        torch.manual_seed(recipe.seed)
        self.module = MiniNet(recipe.shape)
        self.loss = CosFaceLoss(
            photos.classes, recipe.shape.dimension, margin=recipe.margin, scale=recipe.scale
        )
        parameters = [*self.module.parameters(), *self.loss.parameters()]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in parameters if p.ndim > 1]},
                {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
        )
        self.curve: list[dict[str, float]] = []
        self.steps_per_epoch = max(len(photos.labels) // recipe.batch, 1)

    def step(self, rows: Tensor, generator: torch.Generator, position: float) -> tuple[float, int]:
        """One gradient step on photos `rows`; returns the loss and how many the head had right.

        `position` in [0, 1] is the part of the training that lies behind.
        """
        recipe = self.recipe
        rise = min(position / recipe.warmup, 1.0)
        fall = max(position - recipe.warmup, 0.0) / (1 - recipe.warmup)
        rate = recipe.learning_rate * max(rise, 0.01) * 0.5 * (1 + math.cos(math.pi * fall))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.loss.margin = recipe.margin * rise
        labels = self.photos.labels[rows]
        self.module.train()
        faces = augment(self.photos.faces[rows], generator)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.half):
            embeddings = self.module.embed_small(faces).float()
        loss = self.loss(embeddings, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            right = int((self.loss.get_logits(embeddings).argmax(1) == labels).sum())
        return loss.item(), right

    def epoch(self, watch: Watch = ignore) -> None:
        """One pass over the photos. Its randomness depends on seed and epoch number alone."""
        number, epochs = len(self.curve), self.recipe.epochs
        generator = torch.Generator().manual_seed(self.recipe.seed * 100_003 + number)
        order = torch.randperm(len(self.photos.labels), generator=generator)
        started, total, right, seen = time.perf_counter(), 0.0, 0, 0
        for index in range(self.steps_per_epoch):
            rows = order[index * self.recipe.batch : (index + 1) * self.recipe.batch]
            done = number * self.steps_per_epoch + index
            loss, hits = self.step(rows, generator, done / (epochs * self.steps_per_epoch))
            total, right, seen = total + loss * len(rows), right + hits, seen + len(rows)
            watch(
                Progress(
                    "Training the mini backbone",
                    done + 1,
                    epochs * self.steps_per_epoch,
                    {"epoch": number + 1, "loss": total / seen, "accuracy": right / seen},
                )
            )
        self.curve.append(
            {
                "epoch": number + 1,
                "loss": round(total / seen, 4),
                "accuracy": round(right / seen, 4),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )

    def state(self) -> dict[str, object]:
        return {
            "recipe": self.recipe.key(),
            "photos": int(self.photos.labels.numel()),
            "classes": self.photos.classes,
            "module": self.module.state_dict(),
            "loss": self.loss.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "curve": self.curve,
        }

    def restore(self, state: dict) -> bool:
        """Continue from `state`; False, and nothing changed, when it is of another training."""
        mine = self.state()
        if any(state.get(key) != mine[key] for key in ("recipe", "photos", "classes")):
            return False
        self.module.load_state_dict(state["module"])
        self.loss.load_state_dict(state["loss"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.curve = list(state["curve"])
        return True


def train(
    photos: TrainingSet,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    measure: Callable[[nn.Module], dict[str, float]] | None = None,
    measure_every: int = 5,
    watch: Watch = ignore,
) -> Trained:
    """Train to the end of the recipe, saving `checkpoint` after every epoch.

    With `resume` an existing checkpoint of the same recipe and photos is continued, and the
    result is the same as without the interruption. `measure` adds figures to every
    `measure_every`-th entry of the curve and to the last.
    """
    trainer = Trainer(photos, recipe)
    if resume and checkpoint is not None and checkpoint.is_file():
        trainer.restore(torch.load(checkpoint, weights_only=True))
    while len(trainer.curve) < recipe.epochs:
        trainer.epoch(watch)
        number = len(trainer.curve)
        if measure is not None and (number % measure_every == 0 or number == recipe.epochs):
            trainer.curve[-1] |= measure(copy.deepcopy(trainer.module))
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            partial = checkpoint.with_suffix(".partial")
            torch.save(trainer.state(), partial)
            partial.replace(checkpoint)
    return Trained(
        module=trainer.module.eval(),
        class_weights=trainer.loss.W.detach().t().contiguous(),
        curve=tuple(trainer.curve),
    )

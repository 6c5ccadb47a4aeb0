"""Prototype erase and remap (MoRE): edit the forgotten class means, hold all others fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.erasure.base import Method, Option, Task
from engine.erasure.low_rank import LowRankEraser
from engine.errors import LetheError
from engine.progress import Watch
from engine.said import noted, said

CUTOFF = 1e-5
"""Singular values of the prototypes below this share of the largest are rounding."""

ILL_CONDITIONED = 1e3
MOVED = 1e-3


@dataclass(frozen=True, eq=False, kw_only=True)
class RemapEraser(LowRankEraser):
    """h -> (I - P_f D_f) h + P_t D_f h with P_t one of several experts, chosen by the photo.

    `targets` [e, d, k] holds each expert's retained means in the place of the forgotten ones,
    `router` [e, d] scores the experts for h; the best one is used.
    """

    kind: ClassVar[str] = "remap"
    targets: Tensor
    router: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Features [n, d] with the forgotten people's part moved onto people who stay."""
        amount = (x - self.centre) @ self.right.T
        out = x - amount @ self.left.T
        expert = (x @ self.router.T).argmax(1)
        for index in range(len(self.targets)):
            mine = expert == index
            out[mine] += amount[mine] @ self.targets[index].T
        return out

    def tensors(self) -> dict[str, Tensor]:
        """The factors, the experts and how they are chosen."""
        return super().tensors() | {"targets": self.targets, "router": self.router}


@dataclass(frozen=True)
class Prototypes:
    """Class means P [d, c] of the people still known, their pseudo-inverse, and their condition."""

    means: Tensor
    dual: Tensor
    forget: Tensor
    condition: float
    rank: int


def prototypes(task: Task) -> Prototypes:
    """The class means and their duals in float64; `forget` [c] marks the columns to erase.

    Raises `LetheError` when a person to forget has no features left.
    """
    people = [
        label
        for label in task.labels.unique().tolist()
        if label not in task.forgotten or label in task.forget
    ]
    means = torch.stack([task.values[task.labels == label].double().mean(0) for label in people], 1)
    spectrum = torch.linalg.svdvals(means)
    if not spectrum[0] > 0:
        raise LetheError(said("There is nothing left to erase; undo the last step first."))
    alive = spectrum > CUTOFF * spectrum[0]
    return Prototypes(
        means=means,
        dual=torch.linalg.pinv(means, rtol=CUTOFF),
        forget=torch.tensor([label in task.forget for label in people]),
        condition=float(spectrum[0] / spectrum[alive][-1]),
        rank=int(alive.sum()),
    )


def fit_erase(task: Task, options: Mapping[str, Any], watch: Watch) -> LowRankEraser:
    """(I - P diag(s) D) h, which fixes every retained mean and sends the forgotten ones to 0.

    Source: MoRE (openreview TjAhTNzRub), the erase step.
    """
    found = prototypes(task)
    common = _common(task, found)
    eraser = LowRankEraser(method=ERASE.name, **common)
    return _checked(LowRankEraser, eraser, found, {})


def fit_remap(task: Task, options: Mapping[str, Any], watch: Watch) -> RemapEraser:
    """Erase, then put each forgotten person's part onto retained means, an expert a photo.

    The expert is chosen by what of the photo lies outside all prototypes, so that photos of one
    person scatter over the experts. Source: MoRE (openreview TjAhTNzRub).
    """
    found = prototypes(task)
    generator = torch.Generator().manual_seed(task.seed)
    kept = (~found.forget).nonzero().squeeze(1)
    experts, people = options["experts"], int(found.forget.sum())
    targets = []
    for _ in range(experts):
        order = torch.randperm(len(kept), generator=generator)
        chosen = kept[order[torch.arange(people) % len(kept)]]
        targets.append(found.means[:, chosen])
    router = torch.randn(experts, len(found.means), generator=generator).double()
    router -= (router @ found.means) @ found.dual
    eraser = RemapEraser(
        method=REMAP.name,
        targets=torch.stack(targets).float(),
        router=router.float(),
        **_common(task, found),
    )
    return _checked(RemapEraser, eraser, found, dict(options))


def _common(task: Task, found: Prototypes) -> dict[str, Any]:
    return {
        "rank": int(found.forget.sum()),
        "left": found.means[:, found.forget].float().contiguous(),
        "right": found.dual[found.forget].float().contiguous(),
        "centre": torch.zeros(task.values.shape[1]),
    }


def _checked(
    kind: type[LowRankEraser], eraser: LowRankEraser, found: Prototypes, options: dict[str, Any]
) -> Any:
    """The eraser with its condition number and how far the retained means really move."""
    kept = found.means[:, ~found.forget].T.float()
    moved = float(((eraser(kept) - kept).norm(dim=1) / kept.norm(dim=1).clamp_min(1e-12)).max())
    warnings = []
    people = found.means.shape[1]
    if found.rank < people:
        warnings.append(
            said(
                "The {people} people's means span only {rank} directions, so the means "
                "of people to keep cannot all be held: one moves by {moved:.0%} of its "
                "length.",
                people=people,
                rank=found.rank,
                moved=moved,
            )
        )
    elif moved > MOVED:
        warnings.append(
            said("A mean that should be held moves by {moved:.1%} of its length.", moved=moved)
        )
    if found.condition > ILL_CONDITIONED:
        warnings.append(
            said(
                "The means nearly depend on each other (condition number "
                "{condition:.0f}), so single photos may be moved far.",
                condition=found.condition,
            )
        )
    return kind(
        method=eraser.method,
        rank=eraser.rank,
        parameters={**options, "condition": found.condition, "kept_mean_moved": moved},
        warnings=tuple(warnings),
        **eraser.tensors(),
    )


SOURCE = noted(
    "MoRE: Mixture of Remapping Experts for irreversible feature-level unlearning, "
    "openreview.net/forum?id=TjAhTNzRub"
)

ERASE = Method(
    name="prototype-erase",
    title=noted("Prototype erase"),
    summary=noted(
        "Takes the forgotten people's average faces out and holds everybody else's in place."
    ),
    source=SOURCE,
    fit=fit_erase,
    erasers=(LowRankEraser,),
)

REMAP = Method(
    name="more",
    title=noted("Prototype remap (MoRE)"),
    summary=noted("Moves the forgotten people onto the average faces of people who stay."),
    source=SOURCE,
    fit=fit_remap,
    options=(
        Option(
            "experts",
            "int",
            4,
            noted("How many different sets of stand-ins there are; each photo picks one."),
            minimum=1,
            maximum=64,
        ),
    ),
    erasers=(RemapEraser,),
)

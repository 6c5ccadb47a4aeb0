"""ESC-T: learn which entries of the singular vectors to cut, until the head fails."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from engine.erasure.base import Eraser, Method, Option, Task
from engine.progress import Progress, Watch
from engine.said import noted, said

FLOOR = 1e-6
RECIPES: dict[str, tuple[float | None, int]] = {"penalised": (None, 200), "ce": (1e-3, 50)}
"""Learning rate and epochs by loss: ours for unit-norm faces, and the authors' code.

No rate fits every head: its gradient grows with the head's scale and shrinks with the number of
people. None takes the rate at which the first step closes the steepest mask entry and no other.
"""


@dataclass(frozen=True, eq=False, kw_only=True)
class MaskedEraser(Eraser):
    """h -> (U∘M)(U∘M)ᵀ h for an orthogonal U and a binary mask M.

    Columns without a cut entry contribute u uᵀ, so only the columns J with one are stored:
    (U∘M)(U∘M)ᵀ = I - U_J U_Jᵀ + A_J A_Jᵀ, with `kept` U_J and `masked` A_J = U_J∘M_J, both
    [d, |J|]. The map is symmetric but not idempotent: it is no projection.
    """

    kind: ClassVar[str] = "masked"
    kept: Tensor
    masked: Tensor
    spectrum: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The masked features of x [n, d]."""
        if 4 * self.kept.shape[1] < self.kept.shape[0]:
            return x - (x @ self.kept) @ self.kept.T + (x @ self.masked) @ self.masked.T
        # Four thin products cost more than one d x d matrix when many columns are touched.
        return x - x @ (self.kept @ self.kept.T - self.masked @ self.masked.T)

    def tensors(self) -> dict[str, Tensor]:
        """The touched columns, before and after the mask, and the spectrum."""
        return {"kept": self.kept, "masked": self.masked, "spectrum": self.spectrum}


def fit(task: Task, options: Mapping[str, Any], watch: Watch) -> MaskedEraser:
    """Train the mask by plain gradient steps on cached features.

    Source: arXiv 2504.02199, section 3.3 (penalised cross-entropy); `ce` is the loss of the
    authors' code. Only forget samples that the head still gets right pull on the mask; training
    stops when none is left or the steps are used up. The mask is then binarised.
    """
    loss_name = options["loss"]
    default_lr, default_steps = RECIPES[loss_name]
    lr = options["lr"] or default_lr
    steps = options["steps"] or default_steps
    z = task.forget_values.float()
    y = task.labels[task.is_forget]
    left, values, _ = torch.linalg.svd(z.T, full_matrices=True)
    left = left.contiguous()  # it comes by columns, the gradient by rows
    mask = torch.ones_like(left)
    a = left.clone()
    both = torch.cat([z, task.head.weight.to(z)])
    stopped = noted("steps used up")
    done = cut = 0
    for step in range(steps):
        # The features z a aᵀ and their d x d products are never formed: the head sees t = z a
        # through the weight W a, so that logits = t (W a)ᵀ and d/da = [z W]ᵀ [s W a; sᵀ t].
        t, weight = (both @ a).split([len(z), len(both) - len(z)])
        head = replace(task.head, weight=weight)
        logits = head.logits(t)
        right = logits.argmax(1) == y
        hits = int(right.sum())
        if not hits:
            stopped = noted("the head gets none of them right")
            break
        loss, slope = _loss(loss_name, logits[right], y[right])
        seen = torch.cat([z[right], task.head.weight])
        gradient = seen.T @ torch.cat([slope @ head.weight, slope.T @ t[right]])
        if lr is None:
            lr = 1 / max(float((gradient * left).abs().max()), FLOOR)
        mask.addcmul_(gradient, left, value=-lr).clamp_(0, 1)
        torch.mul(left, mask, out=a)
        done = step + 1
        if step % 10 == 0:  # counting takes as long as two of the products above
            cut = int(torch.count_nonzero(mask < options["threshold"]))
        watch(
            Progress(
                noted("learning the mask"),
                done,
                steps,
                {"loss": loss, "hits": hits / len(y), "cut": cut},
            )
        )
    binary = mask >= options["threshold"]
    cut = int((~binary).sum())
    touched = (~binary).any(0)
    kept = left[:, touched].contiguous()
    masked = kept * binary[:, touched]
    erased = z - (z @ kept) @ kept.T + (z @ masked) @ masked.T
    accuracy = float((task.head.predict(erased) == y).float().mean())
    parameters = {
        **options,
        "lr": lr or 0.0,
        "steps": steps,
        "epochs_run": done,
        "stopped": stopped,
        "entries_cut": cut,
        "entries": left.numel(),
        "forget_accuracy_binarised": accuracy,
    }
    return MaskedEraser(
        method=METHOD.name,
        rank=int(touched.sum()),
        parameters=parameters,
        warnings=_warnings(cut, accuracy, loss_name, lr or 0.0),
        kept=kept,
        masked=masked,
        spectrum=values,
    )


def _loss(name: str, logits: Tensor, y: Tensor) -> tuple[float, Tensor]:
    """What a step descends for samples [m] that are still right, and its slope [m, C]."""
    p = logits.softmax(1)
    own = p[torch.arange(len(y)), y]
    away = -p
    away[torch.arange(len(y)), y] += 1  # d log p_y / d logits
    if name == "ce":
        return float(-cross_entropy(logits, y)), away / len(y)
    left = 1 - own
    weight = torch.where(left > FLOOR, own / left, 0) / len(y)
    return float(-left.clamp_min(FLOOR).log().mean()), away * weight[:, None]


def _warnings(cut: int, accuracy: float, loss: str, lr: float) -> tuple[str, ...]:
    if not cut:
        return (
            said(
                "No entry of the mask was cut (loss {loss}, learning rate {lr:g}): "
                "nothing was erased; use the penalised loss or a larger learning rate.",
                loss=loss,
                lr=lr,
            ),
        )
    if accuracy > 0.05:
        return (
            said(
                "The binarised mask leaves the head right on {accuracy:.0%} of their "
                "photos; use more steps or a larger learning rate.",
                accuracy=accuracy,
            ),
        )
    return ()


METHOD = Method(
    name="esc-t",
    title=noted("Learn to erase (ESC-T)"),
    summary=noted(
        "Learns the smallest cuts after which the model's own head no longer names them."
    ),
    source=noted(
        "ESC-T: Erasing Space Concept for Knowledge Deletion, CVPR 2025, arXiv 2504.02199"
    ),
    fit=fit,
    options=(
        Option(
            "loss",
            "choice",
            "penalised",
            noted("penalised: -log(1 - p), as in the paper; ce: -CE, as in the authors' code."),
            choices=("penalised", "ce"),
        ),
        Option(
            "lr",
            "float",
            None,
            noted("Step size of the mask; if left open, one that fits the head, and 0.001 for ce."),
            minimum=1e-9,
            maximum=1e6,
        ),
        Option(
            "steps",
            "int",
            None,
            noted("At most this many epochs; 200 for the penalised loss, 50 for ce."),
            minimum=1,
            maximum=10_000,
        ),
        Option(
            "threshold",
            "float",
            0.7,
            noted("Mask entries below this are cut, the others are kept whole."),
            minimum=0.0,
            maximum=1.0,
        ),
    ),
    erasers=(MaskedEraser,),
)

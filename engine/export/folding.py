"""The erased network itself: a linear deletion multiplied into the last linear layer.

Erasers act on embeddings of length 1, x = z / |z| with z what the network gives. A linear map M
without a constant has M (z / |z|) = (M z) / |z|: folded into the network it gives the same
direction and the length that z had. Nothing else can be folded: a constant, as LEACE has one, would
have to grow with |z|, and a map that looks at the photo first is no layer.
"""

import json
from collections.abc import Mapping, Sequence

import torch
from safetensors.torch import save
from torch import Tensor, nn

from engine.backbones.base import Backbone
from engine.backbones.dlib import DlibNet
from engine.backbones.facenet import FaceNetBackbone, read_state
from engine.backbones.mini import MiniNet
from engine.backbones.network import NetworkBackbone, content_hash
from engine.erasure import METHODS
from engine.erasure.base import Eraser
from engine.erasure.esc import ProjectionEraser
from engine.erasure.esc_t import MaskedEraser
from engine.erasure.low_rank import LowRankEraser
from engine.erasure.trained import TrainedEraser
from engine.errors import LetheError
from engine.export.erased import erasers_behind
from engine.said import noted, said
from engine.workspace import State

_LINEAR = (ProjectionEraser, MaskedEraser, LowRankEraser)
_ZERO = 1e-7
"""A map that moves the origin by more has a constant; features have length 1."""

NOT_HERE = noted(
    "Weights can be written for mini, dlib and facenet, whose networks Lethe knows; take the ONNX "
    "file or the eraser."
)
LOOKS_FIRST = noted(
    "{title} first looks which photo it is, which no weights of a layer can do; take the ONNX file "
    "or the eraser."
)


def matrix(erasers: Sequence[Eraser], dimension: int) -> Tensor:
    """M float64 [d, d] with M x what all erasers make of x [d].

    Raises `LetheError` for one that is not linear without a constant.
    """
    product = torch.eye(dimension, dtype=torch.float64)
    for eraser in erasers:
        if (why := reason(eraser, dimension)) is not None:
            raise LetheError(why)
        product = eraser(torch.eye(dimension)).double().T @ product
    return product


def check_foldable(methods: Sequence[str]) -> None:
    """Raises `LetheError` for a method that is no linear map, before any is fitted."""
    for name in methods:
        method = METHODS.get(name)
        if method is None or not {*method.erasers} <= {*_LINEAR, TrainedEraser}:
            raise LetheError(said(LOOKS_FIRST, title=name if method is None else method.title))


def reason(eraser: Eraser, dimension: int) -> str | None:
    """Why an eraser cannot be folded into a layer, None where it can."""
    title = METHODS[eraser.method].title if eraser.method in METHODS else eraser.method
    if type(eraser) not in _LINEAR:
        return said(LOOKS_FIRST, title=title)
    if float(eraser(torch.zeros(1, dimension)).abs().max()) > _ZERO:
        return said(
            "{title} adds a constant to embeddings of length 1, which no weights of a layer can do "
            "before the length is taken off; take the ONNX file or the eraser.",
            title=title,
        )
    return None


def writable(backbone: Backbone) -> bool:
    """Whether weights of this backbone can be written."""
    return isinstance(backbone, FaceNetBackbone) or (
        isinstance(backbone, NetworkBackbone) and isinstance(backbone.module, MiniNet | DlibNet)
    )


def erased_weights(state: State) -> bytes:
    """The state's network as safetensors with the keys that it has, its deletions folded in.

    No classifier is in it: its rows would be the people themselves. Raises `LetheError` for
    backbones whose layers are not known here, and for deletions that cannot be folded.
    """
    erasers = erasers_behind(state)
    if not writable(state.model):
        raise LetheError(NOT_HERE)
    fold = matrix(erasers, state.model.dimension)
    tensors = folded(state.model, fold)
    told = [{"method": step.method, "rank": step.eraser.rank} for step in state.steps]
    metadata = {"lethe_weights": "1", "erasers": json.dumps(told)}
    if isinstance(state.model, NetworkBackbone):
        metadata |= {"identities": "[]", "content_sha256": content_hash(tensors)}
    return save(tensors, metadata)


def folded(backbone: Backbone, fold: Tensor) -> dict[str, Tensor]:
    """The network's tensors by name, its last layer followed by `fold` float64 [d, d]."""
    if isinstance(backbone, FaceNetBackbone):
        state = read_state(backbone.weights)
        return state | linear_and_norm(state, "last_linear.", "last_bn.", _eps(backbone), fold)
    assert isinstance(backbone, NetworkBackbone)
    # Convolutions are held by channels, which the file does not know.
    state = {
        name: value.detach().cpu().float().contiguous() if value.is_floating_point() else value
        for name, value in backbone.module.state_dict().items()
    }
    if isinstance(backbone.module, MiniNet):
        norm = backbone.module.embedding[1]
        assert isinstance(norm, nn.BatchNorm1d)
        state |= linear_and_norm(state, "embedding.0.", "embedding.1.", norm.eps, fold)
    else:
        weight = state["embedding.weight"]
        state["embedding.weight"] = (fold @ weight.double()).float()
    return {f"net.{name}": value for name, value in state.items()}


def _eps(backbone: FaceNetBackbone) -> float:
    norm = backbone.module.last_bn
    assert isinstance(norm, nn.BatchNorm1d)
    return norm.eps


def linear_and_norm(
    state: Mapping[str, Tensor], linear: str, norm: str, eps: float, fold: Tensor
) -> dict[str, Tensor]:
    """A linear layer without bias and the batch norm behind it, both followed by `fold`.

    Frozen, the norm is z = D W h + b with D = diag(gamma / sqrt(var + eps)) and b = beta - D mean.
    The layer becomes M D W and the norm z + M b.
    """
    one = {name: state[f"{norm}{name}"].double() for name in ("weight", "bias", "running_mean")}
    scale = one["weight"] / (state[f"{norm}running_var"].double() + eps).sqrt()
    weight = fold @ (scale[:, None] * state[f"{linear}weight"].double())
    bias = fold @ (one["bias"] - scale * one["running_mean"])
    return {
        f"{linear}weight": weight.float(),
        f"{norm}weight": torch.full_like(scale, (1 + eps) ** 0.5).float(),
        f"{norm}bias": bias.float(),
        f"{norm}running_mean": torch.zeros_like(scale).float(),
        f"{norm}running_var": torch.ones_like(scale).float(),
    }

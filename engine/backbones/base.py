"""What a face-recognition backbone is to the rest of the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import LetheError
from engine.heads import Head
from engine.said import said
from engine.warp import Convention


@runtime_checkable
class Backbone(Protocol):
    """Turns faces into embeddings. Immutable once loaded, so that visitors can share one."""

    name: str
    dimension: int
    size: int  # side of the faces it reads, in pixels
    convention: Convention  # how faces are cut for it, see engine.alignment
    fingerprint: str  # sha256 over the weights and every option that changes the embedding

    def embed(self, faces: np.ndarray) -> Tensor:
        """Embeddings of uint8 RGB faces [b, size, size, 3]: float32 [b, dimension] on the CPU.

        They are not normalised. Raises `LetheError` for faces of another shape.
        """
        ...


@runtime_checkable
class TrainableBackbone(Backbone, Protocol):
    """A backbone whose weights can be trained on: those methods copy `module` first.

    `module` takes float [b, 3, size, size] in [-1, 1] and gives [b, dimension]. `head`
    classifies its embeddings into `head_identities`, where there is one.
    """

    device: torch.device

    @property
    def module(self) -> nn.Module: ...

    @property
    def head(self) -> Head | None: ...

    @property
    def head_identities(self) -> tuple[str, ...]: ...

    def retrained(self, module: Any, name: str) -> "TrainableBackbone":
        """The same backbone around a copy of `module` with other weights, which has no head."""
        ...


@runtime_checkable
class LayeredBackbone(Backbone, Protocol):
    """A backbone that also says what each depth of its network makes of the faces."""

    def embed_depths(self, faces: np.ndarray) -> dict[str, Tensor]:
        """Pooled activations float32 [b, width] by depth, shallow to deep."""
        ...


@dataclass(frozen=True)
class Entry:
    """What the registry knows of a backbone. `load(spec, device=, precision=, **options)` gives it.

    `title` is its short name in a list to pick from, empty for one that cannot be picked there;
    `options` are their names and one line on what they do; one that `downloads` takes `watch=` too.
    The library that it needs is imported when it is loaded.
    """

    name: str
    title: str
    summary: str
    load: Callable[..., Backbone]
    options: Mapping[str, str]
    downloads: bool = False


def notes_of(backbone: Backbone) -> tuple[str, ...]:
    """What was assumed in loading the backbone, a sentence each; most assume nothing."""
    return tuple(getattr(backbone, "notes", ()))


def check_faces(faces: np.ndarray, size: int) -> None:
    """Raises `LetheError` unless `faces` is uint8 [b, size, size, 3]."""
    if faces.dtype != np.uint8 or faces.ndim != 4 or faces.shape[1:] != (size, size, 3):
        raise LetheError(
            said(
                "The backbone reads uint8 faces of {size} x {size} x 3, not {dtype} {tuple}.",
                size=size,
                dtype=faces.dtype,
                tuple=tuple(faces.shape),
            )
        )


def pick_device(device: str) -> torch.device:
    """`auto` is the GPU where there is one. Raises `LetheError` for one that is not there."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device not in ("cpu", "cuda"):
        raise LetheError(
            said("Unknown device {device!r}; choose auto, cpu or cuda.", device=device)
        )
    if device == "cuda" and not torch.cuda.is_available():
        raise LetheError(said("There is no CUDA GPU that torch can use; choose --device cpu."))
    return torch.device(device)


def number(name: str, value: Any) -> float:
    """An option's value as a finite float; `LetheError` otherwise."""
    try:
        parsed = float(value)
    except (TypeError, ValueError):
        parsed = float("nan")
    if not np.isfinite(parsed):
        raise LetheError(
            said("The option {name} must be a number, not {value!r}.", name=name, value=value)
        )
    return parsed

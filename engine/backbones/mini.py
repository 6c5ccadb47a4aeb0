"""The mini backbone: a small face-recognition network that the project trains by itself.

It has learned people who never existed, the embedded gallery's among them, so it is ready without
any download and small enough to be unlearned by gradient steps while a person waits.
"""

import copy
import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.errors import LetheError
from engine.heads import Head

ASSETS = Path(__file__).parents[2] / "assets"
WEIGHTS = ASSETS / "mini.safetensors"
SIZE = 112
CHUNK = 128
"""Faces that pass the network at once: more gives no speed and costs memory."""


@dataclass(frozen=True)
class Shape:
    """The network's architecture: one entry of `widths` and `blocks` per stage.

    Stage i works on maps of side 28 / 2**i; `blocks` counts its residual blocks.
    """

    widths: tuple[int, ...] = (32, 64, 192)
    blocks: tuple[int, ...] = (0, 2, 1)
    dimension: int = 256


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    padding = (kernel - stride + 1) // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width, 3)
        self.second = _convolution(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class Stage(nn.Module):
    """Scales down, then refines with residual blocks."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, blocks: int) -> None:
        super().__init__()
        self.down = _convolution(inputs, outputs, kernel, stride)
        self.blocks = nn.Sequential(*(Residual(outputs) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(torch.relu(self.down(x)))


class MiniNet(nn.Module):
    """Faces [b, 3, 112, 112] in [-1, 1] to embeddings [b, dimension], not normalised.

    An overlapping 8x8 stem goes to 28x28 at once and plain 3x3 convolutions follow: on a CPU they
    train two to three times as fast as the depthwise ones of MobileFaceNet (arXiv 1804.07573),
    whose global depthwise convolution is kept as the head, since it weighs places in the face.
    """

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        widths, blocks = self.shape.widths, self.shape.blocks
        stages = [Stage(3, widths[0], 8, 4, blocks[0])]
        for inputs, outputs, count in zip(widths[:-1], widths[1:], blocks[1:], strict=True):
            stages.append(Stage(inputs, outputs, 3, 2, count))
        self.stages = nn.ModuleList(stages)
        side = SIZE // 4 // 2 ** (len(widths) - 1)
        last = widths[-1]
        self.places = nn.Sequential(
            nn.Conv2d(last, last, side, groups=last, bias=False), nn.BatchNorm2d(last)
        )
        self.embedding = nn.Sequential(
            nn.Linear(last, self.shape.dimension, bias=False),
            nn.BatchNorm1d(self.shape.dimension),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage(x)
        return self.embedding(self.places(x).flatten(1))

    def depths(self, x: Tensor) -> dict[str, Tensor]:
        """The embedding and the spatial mean of every stage, [b, width] each, shallow to deep."""
        found = {}
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            found[f"stage {number}"] = x.mean((2, 3))
        places = self.places(x).flatten(1)
        return found | {"places": places, "embedding": self.embedding(places)}


def to_input(faces: np.ndarray | Tensor) -> Tensor:
    """uint8 faces [b, s, s, 3] as float [b, 3, s, s] in [-1, 1], channels last in memory."""
    pixels = torch.as_tensor(faces).permute(0, 3, 1, 2)
    return pixels.to(torch.float32, memory_format=torch.channels_last).sub_(127.5).div_(127.5)


class MiniBackbone:
    """`MiniNet` as a trainable backbone with the classification head that it was trained with.

    `head` answers with the gallery people `head_identities`, for unit-norm embeddings; it is None
    for weights that never saw the gallery.
    """

    size = SIZE
    convention = "arcface"

    def __init__(
        self,
        module: MiniNet,
        head: Head | None,
        head_identities: tuple[str, ...],
        *,
        name: str = "mini",
        device: str = "cpu",
    ) -> None:
        self.name = name
        self.module = module.eval().to(device)
        self.head = head
        self.head_identities = head_identities
        self.dimension = module.shape.dimension
        self.device = torch.device(device)
        self.fingerprint = content_hash(module.state_dict())

    @torch.no_grad()
    def embed(self, faces: np.ndarray) -> Tensor:
        """uint8 RGB faces [b, 112, 112, 3] to float32 embeddings [b, dimension] on the CPU."""
        self._check(faces)
        if len(faces) == 0:
            return torch.empty(0, self.dimension)
        parts = [
            self.module(to_input(faces[start : start + CHUNK]).to(self.device)).cpu()
            for start in range(0, len(faces), CHUNK)
        ]
        return torch.cat(parts)

    @torch.no_grad()
    def embed_depths(self, faces: np.ndarray) -> dict[str, Tensor]:
        """What every depth of the network says of the faces, [b, width] each, shallow to deep."""
        self._check(faces)
        parts = [
            self.module.depths(to_input(faces[start : start + CHUNK]).to(self.device))
            for start in range(0, max(len(faces), 1), CHUNK)
        ]
        return {depth: torch.cat([part[depth].cpu() for part in parts]) for depth in parts[0]}

    def trained_copy(self) -> MiniNet:
        """A copy of the network that may be trained further; this backbone stays as it is."""
        return copy.deepcopy(self.module)

    def _check(self, faces: np.ndarray) -> None:
        if faces.ndim != 4 or faces.shape[1:] != (SIZE, SIZE, 3) or faces.dtype != np.uint8:
            raise LetheError(
                f"The mini backbone takes uint8 RGB faces of {SIZE} x {SIZE} pixels; "
                "prepare the photos with engine.alignment first."
            )


def content_hash(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes and values, so that it does not depend on the file layout."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def save(
    path: Path,
    module: MiniNet,
    class_weights: Tensor,
    scale: float,
    identities: Iterable[str],
    training: Mapping[str, object],
) -> None:
    """Write network and head as safetensors, with what was trained, how, and a content hash.

    `class_weights` is [C, dimension], one row per identity; the head is scale * cosine.
    """
    tensors = {f"net.{name}": value.contiguous() for name, value in module.state_dict().items()}
    tensors["head.weight"] = scale * nn.functional.normalize(class_weights, dim=1).contiguous()
    metadata = {
        "shape": json.dumps(asdict(module.shape)),
        "identities": json.dumps(list(identities)),
        "training": json.dumps(dict(training), sort_keys=True),
        "content_sha256": content_hash(tensors),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    save_file(tensors, partial, metadata)
    partial.replace(path)


def load(path: Path = WEIGHTS, *, name: str = "mini", device: str = "cpu") -> MiniBackbone:
    """The backbone of a weights file written by `save`.

    Raises `LetheError` when the file is missing, damaged, or does not match its own hash.
    """
    restore = (
        f"restore it with `git checkout -- assets/{path.name}` "
        "or train it again with `python -m engine people train`."
    )
    if not path.is_file():
        raise LetheError(f"The weights {path.name} are missing; {restore}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        intact = metadata.get("content_sha256") == content_hash(tensors)
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise LetheError(f"The weights {path.name} are damaged; {restore}") from error
    if not intact:
        raise LetheError(f"The weights {path.name} are damaged (their hash differs); {restore}")
    shape = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in json.loads(metadata["shape"]).items()
    }
    module = MiniNet(Shape(**shape))
    module.load_state_dict(
        {
            key.removeprefix("net."): value
            for key, value in tensors.items()
            if key.startswith("net.")
        }
    )
    identities = tuple(json.loads(metadata["identities"]))
    weight = tensors["head.weight"]
    head = Head(weight=weight, bias=torch.zeros(len(weight))) if identities else None
    return MiniBackbone(module, head, identities, name=name, device=device)

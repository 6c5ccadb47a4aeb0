"""The mini backbone: a small face-recognition network that the project trains by itself.

It has learned people who never existed, the embedded gallery's among them, so it is ready without
any download and small enough to be unlearned by gradient steps while a person waits.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils import convert_conv2d_weight_memory_format

from engine.assets import ASSETS, restore
from engine.backbones.base import Entry, pick_device
from engine.backbones.network import NetworkBackbone, content_hash
from engine.errors import LetheError
from engine.heads import Head
from engine.said import noted, said
from engine.warp import Convention

NAMES = ("mini", "mini-without-five")
"""The weights that are shipped; the second never saw the first preset group of people."""
SIZE = 112
LOOKS_AT = 56
CHUNK = 128
"""Faces that pass the network at once: more gives no speed and costs memory."""


@dataclass(frozen=True)
class Shape:
    """The network's architecture: one entry of `widths` and `blocks` per stage.

    The first stage works on maps of side 28, each later one on half the side of the one before;
    `blocks` counts residual blocks.
    """

    widths: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (0, 1, 1)
    dimension: int = 256

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> "Shape":
        """The architecture of a `MiniNet` state dict."""
        widths: list[int] = []
        blocks: list[int] = []
        while f"stages.{len(widths)}.down.0.weight" in state:
            prefix = f"stages.{len(widths)}."
            widths.append(len(state[f"{prefix}down.0.weight"]))
            inner = {key.split(".")[3] for key in state if key.startswith(f"{prefix}blocks.")}
            blocks.append(len(inner))
        return cls(tuple(widths), tuple(blocks), len(state["embedding.0.weight"]))


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

    def __init__(self, inputs: int, outputs: int, kernel: int, blocks: int) -> None:
        super().__init__()
        self.down = _convolution(inputs, outputs, kernel, 2)
        self.blocks = nn.Sequential(*(Residual(outputs) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(torch.relu(self.down(x)))


class MiniNet(nn.Module):
    """Faces [b, 3, 112, 112] in [-1, 1] to embeddings [b, dimension], not normalised.

    It looks at the face at half size, which is enough to tell people apart and four times cheaper
    to train on. Plain 3x3 convolutions train two to three times as fast on a CPU as the depthwise
    ones of MobileFaceNet (arXiv 1804.07573), whose global depthwise convolution is kept as the
    last one, since it weighs places in the face.
    """

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        widths, blocks = self.shape.widths, self.shape.blocks
        stages = [Stage(3, widths[0], 4, blocks[0])]
        for inputs, outputs, count in zip(widths[:-1], widths[1:], blocks[1:], strict=True):
            stages.append(Stage(inputs, outputs, 3, count))
        self.stages = nn.ModuleList(stages)
        side, last = LOOKS_AT // 2 ** len(widths), widths[-1]
        self.places = nn.Sequential(
            nn.Conv2d(last, last, side, groups=last, bias=False), nn.BatchNorm2d(last)
        )
        self.embedding = nn.Sequential(
            nn.Linear(last, self.shape.dimension, bias=False),
            nn.BatchNorm1d(self.shape.dimension),
        )
        convert_conv2d_weight_memory_format(self, torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        return self.embed_small(avg_pool2d(x, SIZE // LOOKS_AT))

    def embed_small(self, x: Tensor) -> Tensor:
        """Embeddings [b, dimension] of faces that are at half size already, [b, 3, 56, 56]."""
        for stage in self.stages:
            x = stage(x)
        return self.embedding(self.places(x).flatten(1))

    def depths(self, x: Tensor) -> dict[str, Tensor]:
        """The spatial mean of every stage and the embedding, [b, width] each, shallow to deep."""
        x = avg_pool2d(x, SIZE // LOOKS_AT)
        found: dict[str, Tensor] = {}
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            found[said("stage {number}", number=number)] = x.mean((2, 3))
        places = self.places(x).flatten(1)
        return found | {
            noted("places"): places,
            noted("embedding"): self.embedding(places),
        }


class MiniBackbone(NetworkBackbone):
    """`MiniNet` as a trainable backbone with the classification head that it was trained with.

    `head` answers with the gallery people `head_identities`, for unit-norm embeddings.
    """

    module: MiniNet
    size = SIZE
    chunk = CHUNK
    convention: Convention = "arcface"

    def __init__(
        self,
        module: MiniNet,
        head: Head | None,
        head_identities: tuple[str, ...],
        *,
        name: str = "mini",
        device: torch.device | None = None,
        half: bool = False,
    ) -> None:
        super().__init__(module, name=name, device=device, half=half)
        self.head = head
        self.head_identities = head_identities
        self.dimension = module.shape.dimension
        weights = content_hash(module.state_dict())
        self.fingerprint = hashlib.sha256(f"{weights} {half}".encode()).hexdigest()

    def retrained(self, module: MiniNet, name: str) -> "MiniBackbone":
        """The same backbone around a network with other weights, which carries no head."""
        return MiniBackbone(module, None, (), name=name, device=self.device, half=self.half)


def rebuilt(state: Mapping[str, Tensor], name: str) -> MiniBackbone:
    """The backbone around the weights of a `MiniNet`'s state dict, on the CPU in fp32."""
    module = MiniNet(Shape.of(state))
    module.load_state_dict(state)
    return MiniBackbone(module, None, (), name=name)


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
        "identities": json.dumps(list(identities)),
        "training": json.dumps(dict(training), sort_keys=True),
        "content_sha256": content_hash(tensors),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    save_file(tensors, partial, metadata)
    partial.replace(path)


def load(
    spec: str = "mini",
    *,
    device: str = "auto",
    precision: str = "auto",
    weights: Path | str | None = None,
) -> MiniBackbone:
    """The shipped weights called `spec`, or those in a file `weights` that `save` wrote.

    Precision is fp32 unless bf16 is asked for. Raises `LetheError` when the file is missing,
    damaged, or does not match its own hash.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LetheError(
            said("Unknown precision {precision!r}; choose auto, fp32 or bf16.", precision=precision)
        )
    path = Path(weights).expanduser() if weights else ASSETS / f"{spec}.safetensors"
    tensors, metadata = _read(path)
    state = {
        key.removeprefix("net."): value for key, value in tensors.items() if key.startswith("net.")
    }
    module = MiniNet(Shape.of(state))
    module.load_state_dict(state)
    weight = tensors.get("head.weight")  # an erased network comes without one
    return MiniBackbone(
        module,
        None if weight is None else Head(weight=weight, bias=torch.zeros(len(weight))),
        tuple(json.loads(metadata["identities"])),
        name=spec,
        device=pick_device(device),
        half=precision == "bf16",
    )


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    way_back = (
        restore(path.name, "train")
        if path.parent == ASSETS
        else said("give a file that `python -m tools.people train` wrote.")
    )
    if not path.is_file():
        raise LetheError(
            said("The weights {name} are missing; {way_back}", name=path.name, way_back=way_back)
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise LetheError(
            said("The weights {name} are damaged; {way_back}", name=path.name, way_back=way_back)
        ) from error
    if metadata.get("content_sha256") != content_hash(tensors):
        raise LetheError(
            said(
                "The weights {name} are damaged (their hash differs); {way_back}",
                name=path.name,
                way_back=way_back,
            )
        )
    return tensors, metadata


ENTRIES = tuple(
    Entry(name, title, summary, load, {"weights": noted("a weights file of another training run")})
    for name, title, summary in (
        (
            "mini",
            noted("mini, our own"),
            noted("our own small network, trained on rendered people only; comes with the program"),
        ),
        (
            "mini-without-five",
            noted("mini without five people"),
            noted(
                "the same network, trained without five of the people: the reference for forgetting"
            ),
        ),
    )
)

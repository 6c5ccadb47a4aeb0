"""dlib's face-recognition ResNet, with the weights that a pip package brings: real faces, offline.

Trained by Davis King on three million photos of real people, it reaches 99.38 % on LFW by dlib's
own account (dlib.net, "High Quality Face Recognition with Deep Metric Learning", 2017).
"""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad, relu
from torch.nn.utils import convert_conv2d_weight_memory_format

from engine.backbones.base import Entry, pick_device
from engine.backbones.dlib_file import FILE, SHA256, Layers, packaged, read
from engine.backbones.network import NetworkBackbone, content_hash
from engine.errors import LetheError
from engine.heads import Head
from engine.said import noted, said
from engine.warp import DLIB_TEMPLATE, Convention

SIZE = 150
MEAN = (122.782, 117.001, 104.298)
"""What dlib takes off red, green and blue (0..255) before it divides by 256."""
DIMENSION = 128
STEM = 32
STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Width and residual blocks of each stage; all but the first begin by halving the maps."""
CHUNK = 32
"""Faces that pass the network at once: more gives no speed and costs memory."""


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut; one that scales down averages 2x2 in the shortcut.

    Where the two sums differ in channels or in size, the smaller one ends in zeros.
    """

    def __init__(self, inputs: int, width: int, down: bool) -> None:
        super().__init__()
        self.down = down
        stride, padding = (2, 0) if down else (1, 1)
        self.first = nn.Conv2d(inputs, width, 3, stride, padding)
        self.second = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.second(relu(self.first(x), inplace=True))
        if self.down:
            x = avg_pool2d(x, 2)
            shape = [max(pair) for pair in zip(x.shape[1:], out.shape[1:], strict=True)]
            x, out = _ending_in_zeros(x, shape), _ending_in_zeros(out, shape)
        return relu(x + out, inplace=True)


def _ending_in_zeros(x: Tensor, shape: list[int]) -> Tensor:
    missing = [whole - own for whole, own in zip(shape, x.shape[1:], strict=True)]
    if not any(missing):
        return x
    return pad(x, [side for more in reversed(missing) for side in (0, more)])


class DlibNet(nn.Module):
    """Faces [b, 3, 150, 150] in [-1, 1] to embeddings [b, 128], not normalised.

    dlib's affine layers are folded into the convolutions before them, and its normalisation of
    the pixels into the first, which has no padding: the same function in fewer passes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 7, 2)
        stages: list[nn.Module] = []
        for (inputs, _), (width, blocks) in pairwise(((STEM, 0), *STAGES)):
            first = Residual(inputs, width, down=bool(stages))
            rest = (Residual(width, width, down=False) for _ in range(blocks - 1))
            stages.append(nn.Sequential(first, *rest))
        self.stages = nn.ModuleList(stages)
        self.embedding = nn.Linear(STAGES[-1][0], DIMENSION, bias=False)
        convert_conv2d_weight_memory_format(self, torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        x = self._entry(x)
        for stage in self.stages:
            x = stage(x)
        return self.embedding(x.mean((2, 3)))

    def depths(self, x: Tensor) -> dict[str, Tensor]:
        """The spatial mean of stem and stages, and the embedding: [b, width], shallow to deep."""
        x = self._entry(x)
        found: dict[str, Tensor] = {noted("stem"): x.mean((2, 3))}
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            found[said("stage {number}", number=number)] = x.mean((2, 3))
        return found | {noted("embedding"): self.embedding(x.mean((2, 3)))}

    def _entry(self, x: Tensor) -> Tensor:
        return max_pool2d(relu(self.stem(x), inplace=True), 3, 2)


def network(layers: Layers) -> DlibNet:
    """The network with a file's weights. Raises `LetheError` where they are another's."""
    with torch.device("meta"):  # no random initial weights, which are drawn for nothing
        module = DlibNet()
    convolutions = [one for one in module.modules() if isinstance(one, nn.Conv2d)]
    same = len(convolutions) == len(layers.convolutions) and all(
        one.weight.shape == read.weight.shape
        and (one.stride[0], one.padding[0]) == (read.stride, read.padding)
        for one, read in zip(convolutions, layers.convolutions, strict=False)
    )
    if not same or module.embedding.weight.shape != layers.product.T.shape:
        raise LetheError(
            said(
                "The weights are those of another network than dlib's ResNet; choose a {file}.",
                file=FILE,
            )
        )
    for one, found in zip(convolutions, layers.convolutions, strict=True):
        weight = found.weight * found.gamma[:, None, None, None]
        bias = found.bias * found.gamma + found.beta
        if one is module.stem:
            # (127.5 x + 127.5 - mean) / 256 of x in [-1, 1]
            offset = (127.5 - np.array(MEAN)) / 256
            bias = bias + np.einsum("oiyx,i->o", weight.astype(np.float64), offset)
            weight = weight * (127.5 / 256)
        one.weight = _parameter(weight)
        one.bias = _parameter(bias)
    module.embedding.weight = _parameter(layers.product.T)
    convert_conv2d_weight_memory_format(module, torch.channels_last)
    return module


def _parameter(values: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)))


class DlibBackbone(NetworkBackbone):
    """`DlibNet` as a trainable backbone; it knows no people by name, so it has no head.

    `weights` is a hash of where the weights come from. Without one they are hashed themselves,
    folded as they are, which may differ in a last digit from machine to machine.
    """

    module: DlibNet
    dimension = DIMENSION
    size = SIZE
    chunk = CHUNK
    convention: Convention = "dlib"
    head: Head | None = None
    head_identities: tuple[str, ...] = ()

    def __init__(
        self,
        module: DlibNet,
        *,
        name: str = "dlib",
        weights: str | None = None,
        device: torch.device | None = None,
        half: bool = False,
    ) -> None:
        super().__init__(module, name=name, device=device, half=half)
        weights = weights or content_hash(module.state_dict())
        setting = f"dlib {weights} {SIZE} {MEAN} {DLIB_TEMPLATE.tolist()} {half}"
        self.fingerprint = hashlib.sha256(setting.encode()).hexdigest()

    def retrained(self, module: DlibNet, name: str) -> "DlibBackbone":
        """The same backbone around a network with other weights."""
        return DlibBackbone(module, name=name, device=self.device, half=self.half)


def rebuilt(state: Mapping[str, Tensor], name: str) -> DlibBackbone:
    """The backbone around the weights of a `DlibNet`'s state dict, on the CPU in fp32."""
    module = DlibNet()
    module.load_state_dict(state)
    return DlibBackbone(module, name=name)


def load(
    spec: str = "dlib",
    *,
    device: str = "auto",
    precision: str = "auto",
    weights: Path | str | None = None,
) -> DlibBackbone:
    """The packaged weights, or those in a file `weights` of the same format and network.

    Precision is fp32 unless bf16 is asked for. Raises `LetheError` when the package or the file
    is missing, damaged or another network's.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise LetheError(
            said("Unknown precision {precision!r}; choose auto, fp32 or bf16.", precision=precision)
        )
    layers = read(Path(weights).expanduser()) if weights else read(packaged(), SHA256)
    return DlibBackbone(
        network(layers),
        name=spec,
        weights=layers.sha256,
        device=pick_device(device),
        half=precision == "bf16",
    )


ENTRIES = (
    Entry(
        "dlib",
        noted("dlib, real faces"),
        noted(
            "dlib's face-recognition ResNet (99.4 % on LFW), from the package "
            "face_recognition_models; offline"
        ),
        load,
        {"weights": said("another copy of {file}", file=FILE)},
    ),
)

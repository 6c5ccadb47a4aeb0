"""facenet-pytorch's InceptionResnetV1, with weights from its public release or a local file."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine.backbones.base import Entry, check_faces, pick_device
from engine.backbones.download import Release, fetch
from engine.errors import LetheError
from engine.machine import cpu_has_bf16
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.warp import Convention

_URL = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"

RELEASES = {
    # This hash is the one that several independent projects have published for the file.
    "facenet-vggface2": Release(
        _URL + "20180402-114759-vggface2.pt",
        megabytes=112,
        sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
    ),
    # No published hash is known for this one: the first download's is written down beside the
    # file and every later load is held to it (trust on first use).
    "facenet-casia-webface": Release(
        _URL + "20180408-102900-casia-webface.pt", megabytes=116, sha256=None
    ),
}


class FaceNetBackbone:
    """InceptionResnetV1 (arXiv 1503.03832, 1602.07261): 160-px box crops to 512 values.

    `precision` bf16 runs under autocast; the embeddings come back as float32 in any case.
    """

    dimension = 512
    size = 160
    convention: Convention = "box"

    def __init__(self, name: str, path: Path, *, device: str, precision: str) -> None:
        from facenet_pytorch import InceptionResnetV1

        self.name, self.weights = name, path
        state = read_state(path)
        self._device = pick_device(device)
        self._bf16 = _use_bf16(precision, self._device)
        with torch.device("meta"):  # no random initial weights, which take seconds to draw
            module = InceptionResnetV1(pretrained=None)
        module.load_state_dict(state, assign=True)
        # The network normalises whatever it does not classify; without that its last layer's
        # output comes out as it is.
        module.classify = True
        module.logits = torch.nn.Identity()
        module.eval().requires_grad_(False)
        _fold(module)
        self.module = module.to(self._device, memory_format=torch.channels_last)
        setting = {"bf16": self._bf16, "folded": True, "size": self.size}
        digest = hashlib.sha256(json.dumps(setting).encode())
        for key in sorted(state):
            digest.update(key.encode())
            digest.update(state[key].contiguous().numpy().tobytes())
        self.fingerprint = digest.hexdigest()

    def embed(self, faces: np.ndarray) -> Tensor:
        """float32 [b, 512] for uint8 RGB faces [b, 160, 160, 3], not normalised."""
        check_faces(faces, self.size)
        if not len(faces):
            return torch.empty(0, self.dimension)
        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(faces))
            if self._device.type == "cuda":
                pixels = pixels.pin_memory().to(self._device, non_blocking=True)
            x = pixels.permute(0, 3, 1, 2).float().sub_(127.5).div_(128.0)
            x = x.contiguous(memory_format=torch.channels_last)
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
                embeddings = self.module(x)
        # Cloned out here, because nothing can be trained on a tensor of inference mode.
        return embeddings.float().cpu().clone()


def load(
    spec: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    weights: str | Path | None = None,
    watch: Watch = ignore,
) -> FaceNetBackbone:
    """`facenet-vggface2` or `facenet-casia-webface`, downloaded once unless `weights` is given.

    The files are read with `weights_only=True`: tensors, never code. Raises `LetheError` for a
    missing or unfitting file, without internet, and when the hash is not the expected one.
    """
    path = Path(weights).expanduser() if weights else fetch(RELEASES[spec], watch)
    try:
        return FaceNetBackbone(spec, path, device=device, precision=precision)
    except RuntimeError as error:
        raise LetheError(
            said(
                "The weights in {path} do not fit InceptionResnetV1; choose a file made for it.",
                path=path,
            )
        ) from error


def _fold(module: torch.nn.Module) -> None:
    """Fold every BatchNorm into the convolution before it: the same function, a pass fewer."""
    for block in module.modules():
        conv, norm = getattr(block, "conv", None), getattr(block, "bn", None)
        if isinstance(conv, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(conv, norm)
            block.bn = torch.nn.Identity()
        if isinstance(block, torch.nn.ReLU):
            block.inplace = True


def read_state(path: Path) -> dict[str, Tensor]:
    """A file's tensors by name, PyTorch's or safetensors, without any classifier.

    Raises `LetheError` for a file that is missing or holds no weights.
    """
    if not path.is_file():
        raise LetheError(said("There is no weights file {path}; check the path.", path=path))
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the unpickler or the zip reader met
        raise LetheError(
            said("The file {path} holds no plain PyTorch weights; choose another one.", path=path)
        ) from error
    if not isinstance(state, dict) or not all(isinstance(one, Tensor) for one in state.values()):
        raise LetheError(
            said("The file {path} holds no state dict; choose another one.", path=path)
        )
    # The release carries the classifier of the people it was trained on, which nothing here asks.
    return {key: value for key, value in state.items() if not key.startswith("logits.")}


def _use_bf16(precision: str, device: torch.device) -> bool:
    if precision not in ("auto", "fp32", "bf16"):
        raise LetheError(
            said("Unknown precision {precision!r}; choose auto, fp32 or bf16.", precision=precision)
        )
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return cpu_has_bf16()


ENTRIES = tuple(
    Entry(
        name,
        title,
        summary,
        load,
        {"weights": noted("a local file of these weights instead of the download")},
        downloads=True,
    )
    for name, title, summary in (
        (
            "facenet-vggface2",
            noted("facenet, VGGFace2"),
            noted("InceptionResnetV1 trained on VGGFace2; downloads 112 MB once"),
        ),
        (
            "facenet-casia-webface",
            noted("facenet, CASIA"),
            noted("InceptionResnetV1 trained on CASIA-WebFace; downloads 116 MB once"),
        ),
    )
)

"""A network of ours in torch as a backbone: what mini and dlib share, whatever their layers."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.backbones.base import check_faces
from engine.warp import Convention


class NetworkBackbone:
    """Faces through `module` in chunks, in bf16 where `half`; the module is frozen.

    The module has `depths` too: what its layers make of a batch, [b, width] by depth.

    Subclasses set `size`, `convention`, `dimension`, `chunk` (faces that pass at once: more gives
    no speed and costs memory) and `fingerprint`.
    """

    size: int
    dimension: int
    chunk: int
    convention: Convention
    fingerprint: str

    def __init__(
        self, module: nn.Module, *, name: str, device: torch.device | None, half: bool
    ) -> None:
        self.name = name
        self.device = device or torch.device("cpu")
        self.half = half
        self.module = module.eval().to(self.device).requires_grad_(False)

    def embed(self, faces: np.ndarray) -> Tensor:
        """uint8 RGB faces [b, size, size, 3] to float32 embeddings [b, dimension] on the CPU."""
        check_faces(faces, self.size)
        parts = [self._run(self.module, faces[rows]) for rows in self._chunks(len(faces))]
        return torch.cat([torch.empty(0, self.dimension), *parts])

    def embed_depths(self, faces: np.ndarray) -> dict[str, Tensor]:
        """What every depth of the network says of the faces, [b, width] each, shallow to deep."""
        check_faces(faces, self.size)
        module: Any = self.module
        parts = [self._run(module.depths, faces[rows]) for rows in self._chunks(len(faces))]
        return {depth: torch.cat([part[depth] for part in parts]) for depth in parts[0]}

    @torch.no_grad()
    def _run(self, function: Callable, faces: np.ndarray) -> Any:
        x = to_input(torch.from_numpy(faces).to(self.device))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            out = function(x)
        if isinstance(out, dict):
            return {depth: values.float().cpu() for depth, values in out.items()}
        return out.float().cpu()

    def _chunks(self, count: int) -> list[slice]:
        starts = range(0, max(count, 1), self.chunk)
        return [slice(start, start + self.chunk) for start in starts]


def to_input(faces: np.ndarray | Tensor) -> Tensor:
    """uint8 faces [b, s, s, 3] as float [b, 3, s, s] in [-1, 1], channels last in memory."""
    pixels = torch.as_tensor(faces).permute(0, 3, 1, 2)
    return pixels.to(torch.float32, memory_format=torch.channels_last).sub_(127.5).div_(127.5)


def content_hash(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes and values, so that it does not depend on the file layout."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()

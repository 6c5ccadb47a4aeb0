"""A backbone as an ONNX model, whichever it is: its own file, or its network traced by torch."""

import copy
import io
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from engine.backbones.base import Backbone
from engine.backbones.facenet import FaceNetBackbone
from engine.backbones.network import NetworkBackbone
from engine.backbones.onnx import OnnxBackbone, opened
from engine.backbones.onnx_file import ModelFile, handed_model
from engine.backbones.onnx_outputs import pictures
from engine.backbones.onnx_settings import Settings
from engine.errors import LetheError
from engine.said import noted, said

OPSET = 17
"""The operator set of traced networks."""

FACENET = 127.5 / 128
"""facenet divides pixels by 128; its file takes what all others take, (x - 127.5) / 127.5."""

SAME = 0.999
"""The cosine of a traced network's embeddings with its own below which it is refused: fp32 gives
1 - 1e-6, and a backbone that runs in bf16 here about .9999."""

NO_NETWORK = noted(
    "These embeddings came without a model, so that no erased model can be made; take the eraser."
)


def as_onnx(backbone: Backbone) -> tuple[OnnxBackbone, ModelFile]:
    """The backbone opened from ONNX, and the file. Traced networks are in fp32, on the CPU.

    Raises `LetheError` where embeddings came without a model.
    """
    if isinstance(backbone, OnnxBackbone):
        return backbone, backbone.opened.file
    if isinstance(backbone, NetworkBackbone):
        return _traced(backbone, backbone.module, 1.0)
    if isinstance(backbone, FaceNetBackbone):
        return _traced(backbone, backbone.module, FACENET)
    raise LetheError(NO_NETWORK)


def size_of(backbone: Backbone) -> int | None:
    """About the bytes of the backbone as an ONNX file, None where it has none. It costs nothing."""
    if isinstance(backbone, OnnxBackbone):
        file = backbone.opened.file
        return len(file.data) + sum(map(len, file.beside.values()))
    if isinstance(backbone, NetworkBackbone | FaceNetBackbone):
        return 4 * sum(one.numel() for one in backbone.module.state_dict().values())
    return None


class _Fed(nn.Module):
    """A network that is fed pixels times a factor."""

    def __init__(self, module: nn.Module, factor: float) -> None:
        super().__init__()
        self.module, self.factor = module, factor

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x if self.factor == 1 else x * self.factor)


def _traced(backbone: Any, module: nn.Module, factor: float) -> tuple[OnnxBackbone, ModelFile]:
    plain = _Fed(copy.deepcopy(module).float().cpu().eval(), factor)
    out, size = io.BytesIO(), backbone.size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that are constant here
        torch.onnx.export(
            plain,
            (torch.zeros(2, 3, size, size),),
            out,  # type: ignore[arg-type]
            dynamo=False,  # the other exporter needs one more package
            opset_version=OPSET,
            input_names=["input"],
            output_names=["embedding"],
            dynamic_axes={"input": {0: "n"}, "embedding": {0: "n"}},
        )
    file = handed_model(f"{backbone.name}.onnx", out.getvalue())
    traced = OnnxBackbone(opened(file, "cpu"), Settings(size=size))
    faces = pictures(size)
    if float(cosine_similarity(traced.embed(faces), backbone.embed(faces)).min()) < SAME:
        raise LetheError(
            said(
                "{name} as ONNX does not give the embeddings that it gives here, so that nothing "
                "was written; take the eraser.",
                name=backbone.name,
            )
        )
    return traced, file

"""A backbone as an ONNX graph that erasers can be appended to."""

import copy
import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.backbones.base import Backbone
from engine.backbones.facenet import FaceNetBackbone
from engine.backbones.network import NetworkBackbone
from engine.backbones.onnx import OnnxBackbone
from engine.backbones.onnx_settings import Settings
from engine.errors import LetheError
from engine.said import noted, said

OPSET = 17
"""The operator set of networks that torch exports here."""

OLDEST = 9
"""The first operator set with all that erasers need: `Where` came last."""

LARGEST = 2_000_000_000
"""Bytes of a protobuf message, which an ONNX file is; its format ends at 2 GiB."""

NO_NETWORK = noted(
    "These embeddings came without a model, so that none can be exported; take the eraser."
)


@dataclass(frozen=True)
class Network:
    """An ONNX model whose tensor called `output` holds embeddings [n, d], not normalised.

    Axes of length 1 may stand behind or between. `settings` say how it is fed; `embed` is the
    original, in fp32.
    """

    model: Any
    output: str
    settings: Settings
    batch: int | None
    backbone: Backbone


def network(backbone: Backbone) -> Network:
    """The backbone's graph. Raises `LetheError`, in a sentence, for one that cannot be extended."""
    if isinstance(backbone, OnnxBackbone):
        return _from_file(backbone)
    if isinstance(backbone, NetworkBackbone):
        return _from_torch(backbone, backbone.module, 1.0)
    if isinstance(backbone, FaceNetBackbone):
        # Its own pixels are divided by 128; the file takes what every other one takes.
        return _from_torch(backbone, backbone.module, 127.5 / 128)
    raise LetheError(NO_NETWORK)


def size_of(backbone: Backbone) -> int | None:
    """About the bytes of the backbone's graph, None where there is none; nothing is computed."""
    if isinstance(backbone, OnnxBackbone):
        file = backbone.opened.file
        return len(file.data) + sum(len(one) for one in file.beside.values())
    if isinstance(backbone, NetworkBackbone | FaceNetBackbone):
        return sum(one.numel() * one.element_size() for one in backbone.module.parameters())
    return None


def _from_file(backbone: OnnxBackbone) -> Network:
    import onnx
    from onnx.external_data_helper import uses_external_data

    file, name = backbone.opened.file, backbone.opened.path.name
    if (size_of(backbone) or 0) >= LARGEST:
        raise LetheError(
            said(
                "{name} and its weights are larger than the 2 GB that one ONNX file may have, so "
                "that it cannot be extended; take the eraser instead.",
                name=name,
            )
        )
    model = onnx.load_model_from_string(file.data)
    for tensor in _initializers(model.graph):
        if uses_external_data(tensor):
            where = {entry.key: entry.value for entry in tensor.external_data}
            data = file.beside[where["location"]]
            begin = int(where.get("offset", 0))
            length = int(where.get("length", len(data) - begin))
            tensor.raw_data = data[begin : begin + length]
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]
    opset = opset_of(model)
    if opset < OLDEST:
        raise LetheError(
            said(
                "{name} uses ONNX's operator set {opset}, and an eraser needs {oldest} or later; "
                "export the model anew, or take the eraser.",
                name=name,
                opset=opset,
                oldest=OLDEST,
            )
        )
    return Network(model, backbone.output, backbone.settings, backbone.layout.batch, backbone)


def opset_of(model: Any) -> int:
    """The model's version of the standard operators; 0 where it uses none."""
    return next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 0)


def _initializers(graph: Any) -> list[Any]:
    """Every tensor of the graph that may lie in another file, those of inner graphs too."""
    found = list(graph.initializer)
    for sparse in graph.sparse_initializer:
        found += [sparse.values, sparse.indices]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                found.append(attribute.t)
            found += attribute.tensors
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    found += _initializers(inner)
    return found


class _Fed(nn.Module):
    """A network behind a factor on its input [-1, 1]."""

    def __init__(self, module: nn.Module, factor: float) -> None:
        super().__init__()
        self.module, self.factor = module, factor

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x if self.factor == 1 else x * self.factor)


def _from_torch(backbone: Any, module: nn.Module, factor: float) -> Network:
    import onnx

    plain = copy.deepcopy(module).float().cpu().eval()
    out, size = io.BytesIO(), backbone.size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of what is constant here
        torch.onnx.export(
            _Fed(plain, factor),
            (torch.zeros(2, 3, size, size),),
            out,
            dynamo=False,  # the other exporter needs one more package
            opset_version=OPSET,
            input_names=["input"],
            output_names=["raw"],
            dynamic_axes={"input": {0: "n"}, "raw": {0: "n"}},
        )
    settings = Settings(size=size)
    model = onnx.load_model_from_string(out.getvalue())
    return Network(model, "raw", settings, None, _Plain(backbone, _Fed(plain, factor)))


class _Plain:
    """A torch backbone in fp32 on the CPU, whatever it runs in otherwise."""

    def __init__(self, backbone: Any, module: nn.Module) -> None:
        self.name, self.dimension = backbone.name, backbone.dimension
        self.size, self.convention = backbone.size, backbone.convention
        self.fingerprint, self._module = backbone.fingerprint, module

    @torch.no_grad()
    def embed(self, faces: np.ndarray) -> Tensor:
        """float32 [b, dimension] of uint8 RGB faces [b, size, size, 3]."""
        pixels = torch.from_numpy(np.ascontiguousarray(faces)).permute(0, 3, 1, 2).float()
        return self._module((pixels - 127.5) / 127.5)

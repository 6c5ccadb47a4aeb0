"""An ONNX model with erasers at its end: same input, one output, nothing but standard operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.backbones.onnx import OnnxBackbone, opened
from engine.backbones.onnx_file import ModelFile, handed_model
from engine.backbones.onnx_outputs import pictures
from engine.erasure import METHODS
from engine.erasure.base import Eraser
from engine.errors import LetheError
from engine.export.operators import OLDEST, WRITERS, Writer
from engine.features import embed_all
from engine.said import said

if TYPE_CHECKING:
    import onnx

OUTPUT = "erased_embedding"
"""What the only output is called."""

LARGEST = 2**31 - 1
"""Bytes that fit in one file of protobuf."""

CLOSE = 1e-4
"""How far an entry of the written model's embeddings may be from the engine's."""


def check_methods(names: Sequence[str]) -> None:
    """Raises `LetheError` for a method that is no function of the embedding, before any work."""
    for name in names:
        method = METHODS.get(name)
        if method is None or not method.erasers or not {*method.erasers} <= WRITERS.keys():
            raise LetheError(
                said(
                    "{method} cannot be appended to a model: it is no function of the embedding; "
                    "forget by another method, ESC or stand-in for example.",
                    method=name if method is None else method.title,
                )
            )


def check_model(file: ModelFile) -> onnx.ModelProto:
    """The model as one piece, its weights from other files taken in.

    Raises `LetheError` where it cannot be extended.
    """
    import onnx
    from onnx import external_data_helper

    name = file.path.name
    try:
        model = onnx.load_from_string(file.data)
        if file.beside:
            external_data_helper.load_external_data_for_model(model, str(file.path.parent))
    except Exception as error:  # protobuf and onnx raise classes of their own
        raise LetheError(
            said(
                "{name} cannot be extended: it, or the weights beside it, cannot be read as ONNX; "
                "save the model as one file.",
                name=name,
            )
        ) from error
    opset = _opset(model)
    if opset < OLDEST:
        raise LetheError(
            said(
                "{name} uses ONNX's operator set {found}, and erasers need {oldest} or newer; "
                "export the model with a newer opset.",
                name=name,
                found=opset,
                oldest=OLDEST,
            )
        )
    if model.ByteSize() + LARGEST // 64 > LARGEST:
        raise LetheError(
            said("{name} is too large for one ONNX file, which holds 2 GB at most.", name=name)
        )
    return model


def extended(backbone: OnnxBackbone, file: ModelFile, erasers: Sequence[Eraser]) -> bytes:
    """The model of `file`, which `backbone` runs, with the erasers behind it, as a file's bytes.

    It gives float32 [n, d]: the embedding brought to length 1, as the engine does, and erased, in
    the order of the erasers. Raises `LetheError` where the model cannot be extended, or where what
    was written does not give the engine's embeddings.
    """
    from onnx import TensorProto, helper

    check_methods([one.method for one in erasers])
    model = check_model(file)
    graph = model.graph
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    taken |= {one.name for one in (*graph.initializer, *graph.input)}
    writer = Writer(_opset(model), taken)
    whole = writer.op("Cast", backbone.output, to=TensorProto.FLOAT)
    shape = writer.constant(np.array([-1, backbone.dimension], dtype=np.int64))
    x = writer.unit(writer.op("Reshape", whole, shape))
    for eraser in erasers:
        x = WRITERS[type(eraser)](eraser, x, writer)
    result = OUTPUT if OUTPUT not in taken else writer.name(OUTPUT)
    writer.nodes.append(helper.make_node("Identity", [x], [result]))
    batch = _batch(graph, backbone.output)
    shown = helper.make_tensor_value_info(result, TensorProto.FLOAT, [batch, backbone.dimension])
    graph.node.extend(writer.nodes)
    del graph.output[:]
    graph.output.append(shown)
    helper.set_model_props(
        model,
        {one.key: one.value for one in model.metadata_props}
        | {"lethe_erased_by": ",".join(one.method for one in erasers)},
    )
    data = model.SerializeToString()
    _check_same(backbone, data, erasers)
    return data


def _opset(model: onnx.ModelProto) -> int:
    standard = (one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    return max(standard, default=0)


def _batch(graph: onnx.GraphProto, output: str) -> int | str:
    """The batch size that the model's output is declared with, a number or a name."""
    for one in graph.output:
        if one.name == output and one.type.tensor_type.shape.dim:
            first = one.type.tensor_type.shape.dim[0]
            return first.dim_value or first.dim_param or "n"
    return "n"


def _check_same(backbone: OnnxBackbone, data: bytes, erasers: Sequence[Eraser]) -> None:
    """Raises `LetheError` unless the model gives the engine's embeddings of drawn pictures."""
    faces = pictures(backbone.size)
    expected = embed_all(faces, backbone)
    for eraser in erasers:
        expected = eraser(expected)
    settings = replace(backbone.settings, output=None)
    name = f"{backbone.name}.onnx"
    found = OnnxBackbone(opened(handed_model(name, data), "cpu"), settings).embed(faces)
    if not torch.allclose(found, expected, rtol=0, atol=CLOSE):
        raise LetheError(
            said(
                "The extended {name} does not give the embeddings of the engine; nothing was "
                "written.",
                name=name,
            )
        )

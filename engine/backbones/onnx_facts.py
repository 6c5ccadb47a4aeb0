"""What an ONNX model's file says of itself, read without running anything of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from engine.backbones.onnx_file import ModelFile
from engine.backbones.onnx_session import refusal
from engine.errors import LetheError
from engine.said import noted, said

ENDLESS = ("Loop", "Scan", "SequenceMap")
"""Operators that may run for ever; no face-recognition model needs them."""


@dataclass(frozen=True)
class Value:
    """An input or output: its name, its type as onnxruntime writes it, its axes.

    An axis is a number, or a name or None where it is open.
    """

    name: str
    type: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True)
class Facts:
    """A model as its file describes it; `operators` are counted, the commonest first."""

    file: str
    size: int  # bytes
    producer: str
    ir: int  # version of the file format
    opset: int  # version of the standard operators
    parameters: int
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    operators: Mapping[str, int]


def read_facts(file: ModelFile) -> Facts:
    """What a file handed over by a stranger says of itself.

    Raises `LetheError` for what is no ONNX model; for weights in other files, which would be read
    from this machine; and for operators that may run for ever.
    """
    import onnx
    from google.protobuf.message import DecodeError

    name = file.path.name
    try:
        model = onnx.load_model_from_string(file.data)
    except DecodeError as error:
        raise LetheError(refusal(file, "INVALID_PROTOBUF")) from error
    graph = model.graph
    if not graph.node:
        raise LetheError(refusal(file, "INVALID_PROTOBUF"))
    nodes = list(_nodes(model))
    _check(name, model, nodes)
    weights = {one.name for one in graph.initializer}
    opsets = {one.domain: one.version for one in model.opset_import}
    return Facts(
        file=name,
        size=len(file.data),
        producer=" ".join((model.producer_name, model.producer_version)).strip(),
        ir=model.ir_version,
        opset=opsets.get("", opsets.get("ai.onnx", 0)),
        parameters=sum(prod(one.dims) for one in _weights(model, nodes)),
        # Old files list their weights among the inputs.
        inputs=tuple(_value(one) for one in graph.input if one.name not in weights),
        outputs=tuple(_value(one) for one in graph.output),
        operators=dict(Counter(_name(one) for one in nodes).most_common()),
    )


def _check(file: str, model: Any, nodes: list[Any]) -> None:
    from onnx.external_data_helper import uses_external_data

    for tensor in _tensors(model, nodes):
        if uses_external_data(tensor):
            elsewhere = {entry.key: entry.value for entry in tensor.external_data}
            other = elsewhere.get("location", noted("another file"))
            raise LetheError(
                said(
                    "{file} is not the whole model, its weights lie in another file, "
                    "{other}: save the model as one file and bring that.",
                    file=file,
                    other=other,
                )
            )
    for node in nodes:
        if node.op_type in ENDLESS:
            raise LetheError(
                said(
                    "{file} uses the operator {operator}, which may run for ever and is not "
                    "taken here; no face-recognition model needs it.",
                    file=file,
                    operator=node.op_type,
                )
            )


def _value(one: Any) -> Value:
    from onnx import TensorProto

    tensor = one.type.tensor_type
    names = {TensorProto.FLOAT: "float", TensorProto.DOUBLE: "double"}
    kind = names.get(tensor.elem_type) or TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = tuple(
        side.dim_value if side.HasField("dim_value") else side.dim_param or None
        for side in tensor.shape.dim
    )
    return Value(one.name, f"tensor({kind})", shape)


def _name(node: Any) -> str:
    return f"{node.domain}:{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type


def _nodes(model: Any) -> Iterator[Any]:
    """Every operator, those of inner graphs and of the model's own functions among them."""
    waiting = [model.graph.node, *(one.node for one in model.functions)]
    while waiting:
        for node in waiting.pop():
            yield node
            waiting += [graph.node for graph in _inner(node)]


def _inner(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        yield from (one for one in (attribute.g, *attribute.graphs) if one.node)


def _weights(model: Any, nodes: list[Any]) -> Iterator[Any]:
    for graph in (model.graph, *(inner for node in nodes for inner in _inner(node))):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)


def _tensors(model: Any, nodes: list[Any]) -> Iterator[Any]:
    """Everything that may lie in another file."""
    yield from _weights(model, nodes)
    for node in nodes:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)

"""The erased model as one ONNX file: the backbone, length 1, and every eraser behind it."""

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import normalize

from engine.backbones.onnx import OnnxBackbone, opened
from engine.backbones.onnx_file import handed_model
from engine.backbones.onnx_outputs import pictures
from engine.erasure.base import Eraser
from engine.erasure.head_only import HeadEraser
from engine.errors import LetheError
from engine.export.network import LARGEST, OPSET, Network, network, opset_of
from engine.export.operators import Operators, append
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.workspace import State

OUTPUT = "embedding"
"""What the one output of an exported model is called."""

CLOSE = 1e-4
"""How far an exported model may be from the engine on the trial pictures before it is refused.

Ten times what was ever seen, and a tenth of what would move a figure.
"""

NOTHING = noted(
    "Hiding a name changes no embedding, so that there is no erased model to take; forget by "
    "another method."
)


def erasers_of(state: State) -> tuple[Eraser, ...]:
    """What stands behind the network of a state, in order; trained steps are the network itself.

    Raises `LetheError` where nobody is forgotten or no embedding was changed.
    """
    if not state.steps:
        raise LetheError(said("Nobody is forgotten yet, so that there is nothing to take along."))
    if all(isinstance(step.eraser, HeadEraser) for step in state.steps):
        raise LetheError(NOTHING)
    return tuple(one.eraser for one in state.steps if one.eraser.backbone is None)


def erased_onnx(state: State, watch: Watch = ignore) -> bytes:
    """The state's model with its erasers appended: the same input, one output `embedding` [n, d].

    It gives what `engine.workspace.see` gives, which is tried out on pictures before it is handed
    over. Raises `LetheError` for a model that cannot be extended.
    """
    erasers = erasers_of(state)
    watch(Progress(noted("writing the erased model"), 0, 3))
    base = network(state.model)
    watch(Progress(noted("writing the erased model"), 1, 3))
    data = _extended(base, erasers, state.workspace.features.values.shape[1])
    watch(Progress(noted("writing the erased model"), 2, 3))
    _check(base, erasers, data)
    watch(Progress(noted("writing the erased model"), 3, 3))
    return data


def exported(data: bytes, base: Network, name: str = "erased.onnx") -> OnnxBackbone:
    """An exported model as a backbone, fed as its original was."""
    settings = base.settings.changed(output=OUTPUT)
    return OnnxBackbone(opened(handed_model(name, data), "cpu"), settings)


def _extended(base: Network, erasers: Sequence[Eraser], dimension: int) -> bytes:
    from onnx import TensorProto, helper

    model, graph = base.model, base.model.graph
    inputs = {one.name for one in graph.input}
    if OUTPUT in inputs:
        raise LetheError(
            said(
                "The model's input is called {name}, as the output must be; rename it first, or "
                "take the eraser.",
                name=OUTPUT,
            )
        )
    prefix = "lethe_"
    while any(name.startswith(prefix) for name in _names(graph)):
        prefix += "_"
    raw = base.output
    _rename(graph, OUTPUT, f"{prefix}original")
    raw = f"{prefix}original" if raw == OUTPUT else raw
    operators = Operators(f"{prefix}eraser_", opset_of(model))
    x = operators.shaped(operators.add("Cast", raw, to=TensorProto.FLOAT), 0, dimension)
    x = operators.unit(x)
    for eraser in erasers:
        x = append(operators, eraser, x)
    operators.add("Identity", x, name=OUTPUT)
    graph.node.extend(operators.nodes)
    del graph.output[:]
    shape = (base.batch or "n", dimension)
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape))
    told = {
        "settings": {
            "channel_order": base.settings.channel_order,
            "mean": base.settings.mean,
            "std": base.settings.std,
        },
        "erasers": [{"method": one.method, "rank": one.rank} for one in erasers],
    }
    helper.set_model_props(
        model, {one.key: one.value for one in model.metadata_props} | {"lethe": json.dumps(told)}
    )
    if model.ByteSize() >= LARGEST:
        raise LetheError(said("The erased model is larger than the 2 GB of an ONNX file."))
    return model.SerializeToString()


def _check(base: Network, erasers: Sequence[Eraser], data: bytes) -> None:
    """Raises `LetheError` where the file does not give what the engine gives."""
    faces = pictures(base.backbone.size)
    wanted = normalize(base.backbone.embed(faces).float(), dim=1)
    for eraser in erasers:
        wanted = eraser(wanted)
    got = exported(data, base).embed(faces)
    if got.shape != wanted.shape or not bool(torch.allclose(got, wanted, rtol=0, atol=CLOSE)):
        raise LetheError(
            noted(
                "The model with the eraser behind it does not give the embeddings of the engine, "
                "so that it was not written; take the eraser."
            )
        )


def _names(graph: Any) -> set[str]:
    """The names of all values, those of inner graphs too."""
    found = {one.name for part in (graph.input, graph.initializer) for one in part}
    for node in graph.node:
        found.update(node.output)
        for inner in _inner(node):
            found |= _names(inner)
    return found


def _rename(graph: Any, old: str, new: str) -> None:
    """Call the value `old` `new`, in inner graphs too."""
    for part in (graph.initializer, graph.value_info, graph.output):
        for one in part:
            if one.name == old:
                one.name = new
    for node in graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name == old:
                    names[at] = new
        for inner in _inner(node):
            _rename(inner, old, new)


def _inner(node: Any) -> list[Any]:
    return [
        graph
        for attribute in node.attribute
        for graph in (attribute.g, *attribute.graphs)
        if graph.node
    ]


__all__ = ["NOTHING", "OPSET", "OUTPUT", "erased_onnx", "erasers_of", "exported"]

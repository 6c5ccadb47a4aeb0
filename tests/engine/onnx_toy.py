"""Small ONNX models for tests: one whose embeddings can be worked out by hand, one that is real.

The toy averages every colour over the face and multiplies the three means by a matrix, so that a
test can see whether channels and normalisation arrive as they should.
"""

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

FLOAT, FLOAT16, UINT8, INT64 = (
    TensorProto.FLOAT,
    TensorProto.FLOAT16,
    TensorProto.UINT8,
    TensorProto.INT64,
)
Shape = tuple[int | str | None, ...]


def toy(
    weight: np.ndarray,
    shape: Shape = ("n", 3, 32, 32),
    *,
    flat: bool = True,
    kind: int = FLOAT,
    first: Sequence[onnx.NodeProto] = (),
    last: Sequence[onnx.NodeProto] = (),
    results: dict[str, Shape] | None = None,
    constants: dict[str, np.ndarray] | None = None,
) -> bytes:
    """A model with input `x` of `shape` and output `y` [n, d] for `weight` [3, d].

    Without `flat` it stops at the pooled maps `pooled`, [n, 3, 1, 1]. The nodes `first` turn `x`
    into `faces` [n, 3, h, w], the nodes `last` go on from `y`; `results` are the outputs then.
    """
    if len(shape) > 1 and not first and shape[1] != 3 and isinstance(shape[1], int):
        weight = np.ones((shape[1], weight.shape[1]))
    faces = "faces" if first else "x"
    nodes = [*first, helper.make_node("GlobalAveragePool", [faces], ["pooled"])]
    outputs: dict[str, Shape] = {"pooled": (shape[0], 3, 1, 1)}
    given = {"weight": weight.astype(np.float32), **(constants or {})}
    if flat:
        nodes.append(helper.make_node("Flatten", ["pooled"], ["means"]))
        nodes.append(helper.make_node("MatMul", ["means", "weight"], ["y"]))
        outputs = {"y": (shape[0], weight.shape[1])}
    graph = helper.make_graph(
        [*nodes, *last],
        "toy",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(*one) for one in _typed(results or outputs)],
        [numpy_helper.from_array(value, name) for name, value in given.items()],
    )
    return made(graph)


def made(graph: onnx.GraphProto) -> bytes:
    """The graph as a model's bytes, in formats that every onnxruntime in use can read."""
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString()


@lru_cache(maxsize=1)
def mini_bytes() -> bytes:
    """The shipped small network, a real one: `x` [n, 3, 112, 112] in [-1, 1], `y` [n, 256]."""
    from engine.backbones import load_backbone

    out = io.BytesIO()
    torch.onnx.export(
        load_backbone("mini", device="cpu").module,
        torch.zeros(2, 3, 112, 112),
        out,
        dynamo=False,  # the other exporter needs one more package
        opset_version=13,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
    )
    return out.getvalue()


def mini(
    *,
    shape: Shape = ("n", 3, 112, 112),
    kind: int = FLOAT,
    first: Sequence[onnx.NodeProto] = (),
    last: Sequence[onnx.NodeProto] = (),
    results: dict[str, Shape] | None = None,
    constants: dict[str, np.ndarray] | None = None,
) -> bytes:
    """`mini_bytes` with nodes before and after it, as `toy` has them."""
    model = onnx.load_from_string(mini_bytes())
    graph = model.graph
    if first:
        for node in graph.node:
            for at, name in enumerate(node.input):
                if name == "x":
                    node.input[at] = "faces"
    nodes = [*first, *graph.node, *last]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("x", kind, shape))
    if results:
        del graph.output[:]
        graph.output.extend(helper.make_tensor_value_info(*one) for one in _typed(results))
    graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in (constants or {}).items()
    )
    return model.SerializeToString()


def _typed(results: dict[str, Shape]) -> list[tuple[str, int, Shape]]:
    return [(name, FLOAT, shape) for name, shape in results.items()]

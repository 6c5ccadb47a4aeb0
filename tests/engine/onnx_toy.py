"""A toy ONNX model, written byte by byte in ONNX's protobuf format.

It averages every colour over the face and multiplies the three means by a matrix, so that a test
can work out the embedding by hand and see whether channels and normalisation arrive as they should.
"""

import numpy as np

FLOAT, INT64 = 1, 7


def toy(
    weight: np.ndarray,
    shape: tuple[int | str, ...] = ("n", 3, 32, 32),
    *,
    flat: bool = True,
    kind: int = FLOAT,
) -> bytes:
    """A model with input `shape` and output [n, d] for `weight` [3, d].

    Without `flat` it stops at the pooled maps, [n, 3, 1, 1], which is no embedding.
    """
    if len(shape) > 1 and shape[1] != 3 and isinstance(shape[1], int):
        weight = np.ones((shape[1], weight.shape[1]))
    nodes = [_node("GlobalAveragePool", ["x"], ["pooled"])]
    result, dims = "pooled", (shape[0], 3, 1, 1)
    if flat:
        nodes.append(_node("Flatten", ["pooled"], ["means"]))
        nodes.append(_node("MatMul", ["means", "weight"], ["y"]))
        result, dims = "y", (shape[0], weight.shape[1])
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"toy")
    if flat:
        graph += _field(5, _tensor("weight", weight.astype(np.float32)))
    graph += _field(11, _value("x", shape, kind)) + _field(12, _value(result, dims, FLOAT))
    return _number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13))


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _node(op: str, inputs: list[str], outputs: list[str]) -> bytes:
    names = b"".join(_field(1, name.encode()) for name in inputs)
    names += b"".join(_field(2, name.encode()) for name in outputs)
    return names + _field(4, op.encode())


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, FLOAT) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: tuple[int | str, ...], kind: int) -> bytes:
    dims = b""
    for side in shape:
        dims += _field(1, _number(1, side) if isinstance(side, int) else _field(2, side.encode()))
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, kind) + _field(2, dims)))

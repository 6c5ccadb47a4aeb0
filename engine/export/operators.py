"""Erasers as ONNX operators: what each does to embeddings [n, d], in the standard operator set."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from engine.erasure.base import Eraser
from engine.erasure.esc import ProjectionEraser
from engine.erasure.esc_t import MaskedEraser
from engine.erasure.low_rank import LowRankEraser
from engine.erasure.prototype import RemapEraser
from engine.erasure.stand_in import StandInEraser

if TYPE_CHECKING:
    import onnx

OLDEST = 9
"""The first operator set with all that is used: Where came last."""

REDUCES = 18
"""From this operator set on, reductions take their axes as an input; before, as an attribute."""

TINY = 1e-12
"""The length below which torch's `normalize` divides by this instead."""


class Writer:
    """Nodes in the making: every operator writes one and gives the name of its output.

    Constants are nodes too, since models of the oldest formats want initializers as inputs.
    `taken` are the names that the model uses already.
    """

    def __init__(self, opset: int, taken: set[str]) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self._taken = taken
        self._made = 0

    def name(self, what: str) -> str:
        """A name that nothing in the model has."""
        while True:
            self._made += 1
            found = f"lethe_{what}_{self._made}"
            if found not in self._taken:
                return found

    def op(self, kind: str, *given: str, **attributes: Any) -> str:
        """One operator of the standard set."""
        from onnx import helper

        out = self.name(kind.lower())
        self.nodes.append(helper.make_node(kind, list(given), [out], **attributes))
        return out

    def constant(self, value: Tensor | np.ndarray | float) -> str:
        """A constant: tensors and numbers as float32, arrays as they are."""
        from onnx import numpy_helper

        if not isinstance(value, np.ndarray):
            value = np.asarray(value, dtype=np.float32)
        return self.op("Constant", value=numpy_helper.from_array(np.array(value, order="C")))

    def reduce(self, kind: str, x: str) -> str:
        """A reduction over the second axis, which is kept: [n, d] to [n, 1]."""
        if self.opset >= REDUCES:
            return self.op(kind, x, self.constant(np.array([1], dtype=np.int64)), keepdims=1)
        return self.op(kind, x, axes=[1], keepdims=1)

    def unit(self, x: str) -> str:
        """Rows of length 1, as torch's `normalize` makes them."""
        return self.op("Div", x, self.op("Max", self.reduce("ReduceL2", x), self.constant(TINY)))

    def times(self, x: str, matrix: Tensor) -> str:
        """The product of x [n, a] with a constant [a, b]."""
        return self.op("MatMul", x, self.constant(matrix))


def _projection(eraser: ProjectionEraser, x: str, to: Writer) -> str:
    return to.op("Sub", x, to.times(to.times(x, eraser.factor), eraser.factor.T))


def _masked(eraser: MaskedEraser, x: str, to: Writer) -> str:
    less = to.op("Sub", x, to.times(to.times(x, eraser.kept), eraser.kept.T))
    return to.op("Add", less, to.times(to.times(x, eraser.masked), eraser.masked.T))


def _low_rank(eraser: LowRankEraser, x: str, to: Writer) -> str:
    return to.op("Sub", x, to.times(_amount(eraser, x, to), eraser.left.T))


def _amount(eraser: LowRankEraser, x: str, to: Writer) -> str:
    return to.times(to.op("Sub", x, to.constant(eraser.centre)), eraser.right.T)


def _remap(eraser: RemapEraser, x: str, to: Writer) -> str:
    amount = _amount(eraser, x, to)
    out = to.op("Sub", x, to.times(amount, eraser.left.T))
    expert = to.op("ArgMax", to.times(x, eraser.router.T), axis=1, keepdims=1)
    for index, target in enumerate(eraser.targets):
        mine = to.op("Equal", expert, to.constant(np.array([index], dtype=np.int64)))
        moved = to.op("Add", out, to.times(amount, target.T))
        out = to.op("Where", mine, moved, out)
    return out


def _stand_in(eraser: StandInEraser, x: str, to: Writer) -> str:
    z = to.unit(x)
    score = to.reduce("ReduceMax", to.times(z, eraser.prototypes.T))
    passed = to.op("Greater", score, to.constant(eraser.gate.reshape(1)))
    if len(eraser.rivals):
        rival = to.reduce("ReduceMax", to.times(z, eraser.rivals.T))
        passed = to.op("And", passed, to.op("Greater", score, rival))
    inside = to.times(to.times(z, eraser.basis), eraser.basis.T)
    leftover = to.unit(to.op("Sub", z, inside))
    root = math.sqrt(len(eraser.frequencies))
    wave = to.op("Sin", to.times(leftover, eraser.frequencies.T))
    wave = to.op("Mul", to.unit(wave), to.constant(root))
    drawn = to.op("Add", to.constant(eraser.mean), to.times(wave, eraser.factor.T))
    unit = _pulled(eraser, to.unit(drawn), to)
    centre, spread = (float(one) for one in eraser.length)
    swing = to.op("Mul", to.reduce("ReduceMean", wave), to.constant(spread * root))
    length = to.op("Add", swing, to.constant(centre))
    return to.op("Where", passed, to.op("Mul", unit, length), x)


def _pulled(eraser: StandInEraser, z: str, to: Writer) -> str:
    """`engine.erasure.groups.pulled` of unit vectors z [n, d]."""
    if not len(eraser.groups):
        return z
    choosiness, strength = (float(one) for one in eraser.pull)
    scores = to.op("Mul", to.times(z, eraser.groups.T), to.constant(choosiness))
    pull = to.times(to.op("Softmax", scores, axis=1), eraser.groups)
    return to.unit(to.op("Add", z, to.op("Mul", pull, to.constant(strength))))


WRITERS: dict[type[Eraser], Callable[[Any, str, Writer], str]] = {
    ProjectionEraser: _projection,
    MaskedEraser: _masked,
    LowRankEraser: _low_rank,
    RemapEraser: _remap,
    StandInEraser: _stand_in,
}
"""Eraser -> the operators that do the same to embeddings: all that are functions of these."""

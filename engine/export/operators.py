"""Erasers as standard ONNX operators, the same function as in the engine."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from engine.erasure.base import Eraser
from engine.erasure.esc import ProjectionEraser
from engine.erasure.esc_t import MaskedEraser
from engine.erasure.head_only import HeadEraser
from engine.erasure.low_rank import LowRankEraser
from engine.erasure.prototype import RemapEraser
from engine.erasure.stand_in import StandInEraser

SHORTEST = 1e-12
"""Vectors that are shorter keep their direction's numbers, as in torch's `normalize`."""

_AXES_AS_INPUT = 18
"""The opset from which reductions take their axes as an input."""


class Operators:
    """Nodes that are being added to a graph of this `opset`, their names below `prefix`.

    Numbers are `Constant` nodes: initializers would have to be inputs too in files older than IR 4.
    """

    def __init__(self, prefix: str, opset: int) -> None:
        self.nodes: list[Any] = []
        self._prefix, self._opset = prefix, opset

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """A node with one output, and that output's name."""
        from onnx import helper

        output = name or f"{self._prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], output, **attributes))
        return output

    def constant(self, value: Tensor | np.ndarray | float | Sequence[int]) -> str:
        """Numbers: tensors and floats as float32, lists of whole numbers as int64."""
        from onnx import numpy_helper

        if isinstance(value, Tensor):
            array = value.detach().cpu().numpy().astype(np.float32)
        elif isinstance(value, float | np.ndarray):
            array = np.asarray(value, dtype=np.float32)
        else:
            array = np.asarray(value, dtype=np.int64)
        return self.add("Constant", value=numpy_helper.from_array(np.ascontiguousarray(array)))

    def reduce(self, kind: str, x: str) -> str:
        """`ReduceMax` and the like over the columns of x [n, k]: [n, 1]."""
        if self._opset < _AXES_AS_INPUT:
            return self.add(kind, x, axes=[1], keepdims=1)
        return self.add(kind, x, self.constant([1]), keepdims=1)

    def unit(self, x: str) -> str:
        """The rows of x [n, k] at length 1."""
        length = self.add("Max", self.reduce("ReduceL2", x), self.constant(SHORTEST))
        return self.add("Div", x, length)

    def times(self, x: str, matrix: Tensor) -> str:
        """x [n, k] @ matrix [k, m]."""
        return self.add("MatMul", x, self.constant(matrix))

    def shaped(self, x: str, *shape: int) -> str:
        """x in another shape; 0 keeps a length, -1 is what is left."""
        return self.add("Reshape", x, self.constant(shape))


def append(operators: Operators, eraser: Eraser, x: str) -> str:
    """The name of what `eraser` makes of the features called x [n, d]."""
    return _KINDS[type(eraser)](operators, eraser, x)


def appendable(eraser: Eraser) -> bool:
    """Whether `append` knows this eraser: all that are a function of the embedding."""
    return type(eraser) in _KINDS


def _projection(o: Operators, eraser: ProjectionEraser, x: str) -> str:
    return _less(o, x, x, eraser.factor, eraser.factor.T)


def _masked(o: Operators, eraser: MaskedEraser, x: str) -> str:
    rest = _less(o, x, x, eraser.kept, eraser.kept.T)
    if not eraser.masked.shape[1]:
        return rest
    return o.add("Add", rest, o.times(o.times(x, eraser.masked), eraser.masked.T))


def _low_rank(o: Operators, eraser: LowRankEraser, x: str) -> str:
    centred = o.add("Sub", x, o.constant(eraser.centre))
    return _less(o, x, centred, eraser.right.T, eraser.left.T)


def _remap(o: Operators, eraser: RemapEraser, x: str) -> str:
    erased = _low_rank(o, eraser, x)
    experts, _, people = eraser.targets.shape
    amount = o.times(o.add("Sub", x, o.constant(eraser.centre)), eraser.right.T)
    best = o.add("ArgMax", o.times(x, eraser.router.T), axis=1, keepdims=1)
    chosen = o.add("Cast", o.add("Equal", best, o.constant(range(experts))), to=1)
    # The amounts in the places of the chosen expert, zeros in those of the others.
    spread = o.add("Mul", o.shaped(chosen, 0, experts, 1), o.shaped(amount, 0, 1, people))
    targets = eraser.targets.permute(0, 2, 1).reshape(experts * people, -1)
    return o.add("Add", erased, o.times(o.shaped(spread, 0, experts * people), targets))


def _stand_in(o: Operators, eraser: StandInEraser, x: str) -> str:
    unit = o.unit(x)
    score = o.reduce("ReduceMax", o.times(unit, eraser.prototypes.T))
    passed = o.add("Greater", score, o.constant(eraser.gate))
    if len(eraser.rivals):
        rival = o.reduce("ReduceMax", o.times(unit, eraser.rivals.T))
        passed = o.add("And", passed, o.add("Greater", score, rival))
    width = math.sqrt(len(eraser.frequencies))
    leftover = o.unit(_less(o, unit, unit, eraser.basis, eraser.basis.T))
    wave = o.unit(o.add("Sin", o.times(leftover, eraser.frequencies.T)))
    wave = o.add("Mul", wave, o.constant(width))
    drawn = o.unit(o.add("Add", o.times(wave, eraser.factor.T), o.constant(eraser.mean)))
    if len(eraser.groups):
        choosiness, strength = eraser.pull
        scores = o.add("Mul", o.times(drawn, eraser.groups.T), o.constant(choosiness))
        pull = o.times(o.add("Softmax", scores, axis=1), eraser.groups)
        drawn = o.unit(o.add("Add", drawn, o.add("Mul", pull, o.constant(strength))))
    centre, spread = eraser.length
    varied = o.add("Mul", o.reduce("ReduceMean", wave), o.constant(spread * width))
    stand_in = o.add("Mul", drawn, o.add("Add", varied, o.constant(centre)))
    return o.add("Where", passed, stand_in, x)


def _less(o: Operators, x: str, y: str, down: Tensor, up: Tensor) -> str:
    """x - (y down) up, or x where there is nothing to take."""
    return o.add("Sub", x, o.times(o.times(y, down), up)) if down.shape[1] else x


_KINDS: dict[type[Eraser], Callable[[Operators, Any, str], str]] = {
    ProjectionEraser: _projection,
    MaskedEraser: _masked,
    LowRankEraser: _low_rank,
    RemapEraser: _remap,
    StandInEraser: _stand_in,
    HeadEraser: lambda operators, eraser, x: x,
}

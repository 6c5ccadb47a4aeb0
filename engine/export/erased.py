"""The erased model of a state, whatever was forgotten how and under which backbone."""

from collections.abc import Sequence

from engine.erasure import METHODS
from engine.erasure.base import Eraser
from engine.erasure.head_only import HeadEraser
from engine.erasure.trained import TrainedEraser
from engine.errors import LetheError
from engine.export.network import as_onnx
from engine.export.onnx import extended
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.workspace import State

NOBODY = noted("Nobody is forgotten yet, so that there is nothing to take along.")
HIDDEN = noted(
    "Hiding a name changes no embedding, so that there is no erased model to take; forget by "
    "another method."
)
TRAINED = noted(
    "A method that trains the network leaves no eraser that could stand behind another one; take "
    "the erased model."
)


def changing(methods: Sequence[str]) -> list[str]:
    """Those of the methods of a state's steps that change an embedding, before any is fitted.

    Raises `LetheError` where there is none.
    """
    if not methods:
        raise LetheError(NOBODY)
    found = [name for name in methods if HeadEraser not in _kinds(name)]
    if not found:
        raise LetheError(HIDDEN)
    return found


def check_alone(methods: Sequence[str]) -> None:
    """Raises `LetheError` where a method leaves no eraser, before any is fitted."""
    if any(TrainedEraser in _kinds(name) for name in methods):
        raise LetheError(TRAINED)


def _kinds(method: str) -> tuple[type[Eraser], ...]:
    return METHODS[method].erasers if method in METHODS else ()


def erasers_alone(state: State) -> list[Eraser]:
    """The erasers of a state, for whoever has embeddings or a model that stays as it is.

    Raises `LetheError` as `erasers_behind` does, and where a step trained the network.
    """
    erasers = erasers_behind(state)
    check_alone([one.method for one in state.steps])
    return erasers


def erasers_behind(state: State) -> list[Eraser]:
    """What stands behind the network of a state, in order: steps that trained are the network.

    Raises `LetheError` where nobody is forgotten, or no embedding was changed.
    """
    names = changing([one.method for one in state.steps])
    erasers = [one.eraser for one in state.steps if one.method in names]
    return [one for one in erasers if one.backbone is None]


def erased_onnx(state: State, watch: Watch = ignore) -> bytes:
    """The state's model with its erasers behind it, as an ONNX file's bytes.

    It gives what `engine.workspace.see` gives, float32 [n, d]. Raises `LetheError` where there is
    no model, or none that can be extended.
    """
    erasers = erasers_behind(state)
    watch(Progress(noted("writing the erased model"), 0, 2))
    backbone, file = as_onnx(state.model)
    watch(Progress(noted("writing the erased model"), 1, 2))
    data = extended(backbone, file, erasers)
    watch(Progress(noted("writing the erased model"), 2, 2))
    return data

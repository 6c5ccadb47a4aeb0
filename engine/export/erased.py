"""The erased model of a state, whatever was forgotten how and under which backbone."""

from engine.erasure.base import Eraser
from engine.erasure.head_only import HeadEraser
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


def erasers_behind(state: State) -> list[Eraser]:
    """What stands behind the network of a state, in order: steps that trained are the network.

    Raises `LetheError` where nobody is forgotten, or no embedding was changed.
    """
    if not state.steps:
        raise LetheError(NOBODY)
    changing = [one.eraser for one in state.steps if not isinstance(one.eraser, HeadEraser)]
    if not changing:
        raise LetheError(HIDDEN)
    return [one for one in changing if one.backbone is None]


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

"""The backbones by name. A backbone is added by its file and one line here."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from engine.backbones import dlib, facenet, mini, onnx
from engine.backbones.base import Backbone, Entry, TrainableBackbone, notes_of
from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.said import noted, said

__all__ = [
    "BACKBONES",
    "Backbone",
    "Entry",
    "TrainableBackbone",
    "load_backbone",
    "notes_of",
    "rebuilt",
]


BACKBONES: dict[str, Entry] = {
    entry.name: entry for module in (mini, dlib, facenet, onnx) for entry in module.ENTRIES
}


def load_backbone(
    spec: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    watch: Watch = ignore,
    **options: Any,
) -> Backbone:
    """The backbone called `spec` in `BACKBONES`, or the ONNX model at the path `spec`.

    `device`: auto, cpu or cuda. `precision`: auto (bf16 where the hardware has it), fp32, bf16.
    Raises `LetheError` for an unknown name or option, and for weights that cannot be had.
    """
    spec = str(spec)
    entry = BACKBONES.get(spec)
    if entry is None and spec.lower().endswith(".onnx"):
        entry = onnx.ENTRIES[0]
    if entry is None:
        raise LetheError(
            said(
                "There is no backbone called {spec}; choose {backbones}.",
                spec=spec,
                backbones=", ".join(BACKBONES),
            )
        )
    for option in options:
        if option not in entry.options:
            known = ", ".join(entry.options) or noted("none")
            raise LetheError(
                said(
                    "{name} has no option {option!r}; it has: {known}.",
                    name=entry.name,
                    option=option,
                    known=known,
                )
            )
    if entry.downloads:
        options["watch"] = watch
    return entry.load(spec, device=device, precision=precision, **options)


def rebuilt(state: Mapping[str, Tensor], method: str) -> TrainableBackbone:
    """The backbone that `method` trained, around its weights; layers' names tell whose they are."""
    module, name = (dlib, "dlib") if "stem.weight" in state else (mini, "mini")
    return module.rebuilt(state, f"{name}+{method}")

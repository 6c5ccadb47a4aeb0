"""The backbones by name. One file each; the heavy ones are imported when they are asked for."""

from importlib import import_module
from typing import Any

from engine.backbones.base import Backbone, Entry, TrainableBackbone, notes_of
from engine.errors import LetheError
from engine.progress import Watch, ignore

__all__ = ["BACKBONES", "Backbone", "Entry", "TrainableBackbone", "load_backbone", "notes_of"]


def _entry(
    name: str, summary: str, module: str, options: dict[str, str], downloads: bool = False
) -> Entry:
    def load(spec: str = name, **given: Any) -> Backbone:
        return import_module(f"engine.backbones.{module}").load(spec, **given)

    return Entry(name, summary, load, options, downloads)


_WEIGHTS = {"weights": "a local file of these weights instead of the download"}
_OWN_WEIGHTS = {"weights": "a weights file of another training run"}

BACKBONES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _entry(
            "mini",
            "our own small network, trained on rendered people only; comes with the program",
            "mini",
            _OWN_WEIGHTS,
        ),
        _entry(
            "mini-without-five",
            "the same network, trained without five of the people: the reference for forgetting",
            "mini",
            _OWN_WEIGHTS,
        ),
        _entry(
            "facenet-vggface2",
            "InceptionResnetV1 trained on VGGFace2; downloads 112 MB once",
            "facenet",
            _WEIGHTS,
            downloads=True,
        ),
        _entry(
            "facenet-casia-webface",
            "InceptionResnetV1 trained on CASIA-WebFace; downloads 116 MB once",
            "facenet",
            _WEIGHTS,
            downloads=True,
        ),
        _entry(
            "FILE.onnx",
            "any ONNX face model by its path (InsightFace, EdgeFace, AdaFace, ...)",
            "onnx",
            {
                "channel_order": "rgb (default) or bgr",
                "mean": "subtracted from 0..255 pixels, 127.5 by default",
                "std": "what the difference is divided by, 127.5 by default",
                "size": "face size in pixels where the model leaves it open, 112 by default",
                "convention": "arcface (five landmarks, default) or box (facenet's crop)",
                "output": "the output to use, by its name; the best one on faces by default",
            },
        ),
    )
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
        entry = BACKBONES["FILE.onnx"]
    if entry is None:
        raise LetheError(f"There is no backbone called {spec}; choose {', '.join(BACKBONES)}.")
    for option in options:
        if option not in entry.options:
            known = ", ".join(entry.options) or "none"
            raise LetheError(f"{entry.name} has no option {option!r}; it has: {known}.")
    if entry.downloads:
        options["watch"] = watch
    return entry.load(spec, device=device, precision=precision, **options)

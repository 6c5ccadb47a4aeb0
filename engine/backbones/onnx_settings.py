"""What an ONNX model's file does not say: how it wants its faces, and which output to use."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from engine.backbones.base import number
from engine.errors import LetheError
from engine.said import noted, said
from engine.warp import Convention

Axes = Literal["auto", "nchw", "nhwc"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "channel_order": ("rgb", "bgr"),
    "convention": ("arcface", "box"),
    "layout": ("auto", "nchw", "nhwc"),
}
_SAID = {
    "channel_order": noted("channel order"),
    "convention": noted("alignment"),
    "layout": noted("layout"),
}


@dataclass(frozen=True)
class Settings:
    """How a model is fed and read.

    `mean` is subtracted from 0..255 pixels and `std` divides them; `size` is the face's side in
    pixels where the model leaves it open; `layout` the order of the axes, told from the shape by
    `auto`; `output` an output's name, None for the best one on faces.
    """

    channel_order: str = "rgb"
    mean: float = 127.5
    std: float = 127.5
    size: int = 112
    convention: Convention = "arcface"
    output: str | None = None
    layout: Axes = "auto"

    def changed(self, **options: Any) -> "Settings":
        """These with others in their place, texts or numbers.

        Raises `LetheError` for a value that an option cannot have.
        """
        merged = asdict(self) | options
        for name, known in CHOICES.items():
            if merged[name] not in known:
                *others, last = known
                raise LetheError(
                    said(
                        "Unknown {option} {value!r}; choose {others} or {last}.",
                        option=_SAID[name],
                        value=merged[name],
                        others=", ".join(others),
                        last=last,
                    )
                )
        mean, std = number("mean", merged["mean"]), number("std", merged["std"])
        if std <= 0:
            raise LetheError(said("The option std must be above 0."))
        return Settings(
            channel_order=merged["channel_order"],
            mean=mean,
            std=std,
            size=int(number("size", merged["size"])),
            convention=cast(Convention, merged["convention"]),
            output=merged["output"],
            layout=cast(Axes, merged["layout"]),
        )

"""The place of an own model: bring one, see what is in it, feed it otherwise, look through it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo import templates
from demo.languages import translated as _
from demo.panels.scripted import scripted
from engine.backbones.onnx_facts import Value
from engine.backbones.onnx_settings import Settings
from engine.backbones.self_check import GOOD
from engine.said import noted, said, said_n
from engine.service.model import OwnModel
from engine.service.own import Limits

SETTINGS = tuple(Settings.__dataclass_fields__)

PIXELS: tuple[tuple[str, float, float], ...] = (
    (noted("−1 to 1 (InsightFace)"), 127.5, 127.5),
    (noted("0 to 255, as they are"), 0.0, 1.0),
    (noted("0 to 1"), 0.0, 255.0),
    (noted("ImageNet’s mean and spread"), 123.675, 58.395),
)
"""Usual normalisations: what the model is given, and the mean and std that do it."""

OPERATORS = 8
"""Operators that are named; the others are counted."""


@dataclass(frozen=True)
class Meter:
    """The self-check's AUC as a bar: shares of the way from 0 to 1."""

    value: float
    good: float = GOOD
    chance: float = 0.5


def build(limits: Limits) -> gr.HTML:
    """The place. Value: the settings as in `Settings`; events `look`, `use`, `remove`, `stop`.

    Props that the server sends: `session`, the hash by which the file is brought; `card`, the HTML
    of `card`; `said`, a sentence and its tone; `busy`; `entered`, a count that grows when the
    studio has opened with the model.
    """
    return scripted(
        "model",
        "connected",
        "bring",
        value={},
        markup=templates.render("model", megabytes=limits.model_megabytes),
        session="",
        card="",
        said={"text": "", "tone": "calm"},
        busy=False,
        entered=0,
        megabytes=limits.model_megabytes,
    )


def card(model: OwnModel) -> str:
    """The HTML of what was found in a model, how it is fed, and how it does on known faces."""
    backbone, facts, check = model.backbone, model.facts, model.check
    settings = backbone.settings
    operators = list(facts.operators.items())
    return templates.render(
        "model_card",
        facts=facts,
        megabytes=f"{facts.size / 1e6:,.1f}",
        parameters=_many(facts.parameters),
        inputs=[_written(one) for one in facts.inputs],
        outputs=[(_written(one), one.name == backbone.output) for one in facts.outputs],
        operators=operators[:OPERATORS],
        further=operators[OPERATORS:],
        dimension=backbone.dimension,
        lengths=_lengths(model),
        notes=backbone.notes,
        settings=settings,
        pixels=PIXELS,
        usual=any((settings.mean, settings.std) == one[1:] for one in PIXELS),
        plain=backbone.normalisation is None,
        open_size=any(not isinstance(one, int) or one < 1 for one in _sides(facts.inputs[0])),
        size=backbone.size,
        outputs_offered=[
            ("", noted("the best on faces")),
            *((one, one) for one in backbone.outputs),
        ],
        check=check,
        meter=Meter(check.auc),
        better=_better(model),
    )


def _better(model: OwnModel) -> dict[str, Any]:
    """All settings with the proposed ones in their place; empty where none are proposed."""
    better = model.check.better
    return {**_plain(model.backbone.settings), **better} if better else {}


def _plain(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SETTINGS}


def _written(value: Value) -> str:
    sides = " × ".join(_("any") if one is None else str(one) for one in value.shape)
    kind = value.type.removeprefix("tensor(").rstrip(")")
    return f"{value.name}: {kind}, {sides or _('a number')}"


def _sides(value: Value) -> list[int | str | None]:
    """The axes of a picture's height and width: those that are neither batch nor colours."""
    return [one for one in value.shape[1:] if one != 3]


def _many(count: int) -> str:
    if count < 100_000:
        return said_n("{count:,} weight", "{count:,} weights", count)
    return said("{count:,.1f} million weights", count=count / 1e6)


def _lengths(model: OwnModel) -> str:
    if model.normalises:
        return noted("all of length 1: the model normalises them itself")
    least, greatest = model.lengths
    return said(
        "of length {least:.3g} to {greatest:.3g}; Lethe normalises them",
        least=least,
        greatest=greatest,
    )

"""A model that a visitor brings: inspected before it is run, then checked on known faces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from engine.backbones.onnx import OnnxBackbone, opened
from engine.backbones.onnx_facts import Facts, read_facts
from engine.backbones.onnx_file import handed_model
from engine.backbones.onnx_layout import read_layout
from engine.backbones.onnx_outputs import pictures
from engine.backbones.onnx_settings import Settings
from engine.backbones.onnx_trial import try_out
from engine.backbones.self_check import SelfCheck, self_check
from engine.progress import Progress, Watch, ignore
from engine.said import noted

_UNIT = 1e-3
"""How far from 1 the lengths of embeddings may be that the model normalises itself."""


@dataclass(frozen=True)
class OwnModel:
    """A model brought by a visitor, ready for use.

    `lengths` are the least and greatest Euclidean length of its embeddings of a few pictures.
    """

    facts: Facts
    backbone: OnnxBackbone
    check: SelfCheck
    lengths: tuple[float, float]

    @property
    def normalises(self) -> bool:
        """Whether the model itself gives embeddings of length 1."""
        least, greatest = self.lengths
        return 1 - _UNIT <= least <= greatest <= 1 + _UNIT


def bring(
    name: str,
    data: bytes,
    options: Mapping[str, Any] | None = None,
    *,
    device: str = "auto",
    watch: Watch = ignore,
) -> OwnModel:
    """The model in `data`, an ONNX file of this name, with `options` of `Settings`.

    The file is read first, then run once in a process of its own with limits of time and memory,
    and only then opened here. Raises `LetheError` for what cannot be used, with the cause.
    """
    settings = Settings().changed(**(options or {}))
    watch(Progress(noted("Reading the model"), 0, 0))
    file = handed_model(name, data)
    facts = read_facts(file)
    layout = read_layout(facts.inputs, file.path.name, settings.size, settings.layout)
    try_out(file, layout, watch)
    watch(Progress(noted("Opening the model"), 0, 0))
    return _checked(facts, OnnxBackbone(opened(file, device), settings), watch)


def changed(model: OwnModel, options: Mapping[str, Any], watch: Watch = ignore) -> OwnModel:
    """The same model fed or read by other `Settings`. Raises `LetheError` where they do not fit."""
    return _checked(model.facts, model.backbone.with_settings(**options), watch)


def _checked(facts: Facts, backbone: OnnxBackbone, watch: Watch) -> OwnModel:
    lengths = torch.linalg.vector_norm(backbone.embed(pictures(backbone.size)), dim=1)
    check = self_check(backbone, watch)
    return OwnModel(facts, backbone, check, (float(lengths.min()), float(lengths.max())))

"""Whether a model is fed as its makers meant: it must tell the embedded people apart."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.backbones.base import Backbone
from engine.backbones.onnx import OnnxBackbone
from engine.backbones.trial_faces import Verification, verify
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said
from engine.store import Store, content_key

VERSION = 2
"""Raised whenever a check would come to another result."""

GOOD = 0.95
"""The AUC below which something is wrong.

EdgeFace has .994 fed rightly. Fed in BGR, by 0..255 or ImageNet's mean it has .96 to .99, and on
real faces then loses nothing; fed plain or twice normalised pixels it has .75 to .81 and is lost.
Networks with random weights, however fed, stay below .81.
"""
WORTH_SAYING = 0.9
"""Other settings are only proposed from this AUC on: random weights reach it with none."""
_USUAL = ((127.5, 127.5), (0.0, 1.0), (0.0, 255.0), (123.675, 58.395))
"""Mean and std of InsightFace and EdgeFace, of models that normalise inside, of torchvision's
`ToTensor`, and of ImageNet."""


@dataclass(frozen=True)
class SelfCheck:
    """How a backbone does on the embedded people: see `Verification`.

    `same` and `different` are the mean cosines of pairs of one person and of two. `better` are the
    settings with which the AUC is the clearly better `better_auc`, none where nothing is amiss or
    no others help; `tried` says that others were tried.
    """

    auc: float
    same: float
    different: float
    better: Mapping[str, Any] = field(default_factory=dict)
    better_auc: float = 0.0
    tried: bool = False

    @property
    def poor(self) -> bool:
        """Whether what comes of this backbone would mean little."""
        return self.auc < GOOD

    @property
    def problem(self) -> str:
        """What is wrong, a sentence or two, and empty when all is well."""
        if not self.poor:
            return ""
        state = said(
            "mean cosine {different:.2f}, verification AUC {auc:.3f}",
            different=self.different,
            auc=self.auc,
        )
        if self.better:
            return said(
                "These settings look wrong: the model finds faces of different people "
                "alike ({state}). With {settings} the AUC is {better_auc:.3f}",
                state=state,
                settings=" ".join(_written(self.better)),
                better_auc=self.better_auc,
            )
        if self.tried:
            return said(
                "This model hardly tells the people who come with the program apart ({state}), and "
                "no better with other usual settings: check that it is a face-recognition model, "
                "and how it wants its faces",
                state=state,
            )
        return said(
            "This model hardly tells the people who come with the program apart ({state}): check "
            "that it is a face-recognition model, and how it wants its faces",
            state=state,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """The problem with what to do about it on a command line; none when all is well."""
        if not self.poor:
            return ()
        flags = " ".join(f"--backbone-option {change}" for change in _written(self.better))
        return (
            said("{problem}: use {flags}.", problem=self.problem, flags=flags)
            if flags
            else said("{problem}.", problem=self.problem),
        )


def self_check(backbone: Backbone, watch: Watch = ignore) -> SelfCheck:
    """Let the backbone verify the embedded people's faces; when poor, try other usual settings.

    Nothing is changed: better settings are named in the result. 128 faces are embedded, and up to
    five times as many more when poor. Raises `LetheError` when the embedded people are not there.
    """
    found = _verified(backbone, watch)
    check = SelfCheck(found.auc, found.same, found.different)
    if not check.poor or not isinstance(backbone, OnnxBackbone):
        return check
    better, auc = _best_settings(backbone, found.auc, watch)
    if auc >= WORTH_SAYING and 1 - auc <= (1 - found.auc) / 2:
        return replace(check, better=_changes(backbone, better), better_auc=auc, tried=True)
    return replace(check, tried=True)


def remembered_check(backbone: Backbone, store: Store | None, watch: Watch = ignore) -> SelfCheck:
    """`self_check`, from the cache where this model with these settings was checked before."""
    key = content_key("self-check", VERSION, backbone.fingerprint)
    kept = store.get(key) if store is not None else None
    if kept is not None and "check" in kept:
        return SelfCheck(**json.loads(bytes(kept["check"].numpy())))
    found = self_check(backbone, watch)
    if store is not None:
        text = json.dumps(asdict(found))
        store.put(key, {"check": torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)})
    return found


def _verified(backbone: Backbone, watch: Watch) -> Verification:
    def embed(faces: np.ndarray) -> Tensor:
        watch(Progress(noted("Checking the model on known faces"), 0, 0))
        return backbone.embed(faces)

    return verify(embed, backbone.size)


def _best_settings(backbone: OnnxBackbone, auc: float, watch: Watch) -> tuple[OnnxBackbone, float]:
    """The best normalisation, then the best order of the colours: the two barely interact."""
    best = backbone
    usual = _USUAL if backbone.normalisation else ()
    for mean, std in usual:
        if (mean, std) != backbone.normalisation:
            best, auc = _better(best, auc, backbone.with_settings(mean=mean, std=std), watch)
    flipped = "rgb" if backbone.channel_order == "bgr" else "bgr"
    return _better(best, auc, best.with_settings(channel_order=flipped), watch)


def _better(
    best: OnnxBackbone, auc: float, other: OnnxBackbone, watch: Watch
) -> tuple[OnnxBackbone, float]:
    reached = _verified(other, watch).auc
    return (other, reached) if reached > auc else (best, auc)


def _changes(backbone: OnnxBackbone, better: OnnxBackbone) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if better.normalisation != backbone.normalisation and better.normalisation is not None:
        changes["mean"], changes["std"] = better.normalisation
    if better.channel_order != backbone.channel_order:
        changes["channel_order"] = better.channel_order
    return changes


def _written(changes: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in changes.items()
    ]

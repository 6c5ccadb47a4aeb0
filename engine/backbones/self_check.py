"""Whether a model is fed as its makers meant: it must tell the embedded people apart."""

import json
from dataclasses import dataclass

import torch

from engine.backbones.base import Backbone
from engine.backbones.onnx import OnnxBackbone
from engine.backbones.trial_faces import Verification, verify
from engine.store import Store, content_key

VERSION = 1
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

    `same` and `different` are the mean cosines of pairs of one person and of two. `notes` says
    what is wrong and what to do, and is empty when all is well.
    """

    auc: float
    same: float
    different: float
    notes: tuple[str, ...] = ()

    @property
    def poor(self) -> bool:
        """Whether what comes of this backbone would mean little."""
        return self.auc < GOOD


def self_check(backbone: Backbone) -> SelfCheck:
    """Let the backbone verify the embedded people's faces; when poor, try other usual settings.

    Nothing is changed: better settings are named in `notes`. 128 faces are embedded, and up to
    five times as many more when poor. Raises `LetheError` when the embedded people are not there.
    """
    found = verify(backbone.embed, backbone.size)
    return SelfCheck(found.auc, found.same, found.different, _notes(backbone, found))


def remembered_check(backbone: Backbone, store: Store | None) -> SelfCheck:
    """`self_check`, from the cache where this model with these settings was checked before."""
    key = content_key("self-check", VERSION, backbone.fingerprint)
    kept = store.get(key) if store is not None else None
    if kept is not None and "check" in kept:
        auc, same, different, notes = json.loads(bytes(kept["check"].numpy()))
        return SelfCheck(auc, same, different, tuple(notes))
    found = self_check(backbone)
    if store is not None:
        text = json.dumps([found.auc, found.same, found.different, found.notes])
        store.put(key, {"check": torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)})
    return found


def _notes(backbone: Backbone, found: Verification) -> tuple[str, ...]:
    if found.auc >= GOOD:
        return ()
    state = f"mean cosine {found.different:.2f}, verification AUC {found.auc:.3f}"
    tried = ""
    if isinstance(backbone, OnnxBackbone):
        better, auc = _best_settings(backbone, found.auc)
        if auc >= WORTH_SAYING and 1 - auc <= (1 - found.auc) / 2:
            changes = _changes(backbone, better)
            flags = " ".join(f"--backbone-option {change}" for change in changes)
            return (
                "These settings look wrong: the model finds faces of different people alike "
                f"({state}). With {' '.join(changes)} the AUC is {auc:.3f}: use {flags}.",
            )
        tried = ", and no better with other usual settings"
    return (
        f"This model hardly tells the people who come with the program apart ({state}){tried}: "
        "check that it is a face-recognition model, and how it wants its faces.",
    )


def _best_settings(backbone: OnnxBackbone, auc: float) -> tuple[OnnxBackbone, float]:
    """The best normalisation, then the best order of the colours: the two barely interact."""
    best = backbone
    usual = _USUAL if backbone.normalisation else ()
    for mean, std in usual:
        if (mean, std) != backbone.normalisation:
            best, auc = _better(best, auc, backbone.with_settings(mean=mean, std=std))
    flipped = "rgb" if backbone.channel_order == "bgr" else "bgr"
    return _better(best, auc, best.with_settings(channel_order=flipped))


def _better(best: OnnxBackbone, auc: float, other: OnnxBackbone) -> tuple[OnnxBackbone, float]:
    reached = verify(other.embed, other.size).auc
    return (other, reached) if reached > auc else (best, auc)


def _changes(backbone: OnnxBackbone, better: OnnxBackbone) -> list[str]:
    changes = []
    if better.normalisation != backbone.normalisation and better.normalisation is not None:
        mean, std = better.normalisation
        changes += [f"mean={mean:g}", f"std={std:g}"]
    if better.channel_order != backbone.channel_order:
        changes.append(f"channel_order={better.channel_order}")
    return changes

"""One audit as data: who was forgotten from what, and how, and every figure of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from engine.audit.reading import Reading, read
from engine.erasure import METHODS
from engine.report.files import plain
from engine.workspace import State, Step

SCHEMA = 3
"""3 since a report says all that is needed to make it again (`engine.report.whole`)."""


def reading(state: State, before: Mapping[str, dict], after: Mapping[str, dict]) -> Reading:
    """The verdict on a state's deletions, in the words that page and command line share."""
    gallery = state.workspace.gallery
    return read(before, after, [gallery.display(label) for label in state.forgotten])


def report(state: State, before: Mapping[str, dict], after: Mapping[str, dict]) -> dict[str, Any]:
    """The audit of a state's last deletion, ready for JSON; fractions lie between 0 and 1."""
    verdict = reading(state, before, after)
    space, step = state.workspace, state.steps[-1]
    gallery = space.gallery
    train = space.features.train
    gone = torch.isin(space.features.labels, torch.tensor(state.forgotten))
    return {
        "schema": SCHEMA,
        "gallery": {
            "name": gallery.name,
            "identities": len(gallery.identities),
            "photos_train": int(train.sum()),
            "photos_test": int((~train).sum()),
            "sha256": gallery.sha256,
            "skipped": [{"key": one.key, "reason": one.reason} for one in space.features.skipped],
            "remarks": [{"key": one.key, "reason": one.reason} for one in space.features.remarks],
            "notes": list(space.notes),
            "account": gallery.account(space.lost),
            "system_files": gallery.ignored,
            "odd": [asdict(one) for one in space.oddities],
        },
        "backbone": {
            "name": space.backbone.name,
            "dimension": space.features.values.shape[1],
            "fingerprint": space.backbone.fingerprint,
            "alignment": space.backbone.convention,
        },
        "threshold": {"accept": space.threshold, "from": space.threshold_from},
        "strangers": _strangers(state),
        "forget": [gallery.identities[label] for label in state.forgotten],
        "tested": {
            "forgotten": int((gone & ~train).sum()),
            "others": int((~gone & ~train).sum()),
        },
        "eraser": _eraser(step),
        "steps": [
            {
                "forget": [gallery.identities[label] for label in one.forget],
                "title": METHODS[one.method].title,
                "options": plain(one.options),
                **_eraser(one),
            }
            for one in state.steps
        ],
        "seed": space.seed,
        "verdict": {
            "outcome": verdict.outcome,
            "headline": verdict.headline,
            "says": verdict.sentences,
        },
        "metrics": {"before": plain(before), "after": plain(after)},
    }


def _eraser(step: Step) -> dict[str, Any]:
    eraser = step.eraser
    return {
        "method": step.method,
        "rank": eraser.rank,
        "parameters": plain(eraser.parameters),
        "seconds": round(step.seconds, 4),
        "warnings": list(eraser.warnings),
    }


def _strangers(state: State) -> dict[str, Any] | None:
    others = state.workspace.strangers
    if others is None:
        return None
    return {
        "name": others.gallery.name,
        "sha256": others.gallery.sha256,
        "photos_fitting": int(others.reference.sum()),
        "photos_judging": int(others.judging.sum()),
        "account": others.gallery.account(others.lost),
        "notes": list(others.gallery.notes),
        "skipped": [{"key": one.key, "reason": one.reason} for one in others.features.skipped],
    }

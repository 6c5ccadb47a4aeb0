"""One audit as data (JSON, schema 2) and as a table to read."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine.audit import metrics
from engine.audit.figures import chance_of, direction, look_up, written
from engine.audit.reading import Reading, read
from engine.audit.sample import words
from engine.errors import LetheError
from engine.said import said
from engine.workspace import State, Step

SCHEMA = 2
"""2 since `mia.auc_or_accuracy` is called what it is, `mia.accuracy`."""


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
        "backbone": {"name": space.backbone.name, "dimension": space.features.values.shape[1]},
        "strangers": _strangers(state),
        "forget": [gallery.identities[label] for label in state.forgotten],
        "eraser": _eraser(step),
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
        "photos_fitting": int(others.reference.sum()),
        "photos_judging": int(others.judging.sum()),
        "account": others.gallery.account(others.lost),
        "notes": list(others.gallery.notes),
        "skipped": [{"key": one.key, "reason": one.reason} for one in others.features.skipped],
    }


def plain(value: Any) -> Any:
    """The value in JSON's own types; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Write a report. Raises `LetheError` when the path cannot be written."""
    try:
        path.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise LetheError(
            said(
                "The report cannot be written to {path}: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error


def table(before: Mapping[str, dict], after: Mapping[str, dict]) -> str:
    """Before and after side by side, with the chance level, what it is, and the good direction."""
    rows: list[tuple[str, ...]] = [("", "before", "after", "chance", "", "")]
    for key, metric in metrics().items():
        if metric.question not in after:
            continue
        chance, word = chance_of(metric, after[metric.question])
        shown = (look_up(before, key), look_up(after, key), chance)
        cells = (written(value, metric.unit, exact=True) for value in shown)
        rows.append((metric.title, *cells, word, direction(metric)))
    widths = [max(len(row[at]) for row in rows) for at in range(6)]
    lines = [
        "  ".join(
            cell.ljust(width) if at in (0, 4, 5) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    kr = after.get("kr", {})
    if some := words(kr, len(kr.get("per_identity", ()))):
        lines.append(said("Probes were fitted {some}, all the forgotten among them.", some=some))
    return "\n".join(lines)

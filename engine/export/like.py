"""An exported model alone, held against its report: the "after" figures of its own embeddings."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from engine.audit import audit
from engine.backbones.base import Backbone
from engine.errors import LetheError
from engine.features import Features
from engine.progress import Progress, Watch, ignore
from engine.report.files import plain
from engine.report.verify import redo
from engine.said import noted, said
from engine.workspace import Workspace, start

NEAR = 1e-4
"""How far a figure may be from the report's: another order of sums is no other model."""

ROUNDING = 1e-5
"""How far embeddings may be from the engine's to be the same ones in another order of sums."""

BATCH = 32


@dataclass(frozen=True)
class Likeness:
    """How many figures agree within `NEAR`, and the others as (name, the report's, the model's).

    Where any differs, `distance` is the largest difference of an entry of the model's embeddings
    from those of the deletion made again. A probe that is trained until it is good enough stops
    elsewhere for features that differ in the last bit, and then judges a photo or two otherwise.
    """

    same: int
    differing: tuple[tuple[str, Any, Any], ...]
    distance: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the model is the report's: by its figures, or else by every embedding."""
        return not self.differing or (self.distance is not None and self.distance <= ROUNDING)


def like(
    document: Mapping[str, Any], space: Workspace, model: Backbone, watch: Watch = ignore
) -> Likeness:
    """The report's "after" figures measured on what `model` gives, with nothing erased.

    People, split, classifier, accept threshold and strangers are those of `space`, opened as the
    report was. The embeddings are taken as they come, float32 [n, d], not brought to length 1.
    Raises `LetheError` for a model of another face size or dimension.
    """
    if (model.size, model.dimension) != (space.backbone.size, space.backbone.dimension):
        raise LetheError(
            said(
                "{name} is not the report's model: it reads faces of {size} pixels and gives "
                "{dimension} numbers.",
                name=model.name,
                size=model.size,
                dimension=model.dimension,
            )
        )
    origin = start(space)
    others = space.strangers
    judging = None
    if others is not None:
        judging = _embedded(others.features, model, watch)[others.judging]
    state = replace(origin, values=_embedded(space.features, model, watch), judging=judging)
    places = {name: label for label, name in enumerate(space.gallery.identities)}
    forget = tuple(places[name] for step in document["steps"] for name in step["forget"])
    questions = tuple(document["asked"]["questions"])
    found = plain(audit(state.view(tuple(sorted(forget))), questions, space.seed, watch))
    then = {name: document["metrics"]["after"].get(name) for name in questions}
    old, new = dict(_leaves("", then)), dict(_leaves("", found))
    differing = tuple(
        (name, old.get(name), new.get(name))
        for name in {**old, **new}
        if not _near(old.get(name), new.get(name))
    )
    distance = None
    if differing:
        again = redo(document, space, watch).state.values
        distance = float((again - state.values).abs().max())
    return Likeness(len({**old, **new}) - len(differing), differing, distance)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every number and word by its place."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        yield name, value
        return
    for key, inner in pairs:
        yield from _leaves(f"{name}.{key}" if name else str(key), inner)


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=0, abs_tol=NEAR)
    return bool(one == other)


def _embedded(features: Features, model: Backbone, watch: Watch) -> Tensor:
    """What the model gives for a gallery's faces, as it gives it."""
    faces = features.pixels()
    parts = []
    for at in range(0, len(faces), BATCH):
        watch(Progress(noted("embedding"), at, len(faces)))
        parts.append(model.embed(faces[at : at + BATCH]).float())
    return torch.cat(parts)

"""Who is this? The nearest enrolled photos of one photo, on both sides of the deletions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from engine.alignment import prepare
from engine.audit.retrieval import Hit, hit_of, top_k
from engine.backbones.given import NO_MODEL, sees_photos
from engine.errors import LetheError
from engine.features import embed_all
from engine.gallery import build
from engine.live.slider import LiveErasure
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.sources.base import CROP_PIXELS, look
from engine.view import View
from engine.workspace import State, Workspace, see, start

HITS = 8
CROP = (112, 112)
"""Pixels of a face on the ArcFace template."""

SAME = 0.9995
"""Cosine above which two photos are one picture, read twice; two frames of a film stay below."""

TRIED = 12
"""Test photos looked through for a clear one to begin with."""


class NoFace(LetheError):
    """A photo that can be read and shows nobody."""

    def __init__(self) -> None:
        super().__init__(
            noted("No face was found in this photo; try one in which it is larger and upright.")
        )


@dataclass(frozen=True)
class Answer:
    """What one side makes of one photo: the best matches, and the name at the output."""

    hits: tuple[Hit, ...]
    says: int


@dataclass(frozen=True)
class Asked:
    """A photo, and what both sides make of it.

    `row` is its place in the features, None for a photo that nobody enrolled.
    """

    row: int | None
    before: Answer
    after: Answer | None
    forgotten: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Shown:
    """A photo that nobody enrolled, as one workspace's backbone sees it.

    `face` is uint8 [1, s, s, 3], `values` float32 [1, d] of unit norm, `remark` what is worth
    knowing about the photo.
    """

    workspace: Workspace
    photo: bytes
    face: np.ndarray
    values: Tensor
    remark: str = ""


def show(
    workspace: Workspace, photo: bytes, watch: Watch = ignore, *, filmed: bool = False
) -> Shown:
    """Find the face in a photo and embed it.

    What was `filmed` is a picture of a room: a small square one is never taken for a face that was
    cut out before. Raises `NoFace` where there is none, `LetheError` for what is no photo.
    """
    if not sees_photos(workspace.backbone):
        raise LetheError(NO_MODEL)
    size = look(photo, "this photo")
    if not isinstance(size, tuple):
        raise LetheError(
            said("This is no photo that can be read ({reason}); try another one.", reason=size)
        )
    backbone, unnamed = workspace.backbone, ("somebody", "this photo", photo)
    # Photos of a face crop's very size are taken for one, other small square ones at need.
    is_crop = size[0] == size[1] <= CROP_PIXELS and not filmed
    tries = (False, True) if is_crop else (False,)
    for aligned in tries[::-1] if size == CROP else tries:
        try:
            found = prepare(
                build("This photo", [unnamed], aligned=aligned), backbone.size, backbone.convention
            )
        except LetheError:
            continue
        values = embed_all(found.faces, backbone, watch=watch)
        remark = found.remarks[0].reason if found.remarks else ""
        return Shown(workspace, photo, found.faces, values, remark)
    raise NoFace


def asked_about(state: State, shown: Shown) -> Asked:
    """What the untouched model and, after a deletion, this state make of a photo shown.

    Where the very picture is enrolled it is left out, as a photo never matches itself.
    """
    value = shown.values[0]
    same = _same_pictures(state.before(), value)
    before = _answered(state.before(), value, same)
    after = None
    if state.steps:
        after = _answered(state.view(), see(state, shown.face, shown.values)[0], same)
    return Asked(None, before, after, frozenset(state.forgotten))


def asked_at(
    live: LiveErasure, ranks: Sequence[int], row: int, shown: Shown | None = None
) -> list[Asked]:
    """What both sides make of photo `row`, or of one `shown`, with `live`'s people erased at each
    of `ranks`: the same as asking the state of that rank, which is not formed."""
    base = live.base
    untouched = base.before()
    exclude: tuple[int, ...]
    if shown is None:
        value, exclude = base.values[row], (row,)
        before = answer(untouched, row)
    else:
        exclude = _same_pictures(untouched, shown.values[0])
        value = see(base, shown.face, shown.values)[0]
        before = _answered(untouched, shown.values[0], exclude)
    view, gone = base.view(), frozenset((*base.forgotten, *live.forget))
    rows, cosines = view.train.nonzero().squeeze(1), live.cosines(value, ranks)
    if exclude:
        other = ~torch.isin(rows, torch.tensor([*exclude]))
        rows, cosines = rows[other], cosines[:, other]
    best = cosines.topk(min(HITS, len(rows)), dim=1)
    found = []
    for rank, likeness, at in zip(ranks, best.values, best.indices, strict=True):
        eraser = live.step(rank).eraser
        says = int(eraser.head(base.head).predict(eraser(value[None]))[0])
        hits = [hit_of(view, int(rows[i]), float(s)) for s, i in zip(likeness, at, strict=True)]
        found.append(Asked(None if shown else row, before, Answer(tuple(hits), says), gone))
    return found


def answer(view: View, row: int) -> Answer:
    """What this side makes of photo `row`: it never matches itself."""
    return _answered(view, view.values[row], (row,))


def _same_pictures(view: View, value: Tensor) -> tuple[int, ...]:
    """The rows of a picture that is enrolled already, by the untouched model."""
    rows = view.train.nonzero().squeeze(1)
    alike = normalize(view.values[rows], dim=1) @ normalize(value[None], dim=1)[0]
    same = rows[alike > SAME].tolist()
    # Where nothing else is enrolled, it is all that there is to match.
    return tuple(same) if len(same) < len(rows) else ()


def _answered(view: View, value: Tensor, exclude: Collection[int] = ()) -> Answer:
    hits = top_k(view, value, HITS, exclude=exclude)
    return Answer(tuple(hits), int(view.head.predict(value[None])[0]))


def asked(state: State, row: int) -> Asked:
    """What the untouched model and, after a deletion, this state make of photo `row`."""
    after = answer(state.view(), row) if state.steps else None
    return Asked(row, answer(state.before(), row), after, frozenset(state.forgotten))


def photos_to_ask(workspace: Workspace, label: int) -> list[int]:
    """Rows of a person's test photos; of all their photos where none tests."""
    features = workspace.features
    own = features.labels == label
    rows = (own & ~features.train).nonzero().squeeze(1).tolist()
    return rows or own.nonzero().squeeze(1).tolist()


def clearest(workspace: Workspace, label: int) -> int:
    """The person's first test photo that the untouched model gets right, else the first."""
    rows = photos_to_ask(workspace, label)
    view = start(workspace).view(())
    for row in rows[:TRIED]:
        first = top_k(view, view.values[row], 1, exclude=(row,))[0]
        if first.label == label and first.accepted:
            return row
    return rows[0]

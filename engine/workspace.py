"""What all visitors share, and the state of one of them. Both immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine import erasure
from engine.backbones import load_backbone, notes_of
from engine.backbones.base import Backbone, TrainableBackbone
from engine.backbones.onnx import OnnxBackbone
from engine.backbones.self_check import remembered_check
from engine.company import join
from engine.errors import LetheError
from engine.features import Features, embed_all, extract
from engine.fitted_head import fit_head
from engine.gallery import Gallery
from engine.heads import Head
from engine.matching import best_similarities
from engine.near_copies import near_copies, one_side
from engine.oddities import Oddity, odd
from engine.photo import Skipped
from engine.progress import Watch, ignore
from engine.rendered import rendered_strangers
from engine.sources import SOURCES, open_gallery, open_strangers
from engine.store import Store, content_key, default_store
from engine.usable import resplit, usable
from engine.view import View

ACCEPT_FAR = 0.01
"""The share of strangers whom the original model may take for somebody it knows."""


@dataclass(frozen=True, eq=False)
class Strangers:
    """People whom nobody enrolled: half of them judge, the others and the reserved are for fitting.

    The two parts are disjoint by identity: `reference` and `judging` are bool [m] over the photos
    of `features`.
    """

    gallery: Gallery
    features: Features
    reference: Tensor
    judging: Tensor

    @property
    def lost(self) -> tuple[Skipped, ...]:
        """The photos that gave no face, beside those that `Gallery.skipped` lists already."""
        return self.features.skipped[len(self.gallery.skipped) :]


@dataclass(frozen=True, eq=False)
class Workspace:
    """A gallery under a backbone, ready to be erased from: read-only, shared by all visitors.

    One that is `private` holds somebody's own photos: nothing that follows from it may be kept
    beside it, and it belongs to one visit.
    """

    gallery: Gallery
    features: Features
    backbone: Backbone
    head: Head
    threshold: float
    threshold_from: str
    strangers: Strangers | None = None
    seed: int = 0
    oddities: tuple[Oddity, ...] = ()
    private: bool = False

    @property
    def key(self) -> str:
        """The same for the same photos, backbone, strangers and seed, and for no others."""
        others = self.strangers.features.key if self.strangers is not None else ""
        return content_key(self.features.key, others, self.seed)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed in reading photos and model, a sentence each."""
        return (*self.gallery.notes, *notes_of(self.backbone))

    @property
    def lost(self) -> tuple[Skipped, ...]:
        """The photos that gave no face, beside those that `Gallery.skipped` lists already."""
        return self.features.skipped[len(self.gallery.skipped) :]

    @property
    def trainable(self) -> TrainableBackbone | None:
        """The backbone where its weights can be trained, else None."""
        return self.backbone if isinstance(self.backbone, TrainableBackbone) else None


def open_workspace(
    faces: str | Path,
    backbone: str | Path,
    *,
    strangers: str | Path | None = None,
    aligned: bool | None = None,
    encoding: str | None = None,
    seed: int = 0,
    backbone_options: Mapping[str, Any] | None = None,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Workspace:
    """Open the gallery and the strangers, extract features, take or fit the head.

    A named gallery that brings strangers of its own uses them unless others are named. Raises
    `LetheError` for whatever is wrong with photos, weights or options.
    """
    model = load_backbone(str(backbone), watch=watch, **(backbone_options or {}))
    how: dict[str, Any] = {"aligned": aligned, "encoding": encoding, "seed": seed, "watch": watch}
    gallery = open_gallery(str(faces), **how)
    spec = str(strangers) if strangers else _own_strangers(str(faces))
    group = None
    if spec is not None:
        group = open_strangers(spec, **how)
    return _workspace(gallery, model, group, seed, watch, store)


def through(
    workspace: Workspace, backbone: Backbone, *, watch: Watch = ignore, store: Store | None = None
) -> Workspace:
    """The same people and strangers, split alike, seen by another backbone."""
    others = workspace.strangers
    group = None if others is None else others.gallery
    return _workspace(workspace.gallery, backbone, group, workspace.seed, watch, store)


def own_workspace(
    gallery: Gallery,
    backbone: Backbone,
    company: Workspace | None = None,
    *,
    seed: int = 0,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Workspace:
    """A gallery of somebody's own photos, alone or in the company of a workspace's people.

    Nothing of the photos is kept in `store`, which is for the strangers alone: those of the
    company, else the rendered ones. Raises `LetheError` as `open_workspace` does.
    """
    people = usable(gallery, extract(gallery, backbone, watch=watch))
    strangers = company.strangers if company is not None else None
    if company is not None:
        people = join(people, (company.gallery, company.features))
    group = strangers.gallery if strangers is not None else open_strangers("synthetic", seed=seed)
    seen = extract(group, backbone, watch=watch, store=store)
    others = _halves(group, seen, seed)
    return replace(_assembled(*people, backbone, others, seed, watch, None), private=True)


def _workspace(
    gallery: Gallery,
    model: Backbone,
    group: Gallery | None,
    seed: int,
    watch: Watch,
    store: Store | None,
) -> Workspace:
    gallery, features = usable(gallery, extract(gallery, model, watch=watch, store=store))
    others = None
    if group is not None:
        _check(features)
        others = _halves(group, extract(group, model, watch=watch, store=store), seed)
    return _assembled(gallery, features, model, others, seed, watch, store)


def _assembled(
    gallery: Gallery,
    features: Features,
    model: Backbone,
    others: Strangers | None,
    seed: int,
    watch: Watch,
    store: Store | None,
) -> Workspace:
    _check(features)
    pairs = near_copies(gallery, features, watch, store)
    sides, moved = one_side(features.train.numpy(), features.labels.numpy(), pairs)
    if moved:
        gallery, features = resplit(gallery, features, sides)
    check = remembered_check(model, store) if isinstance(model, OnnxBackbone) else None
    oddities = odd(
        gallery,
        features,
        pairs,
        moved,
        None if others is None else (others.gallery, others.features),
        () if check is None else check.notes,
    )
    threshold, origin = _threshold(features, others)
    return Workspace(
        gallery=gallery,
        features=features,
        backbone=model,
        head=_head(model, features, store),
        threshold=threshold,
        threshold_from=origin,
        strangers=others,
        seed=seed,
        oddities=oddities,
    )


@dataclass(frozen=True, eq=False)
class Step:
    """One deletion: who, how, the fitted eraser and what it took."""

    forget: tuple[int, ...]
    method: str
    options: Mapping[str, Any]
    eraser: erasure.Eraser
    seconds: float


@dataclass(frozen=True, eq=False)
class State:
    """One visitor's deletions so far and the features that they leave.

    `values` float32 [n, d] and `judging` [m, d] (or None) are what the steps make of the
    workspace's features. `previous` is the state that the last step was made from, kept so that
    undo is a look back: embedding again after training would take seconds.
    """

    workspace: Workspace
    values: Tensor
    head: Head
    judging: Tensor | None
    reference: Tensor | None
    model: Backbone
    steps: tuple[Step, ...] = field(default=())
    previous: "State | None" = field(default=None, repr=False)

    @property
    def trail(self) -> tuple:
        """Who was forgotten, how and in which order: in one workspace, what makes a state."""
        return tuple(
            (step.forget, step.method, tuple(sorted(step.options.items()))) for step in self.steps
        )

    @property
    def forgotten(self) -> tuple[int, ...]:
        """The labels of everybody forgotten so far, in order of deletion."""
        return tuple(label for step in self.steps for label in step.forget)

    def forget(
        self,
        labels: tuple[int, ...],
        method: str = "esc",
        options: Mapping[str, Any] | None = None,
        watch: Watch = ignore,
    ) -> "State":
        """The state after one more deletion; this one stays as it is.

        Raises `LetheError` for a selection or an option that makes no sense, `Cancelled` when
        the watcher stops it.
        """
        space = self.workspace
        if not labels:
            raise LetheError("Nobody is selected; choose at least one person to forget.")
        again = [space.gallery.display(label) for label in labels if label in self.forgotten]
        if again:
            raise LetheError(f"{', '.join(again)} is forgotten already; undo that step first.")
        everybody = {int(label) for label in space.features.labels.unique()}
        if everybody <= {*self.forgotten, *labels}:
            raise LetheError("Everybody is selected; leave at least one person to remember.")
        train = space.features.train
        task = erasure.Task(
            values=self.values[train],
            labels=space.features.labels[train],
            forget=tuple(labels),
            classes=len(space.features.identities),
            head=self.head,
            reference=self.reference,
            rendered=lambda: _rendered(self, watch),
            model=self.model if isinstance(self.model, TrainableBackbone) else None,
            faces=_rows(space.features.faces, train),
            seed=space.seed,
            forgotten=self.forgotten,
        )
        eraser, seconds = erasure.fit(method, task, options, watch)
        step = Step(tuple(labels), method, dict(options or {}), eraser, seconds)
        return _apply(self, step, watch)

    def after(self, step: Step, watch: Watch = ignore) -> "State":
        """The state after a deletion that has been fitted already."""
        return _apply(self, step, watch)

    def undo(self, step: int = -1, watch: Watch = ignore) -> "State":
        """The state as if `step` had never happened; the later steps are fitted again.

        Without the last step that is the very state it was made from: nothing is computed.

        Raises `LetheError` when there is no such step.
        """
        if not -len(self.steps) <= step < len(self.steps):
            raise LetheError("There is nothing to undo.")
        at = step % len(self.steps)
        state = self
        for _ in self.steps[at:]:
            assert state.previous is not None
            state = state.previous
        for later in self.steps[at + 1 :]:
            state = state.forget(later.forget, later.method, later.options, watch)
        return state

    def view(self, forget: tuple[int, ...] | None = None) -> View:
        """What an attacker sees now. `forget` asks about other people than the forgotten."""
        return _view(self, self.forgotten if forget is None else forget)

    def before(self, forget: tuple[int, ...] | None = None) -> View:
        """What an attacker saw before the first deletion, asked about the same people."""
        return _view(start(self.workspace), self.forgotten if forget is None else forget)


def start(workspace: Workspace) -> State:
    """The state in which nobody is forgotten."""
    others = workspace.strangers
    return State(
        workspace=workspace,
        values=workspace.features.values,
        head=workspace.head,
        judging=None if others is None else others.features.values[others.judging],
        reference=None if others is None else others.features.values[others.reference],
        model=workspace.backbone,
    )


def _apply(state: State, step: Step, watch: Watch) -> State:
    eraser = step.eraser
    values, judging, reference, model = state.values, state.judging, state.reference, state.model
    if eraser.backbone is not None:
        # Trained weights replace the features: what earlier steps removed from them is laid on
        # top again, so that nobody comes back.
        model = eraser.backbone
        space, others = state.workspace, state.workspace.strangers
        earlier = [one.eraser for one in state.steps if one.eraser.backbone is None]
        values = _through(earlier, embed_all(space.features.pixels(), model, watch=watch))
        if others is not None:
            again = _through(earlier, embed_all(others.features.pixels(), model, watch=watch))
            judging, reference = again[others.judging], again[others.reference]
    else:
        values = eraser(values)
        judging = None if judging is None else eraser(judging)
        reference = None if reference is None else eraser(reference)
    return replace(
        state,
        values=values,
        judging=judging,
        reference=reference,
        head=eraser.head(state.head),
        model=model,
        steps=(*state.steps, step),
        previous=state,
    )


def _through(erasers: list[erasure.Eraser], values: Tensor) -> Tensor:
    for eraser in erasers:
        values = eraser(values)
    return values


def _rendered(state: State, watch: Watch) -> Tensor:
    """The program's own strangers as this state's model and erasers leave them, [m, d]."""
    trained = state.model is not state.workspace.backbone
    values = rendered_strangers(state.model, watch, None if trained else default_store())
    return _through([one.eraser for one in state.steps if one.eraser.backbone is None], values)


def see(state: State, faces: np.ndarray, values: Tensor, watch: Watch = ignore) -> Tensor:
    """What a state makes of new faces, float32 [b, d].

    `faces` uint8 [b, s, s, 3] are cut for the workspace's backbone, and `values` [b, d] are what
    that makes of them untouched.
    """
    if state.model is not state.workspace.backbone:
        values = embed_all(faces, state.model, watch=watch)
    return _through([one.eraser for one in state.steps if one.eraser.backbone is None], values)


def _view(state: State, forget: tuple[int, ...]) -> View:
    features, others = state.workspace.features, state.workspace.strangers
    return View(
        values=state.values,
        labels=features.labels,
        train=features.train,
        forget=tuple(forget),
        classes=len(features.identities),
        head=state.head,
        strangers=state.judging,
        stranger_labels=None if others is None else others.features.labels[others.judging],
        threshold=state.workspace.threshold,
    )


def _check(features: Features) -> None:
    if len(features.labels.unique()) < 2:
        raise LetheError("Only one person has usable photos; forgetting one needs others to keep.")
    if bool(features.train.all()):
        raise LetheError(
            "Nobody has three usable photos, so that none is left to test with; add photos until "
            "someone has three."
        )


def _own_strangers(faces: str) -> str | None:
    source = SOURCES.get(faces.lower())
    return source.name if source is not None and source.strangers is not None else None


def _halves(gallery: Gallery, features: Features, seed: int) -> Strangers:
    names = features.identities
    able = np.array([label for label, one in enumerate(names) if one not in gallery.reserved])
    order = np.random.default_rng(seed).permutation(able)
    judging = torch.isin(features.labels, torch.as_tensor(order[len(order) // 2 :].copy()))
    return Strangers(gallery, features, ~judging, judging)


def _threshold(features: Features, strangers: Strangers | None) -> tuple[float, str]:
    """The cosine that `ACCEPT_FAR` of strangers reach with some enrolled photo.

    Without strangers, test photos against the photos of other people stand in for them; where
    nobody has a test photo, enrolled ones.
    """
    train = features.train
    enrolled, labels = features.values[train], features.labels[train]
    if strangers is not None:
        best = best_similarities(strangers.features.values, enrolled)
        origin = f"{ACCEPT_FAR:.0%} of {len(best)} photos of strangers pass"
    else:
        asked = train if bool(train.all()) else ~train
        best = best_similarities(features.values[asked], enrolled, features.labels[asked], labels)
        origin = f"{ACCEPT_FAR:.0%} of {len(best)} photos pass as somebody else"
    return float(best.double().quantile(1 - ACCEPT_FAR)), origin


def _head(model: Backbone, features: Features, store: Store | None) -> Head:
    """The backbone's own head where it was trained on exactly these people, else a fitted one."""
    own = getattr(model, "head", None)
    names = getattr(model, "head_identities", ())
    if own is None or not set(features.identities) <= set(names):
        return fit_head(features, store)
    rows = [names.index(name) for name in features.identities]
    return Head(own.weight[rows], own.bias[rows])


def _rows(faces: Any, mask: Tensor) -> Any:
    if faces is None:
        return None
    return lambda: faces()[mask.numpy()]

"""What all visitors share, and the state of one of them. Both immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from engine import erasure
from engine.backbones import notes_of
from engine.backbones.base import Backbone, TrainableBackbone
from engine.backbones.given import sees_photos
from engine.errors import LetheError
from engine.features import Features, embed_all
from engine.gallery import Gallery
from engine.heads import Head
from engine.oddities import Oddity
from engine.photo import Skipped
from engine.progress import Watch, ignore
from engine.rendered import rendered_strangers
from engine.said import row, said
from engine.store import content_key, default_store
from engine.view import View


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
        """Who was forgotten, how and in which order: in one workspace, what makes a state.

        An option that was not given is the same as its default, given.
        """
        return tuple(
            (
                step.forget,
                step.method,
                tuple(sorted(erasure.METHODS[step.method].resolve(step.options).items())),
            )
            for step in self.steps
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
            raise LetheError(said("Nobody is selected; choose at least one person to forget."))
        again = [space.gallery.display(label) for label in labels if label in self.forgotten]
        if again:
            raise LetheError(
                said(
                    "{names} is forgotten already; undo that step first.",
                    names=row(again),
                )
            )
        everybody = {int(label) for label in space.features.labels.unique()}
        if everybody <= {*self.forgotten, *labels}:
            raise LetheError(said("Everybody is selected; leave at least one person to remember."))
        train = space.features.train
        task = erasure.Task(
            values=self.values[train],
            labels=space.features.labels[train],
            forget=tuple(labels),
            classes=len(space.features.identities),
            head=self.head,
            reference=self.reference,
            rendered=(lambda: _rendered(self, watch)) if sees_photos(self.model) else None,
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
            raise LetheError(said("There is nothing to undo."))
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


def _rows(faces: Any, mask: Tensor) -> Any:
    if faces is None:
        return None
    return lambda: faces()[mask.numpy()]

"""From photos and a model to a workspace: features, split, strangers, head, accept threshold."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.backbones import load_backbone
from engine.backbones.base import Backbone
from engine.backbones.given import NAME, NO_MODEL, GivenFeatures, sees_photos
from engine.backbones.onnx import OnnxBackbone
from engine.backbones.self_check import remembered_check
from engine.company import join
from engine.embeddings import Embeddings, as_people
from engine.embeddings.files import read
from engine.errors import LetheError
from engine.features import Features, extract
from engine.fitted_head import fit_head
from engine.gallery import NO_PHOTOS, Gallery
from engine.heads import Head
from engine.matching import best_similarities
from engine.near_copies import Pairs, near_copies, one_side, with_company
from engine.oddities import odd
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.sources import SOURCES, open_gallery, open_strangers
from engine.store import Store
from engine.usable import resplit, usable
from engine.workspace import Strangers, Workspace

ACCEPT_FAR = 0.01
"""The share of strangers whom the original model may take for somebody it knows."""

REAL_ACCEPT = {"dlib": 0.94}
"""By backbone, the cosine that `ACCEPT_FAR` of real strangers reach with somebody enrolled.

Rendered strangers say nothing of that: under dlib they are so alike that 1 % of them pass at .98
only, which real people hardly reach with themselves. Measured on LFW, see docs/models.md.
"""


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

    A named gallery that brings strangers of its own uses them unless others are named. Where the
    backbone is called `features`, `faces` is a file of embeddings, and so is `strangers`.

    Raises `LetheError` for whatever is wrong with photos, weights or options.
    """
    if str(backbone) == NAME:
        people = read(Path(faces).expanduser())
        others = read(Path(strangers).expanduser()) if strangers else None
        return features_workspace(people, others, seed=seed, watch=watch, store=store)
    model = load_backbone(str(backbone), watch=watch, **(backbone_options or {}))
    how: dict[str, Any] = {"aligned": aligned, "encoding": encoding, "seed": seed, "watch": watch}
    gallery = open_gallery(str(faces), **how)
    spec = str(strangers) if strangers else _own_strangers(str(faces))
    group = None
    if spec is not None:
        group = open_strangers(spec, **how)
    return _workspace(gallery, model, group, seed, watch, store)


def features_workspace(
    given: Embeddings,
    strangers: Embeddings | None = None,
    *,
    seed: int = 0,
    private: bool = False,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Workspace:
    """Embeddings that came without photos and model, and those of strangers, where there are any.

    Where the strangers have a split, their training rows are for fitting and the others judge.
    Nothing of what is `private` is kept in `store`. Raises `LetheError` where nobody has three
    rows, and for strangers of another dimension.
    """
    store = None if private else store
    people, features = as_people(given, seed)
    if bool(features.train.all()):
        raise LetheError(
            said(
                "Nobody in {name} has more than two rows, so none is left to test with; add rows "
                "until someone has three.",
                name=given.name,
            )
        )
    head, names = given.head or (None, ())
    output = (
        noted("What the output says is the classifier that came along.")
        if head is not None
        else noted("What the output says is a classifier fitted on these embeddings.")
    )
    people = replace(people, notes=(*people.notes, output))
    model = GivenFeatures(given.dimension, given.fingerprint, head, names)
    others = None
    if strangers is not None:
        others = _given_strangers(strangers, given.dimension, seed)
    space = _assembled(people, features, model, others, seed, watch, store)
    return replace(space, private=private)


def _given_strangers(given: Embeddings, dimension: int, seed: int) -> Strangers:
    if given.dimension != dimension:
        raise LetheError(
            said(
                "The strangers in {name} have {theirs:,} numbers a row and the gallery {ours:,}; "
                "both must come from one model.",
                name=given.name,
                theirs=given.dimension,
                ours=dimension,
            )
        )
    people, features = as_people(replace(given, train=None), seed)
    if given.train is None:
        return _halves(people, features, seed)
    sides = dict(zip(given.photos, given.train, strict=True))
    reference = torch.tensor([sides[photo.key] for photo in people.photos])
    judging = ~reference
    shared = set(features.labels[reference].tolist()) & set(features.labels[judging].tolist())
    if shared or not bool(judging.any()):
        raise LetheError(
            said(
                "The split of the strangers in {name} must put each person on one side, and "
                "somebody on the side of the test, who judges.",
                name=given.name,
            )
        )
    return Strangers(people, features, reference, judging)


def through(
    workspace: Workspace,
    backbone: Backbone,
    *,
    private: bool = False,
    watch: Watch = ignore,
    store: Store | None = None,
) -> Workspace:
    """The same people and strangers, split alike, seen by another backbone.

    Nothing of somebody's own photos is kept in `store`, nor of what is `private` otherwise.
    """
    if not workspace.gallery.pictured:
        raise LetheError(NO_PHOTOS)
    others = workspace.strangers
    group = None if others is None else others.gallery
    private = private or workspace.private
    seen = _workspace(
        workspace.gallery, backbone, group, workspace.seed, watch, None if private else store
    )
    return replace(seen, private=private)


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
    if not sees_photos(backbone):
        raise LetheError(NO_MODEL)
    people = usable(gallery, extract(gallery, backbone, watch=watch))
    copies = None
    strangers = company.strangers if company is not None else None
    if company is not None:
        own = len(people[1])
        people = join(people, (company.gallery, company.features))
        known = near_copies(company.gallery, company.features, watch, store)
        copies = with_company(*people, own, known, watch)
    rendered = open_strangers("synthetic", seed=seed)
    group = strangers.gallery if strangers is not None else rendered
    seen = extract(group, backbone, watch=watch, store=store)
    others = _halves(group, seen, seed)
    space = _assembled(*people, backbone, others, seed, watch, None, copies)
    if group.sha256 == rendered.sha256 and backbone.name in REAL_ACCEPT:
        space = replace(
            space,
            threshold=REAL_ACCEPT[backbone.name],
            threshold_from=said(
                "{share:.0%} of photos of real strangers pass, measured on LFW",
                share=ACCEPT_FAR,
            ),
        )
    return replace(space, private=True)


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
    copies: Pairs | None = None,
) -> Workspace:
    _check(features)
    pairs = near_copies(gallery, features, watch, store) if copies is None else copies
    sides, moved = one_side(features.train.numpy(), features.labels.numpy(), pairs)
    if moved:
        gallery, features = resplit(gallery, features, sides)
    check = remembered_check(model, store, watch) if isinstance(model, OnnxBackbone) else None
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


def _check(features: Features) -> None:
    if len(features.labels.unique()) < 2:
        raise LetheError(
            said("Only one person has usable photos; forgetting one needs others to keep.")
        )
    if bool(features.train.all()):
        raise LetheError(
            said(
                "Nobody has three usable photos, so that none is left to test with; "
                "add photos until someone has three."
            )
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
        origin = said(
            "{share:.0%} of {count} photos of strangers pass",
            share=ACCEPT_FAR,
            count=len(best),
        )
    else:
        asked = train if bool(train.all()) else ~train
        best = best_similarities(features.values[asked], enrolled, features.labels[asked], labels)
        origin = said(
            "{share:.0%} of {count} photos pass as somebody else",
            share=ACCEPT_FAR,
            count=len(best),
        )
    return float(best.double().quantile(1 - ACCEPT_FAR)), origin


def _head(model: Backbone, features: Features, store: Store | None) -> Head:
    """The backbone's own head where it was trained on exactly these people, else a fitted one."""
    own = getattr(model, "head", None)
    names = getattr(model, "head_identities", ())
    if own is None or not set(features.identities) <= set(names):
        return fit_head(features, store)
    rows = [names.index(name) for name in features.identities]
    return Head(own.weight[rows], own.bias[rows])

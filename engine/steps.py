"""A session's deletions as a small JSON file: saved by page or command line, done again by either.

It holds who was forgotten, how and in which order, and fingerprints of what that was done with, so
that doing it again gives the same figures, or a sentence that says what differs.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.erasure import METHODS
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.progress import Watch, ignore
from engine.report import plain
from engine.said import noted, said
from engine.workspace import State, Workspace, start

SCHEMA = 1
KIND = "lethe-steps"
MOST_BYTES = 1_000_000
MOST_STEPS = 1_000

UNREADABLE = noted("This file holds no saved steps; choose one that Lethe has written.")

MARK = "sha256:"
"""Before the hash of a photo, where a file is to name nobody."""

By = Literal["name", "photo"]


@dataclass(frozen=True)
class SavedStep:
    """One deletion: `forget` are names, or `sha256:...` of a photo of somebody."""

    forget: tuple[str, ...]
    method: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Steps:
    """A session as it was saved. `gallery` and `backbone` are its names, the keys fingerprints.

    `key` is that of the workspace, which also covers strangers and seed.
    """

    steps: tuple[SavedStep, ...]
    gallery: str
    gallery_key: str
    backbone: str
    backbone_key: str
    seed: int
    key: str


def steps_of(state: State, by: By = "name") -> Steps:
    """What to save of a state. By `photo` the file names nobody."""
    space = state.workspace
    hashes = _hashes(space.gallery) if by == "photo" else {}
    names = space.gallery.identities
    called = {label: key for key, label in reversed(hashes.items())}
    return Steps(
        steps=tuple(
            SavedStep(
                tuple(called.get(one, names[one]) for one in step.forget),
                step.method,
                plain(step.options),
            )
            for step in state.steps
        ),
        gallery=space.gallery.name,
        gallery_key=space.gallery.sha256,
        backbone=space.backbone.name,
        backbone_key=space.backbone.fingerprint,
        seed=space.seed,
        key=space.key,
    )


def written(steps: Steps) -> str:
    """The steps as JSON."""
    document = {
        "kind": KIND,
        "schema": SCHEMA,
        "gallery": {"name": steps.gallery, "sha256": steps.gallery_key},
        "backbone": {"name": steps.backbone, "fingerprint": steps.backbone_key},
        "seed": steps.seed,
        "workspace": steps.key,
        "steps": [
            {"forget": list(one.forget), "method": one.method, "options": dict(one.options)}
            for one in steps.steps
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_steps(text: str | bytes) -> Steps:
    """The steps in a file's text. Raises `LetheError` for anything that `written` does not write.

    What a method's options may be is checked here, who is meant and where by `redo`.
    """
    if len(text) > MOST_BYTES:
        raise LetheError(UNREADABLE)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LetheError(UNREADABLE) from error
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise LetheError(UNREADABLE)
    if data.get("schema") != SCHEMA:
        raise LetheError(
            said(
                "These steps are of version {found}, and this Lethe reads version {known}; save "
                "them again with the Lethe that opens them.",
                found=str(data.get("schema"))[:20],
                known=SCHEMA,
            )
        )
    try:
        gallery, backbone = data["gallery"], data["backbone"]
        texts = (gallery["name"], gallery["sha256"], backbone["name"], backbone["fingerprint"])
        steps, seed, key = data["steps"], data["seed"], data["workspace"]
        fine = all(isinstance(one, str) for one in (*texts, key)) and type(seed) is int
        if not fine or not isinstance(steps, list) or len(steps) > MOST_STEPS:
            raise LetheError(UNREADABLE)
        if not steps:
            raise LetheError(said("These steps forget nobody; save them after a deletion."))
        return Steps(tuple(_step(one) for one in steps), *texts, seed, key)
    except (KeyError, TypeError) as error:
        raise LetheError(UNREADABLE) from error


def load_steps(path: Path) -> Steps:
    """`read_steps` of a file. Raises `LetheError` as that does, and where there is no such file."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LetheError(
            said(
                "{name} cannot be opened ({reason}); give a file of saved steps.",
                name=path.name,
                reason=error.strerror or error,
            )
        ) from error
    return read_steps(text)


def redo(space: Workspace, steps: Steps, watch: Watch = ignore) -> State:
    """The state in which all steps are done again, from nobody forgotten.

    Raises `LetheError`, before any work, where gallery, backbone, strangers or seed are others than
    then, or where somebody is not there or is forgotten twice.
    """
    plan = planned(space, steps)
    state = start(space)
    for labels, step in plan:
        state = state.forget(labels, step.method, step.options, watch)
    return state


def planned(space: Workspace, steps: Steps) -> list[tuple[tuple[int, ...], SavedStep]]:
    """Whom each step is about in a workspace. Raises `LetheError` as `redo` does."""
    for then, now, words in (
        (
            steps.gallery_key,
            space.gallery.sha256,
            said(
                "These steps were made with other photos ({then}) than are open now ({now}); open "
                "those, unchanged.",
                then=steps.gallery[:100],
                now=space.gallery.name,
            ),
        ),
        (
            steps.backbone_key,
            space.backbone.fingerprint,
            said(
                "These steps were made with another backbone ({then}) than is open now ({now}); "
                "choose that one with the same options.",
                then=steps.backbone[:100],
                now=space.backbone.name,
            ),
        ),
        (
            steps.seed,
            space.seed,
            said(
                "These steps were made with the seed {then}; open Lethe with --seed {then}.",
                then=steps.seed,
            ),
        ),
        (
            steps.key,
            space.key,
            noted(
                "These steps were made with other strangers or another split than are open now; "
                "open the same."
            ),
        ),
    ):
        if then != now:
            raise LetheError(words)
    hashes = _hashes(space.gallery) if _by_photo(steps) else {}
    plan = [
        (tuple(_label(one, space.gallery, hashes) for one in step.forget), step)
        for step in steps.steps
    ]
    everybody = [label for labels, _ in plan for label in labels]
    if len(set(everybody)) < len(everybody) or len(everybody) >= len(space.gallery.identities):
        raise LetheError(
            said("These steps forget somebody twice or leave nobody; save them again.")
        )
    return plan


def _step(data: Mapping[str, Any]) -> SavedStep:
    people, method, options = data["forget"], data["method"], data["options"]
    if (
        not isinstance(people, list)
        or not people
        or not all(isinstance(one, str) for one in people)
        or not isinstance(options, dict)
    ):
        raise LetheError(UNREADABLE)
    if not isinstance(method, str) or method not in METHODS:
        raise LetheError(
            said(
                "These steps use a method that is not here ({method}); choose one of {methods}.",
                method=str(method)[:40],
                methods=", ".join(METHODS),
            )
        )
    METHODS[method].resolve(options)
    return SavedStep(tuple(people), method, options)


def _by_photo(steps: Steps) -> bool:
    return any(one.startswith(MARK) for step in steps.steps for one in step.forget)


def _label(one: str, gallery: Gallery, hashes: Mapping[str, int]) -> int:
    if one in gallery.identities:
        return gallery.identities.index(one)
    if one in hashes:
        return hashes[one]
    raise LetheError(
        said(
            "These steps forget {name}, who is not in {gallery}; open the gallery that they were "
            "made with.",
            name=one[:100],
            gallery=gallery.name,
        )
    )


def _hashes(gallery: Gallery) -> dict[str, int]:
    """Of each photo, whose it is; those of several people are nobody's."""
    found: dict[str, int] = {}
    shared: set[str] = set()
    for photo, label in zip(gallery.photos, gallery.labels.tolist(), strict=True):
        key = MARK + hashlib.sha256(photo.read()).hexdigest()
        if found.setdefault(key, label) != label:
            shared.add(key)
    return {key: label for key, label in found.items() if key not in shared}


def save_steps(steps: Steps, path: Path) -> None:
    """Write the steps, whole or not at all. Raises `LetheError` where that cannot be."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(written(steps), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LetheError(
            said(
                "The steps cannot be written to {path}: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from error

"""Your photos: bringing them, and what was found in them before the studio opens with them."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from demo import templates
from demo.pictures import data_address
from demo.uploads import FILE
from engine.gallery import counted
from engine.oddities import Oddity
from engine.photo import Skipped
from engine.service.own import Limits
from engine.workspace import Workspace

HERE = Path(__file__)
SHOWN = 50
"""Files left out that are listed one by one."""

PICTURES = 1_500
"""Photos shown as pictures, shared among the people; the others are there by their names."""

THUMB = 96
MEGA = 1_000_000
YOURS_NAME, YOURS_KEY = " (yours)", "yours/"
"""By which names and keys that the company has too are told apart, see `engine.company`."""

_count = itertools.count()


@dataclass(frozen=True)
class Shot:
    """A photo that is used: its key as it was brought, its picture, and what is worth a word."""

    key: str
    face: str
    remark: str


@dataclass(frozen=True)
class Person:
    """Somebody who was brought: `identity` is the name before it is shown as people write it."""

    identity: str
    name: str
    photos: str
    tests: str
    shots: tuple[Shot, ...]
    further: tuple[Shot, ...]

    @property
    def remarks(self) -> tuple[Shot, ...]:
        """The photos about which something is worth a word."""
        return tuple(shot for shot in (*self.shots, *self.further) if shot.remark)


def build(limits: Limits | None = None) -> gr.HTML:
    """The place. Value: `chosen`; events `look`, `enter`, `wipe` and `stop`.

    Props that the server sends: `session`, the hash by which files are brought; `review`, the HTML
    of `review`; `said`, a sentence and its tone; `busy`; `entered`, a count that grows when the
    studio has opened with the photos.
    """
    limits = limits or Limits()
    return gr.HTML(
        value=chosen(),
        html_template="${markup}",
        css_template=HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js_on_load=HERE.with_suffix(".js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="yours",
        markup=markup(limits),
        session="",
        review="",
        said={"text": "", "tone": "calm"},
        busy=False,
        entered=0,
        limits={**asdict(limits), "file_megabytes": FILE // MEGA},
    )


def chosen() -> dict[str, Any]:
    """The value of a place where nothing was changed yet."""
    return {"company": True, "out": [], "names": {}}


def markup(limits: Limits) -> str:
    """The place's HTML without the review."""
    return templates.render("yours", limits=sentence(limits))


def sentence(limits: Limits) -> str:
    """What may be brought at most."""
    return (
        f"Up to {counted(limits.files, 'file')} and {limits.megabytes:,} MB, "
        f"{min(FILE // MEGA, limits.megabytes):,} MB a file; "
        f"{counted(limits.people, 'person', 'people')}, "
        f"{counted(limits.photos_each, 'photo')} each."
    )


def review(space: Workspace, own: int, company: Workspace | None = None) -> str:
    """The HTML of what was found in the photos of the first `own` people of a workspace.

    `company` is the workspace whose people the others are; with it, files that were left out of
    theirs are told from those left out of yours.
    """
    gallery = space.gallery
    theirs = {
        photo.key
        for photo, label in zip(gallery.photos, gallery.labels, strict=True)
        if label >= own
    }
    lost = _without_company(space.lost, company.lost if company else ())
    lost = tuple(one for one in lost if one.key not in theirs)
    skipped = _without_company(gallery.skipped, company.gallery.skipped if company else ())
    mine = np.flatnonzero(gallery.labels < own)
    account = replace(
        gallery,
        photos=tuple(gallery.photos[photo] for photo in mine),
        labels=gallery.labels[mine],
        skipped=skipped,
    ).account(lost)
    left = tuple(dict.fromkeys((*skipped, *lost)))
    return templates.render(
        "yours_review",
        count=next(_count),
        account=account,
        people=_people(space, own, theirs),
        left=[replace(one, key=_brought(one.key, theirs)) for one in left[:SHOWN]],
        more=max(len(left) - SHOWN, 0),
        oddities=_oddities(space, own, theirs),
    )


def _without_company(both: tuple[Skipped, ...], theirs: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
    """Own files alone: those of the company come last."""
    return both[: len(both) - len(theirs)] if theirs and both[-len(theirs) :] == theirs else both


def _people(space: Workspace, own: int, theirs: Collection[str]) -> list[Person]:
    gallery, features = space.gallery, space.features
    remarks: dict[str, str] = {}
    for one in features.remarks:
        before = remarks.get(one.key)
        remarks[one.key] = f"{before}; {one.reason}" if before else one.reason
    labels, train = features.labels.numpy(), features.train.numpy()
    company = frozenset(gallery.identities[own:])
    each = max(PICTURES // max(own, 1), 6)
    people = []
    for label in range(own):
        rows = np.flatnonzero(labels == label)
        shots = []
        for at, row in enumerate(rows):
            photo = int(features.rows[row])
            key = gallery.photos[photo].key
            face = data_address(gallery, photo, THUMB) if at < each else ""
            shots.append(Shot(_brought(key, theirs), face, remarks.get(key, "")))
        identity = gallery.identities[label]
        if (bare := identity.removesuffix(YOURS_NAME)) in company:
            identity = bare
        people.append(
            Person(
                identity=identity,
                name=identity.replace("_", " "),
                photos=counted(len(rows), "photo"),
                tests=_tests(int((~train[rows]).sum())),
                shots=tuple(shots[:each]),
                further=tuple(shots[each:]),
            )
        )
    return people


def _tests(count: int) -> str:
    return f"{count:,} of them to test with" if count else "none left to test with"


def _brought(key: str, theirs: Collection[str]) -> str:
    """A photo's key as it was brought, where the company has one of that key too."""
    bare = key.removeprefix(YOURS_KEY)
    return bare if bare in theirs else key


def _oddities(space: Workspace, own: int, theirs: Collection[str]) -> Sequence[Oddity]:
    """What is odd, without what is about people of the company alone."""
    company = {*space.gallery.identities[own:], *theirs}
    return [one for one in space.oddities if not one.keys or not company.issuperset(one.keys)]

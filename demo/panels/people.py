"""Who is known: a card a person, real checkboxes, and what became of each of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import gradio as gr
import numpy as np

from demo import templates
from demo.panels.scripted import scripted
from demo.pictures import data_address
from engine.gallery import Gallery

FACE = 112
"""Pixels of a card's face: twice what it is shown at, for sharp screens."""

FIRST = 120
"""Cards that come with the page; the others are sent when somebody scrolls or searches."""

AT_ONCE = 120
"""Cards sent for one question of the page."""


@dataclass(frozen=True)
class Fate:
    """What became of a person: `erased` from the features, or only the name `hidden`."""

    kind: Literal["erased", "hidden"]
    note: str


@dataclass(frozen=True)
class Group:
    """People that are worth choosing together."""

    title: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Card:
    """A person, how many photos there are, and the address of one of them."""

    label: int
    name: str
    photos: int
    face: str


def build(first: Mapping[str, Any], galleries: Callable[[str], Gallery | None]) -> gr.HTML:
    """The panel as `shown` says. Value: `ticked`; event `choose`.

    `galleries` gives the gallery of a token, whose further cards a page may ask for.
    """

    def more(part: str) -> str:
        return further(galleries, part)

    return scripted(
        "people",
        "playing",
        value={**ticked(), "first": True},
        elem_classes="lethe-panel",
        fates={},
        busy=False,
        session="",
        server_functions=[more],
        **first,
    )


def shown(gallery: Gallery, groups: Sequence[Group], token: str) -> dict[str, Any]:
    """What the panel shows of a gallery: its `markup`, and the `roster` of everybody.

    The roster has all names and numbers of photos by label, for searching and choosing, and the
    token by which further cards are asked for.
    """
    roster = {
        "token": token,
        "names": [gallery.display(label) for label in range(len(gallery.identities))],
        "photos": _counts(gallery),
        "at_once": AT_ONCE,
    }
    return {"markup": markup(gallery, groups), "roster": roster}


def further(galleries: Callable[[str], Gallery | None], part: str) -> str:
    """The cards that a page asks for as `"token/label,label"`; none for what there is not."""
    token, _, asked = str(part).partition("/")
    gallery = galleries(token)
    if gallery is None:
        return ""
    known = range(len(gallery.identities))
    labels = [int(one) for one in asked.split(",")[:AT_ONCE] if one.isdecimal() and len(one) < 8]
    return templates.render("cards", cards=_cards(gallery, [one for one in labels if one in known]))


def markup(gallery: Gallery, groups: Sequence[Group] = ()) -> str:
    """The panel's HTML for one gallery; faces travel inside it, so no address serves them."""
    return templates.render(
        "people",
        cards=_cards(gallery, range(len(gallery.identities))[:FIRST]),
        groups=[(one.title, json.dumps(one.labels)) for one in groups],
        width=_width(gallery),
    )


def ticked(chosen: Sequence[int] = (), last: int | None = None) -> dict[str, Any]:
    """The panel's value: the labels that are ticked, and the one ticked last."""
    return {"chosen": list(chosen), "last": last}


def fates(found: Mapping[int, Fate]) -> dict[str, dict[str, str]]:
    """What became of whom, as the page's script reads it."""
    return {str(label): asdict(fate) for label, fate in found.items()}


def _width(gallery: Gallery) -> int:
    """Pixels of a card: long names need wider ones."""
    lengths = sorted(len(name) for name in gallery.identities)
    return 52 if lengths[len(lengths) // 2] <= 8 else 64


def _counts(gallery: Gallery) -> list[int]:
    """Photos of each person."""
    return np.bincount(gallery.labels, minlength=len(gallery.identities)).tolist()


def _cards(gallery: Gallery, labels: Sequence[int]) -> list[Card]:
    """The cards of some people."""
    counts = _counts(gallery)
    return [
        Card(label, gallery.display(label), counts[label], face(gallery, label)) for label in labels
    ]


def face(gallery: Gallery, label: int) -> str:
    """The person's first enrolment photo, as a data address."""
    own = np.flatnonzero(gallery.labels == label)
    enrolled = own[gallery.train[own]]
    return data_address(gallery, int((enrolled if len(enrolled) else own)[0]), FACE)

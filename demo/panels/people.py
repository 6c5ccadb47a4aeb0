"""Who is known: a card a person, real checkboxes, and what became of each of them."""

import base64
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from engine.gallery import Gallery

JS = (Path(__file__).with_suffix(".js")).read_text(encoding="utf-8")
FACE = 112
"""Pixels of a card's face: twice what it is shown at, for sharp screens."""


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


def build(cards: str) -> gr.HTML:
    """The panel around `markup`. Value: `ticked`; events `choose`, then `rested`."""
    return gr.HTML(
        value=ticked(),
        # The markup is escaped here, in Python: Gradio runs what a `{{ }}` template puts in.
        html_template="${markup}",
        js_on_load=JS,
        apply_default_css=False,
        elem_id="people",
        elem_classes="lethe-panel",
        markup=cards,
        fates={},
        busy=False,
    )


def markup(gallery: Gallery, groups: Sequence[Group] = ()) -> str:
    """The panel's HTML for one gallery; faces travel inside it, so no address serves them."""
    counts = [0] * len(gallery.identities)
    for label in gallery.labels:
        counts[int(label)] += 1
    cards = "".join(_card(gallery, label, counts[label]) for label in range(len(counts)))
    options = "".join(
        f'<option value="{escape(json.dumps(one.labels))}">{escape(one.title)}</option>'
        for one in groups
    )
    picker = (
        '<select class="chip" data-groups aria-label="Choose a group of people">'
        f'<option value="">Groups</option>{options}</select>'
    )
    return f"""
<div class="people-top">
  <div class="panel-top">
    <h2 id="people-title">People <small data-count aria-live="polite">none chosen</small></h2>
    <button type="button" class="link" data-clear>Clear</button>
  </div>
  <div class="tools">
    <input type="search" placeholder="Search" aria-label="Search a name" autocomplete="off"
      spellcheck="false">
    <button type="button" class="chip" data-random>Five at random</button>
    {picker if options else ""}
  </div>
</div>
<div class="cards" role="group" aria-labelledby="people-title" style="--card:{_width(gallery)}px">
  {cards}
  <p class="nobody" hidden>Nobody of that name.</p>
</div>"""


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


def at_random(gallery: Gallery, count: int, seed: int) -> tuple[int, ...]:
    """`count` labels drawn by `seed`, in order."""
    people = range(len(gallery.identities))
    return tuple(sorted(random.Random(seed).sample(people, min(count, len(people) - 1))))


def _card(gallery: Gallery, label: int, photos: int) -> str:
    name = escape(gallery.display(label))
    count = f"{photos} photo" + ("" if photos == 1 else "s")
    return (
        f'<label class="card" data-label="{label}" title="{name}, {count}">'
        f'<input type="checkbox" value="{label}">'
        f'<span class="face"><img src="{face(gallery, label)}" alt="" width="52" height="52" '
        f'decoding="async">{_SILHOUETTE}</span>'
        f'<span class="name">{name}</span>'
        f'<span class="fate" data-photos="{count}">{count}</span></label>'
    )


def face(gallery: Gallery, label: int) -> str:
    """The person's first enrolment photo, as a data address."""
    own = [int(i) for i in (gallery.labels == label).nonzero()[0]]
    enrolled = [i for i in own if gallery.train[i]]
    return data_address(gallery, (enrolled or own)[0], FACE)


@lru_cache(maxsize=8192)
def data_address(gallery: Gallery, photo: int, size: int) -> str:
    """A photo as a `data:` address, small enough to travel inside the page."""
    return "data:image/webp;base64," + base64.b64encode(gallery.thumbnail(photo, size)).decode()


_SILHOUETTE = (
    '<svg class="ghost" viewBox="0 0 56 56" aria-hidden="true"><circle cx="28" cy="23" r="12"/>'
    '<path d="M6 56c1-11 9-18 22-18s21 7 22 18z"/></svg>'
)

"""Who is this? One photo's nearest enrolled photos, before and after, and one plain sentence."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo import templates
from demo.pictures import data_address
from engine.audit.figures import written
from engine.audit.retrieval import Hit
from engine.service.asking import Answer, Asked, photos_to_ask
from engine.workspace import Workspace

PLAIN, NAME = "plain", "name"
"""Tones of a sentence: its words, and the name of whom the photo shows."""

SIZES = {"face": 96, "query": 160, "strip": 64}
"""Pixels of the faces: twice what they are shown at, for sharp screens."""

JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-row], button[data-any]');
  if (!button) return;
  trigger('ask', { row: button.dataset.row ?? null, any: button.dataset.any ?? null });
});
"""


def build(value: str) -> gr.HTML:
    """The panel; event `ask` carries the row of a photo, or which group to draw one from."""
    return gr.HTML(
        value=value,
        js_on_load=JS,
        apply_default_css=False,
        elem_id="who",
        elem_classes="lethe-panel",
    )


def render(workspace: Workspace, asked: Asked) -> str:
    """The panel's HTML."""
    person = int(workspace.features.labels[asked.row])
    strip = _strip(photos_to_ask(workspace, person), asked.row)
    return templates.render(
        "retrieval",
        asked=asked,
        name=workspace.gallery.display(person),
        photo=_photo(workspace, asked.row, "query"),
        strip=[(row, _photo(workspace, row, "strip")) for row in strip],
        sizes=SIZES,
        before=_side(workspace, "Before", asked.before, person, asked.forgotten),
        after=asked.after and _side(workspace, "After", asked.after, person, asked.forgotten),
        sentence=sentence(workspace, asked),
        threshold=workspace.threshold,
        threshold_from=workspace.threshold_from,
    )


def sentence(workspace: Workspace, asked: Asked) -> list[tuple[str, str]]:
    """One plain sentence, as (words, tone) pieces, that is true to the matches on both sides."""
    gallery = workspace.gallery
    person = int(workspace.features.labels[asked.row])
    name = gallery.display(person)
    rank = _own_rank(asked.before.hits, person)
    if rank:
        began = [("Before: ", PLAIN), (name, NAME), (f" is found at rank {rank}.", PLAIN)]
    elif asked.before.hits[0].label == person:
        began = [
            ("Before: the nearest photo is one of ", PLAIN),
            (name, NAME),
            (", just below the threshold.", PLAIN),
        ]
    else:
        began = [("Before: no photo of ", PLAIN), (name, NAME), (" is accepted.", PLAIN)]
    if asked.after is None:
        count = sum(hit.label == person for hit in asked.before.hits)
        near = f" {count} of the {len(asked.before.hits)} nearest photos are theirs."
        return [*began, (near, PLAIN)]
    return [*began, *_ended(workspace, asked.after, person, asked.forgotten)]


def _ended(
    workspace: Workspace, after: Answer, person: int, forgotten: frozenset[int]
) -> list[tuple[str, str]]:
    name, first = workspace.gallery.display(person), after.hits[0]
    other = workspace.gallery.display(first.label)
    own = _own_rank(after.hits, person)
    if own == 1 and person in forgotten and after.says != person:
        return [
            (" After: the output says another name, but the features ", PLAIN),
            ("still find them", "known"),
            (".", PLAIN),
        ]
    if own == 1 and person in forgotten:
        return [(" After: ", PLAIN), ("still found", "known"), (", at rank 1.", PLAIN)]
    if own == 1:
        return [
            (" After: the same. Forgetting the others left ", PLAIN),
            (name, NAME),
            (" alone.", PLAIN),
        ]
    if first.accepted and first.label != person:
        gone = first.label in forgotten
        who = f"{other}, who {'was forgotten too' if gone else 'is innocent'}"
        tone = "forgotten" if gone else "innocent"
        return [(" After: matched to ", PLAIN), (who, tone), (".", PLAIN)]
    if own:
        return [(" After: ", PLAIN), ("still accepted", "known"), (f", at rank {own}.", PLAIN)]
    if first.label == person:
        near = ("the nearest is still a photo of theirs", PLAIN)
    elif first.label in forgotten:
        near = (f"the nearest is {other}, who was forgotten too", PLAIN)
    else:
        near = (f"{other}, who is innocent", "innocent")
    return [
        (" After: ", PLAIN),
        ("no photo is accepted", "forgotten"),
        ("; the nearest is " if near[1] != PLAIN else "; ", PLAIN),
        near,
        (f", below the threshold ({written(workspace.threshold, 'score')}).", PLAIN),
    ]


def _side(
    workspace: Workspace, title: str, found: Answer, person: int, forgotten: frozenset[int]
) -> dict[str, Any]:
    below = next((at for at, hit in enumerate(found.hits) if hit.accepted is False), None)
    return {
        "id": f"retrieval-{title.lower()}",
        "title": title,
        "says": workspace.gallery.display(found.says),
        "right": found.says == person,
        "hits": [
            _hit(workspace, hit, person, forgotten) | {"cut": at == below}
            for at, hit in enumerate(found.hits)
        ],
    }


def _hit(workspace: Workspace, hit: Hit, person: int, forgotten: frozenset[int]) -> dict[str, Any]:
    if hit.label == person:
        kind, sign, words = "right", "●" if hit.accepted else "○", "the right person"
    elif hit.accepted and hit.label not in forgotten:
        kind, sign, words = "innocent", "▲", "somebody innocent"
    elif hit.accepted:
        kind, sign, words = "other", "▲", "somebody else who was forgotten"
    else:
        kind, sign, words = "wrong", "×", "somebody else"
    name = workspace.gallery.display(hit.label)
    return {
        "kind": kind,
        "sign": sign,
        "words": words,
        "accepted": hit.accepted,
        "passed": "accepted" if hit.accepted else "below the threshold",
        "name": name,
        "brief": brief(name),
        "row": hit.index,
        "similarity": hit.similarity,
        "photo": _photo(workspace, hit.index, "face"),
    }


def _photo(workspace: Workspace, row: int, size: str) -> str:
    return data_address(workspace.gallery, int(workspace.features.rows[row]), SIZES[size])


def brief(name: str) -> str:
    """A name that fits below a small face: the last word of a long one, two where it is short."""
    words = name.split()
    if len(name) <= 9 or len(words) < 2:
        return name
    return words[-1] if len(words[-1]) > 3 else " ".join(words[-2:])


def _own_rank(hits: Sequence[Hit], person: int) -> int | None:
    """The rank of the first accepted photo of the person, from 1."""
    for rank, hit in enumerate(hits, 1):
        if hit.label == person and hit.accepted is not False:
            return rank
    return None


def _strip(rows: list[int], row: int) -> list[int]:
    """Up to five rows, `row` among them where it is one of theirs."""
    if row in rows[:5] or row not in rows:
        return rows[:5]
    return [*rows[:4], row]

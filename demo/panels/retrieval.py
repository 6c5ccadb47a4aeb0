"""Who is this? One photo's nearest enrolled photos, before and after, and one plain sentence."""

import io
from collections.abc import Sequence
from typing import Any, Literal

import gradio as gr
from markupsafe import Markup
from PIL import Image

from demo import templates
from demo.pictures import address, data_address
from engine.audit.figures import written
from engine.audit.retrieval import Hit
from engine.backbones.given import sees_photos
from engine.said import noted, said
from engine.service.asking import Answer, Asked, Shown, photos_to_ask
from engine.workspace import Workspace

PLAIN, NAME = "plain", "name"
"""Tones of a sentence: its words, and the name of whom the photo shows."""

SIZES = {"face": 96, "query": 160, "strip": 64}
"""Pixels of the faces: twice what they are shown at, for sharp screens."""


def build(value: str) -> gr.HTML:
    """The panel; event `ask` carries the row of a photo, or which group to draw one from.

    A photo of the visitor's own goes in by the door of `demo.uploads`, for which `session` names
    the visitor, and event `show` follows.
    """
    return gr.HTML(
        value=value,
        js_on_load=templates.files("connected.js", "retrieval.js") + templates.playing("who"),
        session="",
        apply_default_css=False,
        elem_id="who",
        elem_classes="lethe-panel",
    )


def render(workspace: Workspace, answers: Asked, shown: Shown | None = None) -> str:
    """The panel's HTML; `shown` is the photo where nobody enrolled it."""
    person, strip = None, []
    if answers.row is not None:
        person = int(workspace.features.labels[answers.row])
        rows = _strip(photos_to_ask(workspace, person), answers.row)
        strip = [(row, _photo(workspace, row, "strip")) for row in rows]
        photo = _photo(workspace, answers.row, "query")
    else:
        assert shown is not None
        photo = _cropped(shown)
    return templates.render(
        "retrieval",
        asked=answers,
        photo_asked=asked(answers.row),
        name=noted("A photo of yours") if person is None else workspace.gallery.display(person),
        own=person is None,
        sees=sees_photos(workspace.backbone),
        remark=shown.remark if shown is not None else "",
        photo=photo,
        strip=strip,
        sizes=SIZES,
        before=_side(workspace, "before", answers.before, person, answers.forgotten),
        after=answers.after and _side(workspace, "after", answers.after, person, answers.forgotten),
        sentence=sentence(workspace, answers),
        threshold=workspace.threshold,
        threshold_from=workspace.threshold_from,
    )


def asked(row: int | None) -> str:
    """What the panel calls the photo asked about: its row, or that nobody enrolled it."""
    return "own" if row is None else str(row)


def _cropped(shown: Shown) -> Markup:
    """The face as the backbone was given it, enlarged or shrunk to the panel's size."""
    size = SIZES["query"]
    out = io.BytesIO()
    Image.fromarray(shown.face[0]).resize((size, size)).save(out, "WEBP", quality=85)
    return address(out.getvalue())


def sentence(workspace: Workspace, asked: Asked) -> list[tuple[str, str]]:
    """One plain sentence, as (words, tone) pieces, that is true to the matches on both sides."""
    if asked.row is None:
        return _of_a_stranger(workspace, asked)
    gallery = workspace.gallery
    person = int(workspace.features.labels[asked.row])
    name = gallery.display(person)
    rank = _own_rank(asked.before.hits, person)
    if rank:
        began = [
            (noted("Before: "), PLAIN),
            (name, NAME),
            (said(" is found at rank {rank}.", rank=rank), PLAIN),
        ]
    elif asked.before.hits[0].label == person:
        began = [
            (noted("Before: the nearest photo is one of "), PLAIN),
            (name, NAME),
            (noted(", just below the threshold."), PLAIN),
        ]
    else:
        began = [
            (noted("Before: no photo of "), PLAIN),
            (name, NAME),
            (noted(" is accepted."), PLAIN),
        ]
    if asked.after is None:
        count = sum(hit.label == person for hit in asked.before.hits)
        near = said(
            " {count} of the {all} nearest photos are theirs.",
            count=count,
            all=len(asked.before.hits),
        )
        return [*began, (near, PLAIN)]
    return [*began, *_ended(workspace, asked.after, person, asked.forgotten)]


def _of_a_stranger(workspace: Workspace, asked: Asked) -> list[tuple[str, str]]:
    """Whom the features take a photo for of which nobody says whose it is."""

    def taken(answer: Answer) -> list[tuple[str, str]]:
        first = answer.hits[0]
        name, score = workspace.gallery.display(first.label), written(first.similarity, "score")
        if first.accepted:
            return [(noted("taken for "), PLAIN), (name, NAME), (f" ({score})", PLAIN)]
        near = said("; the nearest is {name} ({score})", name=name, score=score)
        return [(noted("a stranger"), "forgotten"), (near, PLAIN)]

    pieces: list[tuple[str, str]] = [(noted("Before: "), PLAIN), *taken(asked.before), (".", PLAIN)]
    if asked.after is None:
        return pieces
    was, now = asked.before.hits[0], asked.after.hits[0]
    pieces += [(noted(" After: "), PLAIN)]
    same = was.accepted and now.accepted and now.label == was.label
    if same and was.label in asked.forgotten:
        score = written(now.similarity, "score")
        return [*pieces, (noted("still known"), "known"), (f" ({score}).", PLAIN)]
    return [*pieces, *taken(asked.after), (".", PLAIN)]


def _ended(
    workspace: Workspace, after: Answer, person: int, forgotten: frozenset[int]
) -> list[tuple[str, str]]:
    name, first = workspace.gallery.display(person), after.hits[0]
    other = workspace.gallery.display(first.label)
    own = _own_rank(after.hits, person)
    if own == 1 and person in forgotten and after.says != person:
        return [
            (noted(" After: the output says another name, but the features "), PLAIN),
            (noted("still find them"), "known"),
            (".", PLAIN),
        ]
    if own == 1 and person in forgotten:
        return [
            (noted(" After: "), PLAIN),
            (noted("still found"), "known"),
            (said(", at rank {rank}.", rank=1), PLAIN),
        ]
    if own == 1:
        return [
            (noted(" After: the same. Forgetting the others left "), PLAIN),
            (name, NAME),
            (noted(" alone."), PLAIN),
        ]
    if first.accepted and first.label != person:
        gone = first.label in forgotten
        who = (
            said("{name}, who was forgotten too", name=other)
            if gone
            else said("{name}, who is innocent", name=other)
        )
        tone = "forgotten" if gone else "innocent"
        return [(noted(" After: matched to "), PLAIN), (who, tone), (".", PLAIN)]
    if own:
        return [
            (noted(" After: "), PLAIN),
            (noted("still accepted"), "known"),
            (said(", at rank {rank}.", rank=own), PLAIN),
        ]
    if first.label == person:
        near = [(noted("; the nearest is still a photo of theirs"), PLAIN)]
    elif first.label in forgotten:
        near = [(said("; the nearest is {name}, who was forgotten too", name=other), PLAIN)]
    else:
        innocent = said("{name}, who is innocent", name=other)
        near = [(noted("; the nearest is "), PLAIN), (innocent, "innocent")]
    score = written(workspace.threshold, "score")
    return [
        (noted(" After: "), PLAIN),
        (noted("no photo is accepted"), "forgotten"),
        *near,
        (said(", below the threshold ({score}).", score=score), PLAIN),
    ]


def _side(
    workspace: Workspace,
    when: Literal["before", "after"],
    found: Answer,
    person: int | None,
    forgotten: frozenset[int],
) -> dict[str, Any]:
    below = next((at for at, hit in enumerate(found.hits) if hit.accepted is False), None)
    return {
        "id": f"retrieval-{when}",
        "title": noted("Before") if when == "before" else noted("After"),
        "says": workspace.gallery.display(found.says),
        "right": None if person is None else found.says == person,
        "hits": [
            _hit(workspace, hit, person, forgotten) | {"cut": at == below}
            for at, hit in enumerate(found.hits)
        ],
    }


def _hit(
    workspace: Workspace, hit: Hit, person: int | None, forgotten: frozenset[int]
) -> dict[str, Any]:
    if person is None and hit.accepted:
        kind, sign, words = "other", "●", noted("accepted as them")
    elif person is None:
        kind, sign, words = "wrong", "○", noted("not near enough")
    elif hit.label == person:
        kind, sign, words = "right", "●" if hit.accepted else "○", noted("the right person")
    elif hit.accepted and hit.label not in forgotten:
        kind, sign, words = "innocent", "▲", noted("somebody innocent")
    elif hit.accepted:
        kind, sign, words = "other", "▲", noted("somebody else who was forgotten")
    else:
        kind, sign, words = "wrong", "×", noted("somebody else")
    name = workspace.gallery.display(hit.label)
    return {
        "kind": kind,
        "sign": sign,
        "words": words,
        "accepted": hit.accepted,
        "passed": noted("accepted") if hit.accepted else noted("below the threshold"),
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

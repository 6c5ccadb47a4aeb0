"""Who is this? One photo's nearest enrolled photos, before and after, and one plain sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from demo.panels.people import data_address
from engine.audit.retrieval import Hit, top_k
from engine.view import View
from engine.workspace import Workspace, start

HITS = 8
TRIED = 12
"""Test photos looked through for a clear one to begin with."""
FACE, QUERY, STRIP = 96, 160, 64
JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-row], button[data-any]');
  if (!button) return;
  trigger('ask', { row: button.dataset.row ?? null, any: button.dataset.any ?? null });
});
"""


@dataclass(frozen=True)
class Answer:
    """What one side makes of one photo: the best matches, and the name at the output."""

    hits: tuple[Hit, ...]
    says: int


@dataclass(frozen=True)
class Asked:
    """A photo (its row in the features), and what both sides make of it."""

    row: int
    before: Answer
    after: Answer | None
    forgotten: frozenset[int] = frozenset()


def build(value: str) -> gr.HTML:
    """The panel; event `ask` carries the row of a photo, or which group to draw one from."""
    return gr.HTML(
        value=value,
        js_on_load=JS,
        apply_default_css=False,
        elem_id="who",
        elem_classes="lethe-panel",
    )


def answer(view: View, row: int) -> Answer:
    """What this side makes of photo `row`: it never matches itself."""
    hits = top_k(view, view.values[row], HITS, exclude=row)
    return Answer(tuple(hits), int(view.head.predict(view.values[row][None])[0]))


def tests_of(workspace: Workspace, label: int) -> list[int]:
    """Rows of a person's test photos; of all their photos where none tests."""
    features = workspace.features
    own = features.labels == label
    rows = (own & ~features.train).nonzero().squeeze(1).tolist()
    return rows or own.nonzero().squeeze(1).tolist()


def clearest(workspace: Workspace, label: int) -> int:
    """The person's first test photo that the untouched model gets right, else the first."""
    rows = tests_of(workspace, label)
    view = start(workspace).view(())
    for row in rows[:TRIED]:
        first = top_k(view, view.values[row], 1, exclude=row)[0]
        if first.label == label and first.accepted:
            return row
    return rows[0]


def render(workspace: Workspace, asked: Asked) -> str:
    """The panel's HTML."""
    names = workspace.gallery
    person = int(workspace.features.labels[asked.row])
    name = escape(names.display(person))
    strip = "".join(
        f'<button type="button" data-row="{row}" aria-pressed="{str(row == asked.row).lower()}" '
        f'aria-label="{name}, test photo {at}">{_image(workspace, row, STRIP)}</button>'
        for at, row in enumerate(_strip(tests_of(workspace, person), asked.row), 1)
    )
    somebody = (
        '<button type="button" class="chip" data-any="forgotten">Somebody forgotten</button>'
        if asked.forgotten
        else ""
    )
    after = asked.after
    return f"""
<div class="who">
  <div id="query">
    <h2>Who is this?</h2>
    {_image(workspace, asked.row, QUERY, f"The photo asked about: {names.display(person)}")}
    <p class="truth"><b>{name}</b></p>
    <div class="strip">{strip}</div>
  </div>
  <div class="answers">
    {_side(workspace, "Before", asked.before, person, asked.forgotten, "retrieval-before")}
    {
        _side(workspace, "After", after, person, asked.forgotten, "retrieval-after")
        if after
        else _EMPTY
    }
    <p class="verdict" aria-live="polite">{sentence(workspace, asked)}</p>
    <p class="more-photos">{somebody}<button type="button" class="chip" data-any="anybody"
      >Another person</button><span>Accepted from {_score(workspace.threshold)} on
      <abbr title="{escape(workspace.threshold_from)}">why?</abbr></span></p>
  </div>
</div>"""


def sentence(workspace: Workspace, asked: Asked) -> str:
    """One plain sentence, as HTML, that is true to the matches on both sides."""
    gallery = workspace.gallery
    person = int(workspace.features.labels[asked.row])
    name = f"<b>{escape(gallery.display(person))}</b>"
    rank = _own_rank(asked.before.hits, person)
    if rank:
        began = f"Before: {name} is found at rank {rank}."
    elif asked.before.hits[0].label == person:
        began = f"Before: the nearest photo is one of {name}, just below the threshold."
    else:
        began = f"Before: no photo of {name} is accepted."
    if asked.after is None:
        count = sum(hit.label == person for hit in asked.before.hits)
        return f"{began} {count} of the {len(asked.before.hits)} nearest photos are theirs."
    after, first = asked.after, asked.after.hits[0]
    other = escape(gallery.display(first.label))
    own = _own_rank(after.hits, person)
    silent = person in asked.forgotten and after.says != person
    if own == 1 and silent:
        return (
            f"{began} After: the output says another name, but the features "
            '<b class="known">still find them</b>.'
        )
    if own == 1 and person in asked.forgotten:
        return f'{began} After: <b class="known">still found</b>, at rank 1.'
    if own == 1:
        return f"{began} After: the same. Forgetting the others left {name} alone."
    if first.accepted and first.label != person:
        role = "was forgotten too" if first.label in asked.forgotten else "is innocent"
        kind = "forgotten" if first.label in asked.forgotten else "innocent"
        return f'{began} After: matched to <b class="{kind}">{other}, who {role}</b>.'
    if own:
        return f'{began} After: <b class="known">still accepted</b>, at rank {own}.'
    if first.label == person:
        near = "the nearest is still a photo of theirs"
    elif first.label in asked.forgotten:
        near = f"the nearest is {other}, who was forgotten too"
    else:
        near = f'the nearest is <b class="innocent">{other}, who is innocent</b>'
    return (
        f'{began} After: <b class="forgotten">no photo is accepted</b>; {near}, '
        f"below the threshold ({_score(workspace.threshold)})."
    )


def _side(
    workspace: Workspace,
    title: str,
    found: Answer,
    person: int,
    forgotten: frozenset[int],
    element_id: str,
) -> str:
    figures, cut = [], False
    for rank, hit in enumerate(found.hits, 1):
        if hit.accepted is False and not cut:
            cut = True
            figures.append('<i class="threshold" aria-hidden="true"></i>')
        figures.append(_figure(workspace, rank, hit, person, forgotten))
    says = escape(workspace.gallery.display(found.says))
    right = "right" if found.says == person else "wrong"
    return (
        f'<div class="side" id="{element_id}" role="group" aria-label="{title}: nearest photos">'
        f'<div class="side-title">{title}<small class="{right}" title="the name at the model\'s '
        f'output: {says}">says {says}</small></div>'
        f'<div class="hits">{"".join(figures)}</div></div>'
    )


def _figure(
    workspace: Workspace, rank: int, hit: Hit, person: int, forgotten: frozenset[int]
) -> str:
    name = escape(workspace.gallery.display(hit.label))
    if hit.label == person:
        kind, sign, words = "right", "●" if hit.accepted else "○", "the right person"
    elif hit.accepted and hit.label not in forgotten:
        kind, sign, words = "innocent", "▲", "somebody innocent"
    elif hit.accepted:
        kind, sign, words = "other", "▲", "somebody else who was forgotten"
    else:
        kind, sign, words = "wrong", "×", "somebody else"
    accepted = "accepted" if hit.accepted else "below the threshold"
    state = kind if hit.accepted else f"{kind} below"
    return (
        f'<button type="button" class="hit {state}" data-row="{hit.index}" '
        f'title="{name}, {words}, similarity {hit.similarity:.4f}, {accepted}" '
        f'aria-label="Rank {rank}: {name}, {words}, {_score(hit.similarity)}, {accepted}">'
        f"{_image(workspace, hit.index, FACE)}"
        f'<span class="hit-name">{escape(brief(workspace.gallery.display(hit.label)))}</span>'
        f'<span class="hit-score"><i>{sign}</i> {_score(hit.similarity)}</span></button>'
    )


def _image(workspace: Workspace, row: int, size: int, alt: str = "") -> str:
    address = data_address(workspace.gallery, int(workspace.features.rows[row]), size)
    return f'<img src="{address}" alt="{escape(alt)}" width="{size // 2}" height="{size // 2}">'


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


def _score(value: float) -> str:
    """A cosine in two decimals, without the leading zero: `.42`."""
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


_EMPTY = (
    '<div class="side empty" id="retrieval-after" role="group" aria-label="After">'
    '<div class="side-title">After</div><div class="hits"><p>Forget somebody, and this row shows '
    "what is left to find.</p></div></div>"
)

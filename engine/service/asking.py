"""Who is this? The nearest enrolled photos of one photo, on both sides of the deletions."""

from dataclasses import dataclass

from engine.audit.retrieval import Hit, top_k
from engine.view import View
from engine.workspace import State, Workspace, start

HITS = 8
TRIED = 12
"""Test photos looked through for a clear one to begin with."""


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


def answer(view: View, row: int) -> Answer:
    """What this side makes of photo `row`: it never matches itself."""
    hits = top_k(view, view.values[row], HITS, exclude=row)
    return Answer(tuple(hits), int(view.head.predict(view.values[row][None])[0]))


def asked(state: State, row: int) -> Asked:
    """What the untouched model and, after a deletion, this state make of photo `row`."""
    after = answer(state.view(), row) if state.steps else None
    return Asked(row, answer(state.before(), row), after, frozenset(state.forgotten))


def photos_to_ask(workspace: Workspace, label: int) -> list[int]:
    """Rows of a person's test photos; of all their photos where none tests."""
    features = workspace.features
    own = features.labels == label
    rows = (own & ~features.train).nonzero().squeeze(1).tolist()
    return rows or own.nonzero().squeeze(1).tolist()


def clearest(workspace: Workspace, label: int) -> int:
    """The person's first test photo that the untouched model gets right, else the first."""
    rows = photos_to_ask(workspace, label)
    view = start(workspace).view(())
    for row in rows[:TRIED]:
        first = top_k(view, view.values[row], 1, exclude=row)[0]
        if first.label == label and first.accepted:
            return row
    return rows[0]

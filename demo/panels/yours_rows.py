"""What was found in a file of embeddings that a visitor brought, before it is used."""

from collections import Counter

from demo import templates
from engine.said import said_n
from engine.workspace import Workspace

SHOWN = 200
"""People listed by name."""


def review(space: Workspace) -> str:
    """The HTML of what is in a workspace without photos."""
    features, gallery = space.features, space.gallery
    rows = Counter(features.labels.tolist())
    tests = Counter(features.labels[~features.train].tolist())
    people = [
        (
            gallery.display(label),
            said_n("{count:,} row", "{count:,} rows", rows[label]),
            said_n("{count:,} tests", "{count:,} test", tests[label]),
        )
        for label in range(len(gallery.identities))[:SHOWN]
    ]
    others = space.strangers
    return templates.render(
        "yours_rows",
        strangers=None
        if others is None
        else said_n(
            "Beside them {count:,} row of strangers, {judging:,} of which judge.",
            "Beside them {count:,} rows of strangers, {judging:,} of which judge.",
            len(others.features),
            judging=int(others.judging.sum()),
        ),
        rows=said_n("{count:,} row of embeddings", "{count:,} rows of embeddings", len(features)),
        of=said_n("{count:,} person", "{count:,} people", len(gallery.identities)),
        notes=space.notes,
        people=people,
        more=len(gallery.identities) - len(people),
        oddities=space.oddities,
    )

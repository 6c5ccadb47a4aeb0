"""The strangers that come with the program, for erasers that would have none to learn from."""

from torch import Tensor

from engine import gallery
from engine.backbones.base import Backbone
from engine.features import extract
from engine.progress import Watch, ignore
from engine.sources.embedded import collect_strangers
from engine.store import Store


def rendered_strangers(
    backbone: Backbone, watch: Watch = ignore, store: Store | None = None
) -> Tensor:
    """Embeddings [600, d] of the rendered people who are reserved for erasers and never judge.

    Their photos are aligned, so no face is looked for: seconds, and nothing once `store` has them.
    Raises `LetheError` when the file of rendered people is damaged.
    """
    found = collect_strangers(watch)
    people = gallery.build(
        "Rendered strangers",
        (
            (one.identity, one.key, one.source)
            for one in found.items
            if one.identity in found.reserved
        ),
        aligned=True,
    )
    return extract(people, backbone, watch=watch, store=store).values

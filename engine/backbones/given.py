"""The place of a backbone where embeddings came alone: it knows them, and sees no photo."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from engine.backbones.base import Backbone
from engine.errors import LetheError
from engine.heads import Head
from engine.said import noted
from engine.warp import Convention

NAME = "features"
"""What stands where a backbone is named, with a file of embeddings where photos are."""

NO_MODEL = noted(
    "These embeddings came without a model, so no photo can be embedded; open photos and a "
    "backbone for that."
)


@dataclass(eq=False)
class GivenFeatures:
    """A fixed source of embeddings of `dimension` numbers; `head` is the classifier given, if any.

    It is a `Backbone` in name and never embeds.
    """

    dimension: int
    fingerprint: str
    head: Head | None = None
    head_identities: tuple[str, ...] = ()
    name: str = NAME
    size: int = 112
    convention: Convention = "arcface"

    def embed(self, faces: np.ndarray) -> Tensor:
        """Raises `LetheError`: there is no model."""
        raise LetheError(NO_MODEL)


def sees_photos(backbone: Backbone) -> bool:
    """Whether a backbone can embed a photo that it was not given yet."""
    return not isinstance(backbone, GivenFeatures)

"""All ranks of a strength slider, computed before anybody drags it, so that a page can play them.

A frame is what one rank shows: quick figures (`LiveErasure`: KR by the closed-form probe is an
estimate, the head and retrieval are exact), who is found instead of the forgotten, and where the
points are that leave their place on the map.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.audit.innocent import taken_for
from engine.live.curve import curve_ranks
from engine.live.slider import LiveErasure
from engine.maps import Atlas
from engine.workspace import Step

COARSE = 6
"""Ranks of the first strip, which is there at once."""

HAIR = 1e-5
"""Share of the map that a point moves at least; less is less than a browser is told."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One rank: the deletion, its figures as the audit keys them, innocent matches, the map.

    `moved` int32 [m] are rows of the map that are not where they were before any deletion, and
    `places` float32 [m, 2] where they are.
    """

    step: Step
    figures: Mapping[str, dict]
    innocents: tuple[int, ...]
    moved: np.ndarray
    places: np.ndarray

    @property
    def rank(self) -> int:
        """Directions removed."""
        return self.step.eraser.rank


def strip_ranks(live: LiveErasure) -> list[int]:
    """The ranks of a whole strip, increasing from 0: those of the forgetting curve."""
    return [rank for rank in curve_ranks(live.factor) if rank <= live.deepest]


def coarse_ranks(ranks: list[int], also: int) -> list[int]:
    """Some of them to begin with, closer together where most happens, at the low ranks.

    The first, the last and the one nearest to `also` are among them.
    """
    shares = np.linspace(0, 1, COARSE) ** 2.5
    some = {ranks[round(share * (len(ranks) - 1))] for share in shares}
    return sorted(some | {min(ranks, key=lambda rank: abs(rank - also))})


def frame_at(live: LiveErasure, rank: int, atlas: Atlas) -> Frame:
    """The frame of one rank, 0 to `live.deepest`; points stand where `Atlas.place` puts them."""
    state = live.base.after(live.step(rank))
    places = atlas.place(state.values, state.judging)
    moved = np.flatnonzero((np.abs(places - atlas.before) > HAIR).any(1)).astype(np.int32)
    return Frame(
        state.steps[-1], live.figures(state), taken_for(state.view()), moved, places[moved]
    )

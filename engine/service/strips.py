"""Strips of frames for a dragged slider: each frame once for all visitors, at the gate."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.erasure.esc import METHOD
from engine.errors import Cancelled
from engine.live.slider import LiveErasure
from engine.live.strip import Frame, coarse_ranks, frame_at, strip_ranks
from engine.maps import Atlas
from engine.service.service import Service
from engine.service.visit import Visit
from engine.service.work import IDLE, LATER, Stop
from engine.workspace import State

BUDGET = 30.0
"""Processor seconds that refining a strip may take; where it takes longer the coarse one stays."""


@dataclass(frozen=True, eq=False)
class Strip:
    """What can be dragged: `base` as it is before the people of `forget` are erased by ESC.

    `previewed` says that they are only chosen, so that nothing has been erased yet.
    """

    base: State
    forget: tuple[int, ...]
    live: LiveErasure
    previewed: bool

    @property
    def urgency(self) -> int:
        """How urgent it is at the gate: nobody has asked yet for what is only chosen."""
        return IDLE if self.previewed else LATER

    @property
    def ranks(self) -> list[int]:
        """All ranks, increasing from 0."""
        return strip_ranks(self.live)

    @property
    def coarse(self) -> list[int]:
        """The ranks of the first strip, with the one that ESC takes by itself."""
        return coarse_ranks(self.ranks, self.live.rank({}))

    def state(self, frame: Frame) -> State:
        """The steps of a frame's state; its features are still those of `base`."""
        return replace(self.base, steps=(*self.base.steps, frame.step), previous=self.base)


class Strips:
    """The strips of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def of(self, visit: Visit) -> Strip | None:
        """The visit's strip: of the chosen, else of the last deletion where ESC made it.

        Raises `LetheError` where there is nothing to erase, `Cancelled` where something else is
        chosen or forgotten meanwhile.
        """
        state, chosen, mark = visit.state, visit.chosen, visit.mark
        base, forget = state, chosen
        if not chosen:
            if not state.steps or state.steps[-1].method != METHOD.name:
                return None
            base, forget = state.undo(), state.steps[-1].forget
        urgency = IDLE if chosen else LATER
        with self._service.gate.held(Stop(visit.who, urgency, lambda: visit.mark == mark)):
            live = self._service.live.on(base, forget)
        return Strip(base, forget, live, bool(chosen))

    def frames(
        self,
        strip: Strip,
        ranks: Sequence[int],
        atlas: Atlas,
        who: object = None,
        wanted: Callable[[], bool] = lambda: True,
        urgency: int = LATER,
    ) -> list[Frame] | None:
        """The frames of `ranks` on the map `atlas`; None once they are not `wanted` any more."""
        found = []
        for rank in ranks:
            try:
                stop = Stop(who, max(urgency, strip.urgency), wanted)
                found.append(self._frame(strip, rank, atlas, stop))
            except Cancelled:
                return None
        return found if wanted() else None

    def refined(
        self,
        strip: Strip,
        atlas: Atlas,
        who: object = None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> list[Frame] | None:
        """The frames of all ranks; None where they are not wanted, or would take too long."""
        ranks = strip.ranks
        began = time.thread_time()  # without the wait at the gate
        first = self.frames(strip, ranks[:1], atlas, who, wanted, IDLE)
        missing = [rank for rank in ranks if self._known(strip, rank, atlas) is None]
        if first is None or not missing:
            return self.frames(strip, ranks, atlas, who, wanted, IDLE)
        probe = self.frames(strip, missing[:1], atlas, who, wanted, IDLE)
        if probe is None or (time.thread_time() - began) * len(missing) > BUDGET:
            return None
        return self.frames(strip, ranks, atlas, who, wanted, IDLE)

    def _key(self, strip: Strip, rank: int, atlas: Atlas) -> tuple:
        base = strip.base
        return (base.workspace.key, base.trail, strip.forget, rank, atlas.sketched)

    def _known(self, strip: Strip, rank: int, atlas: Atlas) -> Frame | None:
        return self._service.frames.get(self._key(strip, rank, atlas))

    def _frame(self, strip: Strip, rank: int, atlas: Atlas, stop: Stop) -> Frame:
        def make() -> Frame:
            with self._service.gate.held(stop):
                return frame_at(strip.live, rank, atlas)

        return self._service.frames.once(
            self._key(strip, rank, atlas), make, self._service.gate.watched(stop)
        )

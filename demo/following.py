"""What follows by itself from a choice or a deletion, and what the strength slider plays.

Whatever a page asks next takes over: each of these ends once somebody else is chosen or forgotten.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, islice

from demo import painting, strips
from demo.atlases import Atlases
from demo.painting import Updates
from demo.session import Session
from engine.errors import Cancelled
from engine.service.work import LATER, Gate, Stop

REST = 0.05
"""Seconds without another tick after which the figures of the chosen are worth computing."""

NEARING = 1.0
"""Seconds that what lies below waits for what the slider on the first screen plays."""

LOOK = 0.02
"""Seconds between two looks whether that has come."""

Follower = Callable[[Session], Iterator[Updates]]
"""What a panel shows after a change of whom it is about, told as it is ready."""


class Following:
    """What follows on one page, for all of its visitors; `followers` are its further panels.

    Those that are `quick`, for they compute nothing, go before.
    """

    def __init__(self, gate: Gate, atlases: Atlases) -> None:
        self.gate, self.atlases = gate, atlases
        self.followers: list[Follower] = []
        self.quick: list[Follower] = []

    def follow(self, session: Session) -> Iterator[Updates]:
        """All that follows from a choice or a deletion, until the next one takes over."""
        with suppress(Cancelled):
            yield from self._followed(session)

    def _followed(self, session: Session) -> Iterator[Updates]:
        mark = session.mark
        if session.chosen:
            time.sleep(REST)
        if session.mark != mark or session.is_held:
            return
        stop = Stop(session.who, LATER, lambda: session.mark == mark)
        with self.gate.held(stop):
            updates = painting.spectrum(session)
        if session.mark == mark:
            yield updates
        if not session.state.steps:
            with self.gate.held(stop):
                updates = painting.numbers(session, session.measure(self.gate.watched(stop)))
            if session.mark == mark:
                yield updates
        # A few ranks at once; the rest of them keep nobody waiting for the other panels.
        strip = self.strip(session)
        telling = (
            *(follower(session) for follower in self.quick),
            islice(strip, 1),
            self._nearing(session),
            *(follower(session) for follower in self.followers),
            strip,
        )
        for updates in chain.from_iterable(telling):
            if session.mark != mark:
                return
            yield updates

    @staticmethod
    def _nearing(session: Session) -> Iterator[Updates]:
        """Nothing to tell, once the page's slider has what it asked for to begin with."""
        mark, until = session.mark, time.monotonic() + NEARING
        while session.nearing == mark == session.mark and time.monotonic() < until:
            time.sleep(LOOK)
        yield from ()

    def strip(self, session: Session) -> Iterator[Updates]:
        """What the strength slider plays when it is dragged: some ranks at once, then all.

        Of who is only chosen, as much as the page has once asked for (`near`).
        """
        played, whole = session.played, True
        if session.chosen:
            if played is None or played.mark != painting.mark(session):
                return
            whole = played.whole
        yield from self.near(session, whole)

    def near(self, session: Session, whole: bool) -> Iterator[Updates]:
        """Somebody may drag the strength slider soon: what it plays, of a few ranks or of all."""
        mark = session.mark

        def wanted() -> bool:
            return session.mark == mark and not session.is_held

        if not strips.draggable(session) or not wanted():
            return
        telling = strips.packets(session, self.atlases.sheet(session), wanted, whole=whole)
        session.nearing = mark
        try:
            first = list(islice(telling, 1))
        finally:
            if session.nearing == mark:
                session.nearing = None
        yield from chain(first, telling)

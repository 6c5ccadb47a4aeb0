"""What the presets' deletions give, computed before anybody asks, as long as nobody is there."""

import time
from collections.abc import Iterator

from demo import painting
from demo.actions import Actions
from demo.session import Session
from engine.errors import Cancelled, LetheError
from engine.service.strips import Strips
from engine.service.work import IDLE, Stop

QUIET = 5.0
"""Seconds without an act of anybody after which there is time for this."""

AGAIN = 1.0
"""Seconds between two looks whether there is."""


class Ahead:
    """Forgets the people of each preset, one preset after the other, by the page's first method.

    What follows from that is kept by the service as if somebody had pressed the button; who does
    so finds it. It waits while anybody acts, stops at once when somebody comes, and goes on later.
    """

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._who = object()

    @property
    def wanted(self) -> bool:
        """Whether nobody else asks for anything."""
        return self._actions.gate.waiting == 0 and self._actions.sessions.quiet >= QUIET

    def run(self) -> None:
        """Go on until all of it is there. Meant for a background thread."""
        for labels in self.presets():
            while not self._done(labels):
                time.sleep(AGAIN)

    def presets(self) -> Iterator[tuple[int, ...]]:
        """The people of each preset whose people are all here, by their labels."""
        for group in painting.groups(self._actions.shelf.open()):
            yield tuple(sorted(group.labels))

    def _done(self, labels: tuple[int, ...]) -> bool:
        try:
            self.prepare(labels)
        except Cancelled:
            return False
        except LetheError:
            pass  # whoever presses the button is told
        return True

    def prepare(self, labels: tuple[int, ...]) -> None:
        """One deletion with all that the page shows of it at once.

        Raises `Cancelled` where somebody comes meanwhile, and as a deletion does.
        """
        actions = self._actions
        stop = Stop(self._who, IDLE, lambda: self.wanted)
        watch = actions.gate.watched(stop)
        session: Session = actions.blank()
        session.choose(labels)
        with actions.gate.held(stop):
            painting.spectrum(session)
            session.measure(watch)
            session.forget(labels, watch=watch)
            session.service.innocents(session.state)
            session.measure(watch)
            session.positions = actions.atlases.placed(session)
            actions.atlases.settled(session, watch)
        strips, atlas = Strips(session.service), actions.atlases.sheet(session).atlas
        strip = strips.of(session)
        if strip is not None:
            strips.frames(strip, strip.coarse, atlas, self._who, lambda: self.wanted)

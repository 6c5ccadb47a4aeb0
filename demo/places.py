"""A place of the page with work of its own: it says itself what runs and what went wrong."""

import time
from collections.abc import Callable, Generator, Iterator
from threading import Event
from typing import TypeVar

from demo import painting
from demo.painting import Updates
from demo.panels import status
from demo.session import Session
from engine.progress import Watch
from engine.service.visit import Busy
from engine.service.work import Done, Gate, stream, words

T = TypeVar("T")

PATIENCE, EVERY = 60.0, 0.2
"""Seconds that a place waits for other work to end before its own begins, and between two looks."""


def is_free(session: Session) -> bool:
    """Whether nothing else of this visitor is under way, or has ended soon: who goes from one place
    to the next is not to find it empty."""
    until = time.monotonic() + PATIENCE
    while session.is_working and time.monotonic() < until:
        time.sleep(EVERY)
    return not session.is_working


def outdated(session: Session) -> Updates:
    """What began by itself has ended, for others are chosen now."""
    return {} if session.is_held else painting.idle(session) | painting.say(painting.WELCOME)


class Place:
    """What a place with a line of its own says; `panel` is its name among the page's."""

    def __init__(self, panel: str) -> None:
        self.panel = panel

    def say(self, text: str, tone: str = "calm") -> Updates:
        """The place's own line."""
        return {self.panel: {"said": {"text": text, "tone": tone}, "busy": tone == "busy"}}

    def begin(self, text: str) -> Updates:
        """The page and the place while work is under way."""
        return painting.busy(text) | self.say(text, "busy")

    def told(
        self, job: Callable[[Watch], T], cancel: Event, gate: Gate
    ) -> Generator[Updates, None, T]:
        """Run heavy work at the gate, say what it reports, and give its result."""
        for event in stream(job, cancel, gate):
            if isinstance(event, Done):
                return event.result
            if event.progress:
                said = status.progress(event.progress[-1], event.seconds)
                yield painting.news(event) | self.say(said, "busy")
        raise RuntimeError("the work ended without a result")

    def heard(self, session: Session, acts: Iterator[Updates]) -> Iterator[Updates]:
        """What is done, and where it fails one sentence about it on the place's own line."""
        try:
            yield from acts
        except Busy as error:
            yield self.say(words(error), "wrong")
        except Exception as error:
            yield painting.merge(painting.idle(session), self.say(words(error), "wrong"))

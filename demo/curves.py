"""The forgetting curve of the last ESC deletion, or of those chosen, drawn while one looks."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from demo.charts import shown
from demo.painting import Updates
from demo.panels import curve as panel
from demo.session import Session
from engine.errors import Cancelled, LetheError
from engine.live.curve import Point
from engine.service.curves import Curves as Engine
from engine.service.curves import Subject, subject_of
from engine.service.work import LATER, NEXT

TOLD = 12
"""Points between two repaints."""

PAUSE = 0.2
"""Seconds between two looks whether the visitor's click is answered."""


class Curves:
    """Curves of all visitors; those that are finished are kept, for undo shows them again."""

    def run(self, session: Session) -> Iterator[Updates]:
        """Draw with the closed-form probe at once, after a deletion with the converged one too.

        Nothing is drawn before somebody has looked. Who is chosen or forgotten meanwhile ends it.
        """
        with suppress(Cancelled):
            yield from self._drawn(session, LATER)

    def look(self, session: Session) -> Iterator[Updates]:
        """Somebody has come to see the curve: from now on it is drawn, and now as they wait."""
        session.looks = True
        with suppress(Cancelled):
            yield from self._drawn(session, NEXT)

    def _drawn(self, session: Session, urgency: int) -> Iterator[Updates]:
        mark, subject, curves = session.mark, subject_of(session, urgency), Engine(session.service)
        if subject is None:
            yield _paint(panel.heading(panel.IDLE, "idle"), None)
            return
        names = [subject.base.workspace.gallery.display(label) for label in subject.forget]
        if not session.looks:
            yield _paint(panel.heading(panel.awaited(names), "waits"), None)
            return
        try:
            curves.factor(subject)
        except Cancelled:
            raise
        except LetheError as error:
            yield _paint(panel.heading(error.said), None)
            return
        finished = curves.finished(subject)
        if finished is not None:
            yield self._show(curves, subject, finished)
            return
        points: list[Point] = []
        for probe in subject.probes:
            for at, point in enumerate(curves.points(subject, probe)):
                while probe == "converged" and session.is_working:
                    time.sleep(PAUSE)
                if session.mark != mark:
                    return
                points[at : at + 1] = [point]
                if at % TOLD == TOLD - 1:
                    yield self._show(curves, subject, points)
            yield self._show(curves, subject, points)

    @staticmethod
    def _show(curves: Engine, subject: Subject, points: Sequence[Point]) -> Updates:
        names = [subject.base.workspace.gallery.display(label) for label in subject.forget]
        guessing, _ = subject.base.view(subject.forget).guessing
        figure = panel.figure(curves.factor(subject), subject.rank, points, guessing)
        return _paint(panel.heading(panel.words(names, points)), figure)


def _paint(heading: str, figure: Any) -> Updates:
    return {"curve_words": {"value": heading}, "curve": shown(figure)}


def mount(page: Any) -> None:
    """The panel, below the first screen; it follows every change of the figures."""
    with gr.Column(elem_id="curve-panel", elem_classes="lethe-panel"):
        page.parts["curve_words"] = panel.build_words()
        page.parts["curve"] = panel.build_chart()
    curves, touches = Curves(), ("curve_words", "curve")
    # Whoever scrolls past it twice has one curve drawn.
    page.on(page.parts["curve_words"].look, curves.look, touches=touches, trigger_mode="once")
    page.follows(curves.run, touches)

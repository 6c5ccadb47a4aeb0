"""The forgetting curve of the last ESC deletion, or of those chosen, drawn while one looks."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.actions import Actions
from demo.charts import shown
from demo.painting import Updates
from demo.panels import curve as panel
from demo.session import Session
from engine.erasure.esc import METHOD
from engine.erasure.factor import ForgetFactor, factor_people
from engine.errors import LetheError
from engine.live.curve import Point, curve_ranks, forgetting_curve
from engine.service.cache import Cache
from engine.workspace import State

TOLD = 12
"""Points between two repaints."""

PAUSE = 0.2
"""Seconds between two looks whether the visitor's click is answered."""

REMEMBERED = 64


@dataclass(frozen=True, eq=False)
class Subject:
    """Whose curve: the state before they are erased, who they are, and the rank in use if any."""

    base: State
    forget: tuple[int, ...]
    rank: int | None


class Curves:
    """Curves of all visitors; those that are finished are kept, for undo shows them again."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._kept: Cache[tuple[Point, ...]] = Cache(REMEMBERED)

    def run(self, session: Session) -> Iterator[Updates]:
        """Draw with the closed-form probe at once, after a deletion with the converged one too."""
        subject = subject_of(session)
        if subject is None:
            yield _paint(panel.IDLE, panel.empty())
            return
        features = subject.base.workspace.features
        train = features.train
        try:
            factor = factor_people(
                subject.base.values[train], features.labels[train], subject.forget
            )
        except LetheError as error:
            yield _paint(str(error), panel.empty())
            return
        erased = subject.rank is not None
        key = (subject.base.workspace.key, subject.base.trail, subject.forget, erased)
        points = self._kept.get(key)
        if points is None:
            asked, steps = session.chosen, session.state
            # The converged probe takes seconds: for people who are erased, once all else is done.
            for probe in ("discriminant", "converged") if erased else ("discriminant",):
                found: list[Point] = list(points or ())
                for at, point in enumerate(self._points(subject, factor, probe)):
                    while probe == "converged" and session.is_working:
                        time.sleep(PAUSE)
                    if session.state is not steps or session.chosen != asked:
                        return
                    found[at : at + 1] = [point]
                    if at % TOLD == TOLD - 1:
                        yield self._show(subject, factor, found)
                points = tuple(found)
                yield self._show(subject, factor, points)
            self._kept.put(key, points or ())
        yield self._show(subject, factor, points or ())

    def _points(self, subject: Subject, factor: ForgetFactor, probe: Any) -> Iterator[Point]:
        features = subject.base.workspace.features
        return forgetting_curve(
            subject.base.values,
            features.labels,
            features.train,
            len(features.identities),
            factor,
            ranks=curve_ranks(factor),
            probe=probe,
            seed=subject.base.workspace.seed,
        )

    @staticmethod
    def _show(subject: Subject, factor: ForgetFactor, points: Any) -> Updates:
        names = [subject.base.workspace.gallery.display(label) for label in subject.forget]
        guessing, _ = subject.base.view(subject.forget).guessing
        figure = panel.figure(factor, subject.rank, points, guessing)
        return _paint(panel.words(names, points), figure)


def subject_of(session: Session) -> Subject | None:
    """The last deletion where ESC made it, before any deletion the chosen; else None."""
    state = session.state
    if not state.steps:
        return Subject(state, session.chosen, None) if session.chosen else None
    last = state.steps[-1]
    if last.method != METHOD.name:
        return None
    return Subject(state.undo(-1), last.forget, last.eraser.rank)


def _paint(words: str, figure: Any) -> Updates:
    return {"curve_words": {"value": panel.heading(words)}, "curve": shown(figure)}


def mount(page: Any) -> None:
    """The panel, below the first screen; it follows every change of the figures."""
    curves = Curves(page.actions)
    with gr.Column(elem_id="curve-panel", elem_classes="lethe-panel"):
        page.parts["curve_words"] = panel.build_words()
        page.parts["curve"] = panel.build_chart()
    page.on(
        page.parts["scoreboard"].rested,
        curves.run,
        touches=("curve_words", "curve"),
        trigger_mode="always_last",
    )

"""What the lesson does on the server: open a step, watch what the learner does, let go."""

from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from demo.lessons.progress import Lesson
from demo.lessons.steps import STEPS, Step, find
from demo.painting import Updates
from demo.panels import learn as panel
from demo.panels import lesson as card
from demo.session import Session
from engine.said import noted, said

LONGEST = 40
"""Signs of an unknown step's name that are said again."""


def open_step(session: Session, asked: Mapping[str, Any]) -> Updates:
    """Begin a step, whatever a page asks for: the first one where there is no such step.

    A page that has `resumed` is told that what was done before it began anew is to be done again;
    one that wants to `go` is told to which place.
    """
    name = asked.get("step")
    step = find(name)
    note = ""
    if step is None and name:
        note = said("There is no step “{name}”; this is the first one.", name=str(name)[:LONGEST])
    if session.lesson is None or step is None or session.lesson.step != step.id:
        session.lesson = Lesson((step or STEPS[0]).id, session.asked)
    current = step or STEPS[0]
    news = _news(session, session.lesson, current)
    if asked.get("resumed") is True and not news["done"]:
        note = noted("This page began anew, so everybody is known again. Do what is marked below.")
    go = news["place"] if asked.get("go") is True and (step or not name) else ""
    return {"lesson": {"step": card.shown(current, note, go, asked.get("turn")), "news": news}}


def leave(session: Session) -> Updates:
    """The lesson ends; the page stays as it is."""
    session.lesson = None
    return {}


def look(session: Session) -> Updates:
    """What of the step is done by now.

    It is told again where nothing is new: what was told by an act that another one overtook may
    never have reached the page.
    """
    lesson = session.lesson
    step = find(lesson.step) if lesson is not None else None
    if lesson is None or step is None:
        return {}
    return {"lesson": {"news": _news(session, lesson, step)}}


def _news(session: Session, lesson: Lesson, step: Step) -> dict[str, Any]:
    at = next(lesson.looks)  # first, so that who has the greater number has seen no less
    return {"at": at, **card.news(step, session)}


def _follow(session: Session) -> Iterator[Updates]:
    """The figures of the chosen are there: sentences may have waited for them."""
    yield look(session)


def wire(page: Any) -> None:
    """The card's events, and what it says after every act; before anything slow that follows."""
    part = page.parts["lesson"]
    page.actions.doors.append("lesson")
    # A page whose session has expired begins anew with the step, so this may touch every panel.
    page.on(part.open, open_step, data=True, plain=True)
    page.on(part.leave, leave, plain=True, touches=("lesson",))
    page.witnesses["lesson"] = look
    page.follows(_follow, ("lesson",))


def mount(page: Any) -> None:
    """The place, from which the lesson begins."""
    with gr.Column(elem_classes="lethe-panel"):
        panel.build()

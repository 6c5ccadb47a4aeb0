"""What "One request after another" does: the people of the page, one a day, on request."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.charts import schedule, shown
from demo.painting import Updates
from demo.panels import schedule as panel
from demo.session import Session
from engine.compare import available, trains
from engine.durations import about
from engine.said import noted
from engine.service.schedule import Moment, Request, Schedules, steps
from engine.service.visit import Busy, Visit
from engine.service.work import Stop

MOST = 40
"""Requests that are played at most; the chart and the faces have no room for more."""


class Scheduling:
    """The schedules of all visitors; what was played is kept, whoever leaves the place."""

    def show(self, session: Session) -> Updates:
        """The panel as it stands for the people chosen or forgotten."""
        known = Schedules(session.service).known(session.workspace, requests_of(session))
        return _paint(session, known)

    def follow(self, session: Session) -> Iterator[Updates]:
        """The panel after whatever changed."""
        yield self.show(session)

    def open(self, session: Session) -> Iterator[Updates]:
        """Somebody came to the place: how long a request takes is measured, nothing is played."""
        if len(session.people) > 1:
            with session.service.gate.held(Stop(session.who)):
                Schedules(session.service).seconds(session.workspace, session.by)
            yield self.show(session)

    def choose(self, session: Session, method: object) -> Iterator[Updates]:
        """Another method shall forget them."""
        if method in methods(session):
            session.by = str(method)
        yield from self.open(session)

    def run(self, session: Session) -> Iterator[Updates]:
        """Play the requests, a moment at a time."""
        requests, space, service = requests_of(session), session.workspace, session.service
        kept = Schedules(service)
        moments = list(kept.known(space, requests))
        if len(requests) < 2 or moments:
            yield self.show(session)
            return
        try:
            with session.working_for("schedule") as cancel:
                yield painting.busy(noted("One request after another."))
                # The visitor's own deletions stay as they are: these are another visit's.
                for step in steps(Visit(service, space), requests):
                    moment = yield from painting.follow(
                        step,
                        cancel,
                        service.gate,
                        beside=partial(_paint, session, moments),
                    )
                    moments.append(moment)
                    yield _paint(session, moments)
                kept.keep(space, requests, moments)
            yield painting.idle(session) | painting.say(
                noted("All requests are played; the film can be seen in Compare."), "done"
            )
        except Busy as error:
            yield painting.failed(error)
            return
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
        yield self.show(session)


def requests_of(session: Session) -> tuple[Request, ...]:
    """One request a person, in the order of their deletion, before any deletion of the cards."""
    people = session.state.forgotten or session.chosen
    return tuple(Request((label,), session.by) for label in people[:MOST])


def methods(session: Session) -> tuple[str, ...]:
    """The methods that can forget them here without training the network each day."""
    return tuple(one for one in available(session.workspace) if not trains(one))


def _paint(session: Session, moments: Sequence[Moment], waits: str = "") -> Updates:
    if session.by not in methods(session):
        session.by = methods(session)[0]
    requests = requests_of(session)
    seconds = Schedules(session.service).seconds_known(session.workspace, session.by)
    value = panel.render(
        session.workspace.gallery,
        requests,
        moments,
        methods=methods(session),
        method=session.by,
        running=session.running == "schedule",
        waits=waits,
        lasts=about(seconds * (len(requests) + 1)) if seconds is not None else "",
        more=max(len(session.people) - MOST, 0),
    )
    chart = shown(schedule(moments, len(requests))) if moments else {"visible": False}
    return {"schedule": {"value": value}, "schedule_chart": chart}


def mount(page: Any) -> None:
    """The panel and its events, below the comparison."""
    actions = Scheduling()
    first = actions.show(page.actions.blank())
    with gr.Column(elem_id="schedule-panel", elem_classes="lethe-panel"):
        page.parts["schedule"] = panel.build(first["schedule"]["value"])
        page.parts["schedule_chart"] = panel.build_chart()
    page.actions.doors.append("schedule")
    film = page.parts["schedule"]
    touches = ("schedule", "schedule_chart")
    page.on(film.open, actions.open, touches=touches)
    page.on(
        film.method,
        lambda session, data: actions.choose(session, data.get("method")),
        data=True,
        touches=touches,
    )
    page.on(film.play, actions.run)
    page.on(film.stop, page.stop, plain=True)
    page.follows(actions.follow, touches)

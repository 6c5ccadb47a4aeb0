"""What "One request after another" does: the people of the page, one a day, on request."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.charts import schedule, shown
from demo.painting import Updates
from demo.panels import schedule as panel
from demo.places import is_free
from demo.session import Session
from engine.compare import available, trains
from engine.durations import about
from engine.said import noted
from engine.service.schedule import Moment, Request, Schedules, steps
from engine.service.visit import Busy, Visit
from engine.service.work import Stop

MOST = 40
"""Requests that are played at most; the bars have no room for more."""

QUICK = 20_000
"""Photos up to which a request is done once to say how long all of them will take."""


class Scheduling:
    """The schedules of all visitors; what was played is kept, whoever leaves the place."""

    def show(self, session: Session) -> Updates:
        """The panel as it stands for the people chosen or forgotten."""
        requests = requests_of(session)
        known = Schedules(session.service).known(session.workspace, requests)
        return _paint(session, requests, known)

    def follow(self, session: Session) -> Iterator[Updates]:
        """The panel after whatever changed."""
        yield self.show(session)

    def open(self, session: Session) -> Iterator[Updates]:
        """Somebody came to the place: how long a request takes is measured, nothing is played."""
        if len(session.people) > 1 and len(session.workspace.features) <= QUICK:
            with session.service.gate.held(Stop(session.who)):
                Schedules(session.service).seconds(session.workspace, method_of(session))
            yield self.show(session)

    def choose(self, session: Session, method: object) -> Iterator[Updates]:
        """Another method shall forget them."""
        if method in methods(session):
            session.by = str(method)
        yield from self.open(session)

    def run(self, session: Session) -> Iterator[Updates]:
        """Play the requests, a moment at a time, once the comparison beside it has ended."""
        if session.is_working and session.running != "schedule":
            yield _paint(session, requests_of(session), (), noted("after what is under way"))
            is_free(session)
        requests, space, service = requests_of(session), session.workspace, session.service
        kept = Schedules(service)
        moments = list(kept.known(space, requests))
        if len(requests) < 2 or moments:
            yield self.show(session)
            return
        try:
            with session.working_for("schedule", session.about) as cancel:
                yield painting.busy(noted("One request after another."))
                # The visitor's own deletions stay as they are: these are another visit's.
                for step in steps(Visit(service, space), requests):
                    moment = yield from painting.follow(
                        step,
                        cancel,
                        service.gate,
                        beside=partial(_paint, session, requests, moments),
                    )
                    moments.append(moment)
                    yield _paint(session, requests, moments)
                kept.keep(space, requests, moments)
            yield painting.idle(session) | painting.say(
                noted("All requests are played; the film can be seen in Compare."), "done"
            )
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield self.show(session) | painting.failed(error)
            return
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
        yield self.show(session)


def requests_of(session: Session) -> tuple[Request, ...]:
    """One request a person, in the order of their deletion, before any deletion of the cards."""
    people, method = session.state.forgotten or session.chosen, method_of(session)
    return tuple(Request((label,), method) for label in people[:MOST])


def methods(session: Session) -> tuple[str, ...]:
    """The methods that can forget them here without training the network each day."""
    return tuple(one for one in available(session.workspace) if not trains(one))


def method_of(session: Session) -> str:
    """The method that the visitor chose, or where it cannot be used here the first that can."""
    known = methods(session)
    return session.by if session.by in known else known[0]


def _paint(
    session: Session, requests: Sequence[Request], moments: Sequence[Moment], waits: str = ""
) -> Updates:
    if requests != requests_of(session):
        # Others were chosen meanwhile: what is played is not about whom the panel names now.
        requests, moments = requests_of(session), ()
    method = method_of(session)
    seconds = Schedules(session.service).seconds_known(session.workspace, method)
    value = panel.render(
        session.workspace.gallery,
        requests,
        moments,
        methods=methods(session),
        method=method,
        running=session.running == "schedule",
        waits=waits,
        lasts=about(seconds * (len(requests) + 1)) if seconds is not None else "",
        more=max(len(session.people) - MOST, 0),
    )
    return {
        "schedule": {"value": value},
        "schedule_kr": shown(schedule(moments, len(requests), "kr")) if moments else GONE,
        "schedule_found": shown(schedule(moments, len(requests), "recall")) if moments else GONE,
    }


GONE = {"visible": False}


def mount(page: Any) -> None:
    """The panel and its events, below the comparison."""
    actions = Scheduling()
    first = actions.show(page.actions.blank())
    with gr.Column(elem_id="schedule-panel", elem_classes="lethe-panel"):
        page.parts["schedule"] = panel.build(first["schedule"]["value"])
        with gr.Column(elem_id="schedule-charts"):
            charts = panel.build_charts()
    page.parts.update(charts)
    page.actions.doors.append("schedule")
    film = page.parts["schedule"]
    touches = ("schedule", *charts)
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

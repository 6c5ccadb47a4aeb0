"""What "Attack it yourself" does: every attack on one state, telling as each is done."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.panels import attack
from demo.places import is_free, outdated
from demo.session import Session
from engine.said import noted
from engine.service.attacks import Attacks as Engine
from engine.service.attacks import Findings
from engine.service.visit import Busy, GaveWay, Outdated
from engine.service.work import NEXT


class Attacks:
    """The attacks of all visitors; what was found of a state is kept, for undo shows it again."""

    def __init__(self, actions: Actions) -> None:
        self._gate = actions.gate

    def show(self, session: Session) -> Updates:
        """The panel as it stands for this state: what was found, or the invitation."""
        found = Engine(session.service).found(session.state, session.people)
        return _paint(session, session.people, found or Findings())

    def follow(self, session: Session) -> Iterator[Updates]:
        """The panel after whatever changed."""
        yield self.show(session)

    def open(self, session: Session) -> Iterator[Updates]:
        """Somebody came to the place: what is quickly told is told without being asked for."""
        if session.people and not session.runs("attack"):
            if session.is_working:
                # Whom it is about is said at once, also while other work goes on.
                yield self.show(session)
            if is_free(session):
                yield from self.run(session, quick=True)

    def run(self, session: Session, *, quick: bool = False) -> Iterator[Updates]:
        """Attack the forgotten, or before any deletion the chosen; a row at a time.

        `quick` is what begins by itself: without the network's depths, and giving way to any click
        and to other people.
        """
        whom, attacks = session.about, Engine(session.service)
        state, people = whom
        if not people:
            yield painting.say(
                noted("Choose people first, then attack what is known of them."), "wrong"
            )
            return
        done = attacks.found(state, people)
        steps = list(attacks.run(state, people, quick=quick))
        if not steps:
            yield self.show(session)
            return
        try:
            with session.working_for("attack", whom, asked=not quick) as cancel:
                found = done or Findings()
                begun = painting.busy(noted("Attacking."), asked=not quick)
                yield begun | _paint(session, people, found)
                for step in steps:
                    found = yield from painting.follow(
                        partial(step, found),
                        cancel.then(NEXT),
                        self._gate,
                        beside=partial(_paint, session, people, found),
                    )
                    yield _paint(session, people, found)
            if not session.is_held:
                yield painting.idle(session) | painting.say(noted("The attacks are done."), "done")
            yield self.show(session)
        except GaveWay:
            # What goes on instead tells of itself.
            yield self.show(session)
        except Outdated:
            yield outdated(session) | self.show(session)
        except Busy as error:
            # Other work goes on: its Cancel stays ready.
            yield painting.failed(error)
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)
            yield self.show(session)


def _paint(session: Session, people: tuple[int, ...], found: Findings, waits: str = "") -> Updates:
    names = [session.workspace.gallery.display(label) for label in people]
    table = attack.render(
        names,
        found,
        running=session.running == "attack",
        waits=waits,
        depths=found.layers is None and Engine.has_depths(session.state),
    )
    return {"attack": {"value": table}, **attack.beside(session.workspace, found)}


def mount(page: Any) -> None:
    """The panel and its events, a place of its own."""
    actions = Attacks(page.actions)
    with gr.Column(elem_id="attack-panel", elem_classes="lethe-panel"):
        page.parts["attack"] = attack.build(actions.show(page.actions.blank())["attack"]["value"])
        with gr.Column(elem_id="attack-beside"):
            beside = attack.build_beside()
    page.parts.update(beside)
    page.actions.doors.append("attack")
    panel = page.parts["attack"]
    page.on(panel.open, actions.open)
    page.on(panel.attack, actions.run)
    page.on(panel.stop, page.stop, plain=True)
    page.follows(actions.follow, ("attack", *beside))

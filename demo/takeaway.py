"""What can be taken away of a deletion, in one list: each file is made when it is asked for."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.panels import take as panel
from demo.places import Place
from demo.session import Session
from demo.takeaway_rows import ROWS, Row
from engine.errors import LetheError
from engine.said import listed, noted, said
from engine.service.visit import Busy
from engine.service.work import words

NOT_YOURS = noted(
    "This belongs to whoever runs this page; they can write it on the command line, or allow it by "
    "--hand-over-model."
)
UNKNOWN = noted("This file is not on offer here; choose from the list.")
NOBODY = noted("Forget somebody first: these files say and hold what a deletion did.")

HERE = Place("take")


class TakeAway:
    """What the list does. Files are made in memory and are the session's alone."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def offered(self, session: Session) -> list[panel.Offer]:
        """Each row with its size, or why it cannot be had."""
        return [self._offer(session, row) for row in ROWS]

    def make(self, session: Session, data: Mapping[str, Any]) -> Iterator[Updates]:
        """Make the files of a row and tell the page their names; it fetches them at once."""
        names: list[str] = []
        try:
            yield from self._make(session, data.get("key"), names)
        except Busy as error:
            yield painting.failed(error) | HERE.say(words(error), "wrong")
        except Exception as error:
            wrong = painting.failed(error) | HERE.say(words(error), "wrong")
            yield painting.merge(painting.idle(session), wrong)
        yield {"take": {"made": {"turn": data.get("turn"), "names": names}}}

    def _make(self, session: Session, key: Any, names: list[str]) -> Iterator[Updates]:
        row = next((one for one in ROWS if one.key == key), None)
        if row is None:
            raise LetheError(UNKNOWN)
        if not session.state.steps:
            raise LetheError(NOBODY)
        self._check(session, row)
        with session.working_for("take", session.about) as cancel:
            yield HERE.begin(noted("Making the file."))
            job = partial(row.made, session, self._actions.shelf)
            files = yield from HERE.told(job, cancel, self._actions.gate)
            self._actions.sessions.make_room(sum(map(len, files.values())))
            session.made = files  # while nobody else works here: a wipe comes before or after
        names.extend(files)
        done = said("Handed to your browser: {files}.", files=listed(names))
        yield painting.merge(
            painting.idle(session), painting.say(done, "done"), HERE.say(done, "done")
        )

    def follow(self, session: Session) -> Iterator[Updates]:
        """The list, and the line that leads to it, follow whatever was forgotten, and how."""
        ready = bool(session.state.steps)
        markup = panel.render(self.offered(session)) if ready else ""
        told: Updates = {"take": {"rows": markup, "ready": ready}, "saved": {"any": ready}}
        yield painting.merge(told, HERE.say(""))

    def _offer(self, session: Session, row: Row) -> panel.Offer:
        more = row.more if session.workspace.private else ""
        offer = panel.Offer(row.key, row.title, row.says, row.form, more)
        try:
            self._check(session, row)
        except LetheError as error:
            return offer.refused(error.said)
        return offer.of(row.size(session))

    def _check(self, session: Session, row: Row) -> None:
        allowed = self._actions.limits.hand_over_model
        if not allowed and row.theirs(session, self._actions.shelf):
            raise LetheError(NOT_YOURS)
        row.check(session)


def mount(page: Any) -> None:
    """The list, below the figures."""
    away = TakeAway(page.actions)
    with gr.Column(elem_id="take-panel", elem_classes="lethe-panel"):
        part = page.parts["take"] = panel.build()
    page.actions.doors.append("take")
    page.on(part.make, away.make, data=True)
    page.follows(away.follow, ("take", "saved"), quick=True)

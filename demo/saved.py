"""Saved steps on the page: done again from a file that `demo/takeaway_rows.py` makes."""

from collections.abc import Iterator, Mapping
from typing import Any

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.session import Session
from engine.errors import LetheError
from engine.said import noted
from engine.service.visit import Busy
from engine.steps import planned, read_steps


class Saved:
    """The steps of all visitors; nothing of them is kept on the server."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def open(self, session: Session, data: Mapping[str, Any]) -> Iterator[Updates]:
        """Do the steps of a file again, as clicks would, once all of it is known to be possible."""
        try:
            steps = read_steps(str(data.get("text", "")))
            plan = planned(session.workspace, steps)
        except LetheError as error:
            yield painting.failed(error)
            return
        if session.is_held:
            yield painting.failed(Busy())
            return
        if session.state.steps:
            yield from self._actions.reset(session)
        for labels, one in plan:
            before = session.state
            yield from self._actions.forget(session, labels, one.method, one.options)
            if session.state is before:
                return  # the line says why, and what was done so far stays
        yield {"saved": {"opened": {"method": plan[-1][1].method}}} | painting.say(
            noted("These are the saved steps."), "done"
        )


def place(page: Any) -> None:
    """The event; what can be taken along says whether there are steps."""
    saved, part = Saved(page.actions), page.parts["saved"]
    page.on(part.open_steps, saved.open, data=True, changes=True)

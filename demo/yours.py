"""What the place "Your photos" does: look at what was brought, open the studio with it, wipe it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.panels import yours as panel
from demo.panels import yours_review, yours_rows
from demo.panels.live import RENDERED
from demo.places import Place
from demo.session import Session
from engine.progress import Watch, ignore
from engine.said import noted
from engine.service.own import Edits
from engine.service.shelf import Spec
from engine.service.visit import Busy
from engine.workspace import Workspace

LONGEST = 100
"""Signs of a name that somebody gives; the rest is left out."""

PATIENCE = 10.0
"""Seconds that "Delete my data" waits for work on the photos to stop."""

HERE = Place("yours")


class Yours:
    """The own photos of all visitors; each one's stay in their session."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def look(self, session: Session, value: Any) -> Iterator[Updates]:
        """Find the faces in what was brought, and show what became of every file."""
        return HERE.heard(session, self._look(session, value))

    def _look(self, session: Session, value: Any) -> Iterator[Updates]:
        _edit(session, value)
        spec = session.at or self._actions.shelf.default

        def job(watch: Watch) -> tuple[Workspace, str]:
            draft = self._actions.own(session, spec, watch)
            return draft, self._review(session, draft, spec)

        with session.working() as cancel:
            yield HERE.begin(noted("Looking at your photos."))
            session.draft, review = yield from HERE.told(job, cancel, self._actions.gate)
        yield painting.merge(
            painting.idle(session),
            {"yours": {"review": review}},
            HERE.say(RENDERED if session.draft.backbone.name.startswith("mini") else ""),
        )

    def enter(self, session: Session, value: Any) -> Iterator[Updates]:
        """Open the studio with what was reviewed."""
        return HERE.heard(session, self._enter(session))

    def _enter(self, session: Session) -> Iterator[Updates]:
        draft, actions = session.draft, self._actions
        if draft is None:
            yield HERE.say(noted("Look at the photos first."), "wrong")
            return
        with session.working() as cancel:
            yield HERE.begin(noted("Opening the studio."))
            yield from painting.follow(partial(actions.enter, session, draft), cancel, actions.gate)
        session.entered += 1
        session.photos_in = True
        yield painting.merge(
            painting.idle(session),
            actions.everything(session),
            {"yours": {"entered": session.entered}},
            HERE.say(""),
        )

    def wipe(self, session: Session) -> Updates:
        """Forget every photo that the visitor brought, and all that was made of it.

        What runs on them is stopped first: its end would bring something of them back.
        """
        actions = self._actions
        session.cancel.set()
        session.forget_own()
        updates: Updates = {"yours": {"review": ""}}
        if actions.limits.model_megabytes:
            updates |= {"model": {"card": ""}}
        try:
            with session.working(PATIENCE) as cancel, actions.gate.held(cancel):
                session.forget_own()
                if session.workspace.private or session.unenrolled:
                    actions.enter(session, actions.shelf.open(session.at))
                    session.photos_in = False
                    updates |= actions.everything(session)
                updates |= actions.pickers(session)
        except Busy:
            return updates | HERE.say(
                noted("Work on them is being stopped; press it once more."), "wrong"
            )
        actions.sessions.wiped(session.name)
        return painting.merge(updates, HERE.say(noted("All of it is gone."), "done"))

    def _review(self, session: Session, draft: Workspace, spec: Spec) -> str:
        if not draft.gallery.pictured:
            return yours_rows.review(draft)
        company = self._actions.company(session, spec, ignore) if session.company else None
        others = len(company.gallery.identities) if company is not None else 0
        own = len(draft.gallery.identities) - others
        return yours_review.review(draft, own, company, session.edits)


def _edit(session: Session, value: Any) -> None:
    """Take over what was changed in the review, whatever else a page sent."""
    given = value if isinstance(value, Mapping) else {}
    out, faces = given.get("out"), given.get("faces")
    session.company = given.get("company") is not False
    session.edits = Edits(
        frozenset(one for one in (out if isinstance(out, list) else ()) if isinstance(one, str)),
        _texts(given.get("names")),
        _texts(given.get("moved")),
        {
            key: (float(at[0]), float(at[1]))
            for key, at in (faces.items() if isinstance(faces, Mapping) else ())
            if isinstance(key, str) and _is_place(at)
        },
    )


def _texts(given: object) -> dict[str, str]:
    """The names that somebody gave, by what for."""
    return {
        old: new.strip()[:LONGEST]
        for old, new in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(old, str) and isinstance(new, str) and new.strip()
    }


def _is_place(at: object) -> bool:
    """Whether it is two shares of a photo's sides."""
    return (
        isinstance(at, list)
        and len(at) == 2
        and all(type(one) in (int, float) and 0 <= one <= 1 for one in at)
    )


def place(page: Any) -> None:
    """The place."""
    with gr.Column(elem_id="yours-place", elem_classes="view-yours"):
        page.parts["yours"] = panel.build(page.actions.limits)
    page.actions.doors.append("yours")


def wire(page: Any) -> None:
    """Its events."""
    actions, place = Yours(page.actions), page.parts["yours"]
    page.on(place.look, actions.look, [place])
    page.on(place.enter, actions.enter, [place], changes=True)
    page.on(place.wipe, actions.wipe, plain=True, changes=True)
    page.on(place.stop, page.stop, plain=True)

"""What "Share" does: a link to what is shown, and back from a link to what was shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from demo import languages, links, painting
from demo.actions import Actions
from demo.links import Deletion, Link
from demo.painting import Updates
from demo.panels import share as panel
from demo.session import Session
from engine.erasure import METHODS, NEEDS
from engine.errors import LetheError
from engine.progress import Watch
from engine.said import noted, said
from engine.service.visit import Busy
from engine.workspace import Workspace

KEY = 8
"""Signs of a workspace's key that a link holds."""

BASE = re.compile(r"https?://[^\s?#\"<>]{1,300}")
HERE_ONLY = {"localhost", "127.0.0.1", "::1"}

OWN_PHOTOS = noted(
    "These are your own photos. They are here for you alone, so no link can show them."
)
OWN_MODEL = noted(
    "This is your own model. It is here for you alone, so no link can show what it sees."
)
OUTDATED = noted(
    "The photos or the model have changed since this link was made; here is the start page."
)
OTHER_SEED = noted("This link was made with another seed (--seed), so here is the start page.")

Plan = tuple[list[tuple[tuple[int, ...], Deletion]], tuple[int, ...]]
"""The deletions with their labels, and whom to choose then."""


class Sharing:
    """Links of all visitors; nothing of them is kept on the server."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def link(self, session: Session) -> Link:
        """What the visitor sees. Raises `LetheError` where that is theirs alone."""
        if session.workspace.private:
            raise LetheError(OWN_PHOTOS if session.photos_in else OWN_MODEL)
        space, keys = session.workspace, self._actions.shelf.keys_of(session.at)
        called = links.marks(space.gallery.identities)
        return Link(
            faces=keys["faces"],
            backbone=keys["backbone"],
            seed=space.seed,
            key=space.key[:KEY],
            do=tuple(
                Deletion(tuple(called[one] for one in step.forget), step.method, step.options)
                for step in session.state.steps
            ),
            people=tuple(called[one] for one in session.chosen),
            ask=None if session.unenrolled else session.query,
        )

    def show(self, session: Session, data: Mapping[str, Any]) -> Updates:
        """The panel: the link as an address and as a QR code, or why there is none.

        `data` has what only the browser knows: `base`, `view`, `step`, `theme`, and `turn`, by
        which the page tells one answer from the next.
        """
        try:
            base = data.get("base")
            if not isinstance(base, str) or not BASE.fullmatch(base):
                raise LetheError(said("This page's address cannot be shared."))
            view, step, theme = (data.get(name) or None for name in ("view", "step", "theme"))
            shown = replace(self.link(session), view=view, step=step, theme=theme)
            query = links.write(replace(shown, lang=languages.current()))
            links.read(query)  # what cannot be opened is not given away
            near = urlsplit(base).hostname in HERE_ONLY
            html = panel.render(f"{base}?{query}", here_only=near)
        except LetheError as error:
            html = panel.refused(error.said)
        return {"share": {"shown": {"html": html, "turn": data.get("turn")}}}

    def stands(self, session: Session) -> Iterator[Updates]:
        """What a link would hold now, for the page drops an address that is not true any more."""
        try:
            yield {"share": {"stands": links.write(replace(self.link(session), ask=None))}}
        except LetheError:
            yield {"share": {"stands": ""}}

    def open(self, session: Session, data: Mapping[str, Any]) -> Iterator[Updates]:
        """Do again what a link holds, as clicks would; for one that cannot be, the start page."""
        try:
            link = links.read(str(data.get("query", "")))
            with session.working() as cancel:
                yield painting.busy(noted("Opening what was shared."))
                deletions, chosen = yield from painting.follow(
                    partial(self._enter, session, link), cancel, self._actions.gate
                )
            yield painting.merge(painting.idle(session), self._actions.everything(session))
            for labels, one in deletions:
                before, last = session.state, painting.say("")
                for updates in self._actions.forget(session, labels, one.method, one.options):
                    last = {"status": updates["status"]} if "status" in updates else last
                    yield updates
                if session.state is before:
                    # Somebody who presses Cancel keeps what was done so far.
                    yield from () if session.cancel.is_set() else self._refused(session, last)
                    return
            session.choose(chosen)
            done = {} if deletions else painting.say(noted("This is what was shared."), "done")
            method = deletions[-1][1].method if deletions else ""
            yield painting.merge(
                painting.chosen(session),
                painting.deletions(session) if chosen else {},
                done,
                {"share": {"opened": {"method": method}}},
            )
        except Busy as error:
            yield painting.failed(error)
        except Exception as error:
            yield from self._refused(session, painting.failed(error))

    def _enter(self, session: Session, link: Link, watch: Watch) -> Plan:
        """Check all of it, and only then put the visitor before what it is about."""
        shelf = self._actions.shelf
        keys = shelf.keys_of()
        faces, backbone = link.faces or keys["faces"], link.backbone or keys["backbone"]
        space = shelf.open(shelf.spec(faces, backbone), watch)
        plan = _plan(link, space)
        self._actions.turn_to(session, faces, backbone, watch)
        if link.ask is not None:
            session.query = link.ask
        return plan

    def _refused(self, session: Session, last: Updates) -> Iterator[Updates]:
        actions, updates = self._actions, painting.idle(session)
        if session.at is not None or session.state.steps:
            session.at = None
            actions.enter(session, actions.shelf.open())
            updates = painting.merge(updates, actions.everything(session))
        yield painting.merge(updates, last, {"share": {"opened": {"refused": True}}})


def _plan(link: Link, space: Workspace) -> Plan:
    """Whom a link means, and how. Raises `LetheError` for what cannot be done in this workspace."""
    if link.seed not in (None, space.seed):
        raise LetheError(OTHER_SEED)
    identities = space.gallery.identities
    deletions = [(links.labels(one.people, identities), one) for one in link.do]
    chosen = links.labels(link.people, identities)
    if link.key not in (None, space.key[:KEY]):
        raise LetheError(OUTDATED)
    for _, one in deletions:
        missing = METHODS[one.method].needs - painting.present(space)
        if missing:
            raise LetheError(
                said(
                    "{title} needs {need}, so here is the start page.",
                    title=METHODS[one.method].title,
                    need=NEEDS[min(missing)],
                )
            )
    everybody = [label for labels, _ in deletions for label in labels] + [*chosen]
    if len(set(everybody)) < len(everybody) or len(everybody) >= len(identities) > 0 == len(chosen):
        raise LetheError(links.UNREADABLE)
    if link.ask is not None and link.ask >= len(space.features):
        raise LetheError(links.UNREADABLE)
    return deletions, chosen


def place(page: Any) -> None:
    """The panel, over all places; the header's button opens it."""
    page.parts["share"] = panel.build()
    page.actions.doors.append("share")
    # Whoever switches the language at once is not to lose what they have just done.
    page.follows(Sharing(page.actions).stands, ("share",), quick=True)


def wire(page: Any) -> None:
    """Its events."""
    sharing, part = Sharing(page.actions), page.parts["share"]
    page.on(part.ask, sharing.show, data=True, plain=True, touches=("share",))
    page.on(part.open_link, sharing.open, data=True, changes=True)

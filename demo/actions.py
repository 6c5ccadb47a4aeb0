"""What each click does, without Gradio: a visitor's session in, updates of named panels out.

An update is `{panel: {property: value}}`; `demo.studio` hands it to the components.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import partial
from typing import Any

from demo import painting
from demo.atlases import Atlases
from demo.following import Following
from demo.painting import Updates
from demo.session import Session, Sessions
from engine.errors import LetheError
from engine.opening import through
from engine.progress import Watch, ignore
from engine.said import noted
from engine.service.asking import clearest, photos_to_ask
from engine.service.own import Limits, own
from engine.service.service import Measured, Service
from engine.service.shelf import Shelf, Spec
from engine.service.visit import Busy
from engine.service.work import NEXT, Gate, Stop
from engine.workspace import Workspace, start

PATIENCE = 5.0
"""Seconds that a settled slider waits for its last drag to be answered."""

YOURS = "yours"
"""The gallery picker's key of what the visitor brought."""

DOORS = ("people", "who", "live")
"""Panels that ask or bring something by themselves, so they must know the visitor; more join."""


class Actions:
    """The clicks of all visitors of one running page."""

    def __init__(
        self,
        shelf: Shelf,
        atlases: Atlases,
        sessions: Sessions,
        limits: Limits | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.shelf, self.atlases, self.sessions = shelf, atlases, sessions
        self.service = Service(gate)
        self.gate = self.service.gate
        self.after = Following(self.gate, atlases)
        self.doors = [*DOORS]

    def again(self) -> "Actions":
        """The same for the same visitors, of a page that is painted once more."""
        other = copy(self)
        other.after, other.doors = Following(self.gate, self.atlases), [*DOORS]
        return other

    def session(self, key: str) -> Session:
        """The visitor's session, fresh in the default workspace where there is none."""
        session = self.sessions.get(key, self.blank)
        session.name = key
        return session

    def blank(self) -> Session:
        """A visitor who has done nothing yet: what the first paint shows."""
        return Session(self.service, self.shelf.open(), self.limits)

    def arrive(self, session: Session) -> Updates:
        """Somebody opened the page: they may bring photos now, and the map may be another."""
        updates: Updates = {name: {"session": session.name} for name in self.doors}
        return updates | ({"map": self.atlases.show(session)} if self.atlases.redrawn else {})

    def choose(self, session: Session, ticked: Any) -> Updates:
        """Somebody was ticked or unticked: their photo is asked about."""
        space = session.workspace
        turn = ticked.get("turn") if isinstance(ticked, dict) else None
        if type(turn) is int:
            # Answers may overtake each other; what was chosen before is of no interest.
            if turn < session.turn:
                return {}
            session.turn = turn
        session.choose(valid(space, ticked))
        updates = painting.chosen(session)
        last = ticked.get("last") if isinstance(ticked, dict) else None
        # The page may say the same twice; another photo may have been asked about since.
        fresh, session.last = last != session.last, last
        if fresh and type(last) is int and last in session.chosen:
            session.query = clearest(space, last)
            updates |= painting.who(session) | {"map": self.atlases.show(session)}
        return updates

    def ask(self, session: Session, row: Any, group: Any = None) -> Updates:
        """Ask about another photo: a row, or one drawn from `forgotten` or `anybody`."""
        space = session.workspace
        if group is not None:
            everybody = range(len(space.features.identities))
            pool = session.state.forgotten if group == "forgotten" else everybody
            current = int(space.features.labels[session.query])
            others = [label for label in pool if label != current] or [current]
            row = random.choice(photos_to_ask(space, random.choice(others)))
        if not isinstance(row, int | str) or not str(row).isdecimal():
            return {}
        if int(row) >= len(space.features):
            return {}
        session.query = int(row)
        session.asked += 1
        return painting.who(session) | {"map": self.atlases.show(session)}

    def show(self, session: Session) -> Iterator[Updates]:
        """Ask about the photo that came in by the door."""
        photo, session.shown = session.shown, None
        if photo is None:
            return
        try:
            with session.working() as cancel:
                yield painting.busy(noted("Looking at your photo."))
                yield from painting.follow(partial(session.ask, photo), cancel, self.gate)
            session.asked += 1
            yield painting.merge(
                painting.idle(session),
                painting.who(session),
                {"map": self.atlases.show(session)},
                painting.say(noted("Your photo is asked about, not enrolled."), "done"),
            )
        except Busy as error:
            yield painting.failed(error)
        except Exception as error:
            yield painting.idle(session) | painting.failed(error)

    def forget(
        self, session: Session, ticked: Any, method: str, options: Mapping[str, Any]
    ) -> Iterator[Updates]:
        """Forget the chosen people, telling how it goes; all panels follow."""
        labels = valid(session.workspace, ticked)
        yield from self._change(
            session,
            lambda watch: session.forget(labels, method, options, watch),
            painting.forgetting(session, labels),
            play=True,
            method=method,
        )

    def undo(self, session: Session, step: int = -1) -> Iterator[Updates]:
        """Take one deletion back, its people chosen again; later ones are fitted without it."""
        yield from self._change(
            session, lambda watch: session.undo(step, watch), noted("Taking a step back.")
        )

    def reset(self, session: Session) -> Iterator[Updates]:
        """Everybody is known again."""
        yield from self._change(
            session, lambda watch: session.start_over(), noted("Starting over.")
        )

    def strength(
        self, session: Session, method: str, options: Mapping[str, Any], *, settled: bool
    ) -> Iterator[Updates]:
        """The last deletion at another strength, where it was made by this very method.

        While the slider is dragged the map and the photo asked about follow, and under ESC quick
        figures that say so; once it has `settled`, the figures are the audit's.
        """
        if not session.adjustable(method):
            return
        if settled:
            yield from self._change(
                session,
                lambda watch: session.adjust(options, watch),
                noted("Another strength."),
                method=method,
                patience=PATIENCE,
                played=True,
            )
            return
        try:
            with session.working() as cancel, self.gate.held(cancel):
                figures = session.drag(options)
                session.positions = self.atlases.placed(session)
                before = session.service.audit(start(session.workspace), session.people)
        except LetheError:
            return
        yield painting.merge(
            painting.steps(session),
            painting.who(session),
            {"map": self.atlases.show(session, live=True)},
            {"people": {"fates": painting.fates(session, figures)}},
            painting.numbers(session, Measured(before, figures), exact=False) if figures else {},
            painting.dragging(quick=figures is not None),
        )

    def open(self, session: Session, faces: object, backbone: object) -> Iterator[Updates]:
        """Look at another gallery or through another backbone."""
        try:
            with session.working() as cancel:
                yield painting.busy(noted("Opening the gallery."))
                job = partial(self.turn_to, session, faces, backbone)
                yield from painting.follow(job, cancel, self.gate)
            yield painting.merge(painting.idle(session), self.everything(session))
        except Busy as error:
            yield painting.failed(error)
        except Exception as error:
            yield painting.merge(
                painting.idle(session), painting.failed(error), self.pickers(session)
            )

    def turn_to(self, session: Session, faces: object, backbone: object, watch: Watch) -> None:
        """Put the visitor before what two keys of the pickers stand for.

        Raises `LetheError` for keys that are not on offer, and as opening does.
        """
        own_photos = faces == YOURS and session.photos_in
        own_model = backbone == YOURS and session.model is not None
        keys = self.shelf.keys_of(session.at)
        spec = self.shelf.spec(
            keys["faces"] if own_photos else faces, keys["backbone"] if own_model else backbone
        )
        seen = self.own if own_photos else self.company
        self.enter(session, seen(session, spec, watch, own_model=own_model), watch)
        session.at, session.photos_in = spec, own_photos

    def company(
        self, session: Session, spec: Spec, watch: Watch, *, own_model: bool | None = None
    ) -> Workspace:
        """What `spec` opens, seen by the visitor's own model where they look through it.

        Raises `LetheError` as opening it does.
        """
        shared = self.shelf.open(spec, watch)
        model = session.model
        if model is None or not (session.model_in if own_model is None else own_model):
            return shared
        key = spec, model.backbone.fingerprint
        if session.company_seen is None or session.company_seen[:2] != key:
            seen = through(shared, model.backbone, private=True, watch=watch)
            session.company_seen = (*key, seen)
        return session.company_seen[2]

    def own(
        self, session: Session, spec: Spec, watch: Watch, *, own_model: bool | None = None
    ) -> Workspace:
        """What the visitor brought, alone or in the company of what `spec` opens.

        Raises `LetheError` where that gives no gallery.
        """
        company = self.company(session, spec, watch, own_model=own_model)
        return own(
            session.inbox,
            company.backbone,
            company if session.company else None,
            session.edits,
            seed=company.seed,
            watch=watch,
            store=None if company.private else self.shelf.store,
        )

    def enter(self, session: Session, workspace: Workspace, watch: Watch = ignore) -> None:
        """Put the visitor into a workspace; what follows from own photos stays with them alone."""
        service = Service(self.gate) if workspace.private else self.service
        self.atlases.prepare(workspace, watch)
        service.measure(start(workspace), (), watch)
        session.enter(workspace, service)
        model = session.model
        session.model_in = model is not None and workspace.backbone is model.backbone

    def everything(self, session: Session) -> Updates:
        """All panels as they stand: the first paint, or another gallery."""
        token = self.atlases.sheets.token(session.workspace.gallery)
        return painting.merge(
            painting.workspace(session.workspace, token),
            self._standing(session),
            self.pickers(session),
        )

    def spread(self, session: Session, on: bool) -> Updates:
        """Each person's KR is asked for, or no more; while work goes on, it comes with its end."""
        session.spread, state = on, session.state
        if not on or session.is_held:
            return {}
        with self.gate.held(Stop(session.who)):
            measured = session.measure()
        if session.state is not state:
            return {}  # whatever changed it has told the bars as well
        return {"kr": painting.numbers(session, measured)["kr"]}

    def _change(
        self,
        session: Session,
        act: Callable[[Watch], None],
        doing: str,
        *,
        play: bool = False,
        method: str = "",
        patience: float = 0.0,
        played: bool = False,
    ) -> Iterator[Updates]:
        """Let `act` change the session and repaint; on any trouble all is as it was.

        The training of `method`, where it was asked for by name, is drawn as it goes. Where a
        slider was `played`, the page shows estimates that trouble must not leave there.
        """
        reached = session.state

        def change(watch: Watch) -> None:
            act(watch)
            session.positions = self.atlases.placed(session)
            session.service.innocents(session.state)
            painting.spectrum(session)

        try:
            with session.working(patience) as cancel, session.attempt():
                yield painting.busy(doing)
                yield from painting.follow(change, cancel, self.gate, method)
                reached = session.state
                yield painting.merge(
                    painting.chosen(session),
                    painting.spectrum(session),
                    painting.deletions(session),
                    painting.who(session),
                    {"map": self.atlases.show(session, play=play)},
                )
                # Whoever waits for their first picture goes before what comes to this one.
                after = cancel.then(NEXT)
                measured = yield from painting.follow(session.measure, after, self.gate)
                yield painting.numbers(session, measured)
                session.positions = yield from painting.follow(
                    lambda watch: self.atlases.settled(session, watch), after, self.gate
                )
            yield painting.merge(
                painting.idle(session),
                {"map": self.atlases.show(session)},
                painting.outcome(session, measured.after),
            )
        except Busy as error:
            yield painting.failed(error)
        except Exception as error:
            changed = self._standing(session) if played or session.state is not reached else {}
            yield painting.merge(changed, painting.idle(session), painting.failed(error))

    def _standing(self, session: Session) -> Updates:
        """Everything that follows from the visitor's deletions and choice."""
        return painting.merge(
            painting.chosen(session),
            painting.spectrum(session),
            painting.deletions(session),
            painting.who(session),
            painting.numbers(session, session.measure()),
            {"map": self.atlases.show(session)},
        )

    def pickers(self, session: Session) -> Updates:
        """What the header's pickers say."""
        keys = self.shelf.keys_of(session.at)
        keys |= {"faces": YOURS} if session.photos_in else {}
        keys |= {"backbone": YOURS} if session.model_in else {}
        value = {**keys, "model": session.model is not None}
        return {"header": {"value": value, "busy": False}}


def valid(workspace: Workspace, ticked: Any) -> tuple[int, ...]:
    """The labels among what a page sent, whatever else it sent."""
    known = range(len(workspace.features.identities))
    given = ticked.get("chosen") if isinstance(ticked, dict) else ticked
    if not isinstance(given, list | tuple):
        return ()
    return tuple(sorted({one for one in given if type(one) is int and one in known}))

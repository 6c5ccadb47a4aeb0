"""What each click does, without Gradio: a visitor's session in, updates of named panels out.

An update is `{panel: {property: value}}`; `demo.studio` hands it to the components.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from demo import painting
from demo.atlases import Atlases
from demo.library import Library
from demo.live import Live
from demo.painting import Updates
from demo.panels import retrieval
from demo.session import Busy, Session, Sessions
from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.service.service import Measured, Service
from engine.workspace import State, Workspace, start

PATIENCE = 5.0
"""Seconds that a settled slider waits for its last drag to be answered."""


class Actions:
    """The clicks of all visitors of one running page."""

    def __init__(self, library: Library, atlases: Atlases, sessions: Sessions) -> None:
        self.library, self.atlases, self.sessions = library, atlases, sessions
        self.service = Service()
        self.gate = self.service.gate
        self.live = Live()

    def session(self, key: str) -> Session:
        """The visitor's session, fresh in the default workspace where there is none."""
        workspace = self.library.open(self.library.default)
        # Looking for the first photo would take a good part of each step of a slider.
        query = 0 if self.sessions.known(key) else first_query(workspace)
        return self.sessions.get(key, workspace, query)

    def blank(self) -> Session:
        """A visitor who has done nothing yet: what the first paint shows."""
        workspace = self.library.open(self.library.default)
        return Session(workspace, start(workspace), first_query(workspace))

    def arrive(self, session: Session) -> Updates:
        """Somebody opened the page: at most the map has changed since it was painted."""
        return {"map": self.atlases.show(session)} if self.atlases.redrawn else {}

    def choose(self, session: Session, ticked: Any) -> Updates:
        """Somebody was ticked or unticked: their photo is asked about, the spectrum shown."""
        space = session.workspace
        turn = ticked.get("turn") if isinstance(ticked, dict) else None
        if type(turn) is int:
            # Answers may overtake each other; what was chosen before is of no interest.
            if turn < session.turn:
                return {}
            session.turn = turn
        gone = session.state.forgotten
        session.chosen = tuple(label for label in valid(space, ticked) if label not in gone)
        updates = painting.chosen(session)
        last = ticked.get("last") if isinstance(ticked, dict) else None
        # The page may say the same twice; another photo may have been asked about since.
        fresh, session.last = last != session.last, last
        if fresh and type(last) is int and last in session.chosen:
            session.query = retrieval.clearest(space, last)
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
            row = random.choice(retrieval.tests_of(space, random.choice(others)))
        if not isinstance(row, int | str) or not str(row).isdecimal():
            return {}
        if int(row) >= len(space.features):
            return {}
        session.query = int(row)
        return painting.who(session) | {"map": self.atlases.show(session)}

    def forget(
        self, session: Session, ticked: Any, method: str, options: Mapping[str, Any]
    ) -> Iterator[Updates]:
        """Forget the chosen people, telling how it goes; all panels follow."""
        state, labels = session.state, valid(session.workspace, ticked)

        def job(watch: Watch) -> State:
            return state.forget(labels, method, options, watch)

        doing = painting.forgetting(session, labels)
        yield from self._change(session, job, doing, play=True, method=method)

    def undo(self, session: Session, step: int = -1) -> Iterator[Updates]:
        """Take one deletion back, its people chosen again; later ones are fitted without it."""
        state = session.state
        there = -len(state.steps) <= step < len(state.steps)
        again = state.steps[step].forget if there else ()

        def job(watch: Watch) -> State:
            return state.undo(step, watch)

        yield from self._change(session, job, "Taking a step back.", again=again)

    def reset(self, session: Session) -> Iterator[Updates]:
        """Everybody is known again."""

        def job(watch: Watch) -> State:
            return start(session.workspace)

        yield from self._change(session, job, "Starting over.")

    def strength(
        self, session: Session, method: str, options: Mapping[str, Any], *, settled: bool
    ) -> Iterator[Updates]:
        """The last deletion at another strength, where it was made by this very method.

        While the slider is dragged the map and the photo asked about follow, and under ESC quick
        figures that say so; once it has `settled`, the figures are the audit's.
        """
        state = session.state
        if session.chosen or not state.steps or state.steps[-1].method != method:
            return
        last = state.steps[-1]

        def job(watch: Watch) -> State:
            return state.undo(-1, watch).forget(last.forget, method, options, watch)

        if settled:
            yield from self._change(
                session, job, "Another strength.", method=method, patience=PATIENCE
            )
            return
        try:
            with session.working():
                if Live.follows(state, method):
                    live = self.live.of(state)
                    now = live.state(options)
                    figures = live.figures(now)
                    before = self.service.audit(
                        start(state.workspace), tuple(sorted(now.forgotten)), ignore
                    )
                else:
                    now, figures, before = job(ignore), None, {}
                session.state = now
                session.positions = self.atlases.placed(session)
        except LetheError:
            return
        yield painting.merge(
            painting.steps(session),
            painting.who(session),
            {"map": self.atlases.show(session, live=True)},
            {"people": {"fates": painting.fates(session, figures)}},
            painting.numbers(session, before, figures, exact=False) if figures else {},
            painting.dragging(quick=figures is not None),
        )

    def open(self, session: Session, faces: object, backbone: object) -> Iterator[Updates]:
        """Look at another gallery or through another backbone."""

        def job(watch: Watch) -> Workspace:
            workspace = self.library.open(self.library.spec(faces, backbone), watch)
            self.atlases.prepare(workspace, watch)
            return workspace

        try:
            with session.working() as cancel:
                yield painting.busy("Opening the gallery.")
                workspace = yield from painting.follow(job, cancel, self.gate)
                session.workspace, session.state = workspace, start(workspace)
                session.query, session.chosen = first_query(workspace), ()
                session.positions = None
            yield painting.idle(session) | self.everything(session)
        except Exception as error:
            if isinstance(error, Busy):
                yield painting.failed(error)
                return
            yield painting.merge(
                painting.idle(session), painting.failed(error), self._pickers(session)
            )

    def everything(self, session: Session) -> Updates:
        """All panels as they stand: the first paint, or another gallery."""
        return painting.merge(
            painting.workspace(
                session.workspace, self.atlases.sheets.token(session.workspace.gallery)
            ),
            self._standing(session),
            self._pickers(session),
        )

    def preview(self, session: Session) -> Iterator[Updates]:
        """What is known of the chosen people before they are forgotten."""
        chosen, state = session.chosen, session.state
        if state.steps or session.is_working:
            return
        with self.gate.held():
            measured = self.service.measure(state, chosen)
        if session.chosen == chosen and session.state is state:
            yield painting.numbers(session, measured.before, measured.after)

    def spread(self, session: Session, on: bool) -> Updates:
        """Each person's KR is asked for, or no more; while work goes on, it comes with its end."""
        session.spread, state = on, session.state
        if not on or session.is_working:
            return {}
        with self.gate.held():
            measured = self.service.measure(state, session.chosen)
        if session.state is not state:
            return {}  # whatever changed it has told the bars as well
        return {"kr": painting.numbers(session, measured.before, measured.after)["kr"]}

    def _change(
        self,
        session: Session,
        job: Callable[[Watch], State],
        doing: str,
        *,
        play: bool = False,
        method: str = "",
        patience: float = 0.0,
        again: tuple[int, ...] = (),
    ) -> Iterator[Updates]:
        """Run `job` for a new state and repaint; on any trouble all is as it was.

        The people `again` are chosen then, as if somebody had just ticked them.
        The training of `method`, where it was asked for by name, is drawn as it goes.
        """
        old, chosen, positions = session.state, session.chosen, session.positions
        state, finished = old, False
        try:
            with session.working(patience) as cancel:
                try:
                    yield painting.busy(doing)
                    state = yield from painting.follow(job, cancel, self.gate, method)
                    session.state, session.chosen = state, again
                    session.positions = self.atlases.placed(session)
                    yield painting.merge(
                        painting.chosen(session),
                        painting.deletions(session),
                        painting.who(session),
                        {"map": self.atlases.show(session, play=play)},
                    )

                    def figures(watch: Watch) -> Measured:
                        return self.service.measure(state, again, watch)

                    measured = yield from painting.follow(figures, cancel, self.gate)
                    yield painting.numbers(session, measured.before, measured.after)
                    session.positions = yield from painting.follow(
                        lambda watch: self.atlases.settled(session, watch), cancel, self.gate
                    )
                    finished = True
                finally:
                    if not finished:
                        session.state, session.positions = old, positions
                        session.chosen = chosen
            yield painting.merge(
                painting.idle(session),
                {"map": self.atlases.show(session)},
                painting.outcome(session, measured.after),
            )
        except Exception as error:
            if isinstance(error, Busy):
                yield painting.failed(error)
                return
            changed = self._standing(session) if state is not old else {}
            yield painting.merge(changed, painting.idle(session), painting.failed(error))

    def _standing(self, session: Session) -> Updates:
        """Everything that follows from the visitor's deletions and choice."""
        measured = self.service.measure(session.state)
        return painting.merge(
            painting.chosen(session),
            painting.deletions(session),
            painting.who(session),
            painting.numbers(session, measured.before, measured.after),
            {"map": self.atlases.show(session)},
        )

    def _pickers(self, session: Session) -> Updates:
        return {"header": {"value": self.library.keys_of(session.workspace), "busy": False}}


def valid(workspace: Workspace, ticked: Any) -> tuple[int, ...]:
    """The labels among what a page sent, whatever else it sent."""
    known = range(len(workspace.features.identities))
    given = ticked.get("chosen") if isinstance(ticked, dict) else ticked
    if not isinstance(given, list | tuple):
        return ()
    return tuple(sorted({one for one in given if type(one) is int and one in known}))


def first_query(workspace: Workspace) -> int:
    """A photo to begin with: one of the first person that the model gets right."""
    return retrieval.clearest(workspace, 0)

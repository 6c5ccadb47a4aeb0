"""Three named endpoints for scripts (`gradio_client`), bound to the caller's own session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from demo.actions import Actions
from demo.panels import retrieval
from demo.panels.scoreboard import look_up
from demo.session import Session
from demo.work import words
from engine.audit import METRICS
from engine.errors import LetheError
from engine.report import plain, report
from engine.workspace import start


def expose(actions: Actions, parallel: int) -> None:
    """Add `/forget`, `/retrieve` and `/scoreboard`, each for `parallel` callers at once."""

    def forget(
        names: list[str],
        request: gr.Request,
        method: str = "esc",
        options: dict[str, Any] | None = None,
        start_over: bool = False,
    ) -> dict[str, Any]:
        """Forget people by name and answer with the audit, as the command line writes it.

        Deletions add up within one client; `start_over` begins with everybody known.
        """
        with _told(), _held(actions, request) as session:
            space = session.workspace
            state = start(space) if start_over else session.state
            state = state.forget(space.gallery.find(names), method, options or {})
            measured = actions.measure(state)
            session.state, session.chosen, session.positions = state, (), None
            return plain(report(state, measured.before, measured.after or {}))

    def retrieve(photo: str, request: gr.Request) -> dict[str, Any]:
        """The best matches of a photo before and after: its key in the gallery, or a name."""
        with _told(), _held(actions, request) as session:
            row = _row(session, photo)
            state = session.state
            sides = {"before": state.before()}
            if state.steps:
                sides["after"] = state.view()
            person = int(session.workspace.features.labels[row])
            return {
                "photo": session.workspace.gallery.photos[_photo(session, row)].key,
                "person": session.workspace.gallery.identities[person],
                "threshold": session.workspace.threshold,
                **{name: _answer(session, retrieval.answer(v, row)) for name, v in sides.items()},
            }

    def scoreboard(request: gr.Request) -> dict[str, Any]:
        """Every default figure before and after, with its meaning and the good direction."""
        with _told(), _held(actions, request) as session:
            measured = actions.measure(session.state)
            return {
                "forgotten": [
                    session.workspace.gallery.identities[label] for label in session.state.forgotten
                ],
                "metrics": {
                    key: {
                        "title": metric.title,
                        "help": metric.help,
                        "good": metric.good,
                        "ideal": metric.ideal,
                        "before": look_up(measured.before, key),
                        "after": look_up(measured.after, key),
                    }
                    for key, metric in METRICS.items()
                    if key.partition(".")[0] in measured.before
                },
            }

    gr.api(forget, api_name="forget", concurrency_limit=parallel)
    gr.api(retrieve, api_name="retrieve", concurrency_limit=parallel)
    gr.api(scoreboard, api_name="scoreboard", concurrency_limit=parallel)


@contextmanager
def _held(actions: Actions, request: gr.Request) -> Iterator[Session]:
    """The caller's session with a place at the gate, for one piece of work."""
    session = actions.session(request.session_hash)
    with session.working() as cancel:
        actions.gate.enter(cancel)
        try:
            yield session
        finally:
            actions.gate.leave()


@contextmanager
def _told() -> Iterator[None]:
    """Trouble as one sentence, without a traceback."""
    try:
        yield
    except LetheError as error:
        raise gr.Error(words(error), print_exception=False) from None


def _row(session: Session, photo: str) -> int:
    space = session.workspace
    for row in range(len(space.features)):
        if space.gallery.photos[_photo(session, row)].key == photo:
            return row
    return retrieval.tests_of(space, space.gallery.find([photo])[0])[0]


def _photo(session: Session, row: int) -> int:
    return int(session.workspace.features.rows[row])


def _answer(session: Session, answer: retrieval.Answer) -> dict[str, Any]:
    gallery = session.workspace.gallery
    return {
        "output": gallery.identities[answer.says],
        "matches": [
            {
                "photo": gallery.photos[_photo(session, hit.index)].key,
                "person": gallery.identities[hit.label],
                "similarity": hit.similarity,
                "accepted": hit.accepted,
            }
            for hit in answer.hits
        ],
    }

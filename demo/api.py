"""Three named endpoints for scripts (`gradio_client`), bound to the caller's own session."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gradio as gr

from demo import log
from demo.actions import Actions
from demo.arrivals import came
from demo.session import Session
from engine.audit import metrics
from engine.audit.figures import look_up
from engine.errors import LetheError
from engine.progress import Watch
from engine.report import plain, report
from engine.service.asking import Answer, photos_to_ask
from engine.service.work import words

SHOWN = 40
"""Signs of a payload that an answer repeats."""

PARALLEL = 32
"""Calls of one endpoint answered at once; heavy work queues behind `Actions.gate` instead."""


def expose(actions: Actions) -> None:
    """Add `/forget`, `/retrieve` and `/scoreboard`, each for so many callers at once (`PARALLEL`).

    Every argument has a default, so that what is missing comes to the functions here and gets a
    sentence instead of Gradio's own trouble; the types are for the reader, nobody checks them.
    """

    def forget_people(
        names: list[str] | str | None = None,
        request: gr.Request | None = None,
        method: str = "esc",
        options: dict[str, Any] | None = None,
        start_over: bool = False,
    ) -> dict[str, Any]:
        """Forget people by name (a list of names, or one) and answer with the audit.

        The answer is the command line's report. Deletions add up within one client; `start_over`
        begins with everybody known.
        """
        with told(forget):
            return forget(actions, _key(actions, request), names, method, options, start_over)

    def retrieve_photo(
        photo: str | None = None, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """The best matches of a photo before and after: its key in the gallery, or a name."""
        with told(retrieve):
            return retrieve(actions, _key(actions, request), photo)

    def show_scoreboard(request: gr.Request) -> dict[str, Any]:
        """Every default figure before and after, with its meaning and the good direction."""
        with told(scoreboard):
            return scoreboard(actions, _key(actions, request))

    gr.api(forget_people, api_name="forget", concurrency_limit=PARALLEL)
    gr.api(retrieve_photo, api_name="retrieve", concurrency_limit=PARALLEL)
    gr.api(show_scoreboard, api_name="scoreboard", concurrency_limit=PARALLEL)


def forget(
    actions: Actions,
    key: str,
    names: Any,
    method: Any = "esc",
    options: Any = None,
    start_over: Any = False,
) -> dict[str, Any]:
    """Forget `names` in the session `key`; the report, as the command line writes it.

    Raises `LetheError` for whatever a caller may send wrongly; nothing is changed then.
    """
    people = _names(names)
    if not isinstance(method, str):
        raise LetheError(f"The method must be a name such as 'esc', not {_shown(method)}.")
    if options is not None and not isinstance(options, Mapping):
        raise LetheError(f"Options must be names with values, not {_shown(options)}.")
    if start_over not in (True, False, None):
        raise LetheError(f"start_over must be true or false, not {_shown(start_over)}.")
    with _held(actions, key) as (session, watch):
        labels = session.workspace.gallery.find(people)
        with session.attempt():
            if start_over:
                session.start_over()
            session.forget(labels, method, options or {}, watch)
            measured = session.measure(watch)
            session.positions = None
        return plain(report(session.state, measured.before, measured.after or {}))


def retrieve(actions: Actions, key: str, photo: Any) -> dict[str, Any]:
    """The best matches of `photo` (a key of the gallery, or a name) before and after.

    Raises `LetheError` when there is no such photo or person.
    """
    if not isinstance(photo, str) or not photo.strip():
        raise LetheError(f"The photo must be its key or a person's name, not {_shown(photo)}.")
    with _held(actions, key) as (session, _):
        session.query = _row(session, photo)
        found = session.retrieve()
        sides = {"before": found.before} | ({"after": found.after} if found.after else {})
        gallery = session.workspace.gallery
        person = int(session.workspace.features.labels[session.query])
        return {
            "photo": gallery.photos[_photo(session, session.query)].key,
            "person": gallery.identities[person],
            "threshold": session.workspace.threshold,
            **{name: _answer(session, answer) for name, answer in sides.items()},
        }


def scoreboard(actions: Actions, key: str) -> dict[str, Any]:
    """Every default figure before and after, with its meaning and the good direction."""
    with _held(actions, key) as (session, watch):
        measured = session.measure(watch)
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
                for key, metric in metrics().items()
                if key.partition(".")[0] in measured.before
            },
        }


@contextmanager
def told(what: Callable) -> Iterator[None]:
    """Trouble as one sentence for the caller; only the program's own faults go to the log."""
    with log.timed("call", what) as failing:
        try:
            yield
        except Exception as error:
            failing(error)
            if not isinstance(error, LetheError):
                log.fault(error)
            raise gr.Error(words(error), print_exception=False) from None


@contextmanager
def _held(actions: Actions, key: str) -> Iterator[tuple[Session, Watch]]:
    """The caller's session with a place at the gate, and the watcher of one piece of work."""
    session = actions.session(key)
    with session.working() as cancel, actions.gate.held(cancel):
        yield session, actions.gate.watched(cancel)


def _key(actions: Actions, request: gr.Request | None) -> str:
    key = None if request is None else request.session_hash
    if not key:
        raise LetheError("This call belongs to no session; use gradio_client, or send one.")
    if actions.sessions.left_since(key, came(request)):
        raise LetheError("Whoever asked this has left; ask again.")
    return key


def _names(given: Any) -> list[str]:
    """Names as a list; a bare string is one name."""
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple):
        raise LetheError(f"Names must be a list of names, not {_shown(given)}.")
    wrong = next((one for one in names if not isinstance(one, str)), None)
    if wrong is not None or None in names:
        raise LetheError(f"Each name must be text, not {_shown(wrong)}.")
    return list(names)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _row(session: Session, photo: str) -> int:
    space = session.workspace
    for row in range(len(space.features)):
        if space.gallery.photos[_photo(session, row)].key == photo:
            return row
    return photos_to_ask(space, space.gallery.find([photo])[0])[0]


def _photo(session: Session, row: int) -> int:
    return int(session.workspace.features.rows[row])


def _answer(session: Session, answer: Answer) -> dict[str, Any]:
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

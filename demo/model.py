"""What the place of an own model does: inspect what came in, check it anew, look through it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import YOURS, Actions
from demo.painting import Updates
from demo.panels import model as panel
from demo.places import Place
from demo.session import Session
from engine.errors import LetheError
from engine.progress import Watch
from engine.said import noted
from engine.service.model import OwnModel, bring, changed

HERE = Place("model")
NOTHING = noted("Bring a model first.")


class Model:
    """The own models of all visitors; each one's stays in their session."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def look(self, session: Session, value: Any) -> Iterator[Updates]:
        """Inspect and check what came in, or check what is here with other settings."""
        return HERE.heard(session, self._look(session, settings(value)))

    def _look(self, session: Session, options: dict[str, Any]) -> Iterator[Updates]:
        def job(watch: Watch) -> OwnModel:
            if session.handed is not None:
                name, data = session.handed
                return bring(name, data, options, watch=watch)
            if session.model is None:
                raise LetheError(NOTHING)
            return changed(session.model, options, watch)

        with session.working() as cancel:
            yield HERE.begin(noted("Looking at your model."))
            try:
                session.model = yield from HERE.told(job, cancel, self._actions.gate)
            except Exception as error:
                yield _show(session)
                raise error
            finally:
                session.handed = None
        yield painting.merge(
            painting.idle(session), self._actions.pickers(session), _show(session), HERE.say("")
        )

    def use(self, session: Session) -> Iterator[Updates]:
        """Look at the people of the gallery, or at the visitor's own, through it."""
        return HERE.heard(session, self._use(session))

    def _use(self, session: Session) -> Iterator[Updates]:
        actions = self._actions
        if session.model is None:
            yield HERE.say(NOTHING, "wrong")
            return
        faces = YOURS if session.photos_in else actions.shelf.keys_of(session.at)["faces"]
        with session.working() as cancel:
            yield HERE.begin(noted("Showing the people to your model."))
            turn = partial(actions.turn_to, session, faces, YOURS)
            yield from HERE.told(turn, cancel, actions.gate)
        session.entered += 1
        yield painting.merge(
            painting.idle(session),
            actions.everything(session),
            {"model": {"entered": session.entered}},
            HERE.say(""),
        )

    def remove(self, session: Session) -> Iterator[Updates]:
        """Let go of the model, and look through the backbone from before again."""
        session.forget_model()
        yield {"model": {"card": ""}}
        if session.model_in:
            keys = self._actions.shelf.keys_of(session.at)
            faces = YOURS if session.photos_in else keys["faces"]
            yield from self._actions.open(session, faces, keys["backbone"])
        yield self._actions.pickers(session) | HERE.say(noted("The model is gone."), "done")


def settings(value: Any) -> dict[str, Any]:
    """The settings that a page sent, whatever else it sent."""
    given = value if isinstance(value, Mapping) else {}
    found: dict[str, Any] = {
        name: given[name]
        for name in panel.SETTINGS
        if isinstance(given.get(name), str | int | float)
    }
    return found | ({"output": found["output"] or None} if "output" in found else {})


def _show(session: Session) -> Updates:
    model = session.model
    return {"model": {"card": panel.card(model) if model is not None else ""}}


def place(page: Any) -> None:
    """The place, where the server takes models."""
    limits = page.actions.limits
    if not limits.model_megabytes:
        return
    with gr.Column(elem_id="model-place", elem_classes="view-yours"):
        page.parts["model"] = panel.build(limits)
    page.actions.doors.append("model")


def wire(page: Any) -> None:
    """Its events."""
    actions, place = Model(page.actions), page.parts.get("model")
    if place is None:
        return
    page.on(place.look, actions.look, [place])
    page.on(place.use, actions.use, changes=True)
    page.on(place.remove, actions.remove, changes=True)
    page.on(place.stop, page.stop, plain=True)

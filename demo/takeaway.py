"""What can be taken away of a deletion: the erased model and the erasers, made when asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from demo import painting
from demo.actions import Actions
from demo.painting import Updates
from demo.panels import take as panel
from demo.session import Session
from engine.backbones.given import sees_photos
from engine.backbones.onnx import OnnxBackbone
from engine.erasure.files import as_bytes
from engine.errors import LetheError
from engine.export.erased import erased_onnx, erasers_behind
from engine.export.files import eraser_names
from engine.export.folding import NOT_HERE, erased_weights, reason, writable
from engine.export.network import NO_NETWORK, size_of
from engine.export.onnx import check_methods
from engine.progress import Watch, ignore
from engine.said import noted, said
from engine.service.shelf import Shelf
from engine.service.visit import Busy

NOT_YOURS = noted(
    "This model belongs to whoever runs this page; they can write it on the command line, or allow "
    "it by --hand-over-model."
)
UNKNOWN = noted("This file is not on offer here; choose from the list.")

Files = dict[str, bytes]


@dataclass(frozen=True)
class Row:
    """A kind of file: what it is for, why it cannot be had now, its bytes, and how it is made.

    `made` gives files by their names. `check` raises `LetheError` where there is none.
    """

    key: str
    title: str
    says: str
    check: Callable[[Session], None]
    size: Callable[[Session], int]
    made: Callable[[Session, Watch], Files]
    whole: bool = True
    """Whether the model itself is in it, which may be somebody's."""


def _onnx_check(session: Session) -> None:
    erasers = erasers_behind(session.state)
    if not sees_photos(session.state.model) or size_of(session.state.model) is None:
        raise LetheError(NO_NETWORK)
    if isinstance(session.state.model, OnnxBackbone):
        check_methods([one.method for one in erasers])


def _weights_check(session: Session) -> None:
    erasers, model = erasers_behind(session.state), session.state.model
    if not writable(model):
        raise LetheError(NOT_HERE)
    if (why := next(filter(None, (reason(one, model.dimension) for one in erasers)), None)) is None:
        return
    raise LetheError(why)


def _eraser_check(session: Session) -> None:
    erasers_behind(session.state)


def _eraser_size(session: Session) -> int:
    tensors = (one for step in session.state.steps for one in step.eraser.tensors().values())
    return sum(one.numel() * one.element_size() for one in tensors)


def _model_size(session: Session) -> int:
    return (size_of(session.state.model) or 0) + sum(
        one.numel() * one.element_size()
        for eraser in erasers_behind(session.state)
        for one in eraser.tensors().values()
    )


def _erasers(session: Session, watch: Watch = ignore) -> Files:
    steps = session.state.steps
    names = eraser_names("lethe-eraser.safetensors", len(steps))
    return {name: as_bytes(one.eraser) for name, one in zip(names, steps, strict=True)}


ROWS: tuple[Row, ...] = (
    Row(
        "onnx",
        noted("The erased model"),
        noted(
            "ONNX. Takes the place of the model: the same faces in, erased embeddings out, with "
            "onnxruntime alone."
        ),
        _onnx_check,
        _model_size,
        lambda session, watch: {"lethe-erased.onnx": erased_onnx(session.state, watch)},
    ),
    Row(
        "weights",
        noted("The erased network"),
        noted(
            "Weights as safetensors. The same network with the deletion in its last layer, for "
            "whoever trains or converts it further."
        ),
        _weights_check,
        lambda session: size_of(session.state.model) or 0,
        lambda session, watch: {"lethe-erased.safetensors": erased_weights(session.state)},
    ),
    Row(
        "eraser",
        noted("The eraser alone"),
        noted(
            "Safetensors. Stands behind a model that stays as it is, or cleans embeddings that "
            "you keep."
        ),
        _eraser_check,
        _eraser_size,
        _erasers,
        whole=False,
    ),
)
"""What is offered, in its order; report and saved steps stand beside it on the page."""


class TakeAway:
    """What the list does. Files are made in memory and are the session's alone."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def offered(self, session: Session) -> list[panel.Offer]:
        """Each row with its size, or why it cannot be had."""
        return [self._offer(session, row) for row in ROWS]

    def make(self, session: Session, data: Mapping[str, Any]) -> Iterator[Updates]:
        """Make the files of a row and tell the page their names; it fetches them at once."""
        turn = data.get("turn")
        try:
            row = next((one for one in ROWS if one.key == data.get("key")), None)
            if row is None:
                raise LetheError(UNKNOWN)
            self._check(session, row)
            with session.working_for("take") as cancel:
                yield painting.busy(noted("Making the file."))
                job = partial(_made, row, session)
                files = yield from painting.follow(job, cancel, self._actions.gate)
            self._actions.sessions.make_room(sum(map(len, files.values())))
            session.made = files
            yield painting.merge(
                painting.idle(session),
                painting.say(said("{title} is made.", title=row.title), "done"),
                {"take": {"made": {"turn": turn, "names": list(files)}}},
            )
        except Busy as error:
            yield painting.merge(painting.failed(error), _none(turn))
        except Exception as error:
            yield painting.merge(painting.idle(session), painting.failed(error), _none(turn))

    def follow(self, session: Session) -> Iterator[Updates]:
        """The list follows whatever was forgotten, and how."""
        ready = bool(session.state.steps)
        markup = panel.render(self.offered(session)) if ready else ""
        yield {"take": {"rows": markup, "ready": ready}}

    def _offer(self, session: Session, row: Row) -> panel.Offer:
        try:
            self._check(session, row)
        except LetheError as error:
            return panel.Offer(row.key, row.title, row.says, why=error.said)
        return panel.Offer(row.key, row.title, row.says, size=row.size(session))

    def _check(self, session: Session, row: Row) -> None:
        allowed = self._actions.limits.hand_over_model
        if row.whole and not allowed and _is_the_servers(session, self._actions.shelf):
            raise LetheError(NOT_YOURS)
        row.check(session)


def _made(row: Row, session: Session, watch: Watch) -> Files:
    return row.made(session, watch)


def _is_the_servers(session: Session, shelf: Shelf) -> bool:
    """Whether the model is a file that whoever runs the server named."""
    how = shelf.how(session.at)
    named = str(how["backbone"]).lower().endswith(".onnx") or "weights" in how["backbone_options"]
    return named and not session.model_in


def _none(turn: Any) -> Updates:
    return {"take": {"made": {"turn": turn, "names": []}}}


def mount(page: Any) -> None:
    """The list, below the report."""
    away = TakeAway(page.actions)
    with gr.Column(elem_id="take-panel", elem_classes="lethe-panel"):
        part = page.parts["take"] = panel.build()
    page.actions.doors.append("take")
    page.on(part.make, away.make, data=True)
    page.follows(away.follow, ("take",))

"""The kinds of files that a deletion gives to take away: what each is for, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from demo.session import Session
from demo.takeaway_report import files, opened_by
from engine.backbones.given import sees_photos
from engine.backbones.onnx import OnnxBackbone
from engine.erasure.files import as_bytes
from engine.errors import LetheError
from engine.export import embeddings
from engine.export.erased import erased_onnx, erasers_alone, erasers_behind
from engine.export.files import eraser_names
from engine.export.folding import NOT_HERE, erased_weights, reason, writable
from engine.export.network import NO_NETWORK, size_of
from engine.export.onnx import check_methods
from engine.progress import Watch, ignore
from engine.said import noted
from engine.service.shelf import Shelf
from engine.steps import steps_of, written

Files = dict[str, bytes]

NO_PHOTOS = noted("Photos are not in it; names and file names are.")
NO_NAMES = noted("It calls people by the hash of a photo, not by name.")
NAMES = noted("Names and file names are in it.")


@dataclass(frozen=True)
class Row:
    """A kind of file: what it is for, in which form, and how it is made.

    `made` gives files by their names. `check` raises `LetheError` where there is none, `size` is
    about their bytes, None where nobody knows before. `more` is said of somebody's own photos.
    """

    key: str
    title: str
    says: str
    form: str
    made: Callable[[Session, Shelf, Watch], Files]
    check: Callable[[Session], object] = lambda session: None
    size: Callable[[Session], int | None] = lambda session: None
    theirs: Callable[[Session, Shelf], bool] = lambda session, shelf: False
    """Whether it is of whoever runs the page, who may want to keep it."""
    more: str = ""


def _servers_model(session: Session, shelf: Shelf) -> bool:
    """Whether the model is a file that whoever runs the server named."""
    how = shelf.how(session.at)
    named = str(how["backbone"]).lower().endswith(".onnx") or "weights" in how["backbone_options"]
    return named and not session.model_in


def _servers_rows(session: Session, shelf: Shelf) -> bool:
    """Whether embeddings are by such a model, or came in a file of theirs."""
    given = not sees_photos(session.workspace.backbone) and not session.photos_in
    return given or _servers_model(session, shelf)


def _report(session: Session, shelf: Shelf, watch: Watch = ignore) -> Files:
    made = files(session, opened_by(session, shelf), watch)
    return {one.name: one.text.encode() for one in made}


def _steps(session: Session, shelf: Shelf, watch: Watch = ignore) -> Files:
    text = written(steps_of(session.state, "photo" if session.workspace.private else "name"))
    return {"lethe-steps.json": text.encode()}


def _check_onnx(session: Session) -> None:
    erasers = erasers_behind(session.state)
    if not sees_photos(session.state.model) or size_of(session.state.model) is None:
        raise LetheError(NO_NETWORK)
    if isinstance(session.state.model, OnnxBackbone):
        check_methods([one.method for one in erasers])


def _check_weights(session: Session) -> None:
    erasers, model = erasers_behind(session.state), session.state.model
    if not writable(model):
        raise LetheError(NOT_HERE if sees_photos(model) else NO_NETWORK)
    if (why := next(filter(None, (reason(one, model.dimension) for one in erasers)), None)) is None:
        return
    raise LetheError(why)


def _tensors(session: Session) -> int:
    tensors = (one for step in session.state.steps for one in step.eraser.tensors().values())
    return sum(one.numel() * one.element_size() for one in tensors)


def _model(session: Session) -> int:
    return size_of(session.state.model) or 0


def _model_and_erasers(session: Session) -> int:
    erasers = erasers_behind(session.state)
    tensors = (one for eraser in erasers for one in eraser.tensors().values())
    return _model(session) + sum(one.numel() * one.element_size() for one in tensors)


def _erasers(session: Session, shelf: Shelf, watch: Watch = ignore) -> Files:
    erasers = erasers_alone(session.state)
    names = eraser_names("lethe-eraser.safetensors", len(erasers))
    return {name: as_bytes(one) for name, one in zip(names, erasers, strict=True)}


def _embeddings(session: Session, shelf: Shelf, watch: Watch = ignore) -> Files:
    made = embeddings.as_npz(session.state)
    return {f"lethe-embeddings-{side}.npz": data for side, data in made.items()}


ROWS: tuple[Row, ...] = (
    Row(
        "report",
        noted("The report"),
        noted(
            "One page to read and print, and the same as JSON, which can be run again: what was "
            "audited, every figure with its interval, the attacks you ran, and what it does not "
            "protect against."
        ),
        noted("HTML and JSON"),
        _report,
        more=NO_PHOTOS,
    ),
    Row(
        "steps",
        noted("The steps"),
        noted(
            "Who was forgotten, how and in which order. “Open saved steps” does it again here, the "
            "command line elsewhere, with the same figures."
        ),
        "JSON",
        _steps,
        more=NO_NAMES,
    ),
    Row(
        "onnx",
        noted("The erased model"),
        noted(
            "Takes the place of the model: the same faces in, erased embeddings out, with "
            "onnxruntime alone."
        ),
        "ONNX",
        lambda session, shelf, watch: {"lethe-erased.onnx": erased_onnx(session.state, watch)},
        check=_check_onnx,
        size=_model_and_erasers,
        theirs=_servers_model,
    ),
    Row(
        "weights",
        noted("The erased network"),
        noted(
            "The same weights with the deletion in the last layer, for whoever trains or converts "
            "the network further."
        ),
        "Safetensors",
        lambda session, shelf, watch: {"lethe-erased.safetensors": erased_weights(session.state)},
        check=_check_weights,
        size=_model,
        theirs=_servers_model,
    ),
    Row(
        "eraser",
        noted("The eraser alone"),
        noted("Stands behind a model that stays as it is, or cleans embeddings that you keep."),
        "Safetensors",
        _erasers,
        check=lambda session: erasers_alone(session.state),
        size=_tensors,
    ),
    Row(
        "embeddings",
        noted("The embeddings"),
        noted(
            "Every photo's before and after, and whose it is. “Yours” and --features audit such "
            "files without the photos."
        ),
        "NPZ",
        _embeddings,
        check=lambda session: erasers_behind(session.state),
        size=lambda session: embeddings.size(session.state),
        theirs=_servers_rows,
        more=NAMES,
    ),
)
"""What is offered, in its order."""

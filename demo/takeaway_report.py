"""The report of what is on screen, as an HTML and a JSON file made in memory: nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.session import Session
from engine.errors import LetheError
from engine.progress import Watch, ignore
from engine.report.evidence import known
from engine.report.files import as_text
from engine.report.origin import inputs
from engine.report.page import page as written
from engine.report.pictures import Pictures, drawn, faces, rendered
from engine.report.whole import PAPER, whole
from engine.said import noted
from engine.service.service import Measured
from engine.service.shelf import Shelf

NOBODY = noted("Forget somebody first: a report says what a deletion did.")


@dataclass(frozen=True)
class File:
    """Something to take away: its name, media type and text."""

    name: str
    kind: str
    text: str


def files(session: Session, given: Mapping[str, Any], watch: Watch = ignore) -> tuple[File, File]:
    """The report of a session's deletions as a page to read, and as JSON.

    `given` is how its workspace was opened (`opened_by`). Figures come from the session's service,
    which are those on screen; attacks, curve and comparison take part as far as they were run.
    Raises `LetheError` where nobody is forgotten.
    """
    if not session.state.steps:
        raise LetheError(NOBODY)
    shown = session.measure(watch)
    weak = session.measure(watch, (PAPER,))
    measured = Measured(shown.before | weak.before, (shown.after or {}) | (weak.after or {}))
    evidence, wanted = known(session)
    document = whole(session, measured, evidence, wanted, given)
    photos = faces(session, document) if rendered(document) else {}
    sheet, now = session.sheet, session.positions
    points = None if sheet is None or now is None else drawn(session, sheet.atlas.before, now)
    return (
        File("lethe-report.html", "text/html", written(document, Pictures(points, photos))),
        File("lethe-report.json", "application/json", as_text(document)),
    )


def opened_by(session: Session, shelf: Shelf) -> dict[str, Any]:
    """How a session's workspace was opened, as far as a visitor may know it.

    Of a folder or a model on the server only its last name is told, of what the visitor brought
    nothing: it is kept nowhere, so that only they can say where it lies.
    """
    how = shelf.how(session.at)
    for name in ("faces", "backbone", "strangers"):
        if how.get(name):
            how[name] = Path(str(how[name])).name
    options = {
        name: Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
        for name, value in how["backbone_options"].items()
    }
    how["backbone_options"] = options
    if session.photos_in:
        how["faces"] = None
    if session.model_in:
        how["backbone"] = None
    return inputs(**how)

"""The embedding map as a Gradio component: every photo a point, before and after a deletion."""

import base64
import io
import secrets
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import gradio as gr
import numpy as np
from cachetools import LRUCache
from PIL import Image

from demo import templates
from engine.errors import LetheError
from engine.gallery import Gallery
from engine.maps import Atlas, beside
from engine.said import Said, joined, listed, noted, said, said_n
from engine.workspace import Workspace

HERE = Path(__file__).parent
SCRIPTS = ("map_view.js", "map_play.js", "map_input.js")
"""One script in three files: the painting, a dragged slider, and what hands do to it."""

KNOWN, FORGOTTEN, INNOCENT = range(3)

SHEET, ACROSS, THUMB = 32, 8, 88
"""Thumbnails a sheet and a row of it, and their pixels."""

KEPT_SHEETS = 512
LOW, SPAN = -0.5, 2.0
"""Positions are sent as 16-bit shares of [LOW, LOW + SPAN]: a hair of the map at most zoom."""


class Sheets:
    """Thumbnails of galleries, `SHEET` photos an image, drawn when somebody first looks.

    A browser names a gallery by a token that only pages showing it are told.
    """

    def __init__(self) -> None:
        self._tokens: WeakKeyDictionary[Gallery, str] = WeakKeyDictionary()
        self._galleries: WeakValueDictionary[str, Gallery] = WeakValueDictionary()
        self._kept: WeakKeyDictionary[Gallery, LRUCache[int, str]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def token(self, gallery: Gallery) -> str:
        """The name under which `sheet` gives this gallery's thumbnails, as long as it is open."""
        with self._lock:
            token = self._tokens.setdefault(gallery, secrets.token_urlsafe(12))
            self._galleries[token] = gallery
        return token

    def gallery(self, token: str) -> Gallery | None:
        """The gallery of a token, None where there is none (any more)."""
        return self._galleries.get(token)

    def sheet(self, part: str) -> str:
        """A data URL of sheet `"token/number"`; empty where there is none."""
        token, _, number = str(part).rpartition("/")
        gallery = self.gallery(token)
        if gallery is None or not number.isdigit() or int(number) * SHEET >= len(gallery.photos):
            return ""
        with self._lock:
            own = self._kept.setdefault(gallery, LRUCache(KEPT_SHEETS))
            found = own.get(int(number))
        if found is None:
            found = _draw(gallery, int(number))
            with self._lock:
                own[int(number)] = found
        return found


@dataclass(frozen=True, eq=False)
class Frame:
    """What stays while a gallery is open: its photos' places before, their names and faces."""

    fixed: dict[str, Any]
    before: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    note: str = ""
    people: int = field(default=0)

    @classmethod
    def of(cls, workspace: Workspace, atlas: Atlas, sheets: Sheets) -> "Frame":
        """The frame of a workspace; lays the map out where the atlas has not yet."""
        features, others = workspace.features, workspace.strangers
        rows, tokens = features.rows, [sheets.token(workspace.gallery)]
        if others is not None and len(atlas) > len(features):
            rows = np.concatenate([rows, others.features.rows[others.judging.numpy()]])
            tokens.append(sheets.token(others.gallery))
        names = tuple(workspace.gallery.display(label) for label in range(len(features.identities)))
        return frame(
            atlas.before,
            features.labels.numpy(),
            names,
            rows=rows,
            tokens=tokens,
            key=f"{features.key}/{'sketch' if atlas.sketched else 'map'}",
            note=atlas.note,
        )


def frame(
    before: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    *,
    rows: np.ndarray,
    tokens: Sequence[str],
    key: str,
    note: str = "",
) -> Frame:
    """A frame from positions [n + m, 2], labels [n] into names, and photos [n + m] in sheets."""
    people = len(np.unique(labels))
    fixed = {
        "frame": f"{key}/{len(before)}",
        "before": _points(before),
        "labels": _base64(labels.astype("<u2")),
        "names": list(names),
        "rows": _base64(rows.astype("<u4")),
        "sheets": list(tokens),
        "sheet": SHEET,
        "thumb": THUMB,
        "photos": len(labels),
    }
    return Frame(fixed, before, labels, tuple(names), note, people)


def map_value(
    frame: Frame,
    after: np.ndarray | None = None,
    *,
    forgotten: Collection[int] = (),
    innocent: Collection[int] = (),
    chosen: Collection[int] = (),
    query: int | None = None,
    play: bool = True,
    live: bool = False,
    note: str = "",
) -> dict[str, Any]:
    """What the map shows: `after` [n + m, 2] beside the frame's before, and who is who.

    `forgotten`, `innocent` and `chosen` (ticked, not yet forgotten) are labels, `query` the row
    of the photo asked about. With `play` the slider runs to "after"; `live` is for steps of a
    drag, which follow each other fast: the page has the frame already and is told its key.
    """
    roles = np.full(len(frame.labels), KNOWN, np.uint8)
    roles[np.isin(frame.labels, list(innocent))] = INNOCENT
    roles[np.isin(frame.labels, list(forgotten))] = FORGOTTEN
    return ({"frame": frame.fixed["frame"]} if live else frame.fixed) | {
        "after": "" if after is None else _points(after),
        "roles": _base64(roles),
        "chosen": [int(label) for label in chosen],
        "query": -1 if query is None else int(query),
        "play": play,
        "live": live,
        "note": note or frame.note,
        "summary": summary(frame, after, forgotten),
    }


def summary(frame: Frame, after: np.ndarray | None, forgotten: Collection[int]) -> Said:
    """The map in words, for who does not see it."""
    text = said(
        "Map of {photos:,} photos of {people} people, one point a photo.",
        photos=len(frame.labels),
        people=frame.people,
    )
    if after is None or not forgotten:
        return joined(text, noted("Photos of one person lie together."))
    gone = np.isin(frame.labels, list(forgotten))
    size = float(np.linalg.norm(np.ptp(frame.before, axis=0))) or 1.0
    way = np.linalg.norm(after - frame.before, axis=1)[: len(gone)] / size
    own, near = frame.labels[gone], beside(after[: len(gone)], frame.labels, np.flatnonzero(gone))
    return joined(
        text,
        said("Forgotten: {names}.", names=listed([frame.names[label] for label in forgotten], 5)),
        said(
            "After the deletion half of their photos moved by {own} of the map's diameter or "
            "more, those of everybody else by {others}.",
            own=_share(way[gone]),
            others=_share(way[~gone]),
        ),
        _company(own, near, len(forgotten)),
    )


def _company(own: np.ndarray, near: np.ndarray, people: int) -> Said:
    """Among whom the photos of the forgotten (labels `own`) lie: beside photos of `near`."""
    apart = near != own
    whose = said_n("The person's photos", "The {count} people's photos", people)
    if not apart.any():
        return said("{whose} still lie beside each other.", whose=whose)
    return said_n(
        "{whose} lie scattered among one other person's: {apart:,} of {all:,} have somebody "
        "else's beside them.",
        "{whose} lie scattered among those of {count} others: {apart:,} of {all:,} have somebody "
        "else's beside them.",
        len(set(near[apart].tolist())),
        whose=whose,
        apart=int(apart.sum()),
        all=len(own),
    )


def map_view(value: dict[str, Any] | None, sheets: Sheets, **options: Any) -> gr.HTML:
    """The map (`#map`, its slider `#map-morph`). Event `pick` carries index, label and stranger."""

    def sheet(part: str) -> str:
        return sheets.sheet(part)

    return gr.HTML(
        value=value or {},
        html_template=templates.render("map_view"),
        css_template=(HERE / "map_view.css").read_text("utf-8"),
        js_on_load="".join((HERE / name).read_text("utf-8") for name in SCRIPTS),
        apply_default_css=False,
        elem_id="map",
        server_functions=[sheet],
        **options,
    )


def _draw(gallery: Gallery, number: int) -> str:
    photos = range(number * SHEET, min((number + 1) * SHEET, len(gallery.photos)))
    high = -(-len(photos) // ACROSS)
    page = Image.new("RGB", (ACROSS * THUMB, high * THUMB), (160, 160, 160))
    for cell, photo in enumerate(photos):
        try:
            thumbnail = Image.open(io.BytesIO(gallery.thumbnail(photo, THUMB)))
        except LetheError:
            continue
        page.paste(thumbnail, (cell % ACROSS * THUMB, cell // ACROSS * THUMB))
    out = io.BytesIO()
    page.save(out, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def coded(xy: np.ndarray) -> np.ndarray:
    """Positions as the page reads them: uint16 shares of [LOW, LOW + SPAN]."""
    shares = np.clip((np.asarray(xy, np.float64) - LOW) / SPAN, 0, 1)
    return np.round(shares * 65535).astype("<u2")


def _points(xy: np.ndarray) -> str:
    return _base64(coded(xy))


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _share(way: np.ndarray) -> str:
    return f"{100 * float(np.median(way)):.0f} %" if len(way) else "0 %"

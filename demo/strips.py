"""What a dragged strength slider shows at every rank, in one packet that the page plays alone.

Panels travel as the HTML that their templates give, in the reader's language, so that a page needs
no second way of saying figures. Pictures in them travel once, by number; the whole is deflated,
which takes out what the ranks have in common.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np

from demo import languages, map_view, painting
from demo.atlases import Sheet
from demo.painting import Updates
from demo.panels import retrieval
from demo.session import Played, Session
from engine.erasure.esc import METHOD
from engine.errors import Cancelled, LetheError
from engine.live.strip import Frame
from engine.service.asking import asked_at
from engine.service.live import Live
from engine.service.service import Measured
from engine.service.strips import Strip, Strips
from engine.service.work import Stop
from engine.workspace import start

PICTURE = re.compile(r'src="(data:[^"]+)"')
PANELS = ("kr", "scoreboard", "who", "result", "fates", "innocent", "summary")
"""What a packet holds of each rank, beside where the points are."""


def draggable(session: Session) -> bool:
    """Whether the slider drags a deletion by ESC: the last one, or that of the chosen to come."""
    return bool(session.chosen) or Live.follows(session.state, METHOD.name)


def packets(
    session: Session, sheet: Sheet, wanted: Callable[[], bool], *, whole: bool = True
) -> Iterator[Updates]:
    """The strip of a few ranks as quickly as it can be had, then where `whole` that of all.

    Nothing where the page has it already, and no more once it is not `wanted` or something else
    is asked. Work on it goes in where nobody else waits.
    """
    now, played = _now(session, sheet, whole), session.played
    known = played is not None and played.mark == now.mark
    if played is not None and known and played.photo == now.photo and played.whole >= whole:
        return

    def still() -> bool:
        asked = _now(session, sheet, whole)
        return wanted() and (asked.mark, asked.photo) == (now.mark, now.photo)

    strips = Strips(session.service)
    try:
        strip = strips.of(session)
    except LetheError:
        return
    if strip is None or not still():
        return

    def told(strip: Strip, frames: list[Frame] | None, *, whole: bool) -> Iterator[Updates]:
        shown = _shown(session, sheet, strip, frames, still) if frames else None
        if not frames or not shown or not still():
            return
        # Whether it comes is known when more is asked for; until then the page may have any.
        session.played = coming = Played("", (), whole)
        yield _packed(session, sheet, strip, frames, shown)
        if session.played is coming:
            session.played = Played(now.mark, now.photo, whole)

    begun = played is not None and known and (played.whole or played.photo == now.photo)
    if not (whole and begun):
        yield from told(
            strip, strips.frames(strip, strip.coarse, sheet.atlas, session.who, still), whole=False
        )
    if whole:
        yield from told(strip, strips.refined(strip, sheet.atlas, session.who, still), whole=True)


def _now(session: Session, sheet: Sheet, whole: bool) -> Played:
    photo = (session.spread, session.asked, session.query, sheet)
    return Played(painting.mark(session), photo, whole)


def _packed(
    session: Session,
    sheet: Sheet,
    strip: Strip,
    frames: Sequence[Frame],
    shown: Sequence[dict[str, Any]],
) -> Updates:
    moved = np.unique(np.concatenate([one.moved for one in frames])).astype("<u4")
    places = np.repeat(sheet.atlas.before[None, moved], len(frames), 0)
    for at, one in enumerate(frames):
        places[at, np.searchsorted(moved, one.moved)] = one.places
    pictures: dict[str, int] = {}
    for panels in shown:
        panels["who"] = PICTURE.sub(
            lambda found: f'src="#{pictures.setdefault(found[1], len(pictures))}"', panels["who"]
        )
    header = {
        "mark": painting.mark(session),
        "method": METHOD.name,
        "frame": sheet.frame.fixed["frame"],
        "people": list(strip.forget),
        "gone": [*strip.base.forgotten, *strip.forget],
        "ranks": [one.rank for one in frames],
        "whole": len(frames) == len(strip.ranks),
        "moved": len(moved),
        "asked": retrieval.asked(None if session.unenrolled else session.query),
        "spread": session.spread,
        "panels": {name: [one[name] for one in shown] for name in PANELS},
        "pictures": list(pictures),
        "status": painting.dragging(quick=True)["status"]["value"],
        "preview": painting.previewing()["status"]["value"],
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    raw = b"".join(
        (
            np.uint32(len(text)).astype("<u4").tobytes(),
            text,
            moved.tobytes(),
            map_view.coded(places).tobytes(),
        )
    )
    return {"strip": {"packet": base64.b64encode(zlib.compress(raw)).decode()}}


def _shown(
    session: Session,
    sheet: Sheet,
    strip: Strip,
    frames: Sequence[Frame],
    wanted: Callable[[], bool],
) -> list[dict[str, Any]] | None:
    """What the panels show of each frame; None once it is not `wanted` any more."""
    ranks = [one.rank for one in frames]
    gate = session.service.gate
    try:
        with gate.held(Stop(session.who, strip.urgency, wanted)):
            answers = asked_at(strip.live, ranks, session.query, session.unenrolled)
            before = _before(session, strip, frames)
    except Cancelled:
        return None
    out = []
    seen = copy(session)
    for frame, answer in zip(frames, answers, strict=True):
        if not wanted():
            return None
        seen.state, seen.chosen = strip.state(frame), ()
        told = painting.numbers(seen, Measured(before, dict(frame.figures)), exact=False)
        after = sheet.atlas.before.copy()
        after[frame.moved] = frame.places
        out.append(
            languages.all_translated(
                {
                    "kr": told["kr"]["value"],
                    "scoreboard": told["scoreboard"]["value"],
                    "result": told["result"]["said"],
                    "fates": told["people"]["fates"],
                    "who": retrieval.render(session.workspace, answer, session.unenrolled),
                    "innocent": list(frame.innocents),
                    "summary": map_view.summary(sheet.frame, after, seen.state.forgotten),
                }
            )
        )
    return out


def _before(session: Session, strip: Strip, frames: Sequence[Frame]) -> dict[str, dict]:
    """The figures before any deletion: exact, but of a first strip that would wait for them."""
    origin = start(session.workspace)
    people = tuple(sorted((*strip.base.forgotten, *strip.forget)))
    known = session.service.known(("audit", people, None), origin)
    if known is None and not strip.base.steps and len(frames) < len(strip.ranks):
        return dict(frames[0].figures)
    return known or session.service.audit(origin, people)

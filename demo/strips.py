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
from demo.session import Session
from engine.erasure.esc import METHOD
from engine.errors import LetheError
from engine.live.strip import Frame
from engine.service.asking import asked_at
from engine.service.live import Live
from engine.service.service import Measured
from engine.service.strips import Strip, Strips
from engine.workspace import start

PICTURE = re.compile(r'src="(data:[^"]+)"')
PANELS = ("kr", "scoreboard", "who", "result", "fates", "innocent", "summary")
"""What a packet holds of each rank, beside where the points are."""


def draggable(session: Session) -> bool:
    """Whether the slider drags a deletion: made by ESC, and nobody is chosen for the next one."""
    return not session.chosen and Live.follows(session.state, METHOD.name)


def packets(session: Session, sheet: Sheet, wanted: Callable[[], bool]) -> Iterator[Updates]:
    """The strip of a few ranks as quickly as it can be had, then that of all.

    Nothing where the page has it already, and no more once it is not `wanted`.
    """
    now = (painting.mark(session), session.spread, session.asked, session.query, sheet)
    if session.played == now:
        return
    strips = Strips(session.service)
    try:
        strip = strips.of(session)
    except LetheError:
        return
    if strip is None:
        return
    if session.played is None or session.played[0] != now[0]:
        frames = strips.frames(strip, strip.coarse, sheet.atlas, session.who, wanted)
        if frames and wanted():
            yield _packed(session, sheet, strip, frames)
    frames = strips.refined(strip, sheet.atlas, session.who, wanted)
    if frames and wanted():
        yield _packed(session, sheet, strip, frames)
        session.played = now


def _packed(session: Session, sheet: Sheet, strip: Strip, frames: Sequence[Frame]) -> Updates:
    moved = np.unique(np.concatenate([one.moved for one in frames])).astype("<u4")
    places = np.repeat(sheet.atlas.before[None, moved], len(frames), 0)
    for at, one in enumerate(frames):
        places[at, np.searchsorted(moved, one.moved)] = one.places
    pictures: dict[str, int] = {}
    shown = _shown(session, sheet, strip, frames)
    for panels in shown:
        panels["who"] = PICTURE.sub(
            lambda found: f'src="#{pictures.setdefault(found[1], len(pictures))}"', panels["who"]
        )
    header = {
        "mark": painting.mark(session),
        "frame": sheet.frame.fixed["frame"],
        "people": list(strip.forget),
        "gone": [*strip.base.forgotten, *strip.forget],
        "ranks": [one.rank for one in frames],
        "moved": len(moved),
        "asked": retrieval.asked(None if session.unenrolled else session.query),
        "spread": session.spread,
        "panels": {name: [one[name] for one in shown] for name in PANELS},
        "pictures": list(pictures),
        "status": painting.dragging(quick=True)["status"]["value"],
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
    session: Session, sheet: Sheet, strip: Strip, frames: Sequence[Frame]
) -> list[dict[str, Any]]:
    """What the panels show of each frame."""
    ranks = [one.rank for one in frames]
    answers = asked_at(strip.live, ranks, session.query, session.unenrolled)
    before = _before(session, strip, frames[0])
    out = []
    for frame, answer in zip(frames, answers, strict=True):
        seen = copy(session)
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


def _before(session: Session, strip: Strip, untouched: Frame) -> dict[str, dict]:
    """The figures before any deletion: exact where they are known, else as quick as the others."""
    origin = start(session.workspace)
    people = tuple(sorted((*strip.base.forgotten, *strip.forget)))
    known = session.service.known(("audit", people, None), origin)
    if known is not None or not strip.base.steps:
        return known or dict(untouched.figures)
    return session.service.audit(origin, people)

"""One frame of a live camera: asked about in a thread, answered at once, and kept nowhere."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo.panels import live
from demo.session import Session
from engine.errors import Cancelled
from engine.said import noted
from engine.service.asking import NoFace, asked_about, show
from engine.service.work import Stop

PATIENCE = 2.0
"""Seconds that a frame waits for a place at the gate; an older one is of no interest."""

BUSY = noted("Other work comes first; this goes on by itself.")

_asking = ThreadPoolExecutor(1, thread_name_prefix="lethe-live")
"""All live cameras together take one place at the gate, so that they keep nobody else out."""


def glance(session: Session, photo: bytes, cancel: threading.Event) -> dict[str, Any]:
    """What the page shows of a frame, about the session's deletions as they stand now.

    Raises `LetheError` for what is no photo, `Cancelled` when `cancel` is set before its turn.
    """
    state = session.state
    forgot = {"forgot": bool(state.steps)}
    with session.service.gate.held(cancel):
        try:
            shown = show(state.workspace, photo, filmed=True)
        except NoFace:
            return live.told(state.workspace, None) | forgot
        return live.told(state.workspace, asked_about(state, shown), shown.remark) | forgot


async def later(session: Session, photo: bytes, patience: float = PATIENCE) -> dict[str, Any]:
    """`glance` without keeping the event loop; a sentence under `wait` where the gate is full."""
    cancel = Stop(session.who)
    asked = asyncio.get_running_loop().run_in_executor(_asking, glance, session, photo, cancel)
    done, _ = await asyncio.wait([asked], timeout=patience)
    if not done:
        cancel.set()
    try:
        return await asked
    except Cancelled:
        return {"wait": BUSY}

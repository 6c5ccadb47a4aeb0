"""Maps of the open workspaces, and where a visitor's points are on them."""

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import map_view
from demo.session import Session
from engine.audit.innocent import taken_for
from engine.maps import Atlas
from engine.progress import Progress, Watch, ignore
from engine.store import Store
from engine.workspace import Workspace


@dataclass(frozen=True)
class Sheet:
    """A workspace's map: the engine's atlas, and the part of the picture that never changes."""

    atlas: Atlas
    frame: map_view.Frame


class Atlases:
    """One map a workspace, drawn once and shared; positions after a deletion are the visitor's."""

    def __init__(self, store: Store | None = None) -> None:
        self.sheets = map_view.Sheets()
        self._store = store
        self._lock = threading.Lock()
        self._drawn: weakref.WeakKeyDictionary[Workspace, Sheet] = weakref.WeakKeyDictionary()

    def prepare(self, workspace: Workspace, watch: Watch = ignore) -> Sheet:
        """Draw the map before any deletion; from the cache where it has been drawn once."""
        with self._lock:
            sheet = self._drawn.get(workspace)
            if sheet is None:
                watch(Progress("drawing the map", 0, 1))
                others = workspace.strangers
                judging = None if others is None else others.features.values[others.judging]
                atlas = Atlas(
                    workspace.features.values, judging, store=self._store, seed=workspace.seed
                )
                sheet = Sheet(atlas, map_view.Frame.of(workspace, atlas, self.sheets))
                self._drawn[workspace] = sheet
        return sheet

    def placed(self, session: Session) -> np.ndarray | None:
        """Where the points of the present state belong, at once: beside their new neighbours."""
        state = session.state
        if not state.steps:
            return None
        return self.prepare(session.workspace).atlas.place(state.values, state.judging)

    def settled(self, session: Session, watch: Watch = ignore) -> np.ndarray | None:
        """Positions of the present state by a joint layout; None when nobody is forgotten."""
        state = session.state
        if not state.steps:
            return None
        watch(Progress("settling the map", 0, 1))
        return self.prepare(session.workspace).atlas.after(state.values, state.judging)

    def show(self, session: Session, *, play: bool = False, live: bool = False) -> dict[str, Any]:
        """The map of the session's positions. `play` shows the way there, `live` hardly any."""
        state = session.state
        value = map_view.map_value(
            self.prepare(session.workspace).frame,
            session.positions,
            forgotten=state.forgotten,
            innocent=taken_for(state.view()) if state.steps else (),
            chosen=session.chosen,
            query=session.query,
            play=play,
            live=live,
        )
        return {"value": value}

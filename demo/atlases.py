"""Maps of the open workspaces, and where a visitor's points are on them."""

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import map_view
from demo.session import Session
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

    def still(self, session: Session) -> dict[str, Any]:
        """The map as it stands; nothing moves."""
        return self._show(session, session.positions, play=False)

    def quick(self, session: Session, *, play: bool) -> dict[str, Any]:
        """The map of a new state at once, by placing what moved beside its new neighbours."""
        state = session.state
        atlas = self.prepare(session.workspace).atlas
        moved = atlas.place(state.values, state.judging) if state.steps else None
        return self._show(session, moved, play=play)

    def settled(self, session: Session, watch: Watch = ignore) -> np.ndarray | None:
        """Positions of the present state by a joint layout; None when nobody is forgotten."""
        state = session.state
        if not state.steps:
            return None
        watch(Progress("settling the map", 0, 1))
        return self.prepare(session.workspace).atlas.after(state.values, state.judging)

    def _show(
        self, session: Session, positions: np.ndarray | None, *, play: bool
    ) -> dict[str, Any]:
        value = map_view.map_value(
            self.prepare(session.workspace).frame,
            positions,
            forgotten=session.state.forgotten,
            chosen=session.chosen,
            query=session.query,
            play=play,
        )
        return {"value": value}

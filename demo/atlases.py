"""Maps of the open workspaces, and where a visitor's points are on them."""

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import map_view
from demo.session import Session
from engine import maps
from engine.maps import Atlas
from engine.progress import Progress, Watch, ignore
from engine.said import noted
from engine.store import Store
from engine.workspace import Workspace


@dataclass(frozen=True)
class Sheet:
    """A workspace's map: the engine's atlas, and the part of the picture that never changes."""

    atlas: Atlas
    frame: map_view.Frame


class Atlases:
    """One map a workspace, drawn once and shared; positions after a deletion are the visitor's.

    With `sketch` nobody waits until the engine's `maps` are ready: before that a map that the
    store does not have is a sketch, which `finish` replaces, and a deletion's points stay where
    they are placed at once.
    """

    def __init__(self, store: Store | None = None, *, sketch: bool = False) -> None:
        self.sheets = map_view.Sheets()
        self.redrawn = False
        """Whether the page, which is painted once for everybody, may show a replaced sketch."""
        self._store, self._sketch = store, sketch
        self._lock = threading.Lock()
        self._drawn: weakref.WeakKeyDictionary[Workspace, Sheet] = weakref.WeakKeyDictionary()

    def prepare(self, workspace: Workspace, watch: Watch = ignore) -> Sheet:
        """Draw the map before any deletion; from the cache where it has been drawn once."""
        with self._lock:
            sheet = self._drawn.get(workspace)
            if sheet is None:
                watch(Progress(noted("drawing the map"), 0, 1))
                sheet = self._draw(workspace, sketch=self._sketch and not maps.ready())
                self._drawn[workspace] = sheet
        return sheet

    def finish(self) -> None:
        """Draw the maps that are sketches still. Meant for a background thread, after `warm`."""
        with self._lock:
            sketches = [each for each, sheet in self._drawn.items() if sheet.atlas.sketched]
        for workspace in sketches:
            sheet = self._draw(workspace)
            with self._lock:
                self._drawn[workspace] = sheet
            self.redrawn = True

    def _draw(self, workspace: Workspace, sketch: bool = False) -> Sheet:
        others = workspace.strangers
        judging = None if others is None else others.features.values[others.judging]
        atlas = Atlas(
            workspace.features.values,
            judging,
            store=None if workspace.private else self._store,
            seed=workspace.seed,
            sketch=sketch,
        )
        return Sheet(atlas, map_view.Frame.of(workspace, atlas, self.sheets))

    def sheet(self, session: Session) -> Sheet:
        """The map the visitor's points lie on: the latest one as long as none has moved."""
        if session.positions is None or session.sheet is None:
            session.sheet = self.prepare(session.workspace)
        return session.sheet

    def placed(self, session: Session) -> np.ndarray | None:
        """Where the points of the present state belong, at once: beside their new neighbours."""
        state = session.state
        if not state.steps:
            return None
        return self.sheet(session).atlas.place(state.values, state.judging)

    def settled(self, session: Session, watch: Watch = ignore) -> np.ndarray | None:
        """Positions of the present state, settled by UMAP; None when nobody is forgotten."""
        state = session.state
        if not state.steps:
            return None
        if self._sketch and not maps.ready():
            return self.placed(session)
        atlas = self.sheet(session).atlas

        def settle() -> np.ndarray:
            return atlas.after(state.values, state.judging, watch=watch)

        # A drawn map, unlike a sketch, is the same for everybody who looks at the workspace.
        return settle() if atlas.sketched else session.service.once("settled", state, settle, watch)

    def show(self, session: Session, *, play: bool = False, live: bool = False) -> dict[str, Any]:
        """The map of the session's positions. `play` shows the way there, `live` hardly any."""
        state = session.state
        value = map_view.map_value(
            self.sheet(session).frame,
            session.positions,
            forgotten=state.forgotten,
            innocent=session.service.innocents(state),
            chosen=session.chosen,
            query=None if session.unenrolled else session.query,
            play=play,
            live=live,
        )
        return {"value": value}

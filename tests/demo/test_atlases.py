"""Maps of the page: nobody waits for UMAP, and nobody's points lie on another map than shown."""

import numpy as np
import pytest

from demo.actions import Actions
from demo.atlases import Atlases
from demo.session import Session, Sessions
from engine import maps
from engine.maps import Atlas
from engine.service.service import Service
from engine.service.shelf import Shelf, Spec
from engine.workspace import Workspace, start
from tests.demo.world import workspace


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """umap-learn that is not loaded yet, and must not be; emptied, it is."""
    waiting = [True]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody waits for umap-learn")

    lay_out, join = maps.umaps.lay_out, maps.umaps.join
    monkeypatch.setattr(maps, "ready", lambda: not waiting)
    for name, work in (("lay_out", lay_out), ("join", join)):
        monkeypatch.setattr(
            maps.umaps, name, lambda *a, work=work, **k: (refuse if waiting else work)(*a, **k)
        )
    return waiting


def forgetful(space: Workspace) -> Session:
    """A visitor who has forgotten two people."""
    session = Session(Service(), space)
    session.forget((1, 3))
    return session


def test_before_umap_is_loaded_maps_are_sketches_and_say_so(cold: list[bool]) -> None:
    """Catches a first visitor who waits for an import, and a sketch passed off as the map."""
    atlases, session = Atlases(sketch=True), forgetful(workspace())
    sheet = atlases.prepare(session.workspace)
    assert sheet.atlas.sketched
    assert "sketch" in sheet.frame.note
    session.positions = atlases.placed(session)
    assert np.array_equal(atlases.settled(session), session.positions)
    gone = np.isin(sheet.frame.labels, (1, 3))
    way = np.linalg.norm(session.positions - sheet.atlas.before, axis=1)
    assert np.median(way[gone]) > 0.02
    assert np.median(way[~gone]) == 0
    labels, xy = sheet.frame.labels, sheet.atlas.before
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 9 * np.eye(len(xy))
    assert (labels[apart.argmin(1)] == labels).mean() > 0.7


def test_the_full_map_takes_over_between_deletions(cold: list[bool]) -> None:
    """Catches points of the sketch shown on the full map, and a sketch that stays for good."""
    space = workspace()
    atlases, busy = Atlases(sketch=True), forgetful(space)
    sketch = atlases.prepare(space)
    busy.positions = atlases.placed(busy)
    assert not atlases.redrawn
    cold.clear()
    atlases.finish()
    assert atlases.redrawn
    full = atlases.prepare(space)
    assert not full.atlas.sketched
    assert not full.frame.note
    assert full.frame.fixed["frame"] != sketch.frame.fixed["frame"]
    assert np.array_equal(full.atlas.before, Atlas(space.features.values).before)
    assert atlases.show(busy)["value"]["frame"] == sketch.frame.fixed["frame"]
    settled = atlases.settled(busy)
    still = ~np.isin(sketch.frame.labels, (1, 3))
    assert np.median(np.linalg.norm(settled - sketch.atlas.before, axis=1)[still]) == 0
    busy.state, busy.positions = start(space), None
    assert atlases.show(busy)["value"]["frame"] == full.frame.fixed["frame"]


def test_who_may_wait_gets_the_full_map(cold: list[bool]) -> None:
    """Catches sketches where nobody ever warms the maps: tests, scripts, the API."""
    cold.clear()
    assert not Atlases().prepare(workspace()).atlas.sketched


def test_who_comes_after_the_sketch_sees_the_full_map(cold: list[bool]) -> None:
    """Catches a page painted once with a sketch and shown as such to everybody who comes later."""

    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, workspace())
    actions = Actions(shelf, Atlases(sketch=True), Sessions())
    sketch = actions.atlases.prepare(shelf.open())
    early = {"session": "early"}
    assert actions.arrive(actions.session("early")) == dict.fromkeys(
        ("people", "who", "live"), early
    )
    cold.clear()
    actions.atlases.finish()
    told = actions.arrive(actions.session("late"))["map"]["value"]
    assert told["frame"] != sketch.frame.fixed["frame"]
    assert told["before"]

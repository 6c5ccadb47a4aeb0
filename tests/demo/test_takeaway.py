"""Files to take away: what is offered is what can be had, and nobody else gets it."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.torch import load

from demo.actions import Actions
from demo.atlases import Atlases
from demo.panels.take import sized
from demo.session import READY, Session, Sessions
from demo.takeaway import TakeAway
from demo.takeaway_rows import ROWS
from demo.uploads import TAKE
from engine.export.embeddings import as_npz
from engine.opening import open_workspace
from engine.service.own import Limits
from engine.service.shelf import Shelf, Spec
from engine.workspace import start
from tests.demo.own import last
from tests.demo.test_uploads import page, post, talk
from tests.demo.world import workspace

SPACE = workspace()
ALL = ("report", "steps", "onnx", "weights", "eraser", "embeddings")


@pytest.fixture
def bare() -> Actions:
    """A page whose people have embeddings, and no model that could be had."""
    shelf = Shelf(Spec("toy", "still"))
    shelf.put(shelf.default, SPACE)
    return Actions(shelf, Atlases(sketch=True), Sessions())


def offers(away: TakeAway, session: Session) -> dict[str, Any]:
    return {one.key: one for one in away.offered(session)}


def made(away: TakeAway, session: Session, key: Any, turn: int = 3) -> list[str]:
    told = last(list(away.make(session, {"key": key, "turn": turn})), "take", "made")
    assert told["turn"] == turn
    return told["names"]


def test_what_is_offered_is_the_deletions_on_screen(actions: Actions) -> None:
    """Would catch a row that gives nothing, one refused though it can be had, a size that is made
    up, an earlier state's file, one of two erasers lost, or names of people in a model."""
    away, session = TakeAway(actions), actions.session("a")
    for panel, prop in (("take", "ready"), ("saved", "any")):
        assert last(list(away.follow(session)), panel, prop) is False
    for method, had in (("esc", {*ALL}), ("leace", {*ALL} - {"weights"})):
        session.forget((len(session.state.steps),), method)
        for panel, prop in (("take", "ready"), ("saved", "any")):
            assert last(list(away.follow(session)), panel, prop) is True
        shown = offers(away, session)
        assert {key for key, one in shown.items() if not one.why} == had, method
        for key in ("steps", "weights", "eraser", "embeddings"):
            names = made(away, session, key)
            assert bool(names) == (key in had), (method, key)
            size = sum(len(session.made[name]) for name in names)
            if shown[key].size is not None:
                assert abs(size - shown[key].size) < 0.1 * max(size, 30_000), (method, key)
    assert made(away, session, "eraser") == [
        *("lethe-eraser-1.safetensors", "lethe-eraser-2.safetensors")
    ]
    first, second = (load(data) for data in session.made.values())
    for step, tensors in zip(session.state.steps, (first, second), strict=True):
        assert all(
            bool((tensors[name] == one).all()) for name, one in step.eraser.tensors().items()
        )
    (name,) = made(away, session, "onnx")
    data = session.made[name]
    assert abs(len(data) - offers(away, session)["onnx"].size) < 0.1 * len(data)
    assert onnxruntime.InferenceSession(data).get_outputs()[0].shape[1] == 256
    for person in session.workspace.gallery.identities:
        assert person.encode() not in data


def test_report_steps_and_embeddings(bare: Actions) -> None:
    """Would catch a report of another state, steps that name who is known by a photo alone, and
    embeddings of one side twice."""
    away, session = TakeAway(bare), bare.session("a")
    list(bare.forget(session, [1, 4], "esc", {}))
    assert made(away, session, "report") == ["lethe-report.html", "lethe-report.json"]
    report = json.loads(session.made["lethe-report.json"])
    assert report["forget"] == ["Kofi", "Priya"]
    assert session.made["lethe-report.html"].startswith(b"<!DOCTYPE html>")
    assert made(away, session, "steps") == ["lethe-steps.json"]
    assert json.loads(session.made["lethe-steps.json"])["steps"][0]["forget"] == ["Kofi", "Priya"]
    assert not offers(away, session)["steps"].more
    assert made(away, session, "embeddings") == [
        *("lethe-embeddings-before.npz", "lethe-embeddings-after.npz")
    ]
    sides = [np.load(io.BytesIO(data))["embeddings"] for data in session.made.values()]
    assert np.array_equal(sides[0], SPACE.features.values.numpy())
    assert np.array_equal(sides[1], session.state.values.numpy())
    named = bare.session("c")
    list(bare.forget(named, [1], "head-only", {}))
    shown = offers(away, named)
    assert {key for key, one in shown.items() if not one.why} == {"report", "steps"}
    assert made(away, named, "embeddings") == []
    own = bare.session("b")
    bare.enter(own, replace(SPACE, private=True))
    list(bare.forget(own, [1], "esc", {}))
    made(away, own, "steps")
    assert b"Kofi" not in own.made["lethe-steps.json"]
    shown = offers(away, own)
    assert "hash of a photo" in shown["steps"].more
    assert "Photos are not in it" in shown["report"].more


def test_embeddings_of_the_server_stay(tmp_path: Path) -> None:
    """Would catch a file that whoever runs the page opened, given to anybody who comes by."""
    path = tmp_path / "people.npz"
    path.write_bytes(as_npz(start(SPACE).forget((1,), "esc"))["before"])
    given = open_workspace(path, "features")
    shelf = Shelf(Spec(str(path), "features"))
    shelf.put(shelf.default, given)
    actions = Actions(shelf, Atlases(sketch=True), Sessions())
    session = actions.session("a")
    list(actions.forget(session, [1], "esc", {}))
    shown = offers(TakeAway(actions), session)
    assert "belongs to" in shown["embeddings"].why
    for key in ("onnx", "weights"):
        assert "without a model" in shown[key].why
    session.photos_in = True
    assert not offers(TakeAway(actions), session)["embeddings"].why


def test_whoever_runs_the_page_keeps_their_model(bare: Actions, tmp_path: Path) -> None:
    """Would catch a server's own model given to anybody who comes by."""
    session = bare.session("a")
    list(bare.forget(session, [1], "esc", {}))
    shown = offers(TakeAway(bare), session)
    assert "without a model" in shown["onnx"].why
    assert made(TakeAway(bare), session, "onnx") == []
    assert made(TakeAway(bare), session, "eraser") == ["lethe-eraser.safetensors"]
    for options, spec in (({"weights": "x"}, "still"), ({}, str(tmp_path / "m.onnx"))):
        shelf = Shelf(Spec("toy", spec), backbone_options=options)
        shelf.put(shelf.default, SPACE)
        for allowed, words in ((False, "belongs to whoever runs"), (True, "whose networks Lethe")):
            limits = Limits(hand_over_model=allowed)
            theirs = Actions(shelf, Atlases(sketch=True), Sessions(), limits)
            visitor = theirs.session("v")
            list(theirs.forget(visitor, [1], "esc", {}))
            shown = offers(TakeAway(theirs), visitor)
            assert words in shown["weights"].why
            assert ("belongs to" in shown["onnx"].why) != allowed
            assert ("belongs to" in shown["embeddings"].why) != allowed
            assert not shown["eraser"].why
            visitor.model_in = True  # a model of their own is theirs
            assert "belongs to" not in offers(TakeAway(theirs), visitor)["onnx"].why


def test_one_session_once(bare: Actions) -> None:
    """Would catch a file by whoever knows its name, by another page, or twice."""
    away, session = TakeAway(bare), bare.session("ada")
    bare.session("kofi")
    list(bare.forget(session, [1], "esc", {}))
    (name,) = made(away, session, "eraser")
    data = session.made[name]
    assert session.held >= len(data)
    app = page(bare.sessions)
    where = f"{TAKE}?name={name}&session="
    (by_get,) = talk(app, ("GET", f"{where}ada"))
    assert by_get.status_code == 405
    assert post(app, f"{where}kofi").status_code == 404
    assert post(app, f"{where}nobody").status_code == 404
    assert post(app, f"{where}ada", **{"sec-fetch-site": "cross-site"}).status_code == 403
    got = post(app, f"{where}ada")
    assert (got.status_code, got.content, got.headers["cache-control"]) == (200, data, "no-store")
    assert post(app, f"{where}ada").status_code == 404
    made(away, session, "eraser")
    session.forget_own()
    assert post(app, f"{where}ada").status_code == 404
    made(away, session, "eraser")
    bare.sessions.drop("ada")
    assert not session.made
    assert post(app, f"{where}ada").status_code == 404


def test_nonsense_is_answered(bare: Actions) -> None:
    """Would catch a traceback, and a button that waits for ever."""
    away, session = TakeAway(bare), bare.session("a")
    for key in (*ALL, "all", None, ["eraser"]):
        assert made(away, session, key) == []
    list(bare.forget(session, [1], "esc", {}))
    with session.working():
        assert made(away, session, "eraser") == []
    assert tuple(one.key for one in ROWS) == ALL
    assert [sized(one) for one in (12, 1_234, 45_000, 9_160_000, 110e6)] == [
        *("12 B", "1.2 kB", "45 kB", "9.2 MB", "110 MB"),
    ]


def test_what_nobody_fetches_makes_room(bare: Actions) -> None:
    """Would catch visitors who fill the server's memory with files that they never fetch."""
    old, new = bare.session("old"), bare.session("new")
    old.made, new.made = {"a": b"x" * 10}, {"b": b"y" * 10}
    bare.sessions.make_room(READY - 20)
    assert old.made
    bare.sessions.make_room(READY - 10)
    assert (old.made, len(new.made)) == ({}, 1)

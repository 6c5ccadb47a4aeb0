"""The acts of "Your photos", without a browser: looked at, opened, seen by nobody else, wiped."""

import gc
import threading
import weakref

import pytest

from demo.actions import YOURS, Actions
from demo.yours import Yours
from engine.service.own import Edits
from tests.demo.own import ALONE, brought, last
from tests.engine.test_own import photo_bytes


def test_looked_at_then_opened(actions: Actions) -> None:
    """Catches a review of other photos than are opened, and a studio that others share."""
    session, yours = brought(actions), Yours(actions)
    shared = session.service
    told = list(yours.look(session, ALONE))
    assert "18 photos of 3 people used" in str(last(told, "yours", "review"))
    assert last(told, "yours", "busy") is False
    assert "trained on rendered people" in last(told, "yours", "said")["text"]
    assert not session.workspace.private
    told = list(yours.enter(session, ALONE))
    assert last(told, "yours", "entered") == 1
    assert {"faces": YOURS, "backbone": "mini"}.items() <= last(told, "header", "value").items()
    assert session.workspace.private
    assert session.workspace.gallery.identities == ("Friend Asha", "Friend Diego", "Friend Greta")
    assert session.service is not shared
    assert session.service.gate is shared.gate
    list(actions.forget(session, {"chosen": [0]}, "esc", {}))
    assert session.state.forgotten == (0,)
    own_keys = {session.workspace.key}
    assert not any(key[1] in own_keys for key in shared.kept._kept)
    assert "Friend" not in str(actions.everything(actions.session("b")))


def test_what_was_left_out_or_renamed_is_heeded(actions: Actions) -> None:
    """Catches a changed review that is opened unchanged, and values that no page would send."""
    session, yours = brought(actions), Yours(actions)
    value = {
        "company": True,
        "out": ["Friend Asha/0.webp", 7, None],
        "names": {"Friend Diego": "  D. ", "Friend Greta": "", "x": 3},
    }
    told = list(yours.look(session, value))
    assert "17 photos of 3 people used" in str(last(told, "yours", "review"))
    assert "left out by you" in str(last(told, "yours", "review"))
    list(yours.enter(session, value))
    assert session.workspace.gallery.identities[:3] == ("D.", "Friend Asha", "Friend Greta")
    assert len(session.workspace.gallery.identities) == 67
    for odd in (
        None,
        "x",
        {"out": "all", "names": [1], "moved": [2], "faces": "left"},
        {"faces": {"a": [0.5], "b": [2, 0], "c": ["0", "0"], "d": [float("nan"), 0], 7: [0, 0]}},
    ):
        list(yours.look(session, odd))
        assert session.edits == Edits()
    list(yours.look(session, {"faces": {"a": [0, 0.25]}, "moved": {"a": " B "}}))
    assert session.edits == Edits(moved={"a": "B"}, faces={"a": (0.0, 0.25)})


def test_another_backbone_keeps_own_photos(actions: Actions) -> None:
    """Catches own people lost by a change of backbone, or opened by who brought none."""
    session, yours = brought(actions), Yours(actions)
    list(yours.look(session, ALONE))
    list(yours.enter(session, ALONE))
    told = list(actions.open(session, YOURS, "mini-without-five"))
    wanted = {"faces": YOURS, "backbone": "mini-without-five"}
    assert wanted.items() <= last(told, "header", "value").items()
    assert session.workspace.backbone.name == "mini-without-five"
    assert session.workspace.gallery.identities[0] == "Friend Asha"
    other = actions.session("b")
    told = list(actions.open(other, YOURS, "mini"))
    assert "not on offer" in str(last(told, "status", "value"))
    list(actions.open(session, "synthetic", "mini"))
    assert not session.workspace.private
    assert session.service is actions.service


def test_wiped_is_gone(actions: Actions) -> None:
    """Catches photos that live on in a cache, a draft or a picture after "Delete my data"."""
    session, yours = brought(actions), Yours(actions)
    list(yours.look(session, ALONE))
    list(yours.enter(session, ALONE))
    list(actions.forget(session, {"chosen": [1]}, "esc", {}))
    session.ask(photo_bytes("Asha", 9)[-1])
    gone = [weakref.ref(session.workspace.gallery), weakref.ref(session.inbox.files()[0])]
    told = yours.wipe(session)
    assert told["yours"]["review"] == ""
    assert "gone" in told["yours"]["said"]["text"]
    assert len(session.inbox) == 0
    assert session.draft is session.shown is session.unenrolled is None
    assert session.workspace is actions.shelf.open()
    gc.collect()
    assert [one() for one in gone] == [None, None]
    assert "Look at the photos first" in str(list(yours.enter(session, ALONE)))


@pytest.mark.parametrize("files", [{}, {"a.txt": b"x"}, {"Me/1.jpg": b"\xff\xd8\xff\xe0cut"}])
def test_nothing_usable_is_a_sentence_and_changes_nothing(actions: Actions, files: dict) -> None:
    """Catches a place that stays busy, or a traceback, after photos that are none."""
    session, yours = actions.session("c"), Yours(actions)
    for path, data in files.items():
        session.inbox.add(path, data)
    told = list(yours.look(session, ALONE))
    assert last(told, "yours", "said")["tone"] == "wrong"
    assert last(told, "yours", "said")["text"].endswith(".")
    assert last(told, "yours", "busy") is False
    assert not session.is_working
    assert session.draft is None


@pytest.mark.parametrize("while_doing", ["look", "forget"])
def test_wiped_in_the_middle_of_work_is_gone(actions: Actions, while_doing: str) -> None:
    """Catches work that ends after "Delete my data" and brings the photos back."""
    session, yours = brought(actions), Yours(actions)
    list(yours.look(session, ALONE))
    list(yours.enter(session, ALONE))
    if while_doing == "look":
        work = yours.look(session, ALONE)
    else:
        work = actions.forget(session, {"chosen": [0]}, "esc-t", {})
    next(work)
    wiping: list[dict] = []
    thread = threading.Thread(target=lambda: wiping.append(yours.wipe(session)))
    thread.start()
    thread.join(2)  # long enough for a wipe that waits for nothing
    for _ in work:  # the page asks on until it is told that the work has stopped
        pass
    thread.join(30)
    assert "gone" in wiping[0]["yours"]["said"]["text"]
    assert session.workspace is actions.shelf.open() is session.state.workspace
    assert session.draft is None
    assert len(session.inbox) == 0
    assert session.state.steps == ()

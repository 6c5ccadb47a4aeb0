"""A live camera's frames at the door: answered as the engine does, one at a time, kept nowhere."""

import asyncio
import io
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from demo import glance, uploads
from demo.panels import live
from demo.session import Session, Sessions
from engine.audit.figures import written
from engine.audit.retrieval import Hit
from engine.errors import LetheError
from engine.opening import open_workspace
from engine.progress import ignore
from engine.service import asking
from engine.service.asking import Answer, Asked, NoFace, asked_about, show
from engine.service.service import Service
from engine.sources.embedded import collect
from engine.workspace import Workspace
from tests.demo.test_uploads import door, ended, files, knock, page, piece, post
from tests.demo.test_uploads import told as body
from tests.demo.world import workspace

LIVE = f"{uploads.ASK}?live=1&session=ada"


def picture(face: bytes | None, size: tuple[int, int] = (640, 480)) -> bytes:
    """A frame with one face in it, or an empty room."""
    ground = Image.new("RGB", size, (96, 104, 112))
    if face is not None:
        ground.paste(Image.open(io.BytesIO(face)).convert("RGB").resize((360, 360)), (140, 60))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(scope="module")
def space() -> Workspace:
    """The embedded people, with a threshold that a frame of theirs passes."""
    return replace(open_workspace("synthetic", "mini"), threshold=0.1)


@pytest.fixture
def sessions(space: Workspace) -> Sessions:
    both = Sessions()
    for key in ("ada", "kofi"):
        both.get(key, lambda: Session(Service(), space))
    return both


def session_of(sessions: Sessions, key: str = "ada") -> Session:
    found = sessions.find(key)
    assert found is not None
    return found


def frame(space: Workspace) -> bytes:
    """One of the embedded people as a camera has them."""
    return picture(collect().items[30].source)


def line(told: dict[str, Any], side: str) -> str:
    return " ".join(told[side][part] for part in ("words", "name", "score")).replace("  ", " ")


def test_page_and_engine_say_the_same(
    space: Workspace, sessions: Sessions, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a live answer of its own making, and a frame that stays anywhere."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    app, photo, ada = page(sessions), frame(space), session_of(sessions)
    asked_before = ada.query
    told = post(app, LIVE, photo).json()
    first = asked_about(ada.state, show(space, photo)).before.hits[0]
    name = space.gallery.display(first.label)
    assert line(told, "before") == f"known as {name} {written(first.similarity, 'score')}"
    assert (told["after"], told["forgot"], told["note"]) == (None, False, live.RENDERED)
    ada.forget((first.label,), "esc", {}, ignore)
    told = post(app, LIVE, photo).json()
    both = asked_about(ada.state, show(space, photo))
    assert both.after is not None
    now = both.after.hits[0]
    assert line(told, "before").startswith(f"known as {name}")
    assert told["after"]["score"] == written(now.similarity, "score")
    assert told["after"]["name"] == (space.gallery.display(now.label) if now.accepted else "")
    assert told["forgot"] is True
    assert (ada.shown, ada.unenrolled, ada.query) == (None, None, asked_before)
    assert not files(tmp_path)
    assert not len(ada.inbox)


def test_an_empty_room_is_nobody(space: Workspace, sessions: Sessions) -> None:
    """Would catch a wall that is recognised, a small square one as a cropped face above all."""
    app = page(sessions)
    for size in ((640, 480), (112, 112)):
        told = post(app, LIVE, picture(None, size)).json()
        assert (told["before"], told["remark"]) == (None, live.NOBODY)
    assert asking.show(space, picture(None, (112, 112)))  # as a file it is taken for a crop
    with pytest.raises(NoFace):
        show(space, picture(None))


def test_what_is_no_frame_gets_a_sentence(sessions: Sessions) -> None:
    """Would catch a traceback for a page, and a frame as large as a film."""
    app = page(sessions)
    answer = post(app, LIVE, b"no photo")
    assert (answer.status_code, "no photo" in answer.json()["error"]) == (400, True)
    assert post(app, LIVE, b"").json() == {"error": uploads.NO_PHOTO}
    large = post(app, LIVE, b"x" * (uploads.FRAME + 1))
    assert (large.status_code, large.json()) == (413, {"error": uploads.FRAME_TOO_LARGE})
    assert post(app, LIVE.replace("ada", "nobody"), b"x").status_code == 404


def test_a_fault_inside_is_not_told(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a page that ends with a fault, and the inside of one told to strangers."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(glance, "show", broken)
    answer = post(page(sessions), LIVE, b"x")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_one_frame_at_a_time(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch frames that pile up behind a slow one, of one visitor or for another."""
    entered, go_on = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> None:
        entered.set()
        go_on.wait(10)
        raise NoFace

    monkeypatch.setattr(glance, "show", slow)
    inner = door(sessions)

    async def run() -> tuple[list[dict], list[dict], list[dict]]:
        async def send() -> list[dict]:
            return await knock(inner, uploads.ASK, "live=1&session=ada", body(piece(b"x", False)))

        first = asyncio.create_task(send())
        while not entered.is_set():
            await asyncio.sleep(0.01)
        second = await send()
        go_on.set()
        return await first, second, await send()

    first, second, third = ended(run())
    assert [one[0]["status"] for one in (first, second, third)] == [200, 429, 200]


def test_a_full_gate_makes_it_wait_and_says_so(sessions: Sessions) -> None:
    """Would catch a live camera that goes before a deletion, or that holds a thread for ever."""
    ada = session_of(sessions)
    gate = ada.service.gate
    with gate.held():
        with gate.held():
            began = time.monotonic()
            told = ended(glance.later(ada, b"x", patience=0.2))
            assert told == {"wait": glance.BUSY}
            assert time.monotonic() - began < 2
        with pytest.raises(LetheError, match="no photo"):
            ended(glance.later(ada, b"x"))


def asked(*now: Hit, forgotten: tuple[int, ...] = (0,)) -> Asked:
    """A frame of Ada, known before."""
    before = Answer((Hit(0, 0, 0.9, True),), 0)
    return Asked(None, before, Answer(now, 0), frozenset(forgotten))


@pytest.mark.parametrize(
    ("hit", "forgotten", "words", "tone"),
    [
        (Hit(0, 0, 0.8, True), (0,), "still known as Ada .80", "known"),
        (Hit(0, 0, 0.8, True), (3,), "known as Ada .80", "known"),
        (Hit(0, 0, 0.3, False), (0,), "a stranger .30", "forgotten"),
        (Hit(30, 3, 0.8, True), (0,), "taken for Omar .80", "innocent"),
        (Hit(30, 3, 0.8, True), (0, 3), "taken for Omar .80", "known"),
    ],
)
def test_the_line_after_says_what_is_true(
    hit: Hit, forgotten: tuple[int, ...], words: str, tone: str
) -> None:
    """Would catch "a stranger" for somebody who is still known, and an innocent called by name."""
    told = live.told(workspace(), asked(hit, forgotten=forgotten), "several faces: one was used")
    assert line(told, "after") == words
    assert told["after"]["tone"] == tone
    assert line(told, "before") == "known as Ada .90"
    assert told["remark"] == "Several faces: one was used."


def test_a_stranger_stays_one() -> None:
    """Would catch a stranger before who is shown in the colour of the forgotten after."""
    far = Answer((Hit(0, 0, 0.2, False),), 0)
    told = live.told(workspace(), Asked(None, far, far, frozenset({0})))
    assert [told[side]["tone"] for side in ("before", "after")] == ["stranger", "stranger"]

"""A real face before a live camera, under dlib: known, forgotten, and asked about all the while."""

import io
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.opening import open_workspace, own_workspace
from engine.service.asking import asked_about, show
from engine.service.own import Inbox, Limits, own_gallery
from engine.workspace import start
from tests.browser.conftest import DESKTOP, Visit, serve
from tests.browser.test_yours import bring, live_says, open_studio, to_place

ENROLLED = 8


def as_filmed(path: Path) -> bytes:
    """A photo of LFW as a camera has it."""
    ground = Image.new("RGB", (640, 480), (96, 104, 112))
    ground.paste(Image.open(path).convert("RGB").resize((480, 480)), (80, 0))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture(scope="module")
def person(shared_faces: Path) -> list[Path]:
    """The photos of one real person: some enrol, another one is what the camera sees."""
    people = sorted(one for one in (shared_faces / "lfw_dev_photos").iterdir() if one.is_dir())
    return sorted(people[0].iterdir())


@pytest.fixture
def window(chromium: object, own_cache: Path, person: list[Path], tmp_path: Path) -> Iterator:
    """A page under dlib in a window whose camera sees a photo that nobody enrolled."""
    film = tmp_path / "camera.mjpeg"
    film.write_bytes(as_filmed(person[ENROLLED + 1]) * 40)
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    browser = chromium.browser_type.launch(
        executable_path=path,
        args=[
            *("--no-sandbox", "--use-fake-ui-for-media-stream"),
            *("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"),
        ],
    )
    with serve("--backbone", "dlib") as site:
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        context.set_default_timeout(60_000)
        one = Visit(context.new_page())
        one.page.on("pageerror", lambda error: one.trouble.append(str(error)))
        one.page.goto(site.address)
        one.page.wait_for_selector("#people .card")
        yield one
        browser.close()
    assert not one.trouble


def test_a_real_face_is_known_and_then_forgotten_live(
    window: Visit, person: list[Path], tmp_path: Path
) -> None:
    """Catches a page whose live answer is not the engine's, before or after, or that goes stale."""
    folder = tmp_path / "Me"
    folder.mkdir()
    inbox = Inbox(Limits())
    for path in person[:ENROLLED]:
        shutil.copy(path, folder)
        inbox.add(f"Me/{path.name}", path.read_bytes())
    packed = shutil.make_archive(str(tmp_path / "me"), "zip", tmp_path, "Me")
    one = window
    to_place(one, "yours")
    bring(one, Path(packed))
    began = time.monotonic()
    open_studio(one)
    print(f"studio open after {time.monotonic() - began:.1f} s")
    company = open_workspace("synthetic", "dlib")
    space = own_workspace(own_gallery(inbox), company.backbone, company)
    me = space.gallery.identities.index("Me")
    shown = show(space, as_filmed(person[ENROLLED + 1]), filmed=True)
    one.page.locator("#who [data-camera]").click()
    live_says(one, "before", "known as Me")
    live_says(one, "after", "nobody was forgotten yet")
    score = one.page.locator("#live [data-side=before] [data-score]").inner_text()
    before = asked_about(start(space), shown).before.hits[0]
    assert before.label == me
    assert _number(score) == pytest.approx(before.similarity, abs=0.02)
    names = one.page.locator("#people .card .name").all_inner_texts()
    one.choose(names.index("Me"))
    one.forget()
    after = asked_about(start(space).forget((me,)), shown).after
    assert after is not None
    assert not after.hits[0].accepted
    live_says(one, "after", "a stranger")
    live_says(one, "before", "known as Me")
    one.page.locator("#undo").click()
    live_says(one, "after", "nobody was forgotten yet")
    to_place(one, "yours")
    assert one.page.evaluate("document.querySelector('#live video').srcObject") is None
    to_place(one, "studio")
    assert not one.page.locator("#live").is_visible()


def _number(text: str) -> float:
    found = re.search(r"\d?\.\d\d", text)
    assert found
    return float(found.group())

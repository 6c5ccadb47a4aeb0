"""Own photos in a real browser: brought, reviewed, forgotten, asked about, and gone again."""

import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.sources.embedded import collect, collect_strangers
from tests.browser.conftest import CUT_OFF, DESKTOP, PHONE, Open, Visit

FRAMES = 24


def photos(name: str, count: int) -> list[bytes]:
    """The last photos of a rendered person or stranger."""
    items = (*collect().items, *collect_strangers().items)
    return [one.source for one in items if one.identity == name][-count:]


def portrait(photo: bytes) -> bytes:
    """A face as a camera has it: larger, with room around it, as JPEG."""
    ground = Image.new("RGB", (640, 480), (96, 104, 112))
    ground.paste(Image.open(io.BytesIO(photo)).convert("RGB").resize((360, 360)), (140, 60))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=92)
    return out.getvalue()


def packed(folder: Path, *names: str) -> Path:
    """A zip of rendered people under names of their own."""
    path = folder / "friends.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            for at, photo in enumerate(photos(name, 8)):
                archive.writestr(f"Friend {name}/{at}.jpg", portrait(photo))
        archive.writestr("Friend Asha/broken.jpg", b"\xff\xd8\xff\xe0 no more")
        archive.writestr("readme.txt", b"hello")
    return path


def to_place(one: Visit, key: str) -> None:
    """Go to a place of the page by its link."""
    one.page.locator(f'#views [data-place="{key}"]').click()
    one.page.wait_for_function("key => document.body.dataset.view === key", arg=key)


def bring(one: Visit, path: Path) -> None:
    """Choose a file and wait for the review."""
    with one.page.expect_file_chooser() as chooser:
        one.page.locator("#yours [data-files]").click()
    chooser.value.set_files(path)
    reviewed(one)


def reviewed(one: Visit) -> None:
    """Wait until the studio can be opened."""
    one.page.wait_for_function(
        "(() => { const open = document.querySelector('#yours [data-enter]');"
        " return open && !open.disabled; })()",
        timeout=90_000,
    )


def open_studio(one: Visit) -> None:
    """Open the studio with what was reviewed."""
    one.page.locator("#yours [data-enter]").click()
    one.page.wait_for_function("document.body.dataset.view === 'studio'", timeout=60_000)
    one.settle()


def told(one: Visit) -> str:
    """What "Who is this?" says of a photo of the visitor's own, once it says something new."""
    one.page.wait_for_function(
        "document.querySelector('#who .truth').innerText.includes('A photo of yours')"
        " && document.querySelector('#who .verdict').innerText.startsWith('Before')",
        timeout=90_000,
    )
    one.settle()
    return one.page.locator("#who .verdict").inner_text()


def live_says(one: Visit, side: str, words: str) -> None:
    """Wait until the live camera says so of one side."""
    one.page.wait_for_function(
        "([side, words]) => document.querySelector(`#live [data-side=${side}] .line`)"
        ".innerText.trim() === words",
        arg=[side, words],
        timeout=30_000,
    )


@pytest.fixture
def filmed(chromium: object, site: str, tmp_path: Path) -> Iterator[Visit]:
    """A window whose camera sees one rendered person, and nobody else."""
    film = tmp_path / "camera.mjpeg"
    film.write_bytes(b"".join(portrait(one) for one in photos("Imani", FRAMES) for _ in range(4)))
    browser = chromium.browser_type.launch(
        executable_path=_path(),
        args=[
            *("--no-sandbox", "--use-fake-ui-for-media-stream"),
            *("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"),
        ],
    )
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    context.set_default_timeout(60_000)
    one = Visit(context.new_page())
    one.page.on("pageerror", lambda error: one.trouble.append(str(error)))
    one.page.goto(site)
    one.page.wait_for_selector("#people .card")
    one.page.wait_for_timeout(1000)
    yield one
    browser.close()
    assert not one.trouble


def _path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def test_a_zip_becomes_a_studio_and_is_gone_again(visit: Open, tmp_path: Path) -> None:
    """Catches a photo lost without a word, a review that lies, and data that stays behind."""
    one = visit()
    to_place(one, "yours")
    assert one.page.url.endswith("?view=yours")
    bring(one, packed(tmp_path, "Asha", "Diego"))
    review = one.page.locator("#yours .found").inner_text()
    assert "16 photos of 2 people used" in review
    assert "broken.jpg" in review
    assert "readme.txt" in review
    open_studio(one)
    names = one.page.locator("#people .card .name").all_inner_texts()
    assert names[:2] == ["Friend Asha", "Friend Diego"]
    assert one.page.locator("[data-faces]").input_value() == "yours"
    one.choose(0)
    one.forget()
    assert "Forgot 1 person" in one.status
    to_place(one, "yours")
    one.page.locator("#yours [data-wipe]").click()
    one.page.locator("#yours [data-really]").click()
    one.page.wait_for_function(
        "!document.querySelector('#people').innerText.includes('Friend Asha')", timeout=60_000
    )
    one.page.wait_for_function("!document.querySelector('#yours .found')")
    to_place(one, "studio")
    assert one.page.locator("#people .card").count() >= 60
    # The panels below follow by themselves.
    one.page.wait_for_function("!document.body.innerHTML.includes('Friend')", timeout=30_000)


def test_own_photos_are_seen_by_nobody_else(visit: Open, tmp_path: Path) -> None:
    """Catches one visitor's friends on another's page, on any panel."""
    one, other = visit(), visit()
    to_place(one, "yours")
    bring(one, packed(tmp_path, "Asha", "Greta"))
    open_studio(one)
    one.choose(1)
    one.forget()
    other.choose(1)
    other.forget()
    assert "Friend" in one.page.content()
    for place in ("yours", "studio"):
        to_place(other, place)
        assert "Friend" not in other.page.content()
    third = visit()
    assert "Friend" not in third.page.content()


def test_forget_me_by_the_camera(filmed: Visit, tmp_path: Path) -> None:
    """Catches a face that is enrolled and not known, or forgotten and still greeted by name."""
    one = filmed
    to_place(one, "yours")
    one.page.locator("#yours [data-company]").uncheck(force=True)
    bring(one, packed(tmp_path, "Asha", "Diego", "Greta"))
    one.page.locator("#yours [data-camera]").click()
    one.page.wait_for_function(
        "document.querySelector('#yours video').videoWidth > 0", timeout=60_000
    )
    one.page.wait_for_timeout(500)
    one.page.locator("#yours [data-take]").click()
    one.page.wait_for_function(
        "document.querySelector('#yours .found')?.innerHTML.includes('data-identity=\"Me\"')",
        timeout=60_000,
    )
    reviewed(one)
    open_studio(one)
    names = one.page.locator("#people .card .name").all_inner_texts()
    assert "Me" in names
    assert len(names) == 4
    one.page.locator("#who [data-camera]").click()
    live_says(one, "before", "known as Me")
    live_says(one, "after", "nobody was forgotten yet")
    assert "mini knows rendered people only" in one.page.locator("#live").inner_text()
    one.choose(names.index("Me"))
    one.method("stand-in")
    one.forget()
    live_says(one, "after", "a stranger")
    live_says(one, "before", "known as Me")
    one.page.locator("#live [data-closer]").click()
    said = told(one)
    assert said.startswith("Before: taken for Me")
    assert "After: a stranger" in said
    # One whom mini does not take for somebody: it takes some, and the page says whom.
    with one.page.expect_file_chooser() as chooser:
        one.page.locator("#who [data-photo]").click()
    stranger = tmp_path / "stranger.jpg"
    stranger.write_bytes(portrait(photos("x004", 1)[0]))
    chooser.value.set_files(stranger)
    one.page.wait_for_function(
        "document.querySelector('#who .verdict').innerText.startsWith('Before: a stranger')",
        timeout=90_000,
    )


def test_the_place_has_an_address_and_a_way_back(visit: Open) -> None:
    """Catches a link that opens another place, a dead Back, and a place cut off on a phone."""
    one = visit(PHONE)
    to_place(one, "yours")
    assert not one.page.locator("#studio").is_visible()
    one.page.go_back()
    one.page.wait_for_function("document.body.dataset.view === 'studio'")
    assert one.page.locator("#studio").is_visible()
    one.page.go_forward()
    one.page.wait_for_function("document.body.dataset.view === 'yours'")
    one.page.reload()
    one.trouble[:] = [line for line in one.trouble if not CUT_OFF.search(line)]
    one.page.wait_for_function("document.body.dataset.view === 'yours'")
    width = one.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]

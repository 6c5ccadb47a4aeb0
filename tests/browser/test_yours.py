"""Own photos in a real browser: brought, reviewed, forgotten, asked about, and gone again."""

import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from engine.sources.embedded import collect, collect_strangers
from tests.browser.conftest import CUT_OFF, DESKTOP, PHONE, Open, Unknown, Visit

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
    assert "mini was trained on rendered people alone" in one.page.locator("#live").inner_text()
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


def test_a_photo_is_asked_about_as_soon_as_the_page_is_known(visit: Open, tmp_path: Path) -> None:
    """Catches a photo refused as an expired page's, since it came before the server knew it."""
    unknown = Unknown()
    one = visit(before=unknown)
    photo = tmp_path / "photo.png"  # as small as a face, and so taken for one
    Image.new("RGB", (200, 200), "#777").save(photo)
    with one.page.expect_file_chooser() as chooser:
        one.page.locator("#who [data-photo]").click()
    chooser.value.set_files(photo)
    one.page.wait_for_function(
        "document.querySelector('#who .verdict').innerText === 'Looking at your photo.'"
    )
    unknown.known()
    one.page.wait_for_function(
        "document.querySelector('#status').innerText.includes('asked about')"
        " || document.querySelector('#who .verdict').innerText.includes('load it anew')"
    )
    assert one.status == "Your photo is asked about, not enrolled."


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


def worth_a_look(folder: Path) -> Path:
    """A zip in which there is one of each thing that a review marks."""
    path = folder / "look.zip"
    later = {name: photos(name, 12) for name in ("Asha", "Diego", "Greta")}
    two = Image.new("RGB", (1280, 480))
    for at, name in enumerate(("Diego", "Asha")):
        two.paste(Image.open(io.BytesIO(portrait(later[name][0]))), (640 * at, 0))
    soft = Image.open(io.BytesIO(portrait(later["Greta"][0]))).filter(ImageFilter.GaussianBlur(12))
    copy = Image.open(io.BytesIO(portrait(later["Diego"][5])))
    odd = {
        "Greta/train/soft.jpg": jpeg(soft),
        "Asha/train/two.jpg": jpeg(two),
        "Diego/test/copy.jpg": jpeg(copy),
        "Greta/train/wrong.jpg": portrait(later["Diego"][1]),
        "Greta/train/wall.jpg": jpeg(Image.new("RGB", (640, 480), (96, 104, 112))),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, some in later.items():
            for at, photo in enumerate(some[4:]):
                side = "test" if at > 5 else "train"
                archive.writestr(f"{side}/{name}/{at}.jpg", portrait(photo))
        for key, data in odd.items():
            name, side, file = key.split("/")
            archive.writestr(f"{side}/{name}/{file}", data)
    return path


def jpeg(image: Image.Image) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def sifts(one: Visit) -> dict[str, str]:
    """What the buttons at the top of the review say, by kind."""
    return one.page.evaluate(
        "() => Object.fromEntries(Array.from(document.querySelectorAll('#yours .sift'))"
        ".map((one) => [one.dataset.sift, one.innerText]))"
    )


def look_again(one: Visit) -> None:
    """Press it, and wait for another review."""
    seen = one.page.locator("#yours .found").get_attribute("data-count")
    one.page.locator("#yours .acts [data-look]").click()
    one.page.wait_for_function(
        "seen => { const found = document.querySelector('#yours .found');"
        " return found && found.dataset.count !== seen; }",
        arg=seen,
        timeout=90_000,
    )
    reviewed(one)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_what_is_worth_a_look_is_marked_and_changed(
    visit: Open, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    """Catches a photo that is not marked, a count that lies, a choice that a second look forgets,
    and a place that is too wide for a phone or needs a mouse."""
    one = visit(size, scheme)
    to_place(one, "yours")
    one.page.locator("#yours [data-company]").uncheck(force=True)
    bring(one, worth_a_look(tmp_path))
    assert sifts(one) == {
        "all": "29 photos",
        "used": "28 with a face",
        "none": "1 without a face",
        "several": "1 with several faces",
        "unclear": "1 blurred",
        "repeated": "1 repeated",
        "doubtful": sifts(one)["doubtful"],
    }
    said = one.page.locator("#yours .people").inner_text()
    assert "both enrol, for a copy is no test" in said
    assert "looks more like Diego than like Greta" in said
    # Only those of one kind, and all of them again; by keyboard.
    one.page.locator('#yours [data-sift="unclear"]').press("Enter")
    assert one.page.locator("#yours .shots li:visible").count() == 1
    one.page.locator('#yours [data-sift="none"]').press("Enter")
    assert one.page.locator("#yours .person:visible").count() == 0
    assert one.page.locator("#yours .left li:visible img").count() == 1
    one.page.locator('#yours [data-sift="none"]').press("Enter")
    assert one.page.locator("#yours .shots li:visible").count() == 28
    # Another face, all the blurred ones out, the wrong one to the right person.
    row = one.page.locator('#yours .notes li:has(b:has-text("two.jpg"))')
    row.locator("summary").press("Enter")
    before = row.locator("input:checked").get_attribute("data-at")
    row.locator("input:checked").press("ArrowRight")
    chosen = row.locator("input:checked").get_attribute("data-at")
    assert chosen != before
    one.page.locator('#yours [data-all="unclear"]').press("Enter")
    one.page.locator('#yours [data-move$="wrong.jpg"]').press("Enter")
    assert one.page.locator("#yours [data-enter]").is_disabled()
    look_again(one)
    now = sifts(one)
    assert now["used"] == "27 with a face"
    assert now["out"] == "1 left out by you"
    assert now["all"] == "29 photos"
    assert "unclear" not in now
    row = one.page.locator('#yours .notes li:has(b:has-text("two.jpg"))')
    assert "the one you chose is used" in row.inner_text()
    row.locator("summary").press("Enter")
    assert row.locator("input:checked").get_attribute("data-at") == chosen
    theirs = one.page.locator('#yours .person:has([data-identity="Diego"])')
    assert theirs.locator('[data-out$="wrong.jpg"]').count() == 1
    assert "moved here by you" in theirs.inner_text()
    assert one.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    open_studio(one)
    assert one.page.locator("#people .card .name").all_inner_texts() == ["Asha", "Diego", "Greta"]

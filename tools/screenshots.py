"""The README's pictures: `python -m tools.screenshots [ADDRESS]`, people who never existed only.

Three screenshots, and a film of a deletion.

Without an address it serves the page itself. Needs requirements-dev.txt and a Chromium.
"""

import base64
import io
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
OUT = ROOT / "assets" / "screenshots"
LAPTOP, PHONE = (1440, 900), (390, 844)
FIVE = ("Asha", "Diego", "Greta", "Kwame", "Yuki")
FILM = (960, 600)
APART = 0.09
"""Seconds between two pictures of the film at least."""


@contextmanager
def served() -> Iterator[str]:
    """The page on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen([sys.executable, str(ROOT / "app.py"), "--port", str(port)])
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit("app.py ended before it served its page")
            try:
                urllib.request.urlopen(address, timeout=5).read(1)
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def arrive(page: Any, address: str) -> None:
    """Open the page and wait until it is whole."""
    page.goto(address)
    page.wait_for_selector("#map canvas", timeout=120_000)
    page.wait_for_timeout(2000)


def story(page: Any, method: str, pause: float = 0) -> None:
    """Forget five people by `method`, `pause` ms after each, and wait until all has settled."""
    for name in FIVE:
        card = page.locator("#people .card").filter(has_text=name).first
        card.locator("input").check(force=True)
        page.wait_for_timeout(pause)
    page.locator(f'#method input[value="{method}"]').first.check(force=True)
    page.wait_for_function(
        "document.querySelector('#forget').innerText === 'Forget 5 people'", timeout=120_000
    )
    page.locator("#forget").click()
    page.wait_for_function(
        "document.querySelector('#status .done') && document.querySelector('#cancel').disabled",
        timeout=240_000,
    )
    page.mouse.move(0, 0)
    page.evaluate("document.querySelector('#people .cards').scrollTop = 0; scrollTo(0, 0)")
    page.wait_for_timeout(2500)


def film(page: Any) -> list[tuple[float, Image.Image]]:
    """A deletion as it goes: pictures and the seconds at which they were on screen."""
    taken: list[tuple[float, Image.Image]] = []
    session = page.context.new_cdp_session(page)

    def take(frame: dict[str, Any]) -> None:
        at = frame["metadata"]["timestamp"]
        if not taken or at - taken[-1][0] >= APART:
            picture = Image.open(io.BytesIO(base64.b64decode(frame["data"]))).convert("RGB")
            taken.append((at, picture.resize(FILM, Image.Resampling.LANCZOS)))
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", take)
    session.send("Page.startScreencast", {"format": "jpeg", "quality": 92})
    story(page, "esc", 450)
    session.send("Page.stopScreencast")
    return taken


def developed(taken: list[tuple[float, Image.Image]], path: Path) -> None:
    """Write the pictures as an animated WebP that begins anew after its end."""
    times = [at for at, _ in taken] + [taken[-1][0] + 2]
    lengths = [round(1000 * (after - at)) for at, after in pairwise(times)]
    first, *rest = [picture for _, picture in taken]
    first.save(path, save_all=True, append_images=rest, duration=lengths, loop=0, quality=60)


def main() -> None:
    """Take all pictures."""
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    shots = (
        ("studio", LAPTOP, "light", "esc"),
        ("hide-the-name", LAPTOP, "dark", "head-only"),
        ("phone", PHONE, "light", "esc"),
    )
    with _address() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (width, height), scheme, method in shots:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = context.new_page()
            arrive(page, address)
            story(page, method)
            page.screenshot(path=OUT / f"{name}.png")
            context.close()
            print(OUT / f"{name}.png")
        context = browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]})
        page = context.new_page()
        arrive(page, address)
        developed(film(page), OUT / "deletion.webp")
        print(OUT / "deletion.webp")
        browser.close()


@contextmanager
def _address() -> Iterator[str]:
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    with served() as address:
        yield address


if __name__ == "__main__":
    main()

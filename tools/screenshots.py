"""The README's screenshots: `python -m tools.screenshots [ADDRESS]`, people who never existed only.

Without an address it serves the page itself. Needs requirements-dev.txt and a Chromium.
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = ROOT / "assets" / "screenshots"
LAPTOP, PHONE = (1440, 900), (390, 844)
FIVE = ("Asha", "Diego", "Greta", "Kwame", "Yuki")


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


def story(page: Any, address: str, method: str) -> None:
    """Forget five people by `method` and wait until everything has settled."""
    page.goto(address)
    page.wait_for_selector("#people .card", timeout=120_000)
    for name in FIVE:
        card = page.locator("#people .card").filter(has_text=name).first
        card.locator("input").check(force=True)
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


def main() -> None:
    """Take all screenshots."""
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
            story(page, address, method)
            page.screenshot(path=OUT / f"{name}.png")
            context.close()
            print(OUT / f"{name}.png")
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

"""Real Chromiums among the visitors: they see whether the protocol client sees what people do."""

import asyncio
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.journeys import Book

PAINTED = """
(people) => {
  const gone = [...document.querySelectorAll('#people .card.erased, #people .card.hidden-name')]
    .map((card) => Number(card.dataset.label));
  return gone.length === people && document.querySelector('#steps [data-step]') && gone;
}
"""
DONE = "() => document.querySelector('#cancel').disabled"
PATIENCE = 120_000


def chromium() -> str | None:
    """Where a Chromium is, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


async def look_around(address: str, book: Book, until: float, count: int, pause: float) -> int:
    """`count` windows that choose, forget, ask and undo until the time is over; rounds made."""
    from playwright.async_api import async_playwright

    found = chromium()
    if found is None or not count:
        return 0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        rounds = await asyncio.gather(
            *(_window(browser, address, book, until, seed, pause) for seed in range(count))
        )
        await browser.close()
    return sum(rounds)


async def _window(
    browser: Any, address: str, book: Book, until: float, seed: int, pause: float
) -> int:
    draw, rounds = random.Random(seed), 0
    clock = asyncio.get_running_loop().time
    while clock() < until:
        context = await browser.new_context(reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: book.trouble.append(f"Chromium: {error}"[:200]))
        try:
            await _round(page, address, book, draw, pause)
            rounds += 1
        except Exception as error:  # counted, and the window is opened anew
            book.trouble.append(f"Chromium: {type(error).__name__}: {error}"[:300])
        finally:
            await context.close()
    return rounds


async def _round(page: Any, address: str, book: Book, draw: random.Random, pause: float) -> None:
    clock = asyncio.get_running_loop().time

    async def think() -> None:
        await asyncio.sleep(draw.uniform(0.5, 1.5) * pause)

    began = clock()
    await page.goto(address)
    await page.wait_for_selector("#map canvas")
    book.seconds["Chromium: open to the map"].append(clock() - began)
    await think()
    chosen = sorted(draw.sample(range(64), draw.randint(1, 5)))
    for label in chosen:
        await page.locator(f'#people .card[data-label="{label}"] input').check(force=True)
    await think()
    began = clock()
    await page.locator("#forget").click()
    gone = await (await page.wait_for_function(PAINTED, arg=len(chosen))).json_value()
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    book.seconds["Chromium: forget to painted"].append(clock() - began)
    if sorted(gone) != chosen:
        book.crossed.append(f"Chromium: {gone} instead of {chosen}")
    await page.wait_for_function(DONE)
    await think()
    await page.locator("#who [data-any]").first.click()
    await think()
    await page.wait_for_function(DONE)
    await page.locator("#undo").click()
    await page.wait_for_function("() => !document.querySelector('#people .card.erased')")
    await think()


@contextmanager
def window() -> Iterator[tuple[subprocess.Popen, str]]:
    """A Chromium in a process of its own, which may be killed, and where its DevTools listen.

    Raises `RuntimeError` where there is no Chromium, or it does not come.
    """
    found = chromium()
    if found is None:
        raise RuntimeError("there is no Chromium to be killed")
    # What a killed browser leaves is still written to for a moment.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # In a small window the bar of tabs may lie over what is clicked.
        size = "--window-size=1440,900"
        given = ("--headless", "--no-sandbox", size, "--remote-debugging-port=0")
        browser = subprocess.Popen(
            [found, *given, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            told, until = Path(profile, "DevToolsActivePort"), time.monotonic() + PATIENCE / 1000
            while not (told.is_file() and told.read_text().strip()):
                if browser.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("Chromium did not come")
                time.sleep(0.05)
            yield browser, f"http://127.0.0.1:{told.read_text().split()[0]}"
        finally:
            browser.kill()
            browser.wait()


@asynccontextmanager
async def beginning(devtools: str, address: str, method: str) -> AsyncIterator[None]:
    """A page in a browser on which three people are being forgotten by `method` in the block."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(devtools)
        page = await browser.contexts[0].new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(address)
        await page.wait_for_selector("#map canvas")
        for label in range(3):
            await page.locator(f'#people .card[data-label="{label}"] input').check(force=True)
        radio = page.locator(f'#method input[value="{method}"]')
        await radio.evaluate("one => { const d = one.closest('details'); if (d) d.open = true; }")
        await radio.evaluate("one => one.click()")
        await page.locator("#forget").click()
        yield

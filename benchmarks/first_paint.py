"""What comes over the wire before the page's first useful picture, and when that is there."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.serving import served
from benchmarks.windows import chromium

USEFUL = """
() => document.querySelector('#map canvas')?.width > 0
  && document.querySelector('#map canvas').checkVisibility({ visibilityProperty: true })
  && document.querySelector('#scoreboard td b')
  && Array.from(document.querySelectorAll('#people .card')).length > 0
"""
"""The map is drawn, the figures stand in their table and the people can be chosen."""


@dataclass(frozen=True)
class FirstPaint:
    """Kilobytes of all answers until then, as they were sent, and seconds after the opening."""

    kilobytes: tuple[float, ...]
    seconds: tuple[float, ...]

    def line(self) -> str:
        """The measurement in a sentence, with its targets."""
        size, wait = statistics.median(self.kilobytes), statistics.median(self.seconds)
        return (
            f"First useful picture in a fresh Chromium: {size:,.0f} kB over the wire (target 900), "
            f"median {wait:.2f} s after opening (target 1.5), {len(self.seconds)} visits"
        )


def measure(options: Sequence[str], repeats: int) -> FirstPaint | None:
    """Open the page `repeats` times, each with an empty cache; None where there is no Chromium."""
    found = chromium()
    if found is None:
        return None
    from playwright.sync_api import sync_playwright

    with served(*options) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        # The first visit warms the server up.
        visits = [look(browser, address) for _ in range(repeats + 1)][1:]
        browser.close()
    sizes, seconds = zip(*visits, strict=True)
    return FirstPaint(sizes, seconds)


def look(browser: Any, address: str) -> tuple[float, float]:
    """Kilobytes over the wire and seconds to the first useful picture, in a fresh window."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        sent: dict[str, float] = {}
        wire.on("Network.loadingFinished", partial(_finished, sent))
        page.goto(address, wait_until="commit")
        page.wait_for_function(USEFUL, polling="raf")
        return sum(sent.values()) / 1000, page.evaluate("performance.now()") / 1000
    finally:
        context.close()


def _finished(sent: dict[str, float], answer: dict[str, Any]) -> None:
    sent[answer["requestId"]] = answer["encodedDataLength"]

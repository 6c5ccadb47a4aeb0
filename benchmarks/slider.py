"""Seconds from a step of the strength slider to the repainted page, in Chromium."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving import PATIENCE, ROOT, await_page, free_port

STEP = """
(rank) => new Promise((done) => {
  const slider = document.querySelector('#strength');
  const steps = document.querySelector('#steps');
  const began = performance.now();
  slider.value = String(rank);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const words = new RegExp(`, ${rank} direction`);
  const look = () => {
    if (!words.test(steps.innerText)) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  };
  look();
})
"""


@dataclass(frozen=True)
class Drag:
    """Milliseconds of each step, on a page of `points` photos."""

    points: int
    milliseconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the steps are repainted within this."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """95 % of the steps are repainted within this."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def measure(options: Sequence[str], people: int, steps: int = 40) -> Drag | None:
    """Serve the page, forget some people and drag; None where there is no Chromium."""
    found = next((p for n in ("chromium", "google-chrome") if (p := shutil.which(n))), None)
    if found is None:
        return None
    from playwright.sync_api import sync_playwright

    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), *options]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = await_page(port, app)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            page.wait_for_selector("#map canvas")
            cards = page.locator("#people .card input")
            for place in range(people):
                cards.nth(place).check(force=True)
            page.locator('#method input[value="esc"]').check(force=True)
            page.locator("#forget").click()
            page.wait_for_function(
                "() => document.querySelector('#cancel').disabled"
                " && document.querySelector('#steps [data-step]')",
                timeout=PATIENCE * 1000,
            )
            most = int(page.locator("#strength").get_attribute("max") or 2)
            ranks = [1 + (3 * at) % most for at in range(steps + 2)]
            times = []
            for before, rank in zip([0, *ranks], ranks, strict=False):
                if rank != before:
                    times.append(page.evaluate(STEP, rank))
            points = page.locator("#map").inner_text()
            browser.close()
    finally:
        app.terminate()
        app.wait(20)
    shown = "".join(one for one in points.split(" photos")[0].split()[-1] if one.isdigit())
    return Drag(int(shown or 0), tuple(times[2:]))

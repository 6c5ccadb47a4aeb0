"""A dragged strength slider in Chromium: played by the page, and answered by the server."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.memory import busy_seconds, processor_seconds
from benchmarks.serving import PATIENCE, ROOT, await_page, await_ready, free_port

SETTLED = 4.0
"""Seconds of rest before the drag."""

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

ASKED = """
() => window.addEventListener(
  'lethe:drag', (event) => event.stopImmediatePropagation(), { capture: true })
"""
"""From now on the page plays nothing, and each step is answered by the server."""

FRAMES = """
(count) => new Promise((done) => {
  const slider = document.querySelector('#strength');
  const span = Number(slider.max) - 1;
  const times = [];
  let last = null;
  const frame = (now) => {
    if (last !== null) times.push(now - last);
    last = now;
    if (times.length >= count) return done(times);
    slider.value = String(1 + Math.round(span * Math.abs(((2 * times.length) / count) % 2 - 1)));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    return requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""
"""Milliseconds between frames while the slider goes over all ranks and back, a step a frame."""


TICKED = """
() => {
  let ticked = 0;
  document.addEventListener('change', () => { ticked = performance.now(); }, { capture: true });
  document.addEventListener('lethe:strip', ({ detail }) => {
    window.first ||= [detail.mark, (performance.now() - ticked) / 1000];
  });
}
"""
"""The next strip that the page can play: whose it is, and how long after the last tick it came.

Seen in the page itself, for who asks from outside is answered between two of its frames only.
"""


@dataclass(frozen=True)
class Drag:
    """Milliseconds of each step that the server answers, on a page of `points` photos.

    `frames` are milliseconds between frames of a drag that the page plays, `requests` how often it
    asked meanwhile, `first` seconds from the last tick of the choice to the first strip, `worked`
    seconds of processor that the server needed in this time, and `busy` those that everything did.
    """

    points: int
    milliseconds: tuple[float, ...]
    frames: tuple[float, ...] = ()
    first: float = 0.0
    worked: float = 0.0
    busy: float = 0.0
    requests: int = 0

    @property
    def frame_p95(self) -> float:
        """95 % of the frames of a played drag come within this."""
        return statistics.quantiles(self.frames, n=20)[-1]

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
    # What is computed ahead of visitors is no part of what one of them waits for.
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), "--no-ahead", *options]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = await_page(port, app)
        await_ready(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            page.wait_for_selector("#map canvas")
            cards = page.locator("#people .card input")
            page.locator('#method input[value="esc"]').check(force=True)
            page.wait_for_timeout(SETTLED * 1000)
            for place in range(people - 1):
                cards.nth(place).check(force=True)
            spent, busy = processor_seconds(app.pid), busy_seconds()
            page.evaluate(TICKED)
            cards.nth(people - 1).check(force=True)
            come = page.wait_for_function("window.first", timeout=PATIENCE * 1000)
            whose, first = come.json_value()
            worked, busy = processor_seconds(app.pid) - spent, busy_seconds() - busy
            page.wait_for_timeout(SETTLED * 1000)
            if whose != page.locator("[data-mark]").get_attribute("data-mark"):
                raise RuntimeError("the strip that came first is not that of the last tick")
            page.locator("#forget").click()
            page.wait_for_function(
                "() => document.querySelector('#cancel').disabled"
                " && document.querySelector('#steps [data-step]')",
                timeout=PATIENCE * 1000,
            )
            page.wait_for_function(
                "Number(document.querySelector('[data-ranks]').dataset.ranks) > 12",
                timeout=PATIENCE * 1000,
            )
            page.wait_for_timeout(SETTLED * 1000)
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            frames = page.evaluate(FRAMES, 240)
            requests = len(asked)
            page.evaluate(ASKED)
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
    return Drag(int(shown or 0), tuple(times[2:]), tuple(frames), first, worked, busy, requests)
